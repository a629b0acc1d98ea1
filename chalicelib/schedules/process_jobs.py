"""Every minute: runs the due jobs at once and again at second 30, so that no job waits longer than half a minute.

The summary of a run has the figures of the queue too, for the metrics. By hand, and on the local stack every two
seconds, it drains the queue once and returns.
"""

from __future__ import annotations

import time
from typing import Any

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.queue import worker
from chalicelib.schedules.slots import HOUR, MINUTE, once_a_slot

SECOND_DRAIN_AT = 30.0
LAST_CLAIM_AT = 50.0


def process_jobs(call: Call) -> dict[str, Any]:
    """How many jobs ended how, of both drains together."""
    if call.detail.get("byHand"):
        return _drain_once(call)
    return once_a_slot(call, "process_jobs", MINUTE, _drain_twice)


def _drain_once(call: Call) -> dict[str, Any]:
    return {**worker.drain(call, call.seconds_left), **_sweep_now_and_then(call)}


def _drain_twice(call: Call, started: float | None = None) -> dict[str, Any]:
    started = time.monotonic() if started is None else started

    def remaining_seconds() -> float:
        # No job is claimed after second 50, when the next run is near. A job that was begun before may still finish.
        return min(started + LAST_CLAIM_AT + worker.JOB_SECONDS - time.monotonic(), call.seconds_left())

    counts = worker.drain(call, remaining_seconds)
    summary = _sweep_now_and_then(call)
    time.sleep(max(0.0, started + SECOND_DRAIN_AT - time.monotonic()))
    for outcome, count in worker.drain(call, remaining_seconds).items():
        counts[outcome] = counts.get(outcome, 0) + count
    return {**counts, **summary, **transact(call, "queue_gauges", repeatable=True)}


def _sweep_now_and_then(call: Call) -> dict[str, Any]:
    """Deletes expired rows (see ops.sweep_tx), once an hour."""
    if transact(call, "claim_schedule_slot_tx", schedule="sweep", seconds=HOUR)["run_id"] is None:
        return {}
    swept = transact(call, "sweep_tx", repeatable=True, deadline=20.0)
    return {"swept": swept} if swept else {}
