"""How an error becomes a response: the one table of statuses and messages, and the headers of an error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.api.models import camelise
from chalicelib.errors import Details, MissingConfiguration, Refused, Unavailable

PAUSED_SECONDS = 60
"""When a client may ask again whether uploads are possible again."""

# The one table: code -> (status, the message that the caller reads). A message says what to do next.
CODES: dict[str, tuple[int, str]] = {
    "UNAUTHORIZED": (401, "Please sign in again."),
    "FORBIDDEN": (403, "You are not a member of this family, or your role does not allow this."),
    "SUBSCRIPTION_INACTIVE": (403, "The family's subscription is not active. Update the payment to upload again."),
    "FAMILY_SUSPENDED": (403, "This family is suspended: it can be heard, not changed. Please contact support."),
    "ENTITLEMENT_INACTIVE": (403, "Uploads are suspended for this family. Please contact support."),
    "QUOTA_EXCEEDED": (403, "The family's storage is full. Delete recordings or choose a larger plan."),
    "DURATION_EXCEEDED": (403, "The recording is longer than the family's plan allows."),
    "VALIDATION_FAILED": (400, "The request is not valid."),
    "NOT_FOUND": (404, "This does not exist, or you have no access to it."),
    "INVITE_NOT_VALID": (404, "This invite is not valid. Ask your family for a new one."),
    "UPLOAD_NOT_FOUND": (409, "The file has not been uploaded yet. Upload it, then finalize again."),
    "UPLOAD_MISMATCH": (409, "The uploaded file is not the announced one. Request a new upload URL and upload again."),
    "CONFLICT": (409, "The current state does not allow this. Reload and try again."),
    "METHOD_NOT_ALLOWED": (405, "This path does not support this method."),
    "PAYLOAD_TOO_LARGE": (413, "The request body is too large."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Send the body as application/json in UTF-8."),
    "RATE_LIMIT": (429, "Too many requests. Wait a moment and try again."),
    "SERVICE_UNAVAILABLE": (503, "The service is not available right now. Please try again in a moment."),
    "UPLOADS_PAUSED": (503, "New uploads are paused for a while. Keep the recording and upload it later."),
    "INTERNAL": (500, "Something went wrong. Please try again."),
}

# The codes that come with a details.reason: code -> reason -> the message that replaces the code's own.
REASONS: dict[str, dict[str, str]] = {
    "CONFLICT": {
        "subscribed": "The family already has a subscription. Change its plan in the billing portal.",
        "no_customer": "The family has no billing account yet. Start a checkout first.",
        "last_keeper": "A family needs at least one keeper. Make another member a keeper first.",
        "too_many_free_families": "You already keep the maximum number of free families. Upgrade one of them first.",
        "keeps_too_many_families": "This person already keeps the maximum number of free families.",
        "too_many_prompts": "The family has the maximum number of prompts, or of new prompts today.",
        "too_many_uploads": "You have too many pending uploads. Finalize them, or wait until they expire.",
        "too_many_invites": "The family has the maximum number of open invites. Revoke one first.",
        "idempotency_key_reused": "This Idempotency-Key was sent with another body before. Use a new key.",
        "in_progress": "Another checkout of this family is being started. Try again in a moment.",
        "purging": "The recording was in the trash for 30 days and is being deleted. It cannot be restored.",
        "already_finalized": "This upload is finalized already. Use a new Idempotency-Key for another recording.",
        "deleted": "The recording is in the trash. Restore it first.",
        "revoked": "The invite was revoked. Create a new one.",
        "used_up": "The invite has no uses left. Create a new one.",
    },
    "UPLOAD_MISMATCH": {
        "size": "The uploaded file has another size than announced. Request a new upload URL and upload again.",
        "content_type": "The uploaded file has another type than announced. Request a new upload URL and upload again.",
        "content": "The uploaded file is not MP4 audio. Request a new upload URL and upload again.",
    },
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
    """The response to an error. An error that errors.py does not declare is INTERNAL, always with the same message."""
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
    if error.code in REASONS and message is None and isinstance(details, dict):
        message = REASONS[error.code].get(str(details.get("reason")))
    headers = _rate_limit_headers(error.details) if error.code == "RATE_LIMIT" else {}
    if error.code == "SERVICE_UNAVAILABLE":
        headers = {"Retry-After": "2"}
    if error.code == "UPLOADS_PAUSED":
        headers = {"Retry-After": str(PAUSED_SECONDS)}
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
