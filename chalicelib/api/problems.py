"""How an error becomes an answer: the one table of statuses and sentences, and the headers an error asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.api.models import camelise
from chalicelib.errors import Details, MissingConfiguration, Refused, Unavailable

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

# The sentence of a CONFLICT, by its details.reason.
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
    """An error as it is sent: status, code, sentence, details in camelCase, and the headers that belong to it."""

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
    """The answer to an error. Any error that is not declared in errors.py is INTERNAL, always with the same words."""
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
    """Retry-After (whole seconds, at least 1) and the three X-RateLimit headers, from what the counter returned."""
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
