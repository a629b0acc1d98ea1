"""Objects in the bucket that no row names: listed, adopted as recordings, or deleted when they are old."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.storage.arrivals import look_for
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.keys import ids_of_key, object_key, waveform_key
from chalicelib.storage.store import ListedObject, audio_store
from tools.operate.stage import Mistaken, Stage, confirmed

ORPHAN_AGE = timedelta(days=90)


def orphans(call: Call) -> None:
    """Prints the objects that no row names, and deletes none."""
    count = 0
    for found in _orphans(call):
        count += 1
        age = (datetime.now(UTC) - found.stored_at).days
        print(f"{found.stored_at:%Y-%m-%d}  {age:>5} days  {found.size_bytes:>12} bytes  {found.key}")
    print(f"{count} objects without a row")
    if count:
        print("to keep one: make adopt KEY=... SECONDS=...   to delete those of 90 days and more: make purge-orphans")


def adopt(call: Call) -> None:
    """Makes a recording of an object without a row, in the family that its key names."""
    key = os.environ.get("KEY", "")
    ids = ids_of_key(key)
    if ids is None or key != object_key(*ids):
        raise Mistaken("give the object to adopt: KEY=families/<family>/recordings/<recording>.audio.m4a")
    try:
        seconds = float(os.environ.get("SECONDS", ""))
    except ValueError:
        raise Mistaken("give the length of the recording: SECONDS=... (ffprobe prints it)") from None
    family_id, recording_id = ids
    waveform = waveform_key(family_id, recording_id)
    found = look_for({"object_key": key, "waveform_key": waveform})
    if found is None or not found["is_mp4"]:
        raise Mistaken("there is no audio object with this key")
    has_waveform = found["waveform"] is not None and found["waveform"]["is_waveform"]
    transact(
        call,
        "adopt_object_tx",
        family_id=family_id,
        recording_id=recording_id,
        object_key=key,
        waveform_key=waveform if has_waveform else None,
        object=found,
        duration_seconds=seconds,
    )
    print(f"{recording_id} is a recording of family {family_id} now")


def purge_orphans(call: Call, stage: Stage) -> None:
    """Deletes objects of 90 days and more that no row names; where CONFIRM is not given, it prints them alone."""
    deleting = confirmed(stage)
    limit = datetime.now(UTC) - ORPHAN_AGE
    count = 0
    for found in _orphans(call):
        if found.stored_at > limit:
            continue
        if deleting:
            # Asked again for each object: a restore or an adoption may have happened since the listing.
            now = transact(call, "unclaimed_keys", keys=[found.key])
            if not now["armed"]:
                raise Mistaken("deletion is off, as after a restore: check what would be deleted, then make rearm")
            if found.key not in now["keys"]:
                continue
            delete_object(audio_store(), found.key)
        count += 1
        print(f"{'deleted' if deleting else 'would delete'}  {found.key}")
    answer = "yes" if stage.name == "local" else stage.name
    print(
        f"{count} objects" + ("" if deleting or not count else f": to delete them, make purge-orphans CONFIRM={answer}")
    )


def _orphans(call: Call) -> Iterator[ListedObject]:
    for page in audio_store().list_objects(""):
        unclaimed = set(transact(call, "unclaimed_keys", keys=[found.key for found in page])["keys"])
        yield from (found for found in page if found.key in unclaimed)
