"""Runs a schedule once in each of its slots, however often the clock fires.

A slot is claimed in the database before the work, by the database's clock. A run that fails leaves its slot unfinished,
where an operator sees it, and its work is done in the next slot. A run by hand needs no slot.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.database.vendor_calls import vendor_calls

MINUTE = 60
QUARTER = 15 * 60
HOUR = 3600

Work = Callable[[Call], Mapping[str, Any]]


def once_a_slot(call: Call, schedule: str, seconds: int, work: Work) -> dict[str, Any]:
    """The summary that `work(call)` returns, or {"skipped": "slot_taken"}. `seconds`: the length of a slot."""
    if call.detail.get("byHand") or call.detail.get("dryRun"):
        return _run(call, work)
    version = os.environ.get("VERSION", "unknown")
    run_id = transact(call, "claim_schedule_slot_tx", schedule=schedule, seconds=seconds, version=version)["run_id"]
    if run_id is None:
        return {"skipped": "slot_taken"}
    summary = _run(call, work)
    transact(call, "finish_schedule_run_tx", repeatable=True, run_id=run_id, summary=summary)
    return summary


def _run(call: Call, work: Work) -> dict[str, Any]:
    with vendor_calls(call):
        return dict(work(call))
