"""Alerts: what an operator must know, noted in Postgres for the next mail of send_error_digest.

Each kind has a fixed sentence, and a section in docs/operating.md. An alert's fingerprint is its kind and the part of
the system that it is about; neither holds an id or anything that a caller can choose. SQL functions note alerts of
their own, by ops.note_alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.errors import Unavailable
from chalicelib.telemetry import logs

NOTE_SECONDS = 1.0
"""For noting an alert: whoever waits for this call has waited long enough."""


@dataclass(frozen=True)
class Kind:
    """What alerts of a kind say. `{part}` in the message is what stands behind the slash of the fingerprint."""

    severity: Literal["critical", "error"]
    """critical: mailed within five minutes; error: mailed when its UTC day is over."""
    message: str
    part: str = ""
    """What stands behind the slash, in a word; without one the kind alone is the fingerprint."""


KINDS: Mapping[str, Kind] = {
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


def note(call: Call, kind: str, part: str = "") -> None:
    """Notes one alert, within NOTE_SECONDS, in a transaction of its own. Never raises."""
    # Not the call itself, which may not have been counted yet: this is no message of its caller's.
    noting = Call.system(call.function, request_id=call.request_id)
    try:
        transact(
            noting,
            "note_alert_tx",
            deadline=NOTE_SECONDS,
            fingerprint=f"{kind}/{part}" if part else kind,
            severity=KINDS[kind].severity,
            message=KINDS[kind].message.format(part=part),
        )
    except Exception as trouble:
        logs.failure("alert_not_noted", trouble, call, kind=kind)


def note_error(call: Call, error: Exception) -> None:
    """Notes an alert where an error means that an operator must act. Never raises."""
    if isinstance(error, Unavailable) and error.trouble in _OF_TROUBLE:
        note(call, _OF_TROUBLE[error.trouble], error.service)
