"""Every minute: runs the jobs that are due, and ends. Whoever needs a job sooner runs it, as the webhook does its own.

The summary of a run has the figures of the queue too, for the metrics. A run by hand needs no figures; on the local
stack there is one every two seconds.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.queue import worker
from chalicelib.schedules.handler import handler_of
from chalicelib.schedules.slots import HOUR, MINUTE, once_a_slot

LAST_CLAIM_AT = 50.0
"""Seconds after its start at which a run claims its last job: the next run is near, and goes on with the others."""

SWEPT_AT_ONCE = 5000
"""Rows of each table in one transaction, so that no other one waits for long."""
MOST_SWEEPS = 40


def process_jobs(call: Call) -> dict[str, Any]:
    """How many jobs ended how."""
    return once_a_slot(call, "process_jobs", MINUTE, _drain)


def _drain(call: Call) -> dict[str, Any]:
    started = time.monotonic()

    def remaining_seconds() -> float:
        # A job that was begun before the last claim may still finish.
        return min(started + LAST_CLAIM_AT + worker.JOB_SECONDS - time.monotonic(), call.seconds_left())

    summary = {**worker.drain(call, remaining_seconds), **_sweep_now_and_then(call)}
    if not call.detail.get("byHand"):
        summary |= transact(call, "queue_gauges")
    return summary


def _sweep_now_and_then(call: Call) -> dict[str, Any]:
    """Deletes expired rows (see ops.sweep_tx), once an hour, a part of each table at a time."""
    if transact(call, "claim_schedule_slot_tx", schedule="sweep", seconds=HOUR)["run_id"] is None:
        return {}
    swept: Counter[str] = Counter()
    for _ in range(MOST_SWEEPS):
        part = transact(call, "sweep_tx", repeatable=True, deadline=20.0, limit=SWEPT_AT_ONCE)
        swept.update(part)
        if max(part.values(), default=0) < SWEPT_AT_ONCE:
            break
    return {"swept": dict(swept)} if swept else {}


handler = handler_of(process_jobs)
