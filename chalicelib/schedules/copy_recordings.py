"""Every five minutes: makes a second copy of each new recording, in another bucket of another account.

Each recording is a job of the queue (jobs/copy_recording.py). A run enqueues a page of them, does what is due, and so
on until no recording is left or its time is over. As long as there is more to do than one run can, the next runs join
it: two or three work at the same time, and the queue gives no job to two of them.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib.call import Call
from chalicelib.config import BackupSettings, load
from chalicelib.database.messages import transact
from chalicelib.errors import MissingConfiguration
from chalicelib.queue import worker
from chalicelib.schedules.handler import handler_of
from chalicelib.schedules.slots import MINUTE, once_a_slot
from chalicelib.telemetry import logs

SLOT = 5 * MINUTE
"""A run lives up to 14 minutes, so this is what decides how many work side by side: with a slot a minute, fourteen."""
PAGE = 100
KIND = "copy_recording"


def copy_recordings(call: Call) -> dict[str, Any]:
    """Copies what has no second copy. Returns how many were copied, already_there, missing, changed, differs, failed;
    and how many are late."""
    return once_a_slot(call, "copy_recordings", SLOT, _copy_all)


def _copy_all(call: Call) -> dict[str, Any]:
    try:
        if not load(BackupSettings).configured:
            return {"configured": False}
    except MissingConfiguration as missing:
        # A voice that is kept once is lost with its bucket: the operators are told at once, whatever is late already.
        logs.error("no_backup_store", call, variables=sorted(missing.problems))
        late = transact(call, "alert_uncopied_tx", repeatable=True, configured=False)["late"]
        return {"configured": False, "late": late}
    outcomes: Counter[str] = Counter()
    last: dict[str, Any] | None = {"created_at": None, "id": None}
    while last is not None and _has_time(call):
        page = transact(
            call,
            "enqueue_copies_tx",
            repeatable=True,
            after_created_at=last["created_at"],
            after_id=last["id"],
            limit=PAGE,
        )
        outcomes.update(worker.drain(call, call.seconds_left, KIND))
        last = page["last"]
    late = transact(call, "alert_uncopied_tx", repeatable=True)["late"]
    finished = last is None and _has_time(call) and not outcomes["released"]
    return {"configured": True, **outcomes, "late": late, "finished": finished}


def _has_time(call: Call) -> bool:
    """For one more copy."""
    return call.seconds_left() >= worker.KINDS[KIND].least_seconds


handler = handler_of(copy_recordings)
