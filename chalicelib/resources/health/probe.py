"""The turn to check a stage: one process in 15 seconds checks, and keeps what it found in Postgres for the others.

Where Postgres does not answer, each process checks by itself, and no more often.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.call import Call
from chalicelib.database.literals import Json
from chalicelib.database.messages import transact
from chalicelib.resources.health.dependencies import CHECKS, Check, outcome
from chalicelib.telemetry import logs

PROBE_SECONDS = 15.0
DATABASE_SECONDS = 2.0
"""For each of the three messages of a turn."""
WAITING_SECONDS = 1.0
"""A process asks again after this, where another one has the turn and is not done."""

_BADNESS = {"fail": 0, "warn": 1, "pass": 2}

_lock = threading.Lock()
_checks: list[Check] = []
_good_until: float | None = None


def checks(call: Call) -> Sequence[Check]:
    """What was found last, at most 15 seconds ago, the worst first. Who comes while it is being found waits."""
    global _checks, _good_until
    with _lock:
        if _good_until is None or time.monotonic() >= _good_until:
            found, seconds = _find(call)
            _checks = sorted(found, key=lambda check: (_BADNESS[check["status"]], check["name"]))
            _good_until = time.monotonic() + seconds
        return _checks


def reset() -> None:
    """Forgets what was found."""
    global _good_until
    _good_until = None


def _find(call: Call) -> tuple[list[Check], float]:
    """The checks, and for how many seconds they are good."""
    database, turn = outcome("database", lambda: _message(call, "claim_health_probe_tx", seconds=int(PROBE_SECONDS)))
    if turn is None:
        return [database, *_look_around()[0]], PROBE_SECONDS
    if not turn["claimed"]:
        age = turn["age"]
        known = turn["checks"] or [Check(name="database", status="warn", reason="being_checked")]
        return known, max(WAITING_SECONDS, PROBE_SECONDS - (age or PROBE_SECONDS))
    around, facts = _look_around(call)
    found = [database, *around, *facts]
    try:
        _message(call, "store_health_probe_tx", checks=Json(found))
    except Exception as error:
        # The other processes take the next turn; this one answers what it found.
        logs.failure("health_not_kept", error, call)
    return found, PROBE_SECONDS


def _look_around(call: Call | None = None) -> tuple[list[Check], list[Check]]:
    """Asks every dependency at the same time, each within its own time; Postgres only where a call for it is given."""
    with ThreadPoolExecutor(len(CHECKS) + 1) as pool:
        asked = [pool.submit(outcome, name, check) for name, check in CHECKS.items()]
        facts = pool.submit(_facts, call) if call is not None else None
        return [each.result()[0] for each in asked], facts.result() if facts is not None else []


def _facts(call: Call) -> list[Check]:
    """What the database knows: the queue, the schedules, the audit, the copies."""
    failed, facts = outcome("bookkeeping", lambda: _message(call, "health"))
    return [failed] if facts is None else facts["checks"]


def _message(call: Call, name: str, **parameters: Any) -> dict[str, Any]:
    return transact(call, name, deadline=DATABASE_SECONDS, **parameters)
