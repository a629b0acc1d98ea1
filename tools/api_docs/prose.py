"""The texts and headers of the OpenAPI document that belong to no single operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.api import responses
from tools.api_docs import Undeclared

Json = dict[str, Any]

INFO: Json = {
    "title": "Stories From the Sun",
    "version": "1.0.0",
    "summary": "Families record their elders' voices, one story at a time, and keep them.",
    "license": {"name": "MIT", "identifier": "MIT"},
    "description": (
        "JSON in camelCase. A successful response is 200 `{data, metadata?}`, an error is "
        "`{error: {code, message, details?}}`. Bodies are UTF-8 and at most 64 KiB. Unknown keys are ignored. Types "
        'are strict: `"5"` is not a number, no key may occur twice, no text may contain NUL. Times are RFC 3339 in '
        "UTC, sizes are in bytes, durations in seconds.\n\n"
        "Every response has `x-request-id` (the caller's own if it is 1 to 64 of `[A-Za-z0-9._-]`), "
        "`Cache-Control: no-store` and, for an allowed origin, `Access-Control-Allow-Origin`. `OPTIONS` on any path "
        "returns 204 with the methods and headers that a browser may send; browsers may cache it for a day. A method "
        "that is not listed here returns 405 METHOD_NOT_ALLOWED with `Allow`, an unknown path 404 NOT_FOUND.\n\n"
        "A malformed id, an unknown id and an id that the caller may not see get the same response: FORBIDDEN for a "
        "family, NOT_FOUND for anything else. Changing something that the caller may only read is FORBIDDEN."
    ),
}

OPERATIONS = (
    "The operations of the family app, each a POST, on the paths that supabase-js uses for functions: "
    "`supabase.functions.invoke('create-family', {body})`."
)

SECURITY_SCHEMES: Json = {
    "supabaseAccessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a Supabase session, not the anon key. Refresh it after UNAUTHORIZED.",
    },
    "healthToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The value of HEALTH_TOKEN, or one of its values. The stages local and dev may do without.",
    },
}

SECURITY: dict[str, list[Json]] = {
    "user": [{"supabaseAccessToken": []}],
    "health": [{}, {"healthToken": []}],
    "public": [],
    "webhook": [],
}

PARAMETERS: Json = {
    "RequestId": {
        "name": "x-request-id",
        "in": "header",
        "required": False,
        "description": (
            "The caller's id for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other value is replaced, and so is one"
            " that looks like a token, a key or an invite code."
        ),
        "schema": {"type": "string"},
        "example": "3f2a9c-retry-1",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": (
            "Makes a retry safe: the same person, key and body get the same result for 24 hours. "
            "The same key with another body is refused: CONFLICT idempotency_key_reused."
        ),
        "schema": {"type": "string", "pattern": f"^{responses.REQUEST_ID.pattern}$"},
        "example": "4d1f0c6e-create-family",
    },
    "StripeSignature": {
        "name": "Stripe-Signature",
        "in": "header",
        "required": True,
        "description": "Stripe's signature of the time and the raw body: `t=<seconds>,v1=<hex>[,v1=<hex>]`.",
        "schema": {"type": "string"},
        "example": "t=1795173600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
    },
}

WEBHOOK_BODY: Json = {
    "required": True,
    "description": (
        "The raw bytes of the event, at most 512 KiB, exactly as Stripe sent and signed them. A body that was parsed "
        "and written again does not match the signature."
    ),
    "content": {
        "application/json": {
            "schema": {"type": "object", "description": "A Stripe event."},
            "example": {
                "id": "evt_1a2b3c",
                "object": "event",
                "type": "customer.subscription.updated",
                "created": 1795173600,
                "livemode": False,
                "data": {"object": {"id": "sub_1a2b3c", "object": "subscription", "customer": "cus_1a2b3c"}},
            },
        }
    },
}

_COUNT = {"type": "integer", "minimum": 0}

HEADERS: Json = {
    "x-request-id": {
        "description": "The id of this request in all logs. Send it to support.",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{responses.REQUEST_ID.pattern}$"},
    },
    "Cache-Control": {"description": "No cache may store it.", "required": True, "schema": {"const": "no-store"}},
    "X-Content-Type-Options": {"required": True, "schema": {"const": "nosniff"}},
    "Access-Control-Allow-Origin": {
        "description": "The request's origin if it is allowed, or `*` where all origins are.",
        "schema": {"type": "string"},
    },
    "Access-Control-Expose-Headers": {
        "description": "The headers that a script in a browser may read.",
        "schema": {"const": responses.EXPOSED_HEADERS},
    },
    "Vary": {"description": "`Origin`, unless every origin is allowed.", "schema": {"const": "Origin"}},
    "Retry-After": {
        "description": "Whole seconds to wait before the next try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "X-RateLimit-Limit": {"description": "Calls allowed in a window.", "required": True, "schema": _COUNT},
    "X-RateLimit-Remaining": {"description": "Calls left in the window.", "required": True, "schema": _COUNT},
    "X-RateLimit-Reset": {
        "description": "When the next call is allowed, in epoch seconds.",
        "required": True,
        "schema": _COUNT,
    },
}


def _references(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


EVERY_RESPONSE = _references(
    "x-request-id",
    "Cache-Control",
    "X-Content-Type-Options",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Vary",
)

HEADERS_OF_CODE: dict[str, Json] = {
    "RATE_LIMIT": _references("Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    "SERVICE_UNAVAILABLE": _references("Retry-After"),
    "UPLOADS_PAUSED": _references("Retry-After"),
}

_WHEN: dict[str, str] = {
    "UNAUTHORIZED": "The token is missing, malformed, expired, anonymous or issued for another audience.",
    "FORBIDDEN": "The caller is not a member of this family, or lacks the role; the same for an unknown family.",
    "SUBSCRIPTION_INACTIVE": "The family's payment is overdue for too long. Only new uploads are refused.",
    "FAMILY_SUSPENDED": "The operator has suspended the family. Reading, playing, restoring and leaving go on.",
    "ENTITLEMENT_INACTIVE": "The operator has suspended uploads of this family.",
    "QUOTA_EXCEEDED": "The upload does not fit into the family's storage.",
    "DURATION_EXCEEDED": "The recording is longer than the plan allows.",
    "VALIDATION_FAILED": "The request is malformed. `details` names each field and the reason, never the value sent.",
    "NOT_FOUND": "The id is unknown, or the caller may not see it.",
    "INVITE_NOT_VALID": "The code is malformed, unknown, expired, revoked or used up; the response is always the same.",
    "UPLOAD_NOT_FOUND": "The object store has no such file yet. Upload it, then finalize again.",
    "UPLOAD_MISMATCH": "Size, type or content of the uploaded file differ from what was announced.",
    "CONFLICT": "The current state does not allow this. `details.reason` says why.",
    "METHOD_NOT_ALLOWED": "The path does not have this method. `Allow` lists those it has.",
    "PAYLOAD_TOO_LARGE": "The body is larger than 64 KiB (stripe-webhook: 512 KiB).",
    "UNSUPPORTED_MEDIA_TYPE": "The content type is not JSON in UTF-8.",
    "RATE_LIMIT": "Too many calls. Wait `Retry-After` seconds.",
    "SERVICE_UNAVAILABLE": "A service that the operation needs is down or too slow. A retry is safe.",
    "UPLOADS_PAUSED": "The operator has paused new uploads. Those under way can be finalized.",
    "INTERNAL": "A fault of the server. It is reported.",
}

EXAMPLE_DETAILS: dict[str, Any] = {
    "QUOTA_EXCEEDED": {
        "quota_bytes": 1073741824,
        "used_bytes": 1072000000,
        "reserved_bytes": 0,
        "requested_bytes": 4815162,
    },
    "DURATION_EXCEEDED": {"max_recording_seconds": 600},
    "VALIDATION_FAILED": [{"field": "familyId", "reason": "must be a UUID"}],
    "RATE_LIMIT": {"limit": 60, "remaining": 0, "reset": 1795173660, "retry_after": 12},
}
"""The details of a code, as an error has them in Python: whole numbers by name, or VALIDATION_FAILED's list."""


def when(code: str) -> str:
    """When a code is the answer, in a sentence or two. Raises Undeclared."""
    if code not in _WHEN:
        raise Undeclared(f"describe {code} in _WHEN of tools/api_docs/prose.py")
    return _WHEN[code]


def metadata(warnings: Mapping[str, str]) -> Json:
    """What may stand beside the data: the parts that failed while the rest succeeded."""
    listed = "\n".join(f"`{code}`: {meaning}" for code, meaning in warnings.items())
    return {
        "type": "object",
        "description": "Present when a part of the operation failed and the rest succeeded.",
        "required": ["warnings"],
        "properties": {
            "warnings": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "enum": list(warnings), "description": listed},
            }
        },
    }
