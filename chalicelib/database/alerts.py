"""Alerts: what an operator must know, noted in Postgres for the next mail of send_error_digest.

Each kind has a fixed sentence, and a section in docs/operating.md. An alert's fingerprint is its kind and the part of
the system that it is about: never an id, a text of an exception or anything that a caller can choose. Noting never
raises, takes NOTE_SECONDS at most, and is not tried while Postgres is away: the alarms of CloudWatch tell that. SQL
functions note alerts of their own, by ops.note_alert.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.errors import MissingConfiguration, NotRetryable, NotSigned, Unavailable
from chalicelib.telemetry import logs

NOTE_SECONDS = 1.0
"""For noting an alert: whoever waits for this call has waited long enough."""
LEAST_SECONDS = 0.7
"""With less than that left to the function, nothing is noted: the answer is worth more."""
AWAY_SECONDS = 30.0
"""How long this process notes nothing after Postgres took no alert."""
MOST_A_MINUTE = 30
"""Alerts that this process notes one by one; what exceeds it is added to the next one with the same fingerprint."""
_MOST_HELD = 100


@dataclass(frozen=True)
class Kind:
    """What alerts of a kind say. `{part}` in the message is what stands behind the slash of the fingerprint."""

    severity: Literal["critical", "error"]
    """critical: mailed within five minutes; error: mailed when its UTC day is over."""
    message: str
    part: str = ""
    """What stands behind the slash, in a word; without one the kind alone is the fingerprint."""
    threshold: int = 1
    """How many occurrences within 15 minutes are worth an alert."""


KINDS: Mapping[str, Kind] = {
    "internal-error": Kind("critical", "Requests fail with INTERNAL (500), in {part}.", part="PLACE/ERROR"),
    "schedule-failed": Kind("critical", "A run of the schedule {part} failed.", part="SCHEDULE"),
    "job-failed": Kind(
        "critical", "Jobs fail by a fault of ours and are tried again, in {part}: see make jobs.", part="KIND/ERROR"
    ),
    "missing-configuration": Kind(
        "critical", "{part} is missing or has no acceptable value: what needs it fails.", part="VARIABLE"
    ),
    "webhook-unsigned": Kind(
        "critical", "Webhooks come whose signature proves nothing: was Stripe's secret rotated half-way?", threshold=5
    ),
    "vendor-unavailable": Kind(
        "critical",
        "{part} does not answer, answers too late or says that it is in trouble. Everything is tried again.",
        part="VENDOR",
        threshold=3,
    ),
    "vendor-refuses-us": Kind(
        "critical",
        "{part} refuses our key or our address (401, 403 or 404). Nothing is lost yet, and everything is tried again.",
        part="VENDOR",
    ),
    "vendor-unreadable": Kind(
        "error",
        "{part} gives answers that cannot be read. Nothing is lost yet, and everything is tried again.",
        part="VENDOR",
    ),
    "cleanup-capped": Kind("error", "Clean-up has more than 500 things to delete in one run: is that many right?"),
    "billing/unknown_customer": Kind(
        "error", "Subscriptions are paid that belong to no family: the summary of reconcile_billing lists them."
    ),
    "billing/unknown_price": Kind(
        "error", "A subscription has a price that STRIPE_PRICES does not name: the family's plan was kept."
    ),
    "billing/no_items": Kind("error", "A subscription bills nothing: the family's plan was kept."),
    "billing/several_items": Kind("error", "A subscription bills several things: the family's plan was kept."),
    "billing/several_subscriptions": Kind("error", "A family has several subscriptions and pays for all of them."),
    "billing/unknown_status": Kind(
        "error", "A subscription is in a state that is not known here: it was taken as active."
    ),
}
"""Kind -> what it says. docs/operating.md has a section for each: see tests/unit/test_operating.py."""

_OF_TROUBLE = {"refuses us": "vendor-refuses-us", "unreadable answer": "vendor-unreadable"}
_NO_VENDORS = ("database", "health: database")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_./-]+")
_IDS = re.compile(r"[0-9a-fA-F-]*[0-9]{2,}[0-9a-fA-F-]*")

_lock = threading.Lock()
_held = Counter[str]()
_minute, _noted, _away_until = 0, 0, 0.0


def note(call: Call, kind: str, part: str = "") -> None:
    """Notes one alert, in a transaction of its own. Never raises."""
    part = _IDS.sub("N", _NOT_A_NAME.sub("-", part))[:120]
    fingerprint = f"{kind}/{part}" if part else kind
    occurrences = _admitted(fingerprint)
    if not occurrences:
        return
    try:
        if call.seconds_left() < LEAST_SECONDS:
            raise TimeoutError
        transact(
            # Not the call itself, which may not have been counted yet: this is no message of its caller's.
            Call.system(
                call.action,
                call.request_id,
                min(NOTE_SECONDS, call.seconds_left()),
                own_id=call.own_id,
                within=call,
            ),
            "note_alert_tx",
            deadline=NOTE_SECONDS,
            fingerprint=fingerprint,
            severity=KINDS[kind].severity,
            message=KINDS[kind].message.format(part=part),
            occurrences=occurrences,
            threshold=KINDS[kind].threshold,
        )
    except MissingConfiguration:
        # Logged already: without the database's address nothing else works either.
        _put_back(fingerprint, occurrences)
    except Exception as trouble:
        _put_back(fingerprint, occurrences, away=isinstance(trouble, Unavailable))
        logs.failure("alert_not_noted", trouble, call, fingerprint=fingerprint, occurrences=occurrences)


def note_failure(call: Call, error: BaseException, code: str) -> None:
    """Notes what made a request fail, where an operator must act, or a schedule. Never raises.

    `code`: that of the answer, or SCHEDULE_FAILED.
    """
    if _is_of_the_database(error):
        return
    note_error(call, error)
    if code == "INTERNAL":
        note(call, "internal-error", f"{_place(error)}/{type(error).__name__}")
    elif code == "SCHEDULE_FAILED":
        note(call, "schedule-failed", call.action)


def note_job(call: Call, error: BaseException) -> None:
    """Notes what made a job fail, where an operator must act: long before it dies of it. Never raises."""
    if isinstance(error, MissingConfiguration | Unavailable):
        note_error(call, error)
    elif not isinstance(error, NotRetryable):
        note(call, "job-failed", f"{call.action}/{type(error).__name__}")


def note_error(call: Call, error: BaseException) -> None:
    """Notes an alert where an error by itself means that an operator must act. Never raises."""
    if isinstance(error, MissingConfiguration):
        for variable in error.problems:
            note(call, "missing-configuration", variable)
    elif isinstance(error, NotSigned):
        note(call, "webhook-unsigned")
    elif isinstance(error, Unavailable) and error.service not in _NO_VENDORS:
        note(call, _OF_TROUBLE.get(error.trouble, "vendor-unavailable"), error.service)


def _is_of_the_database(error: BaseException | None) -> bool:
    """Whether Postgres was away, and so takes no alert either."""
    while error is not None:
        if isinstance(error, Unavailable) and error.service in _NO_VENDORS:
            return True
        error = error.__context__
    return False


def _place(error: BaseException) -> str:
    """Module and function that raised it, in our code: of a statement that failed, who sent it."""
    for frame, _line in reversed(list(traceback.walk_tb(error.__traceback__))):
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("chalicelib.") and not module.startswith("chalicelib.database."):
            return f"{module.removeprefix('chalicelib.')}.{frame.f_code.co_name}"
    return "unknown"


def _admitted(fingerprint: str) -> int:
    """How many occurrences to note now, those that were held back included; 0 holds this one back."""
    global _minute, _noted
    with _lock:
        now = time.monotonic()
        if int(now // 60) != _minute:
            _minute, _noted = int(now // 60), 0
        if now >= _away_until and _noted < MOST_A_MINUTE:
            _noted += 1
            return 1 + _held.pop(fingerprint, 0)
    _put_back(fingerprint, 1)
    return 0


def _put_back(fingerprint: str, occurrences: int, away: bool = False) -> None:
    global _away_until
    with _lock:
        if away:
            _away_until = time.monotonic() + AWAY_SECONDS
        if fingerprint in _held or len(_held) < _MOST_HELD:
            _held[fingerprint] += occurrences


def reset() -> None:
    """Forgets what was held back, and that Postgres was away."""
    global _noted, _away_until
    _held.clear()
    _noted, _away_until = 0, 0.0
