"""What can go wrong, as the domain says it, and the one table that turns it into an answer.

Domain errors know no HTTP: they carry a code. Only `describe` knows statuses and sentences. Nothing here ever carries a
value a caller sent, a token, a code or an address: an error's text may end in a log.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic.alias_generators import to_camel

Details = Mapping[str, Any] | Sequence[Mapping[str, Any]]

MAX_FIELD_ERRORS = 20


class Refused(Exception):
    """The system said no, for a reason the caller may know.

    `code` is one of CODES; `details` in snake_case (it is put into camelCase on its way out); `message` replaces the
    default sentence; `note` is for our own log alone and never leaves.
    """

    def __init__(self, code: str, details: Details | None = None, message: str | None = None, note: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.message = message
        self.note = note


class Unavailable(Exception):
    """A service we depend on is out of reach or too slow; whether the work was done may be unknown. Safe to ask
    again.
    """

    def __init__(self, service: str, retry_after: int = 2) -> None:
        super().__init__(service)
        self.service = service
        self.retry_after = retry_after


class MissingConfiguration(Exception):
    """Variables that are missing or not acceptable: `problems` maps a variable's name to the reason, never its
    value.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {reason}" for name, reason in problems.items()))
        self.problems = dict(problems)


class InternalError(Exception):
    """A fault of ours. Its text is written by us, holds nobody's data, and so may be logged."""


def invalid(*problems: tuple[str, str]) -> Refused:
    """VALIDATION_FAILED for (field, reason) pairs; fields are dotted camelCase paths, reasons never echo the input."""
    listed: list[dict[str, str]] = [{"field": name, "reason": reason} for name, reason in problems[:MAX_FIELD_ERRORS]]
    return Refused("VALIDATION_FAILED", listed, f"{listed[0]['field']}: {listed[0]['reason']}")


# The one table: code -> (status, what the caller reads). Sentences say what to do next.
CODES: dict[str, tuple[int, str]] = {
    "UNAUTHORIZED": (401, "Please sign in again."),
    "FORBIDDEN": (403, "You do not have access to this family, or not the role this needs."),
    "SUBSCRIPTION_INACTIVE": (403, "The family's subscription is not active. Update the payment to record more."),
    "ENTITLEMENT_INACTIVE": (403, "Recording is switched off for this family. Please contact support."),
    "QUOTA_EXCEEDED": (403, "The family's storage is full. Delete recordings or choose a larger plan."),
    "DURATION_EXCEEDED": (403, "This recording is longer than the family's plan allows."),
    "VALIDATION_FAILED": (400, "The request is not valid."),
    "NOT_FOUND": (404, "There is nothing here."),
    "INVITE_NOT_VALID": (404, "This invite is not valid. Ask your family for a new one."),
    "UPLOAD_NOT_FOUND": (409, "The upload has not arrived yet. Upload the file, then finalize again."),
    "UPLOAD_MISMATCH": (409, "What was uploaded is not what was announced. Ask for a new upload URL and upload again."),
    "CONFLICT": (409, "This is not possible in the present state. Reload and try again."),
    "METHOD_NOT_ALLOWED": (405, "This method is not supported here."),
    "PAYLOAD_TOO_LARGE": (413, "The request body is too large."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Send the body as application/json in UTF-8."),
    "RATE_LIMIT": (429, "Too many requests. Wait a moment and try again."),
    "SERVICE_UNAVAILABLE": (503, "The service cannot be reached right now. Please try again in a moment."),
    "INTERNAL": (500, "Something went wrong. Please try again."),
}

# What a CONFLICT tells its reader, by details.reason.
CONFLICT_REASONS: dict[str, str] = {
    "subscribed": "The family is subscribed already. Use the billing portal to change its plan.",
    "no_customer": "The family has never paid, so there is no billing portal yet. Start a checkout first.",
    "last_keeper": "A family always keeps a keeper. Make someone else a keeper first.",
    "too_many_free_families": "You keep as many free families as one person can. Upgrade one of them first.",
    "too_many_uploads": "Too many uploads are pending. Finish those, or wait until they lapse.",
    "too_many_invites": "The family has as many open invites as it can have. Revoke one first.",
    "idempotency_key_reused": "This Idempotency-Key was used with another body. Use a new key for a new request.",
    "in_progress": "The same request is still being worked on. Ask again in a moment.",
    "purging": "The recording's thirty days are over and it is being removed; it cannot be restored.",
    "already_finalized": "This recording is kept already; its upload is over.",
    "deleted": "This is in the trash. Restore it first.",
    "claimed": "Another recording has this object.",
    "revoked": "The invite was revoked. Make a new one.",
    "used_up": "The invite was used as often as it may be. Make a new one.",
}


@dataclass(frozen=True)
class Problem:
    """An error as it goes out: status, code, sentence, details in camelCase, and the headers it asks for."""

    status: int
    code: str
    message: str
    details: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"error": error}


def describe(error: BaseException) -> Problem:
    """The answer to an error. Whatever is not one of ours is INTERNAL, with the same words every time."""
    if isinstance(error, Refused) and error.code in CODES and error.code != "INTERNAL":
        return _refusal(error)
    if isinstance(error, Unavailable):
        return _problem("SERVICE_UNAVAILABLE", headers={"Retry-After": str(max(1, error.retry_after))})
    if isinstance(error, MissingConfiguration):
        return _problem("SERVICE_UNAVAILABLE", headers={"Retry-After": "30"})
    return _problem("INTERNAL")


def _problem(
    code: str, message: str | None = None, details: Any = None, headers: Mapping[str, str] | None = None
) -> Problem:
    status, default = CODES[code]
    return Problem(status, code, message or default, details, dict(headers or {}))


def _refusal(error: Refused) -> Problem:
    details = camelise(error.details)
    message = error.message
    if error.code == "CONFLICT" and message is None and isinstance(details, dict):
        message = CONFLICT_REASONS.get(str(details.get("reason")))
    headers = _rate_limit_headers(error.details) if error.code == "RATE_LIMIT" else {}
    if error.code == "SERVICE_UNAVAILABLE":
        headers = {"Retry-After": "2"}
    return _problem(error.code, message, details, headers)


def _rate_limit_headers(details: Details | None) -> dict[str, str]:
    """Retry-After (whole seconds, at least 1) and the X-RateLimit trio, of what the counter told."""
    facts = details if isinstance(details, Mapping) else {}
    headers = {"Retry-After": str(max(1, math.ceil(float(facts.get("retry_after") or 1))))}
    for name, key in (
        ("X-RateLimit-Limit", "limit"),
        ("X-RateLimit-Remaining", "remaining"),
        ("X-RateLimit-Reset", "reset"),
    ):
        if facts.get(key) is not None:
            headers[name] = str(math.ceil(float(facts[key])))
    return headers


def camelise(value: Any) -> Any:
    """The same value with every mapping's keys in camelCase, all the way down."""
    if isinstance(value, Mapping):
        return {to_camel(str(key)): camelise(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [camelise(item) for item in value]
    return value
