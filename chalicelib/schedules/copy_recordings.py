"""Every quarter of an hour: makes a second copy of each new recording, in another bucket of another account.

Objects are streamed from store to store in constant memory, and never written over another object. A recording counts
as copied only when the copied object has the ETag of the recording. Nothing is deleted from the second bucket here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.call import Call
from chalicelib.config import BackupSettings, load
from chalicelib.database.messages import transact
from chalicelib.errors import MissingConfiguration
from chalicelib.schedules.rows import Row, work_through
from chalicelib.schedules.slots import QUARTER, once_a_slot
from chalicelib.storage.copying import copy_to_backup
from chalicelib.storage.store import audio_store
from chalicelib.telemetry import logs

PAGE = 100
SPARE_SECONDS = 45.0
"""The longest that a copy of half a gigabyte may take; with less time left, the rest waits for the next run."""

# What copying found -> the reason in the alarm.
_TROUBLE = {"missing": "missing", "changed": "changed", "differs": "differing"}


def copy_recordings(call: Call) -> dict[str, Any]:
    """Copies what has no second copy. Returns how many were copied, already_there, missing, changed, differs, failed;
    and how many are late."""
    return once_a_slot(call, "copy_recordings", QUARTER, _copy_all)


def _copy_all(call: Call) -> dict[str, Any]:
    try:
        if not load(BackupSettings).configured:
            return {"configured": False}
    except MissingConfiguration as missing:
        # A voice that is kept once is lost with its bucket: the operators are told at once, whatever is late already.
        logs.error("no_backup_store", call, variables=sorted(missing.problems))
        late = transact(call, "alert_uncopied_tx", repeatable=True, configured=False)["late"]
        return {"configured": False, "late": late}
    outcomes, finished = work_through(
        call,
        _uncopied(call),
        lambda recording: _copy_one(call, recording),
        failed="recording_not_copied",
        ids={"recordingId": "id"},
        spare_seconds=SPARE_SECONDS,
    )
    late = transact(call, "alert_uncopied_tx", repeatable=True)["late"]
    return {"configured": True, **outcomes, "late": late, "finished": finished}


def _uncopied(call: Call) -> Iterator[dict[str, Any]]:
    created_at, recording_id = None, None
    while True:
        page = transact(
            call,
            "recordings_to_copy",
            repeatable=True,
            after_created_at=created_at,
            after_id=recording_id,
            limit=PAGE,
        )["recordings"]
        yield from page
        if len(page) < PAGE:
            return
        created_at, recording_id = page[-1]["created_at"], page[-1]["id"]


def _copy_one(call: Call, recording: Row) -> str:
    outcome = _copy_object(recording["object_key"], recording["etag"])
    if outcome in _TROUBLE:
        transact(call, "note_copy_trouble_tx", recording_id=recording["id"], reason=_TROUBLE[outcome])
    else:
        transact(call, "note_copied_tx", repeatable=True, recording_id=recording["id"], etag=recording["etag"])
    return outcome


def _copy_object(key: str, etag: str) -> str:
    found = audio_store().inspect_object(key)
    if found is None:
        return "missing"
    # The object is not the one that was finalized: a copy of it would be no backup of the recording.
    if found.etag != etag:
        return "changed"
    return copy_to_backup(key)
