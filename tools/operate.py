"""The operator's commands, from a checkout: the queue, one family's billing, objects without a row, deletion on or off.

They work on the stage whose configuration is in the environment, else on the local stack, through the modules and SQL
functions of the app, with their locks. A command that deletes prints what it would delete, and deletes with
CONFIRM=yes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.billing import sync
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.errors import MissingConfiguration, Refused, Unavailable
from chalicelib.storage.arrivals import look_for
from chalicelib.storage.keys import ids_of_key, object_key, waveform_key
from chalicelib.storage.store import ListedObject, audio_store
from local.settings import configure

DEAD_SHOWN = 20
ORPHAN_AGE = timedelta(days=90)


class Mistaken(Exception):
    """A value that the command got is missing or wrong; the message says what to give instead."""


def jobs(call: Call) -> None:
    """Prints the jobs that wait, for how long, and the dead ones."""
    overview = transact(call, "jobs_overview", limit=DEAD_SHOWN)
    print(f"{'kind':<24}{'waiting':>9}{'running':>9}{'tried':>9}{'oldest':>12}")
    for row in overview["waiting"]:
        oldest = str(timedelta(seconds=row["oldest_seconds"]))
        print(f"{row['kind']:<24}{row['waiting']:>9}{row['running']:>9}{row['tried']:>9}{oldest:>12}")
    if not overview["waiting"]:
        print("nothing is waiting")
    print(f"\n{overview['dead_count']} dead")
    for row in overview["dead"]:
        print(f"  {row['id']}  {row['kind']:<22}{row['attempts']:>3} tries  {row['died_at'][:19]}  {row['last_error']}")
    if overview["dead"]:
        print("\nto put one back into the queue: make requeue ID=...")


def requeue(call: Call) -> None:
    """Puts one dead job back into the queue."""
    moved = transact(call, "requeue_job_tx", job_id=_uuid("ID"))["requeued"]
    print("the job is in the queue again" if moved else "there is no dead job with this id")


def reconcile(call: Call) -> None:
    """Asks Stripe about one family and updates its entitlement."""
    print(sync.sync(call, family_id=_uuid("FAMILY")).replace("_", " "))


def rearm(call: Call) -> None:
    """Allows the schedules to delete again."""
    transact(call, "arm_deleting_tx", armed=True)
    print("deletion is on: recordings that were in the trash for 30 days are deleted again")


def disarm(call: Call) -> None:
    """Keeps every schedule from deleting, until `make rearm`."""
    transact(call, "arm_deleting_tx", armed=False)
    print("deletion is off: no schedule deletes anything until make rearm")


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


def purge_orphans(call: Call) -> None:
    """Deletes objects of 90 days and more that no row names; without CONFIRM=yes, it prints them and deletes none."""
    confirmed = os.environ.get("CONFIRM") == "yes"
    limit = datetime.now(UTC) - ORPHAN_AGE
    count = 0
    for found in _orphans(call):
        if found.stored_at > limit:
            continue
        if confirmed:
            # Asked again for each object: a restore or an adoption may have happened since the listing.
            now = transact(call, "unclaimed_keys", keys=[found.key])
            if not now["armed"]:
                raise Mistaken("deletion is off, as after a restore: check what would be deleted, then make rearm")
            if found.key not in now["keys"]:
                continue
            audio_store().delete_object(found.key)
        count += 1
        print(f"{'deleted' if confirmed else 'would delete'}  {found.key}")
    print(f"{count} objects" + ("" if confirmed or not count else ": to delete them, make purge-orphans CONFIRM=yes"))


def _orphans(call: Call) -> Iterator[ListedObject]:
    for page in audio_store().list_objects(""):
        unclaimed = set(transact(call, "unclaimed_keys", keys=[found.key for found in page])["keys"])
        yield from (found for found in page if found.key in unclaimed)


def _uuid(name: str) -> UUID:
    try:
        return UUID(os.environ.get(name, ""))
    except ValueError:
        raise Mistaken(f"give an id: {name}=0c9eaf06-7c5b-4be0-a4f7-468816a411e3, for example") from None


COMMANDS: dict[str, Callable[[Call], None]] = {
    "jobs": jobs,
    "requeue": requeue,
    "reconcile": reconcile,
    "rearm": rearm,
    "disarm": disarm,
    "orphans": orphans,
    "adopt": adopt,
    "purge-orphans": purge_orphans,
}


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"error: python -m tools.operate {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    configure()
    try:
        COMMANDS[arguments[0]](Call.system(arguments[0]))
    except Refused as refusal:
        print(f"error: {refusal.code} {refusal.details or ''}", file=sys.stderr)
    except MissingConfiguration as missing:
        print(f"error: no stage is configured: {', '.join(missing.problems)} missing or wrong", file=sys.stderr)
    except (Mistaken, Unavailable) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
