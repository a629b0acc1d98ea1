"""Calls to vendors on behalf of a call: they end before the function does, and what needs a person is alerted.

A vendor that is slow or down comes back by itself. One that refuses our key or address, or answers what cannot be read,
may not: the operator's digest says so, once a UTC day and vendor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chalicelib import deadlines
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.errors import Trouble, Unavailable
from chalicelib.telemetry import logs

SPARE_SECONDS = 1.0
"""What is left to the function for its answer once a vendor was given up."""
NOTE_SECONDS = 1.0
"""For an alert: whoever waits for this call has waited long enough."""

_ALERTS: Mapping[Trouble, tuple[str, str, str]] = {
    "refuses us": (
        "vendor-refuses-us",
        "critical",
        "{} refuses our key or our address (401, 403 or 404). Nothing is lost yet, and everything is tried again.",
    ),
    "unreadable answer": (
        "vendor-unreadable",
        "error",
        "{} gives answers that cannot be read. Nothing is lost yet, and everything is tried again.",
    ),
}
"""Trouble -> the alert's fingerprint without the vendor, severity, and sentence."""


@contextmanager
def vendor_calls(call: Call, seconds: float = float("inf")) -> Iterator[None]:
    """Calls to vendors inside take `seconds` together at most, and end before the function is cut off.

    An Unavailable that leaves the block is alerted where an operator must act.
    """
    try:
        with deadlines.at_most(min(seconds, call.seconds_left() - SPARE_SECONDS)):
            yield
    except Unavailable as trouble:
        alert_of(call, trouble)
        raise


def alert_of(call: Call, error: Exception) -> None:
    """Notes an alert where an error means that an operator must act. Never raises."""
    if not isinstance(error, Unavailable) or error.trouble not in _ALERTS:
        return
    fingerprint, severity, sentence = _ALERTS[error.trouble]
    # Not the call itself, which may not have been counted yet: this is no message of its caller's.
    noting = Call.system(call.function, request_id=call.request_id)
    try:
        transact(
            noting,
            "note_alert_tx",
            deadline=NOTE_SECONDS,
            fingerprint=f"{fingerprint}/{error.service}",
            severity=severity,
            message=sentence.format(error.service),
        )
    except Exception as trouble:
        logs.failure("alert_not_noted", trouble, call)
