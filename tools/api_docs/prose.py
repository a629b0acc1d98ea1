"""The words and headers of the OpenAPI document that belong to no single operation."""

from __future__ import annotations

from typing import Any

from chalicelib.api import responses

Json = dict[str, Any]

INFO: Json = {
    "title": "Stories From the Sun",
    "version": "1.0.0",
    "summary": "Families record their elders' voices, one story at a time, and keep them.",
    "license": {"name": "MIT", "identifier": "MIT"},
    "description": (
        "JSON in camelCase. Success is 200 `{data, metadata?}`, everything else `{error: {code, message, details?}}`. "
        'Unknown keys are ignored, types are strict: no `"5"` for 5, no key twice, no NUL. Bodies are UTF-8 and at '
        "most 64 KiB. Times are RFC 3339 in UTC, sizes bytes, durations seconds.\n\n"
        "Every response carries `x-request-id` (the caller's own when it is 1 to 64 of `[A-Za-z0-9._-]`), "
        "`Cache-Control: no-store` and, for an origin on the allow-list, `Access-Control-Allow-Origin`. `OPTIONS` on "
        "any path answers 204 with the methods and headers a browser may send, good for a day. A method that is not "
        "listed here answers 405 METHOD_NOT_ALLOWED with `Allow`, a path that is not listed 404 NOT_FOUND.\n\n"
        "An id that is malformed, unknown or not the caller's to see answers alike: FORBIDDEN for a family, NOT_FOUND "
        "for anything else. What a member sees and may not change is FORBIDDEN."
    ),
}

OPERATIONS = (
    "What the family app does, a POST each. They stand where supabase-js looks for functions: "
    "`supabase.functions.invoke('create-family', {body})`."
)

SECURITY_SCHEMES: Json = {
    "supabaseAccessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a Supabase session (not the anon key). Renew it when UNAUTHORIZED comes.",
    },
    "healthToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "HEALTH_TOKEN, on stages that have one.",
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
        "description": "An id of the caller's for this request: 1 to 64 of `[A-Za-z0-9._-]`. Any other is replaced.",
        "schema": {"type": "string"},
        "example": "3f2a9c-retry-1",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": (
            "Makes asking again safe: the same person, key and body within 24 hours get the same thing. "
            "Another body with the same key is refused as CONFLICT idempotency_key_reused."
        ),
        "schema": {"type": "string", "pattern": f"^{responses.REQUEST_ID.pattern}$"},
        "example": "4d1f0c6e-create-family",
    },
    "StripeSignature": {
        "name": "Stripe-Signature",
        "in": "header",
        "required": True,
        "description": "Stripe's signature over the time and the raw body: `t=<seconds>,v1=<hex>[,v1=<hex>]`.",
        "schema": {"type": "string"},
        "example": "t=1795173600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
    },
}

WEBHOOK_BODY: Json = {
    "required": True,
    "description": (
        "The raw bytes of the event, at most 512 KiB, exactly as Stripe sent and signed them; parsing and writing them "
        "again breaks the signature."
    ),
    "content": {
        "application/json": {
            "schema": {"type": "object", "description": "An event of Stripe's."},
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
        "description": "Names this request in every log; tell it to support.",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{responses.REQUEST_ID.pattern}$"},
    },
    "Cache-Control": {"description": "Nothing is to be kept.", "required": True, "schema": {"const": "no-store"}},
    "X-Content-Type-Options": {"required": True, "schema": {"const": "nosniff"}},
    "Access-Control-Allow-Origin": {
        "description": "The request's origin when it is on the allow-list, or `*` where everyone is.",
        "schema": {"type": "string"},
    },
    "Access-Control-Expose-Headers": {
        "description": "What a browser's script may read.",
        "schema": {"const": responses.EXPOSED_HEADERS},
    },
    "Vary": {"description": "`Origin`, unless every origin is allowed.", "schema": {"const": "Origin"}},
    "Retry-After": {
        "description": "Whole seconds to wait before asking again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "X-RateLimit-Limit": {"description": "Calls a window allows.", "required": True, "schema": _COUNT},
    "X-RateLimit-Remaining": {"description": "Calls that are left.", "required": True, "schema": _COUNT},
    "X-RateLimit-Reset": {
        "description": "When one more call fits, in epoch seconds.",
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
}

WHEN: dict[str, str] = {
    "UNAUTHORIZED": "The token is missing, bad, expired, anonymous or meant for something else.",
    "FORBIDDEN": "The caller is no member of this family, or may not do this in it; the same for an unknown family.",
    "SUBSCRIPTION_INACTIVE": "The family's payment has failed for too long. Everything but recording goes on.",
    "ENTITLEMENT_INACTIVE": "The operator has suspended uploads of this family.",
    "QUOTA_EXCEEDED": "The family's storage is full.",
    "DURATION_EXCEEDED": "The recording is longer than the plan allows.",
    "VALIDATION_FAILED": "The request is malformed; details say where and why, never what was sent.",
    "NOT_FOUND": "The id is unknown, or not the caller's to see.",
    "INVITE_NOT_VALID": "The code is malformed, unknown, expired, revoked or used up: one answer for all.",
    "UPLOAD_NOT_FOUND": "The upload has not arrived. Upload, then finalize again.",
    "UPLOAD_MISMATCH": "Size, type or content differ from what was announced.",
    "CONFLICT": "The present state forbids it; details.reason says why.",
    "METHOD_NOT_ALLOWED": "The path has no such method; `Allow` lists those it has.",
    "PAYLOAD_TOO_LARGE": "The body is over 64 KiB (stripe-webhook: 512 KiB).",
    "UNSUPPORTED_MEDIA_TYPE": "The body is not JSON in UTF-8 by its content type.",
    "RATE_LIMIT": "Too many calls. Wait for `Retry-After`.",
    "SERVICE_UNAVAILABLE": "Something the operation needs is out of reach or too slow. Asking again is safe.",
    "INTERNAL": "A fault of ours, and reported.",
}

NUMBERS_OF_CODE: dict[str, tuple[str, ...]] = {
    "QUOTA_EXCEEDED": ("quotaBytes", "usedBytes", "reservedBytes", "requestedBytes"),
    "DURATION_EXCEEDED": ("maxRecordingSeconds",),
    "RATE_LIMIT": ("limit", "remaining", "reset", "retryAfter"),
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
    "CONFLICT": {"reason": "in_progress"},
    "UPLOAD_MISMATCH": {"reason": "size"},
    "RATE_LIMIT": {"limit": 60, "remaining": 0, "reset": 1795173660, "retry_after": 12},
}


def metadata(warnings: tuple[str, ...]) -> Json:
    """What may stand beside the data: parts that failed by themselves."""
    return {
        "type": "object",
        "description": "Present when a part failed by itself and the rest was done.",
        "required": ["warnings"],
        "properties": {
            "warnings": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string"},
                "examples": [list(warnings)],
            }
        },
    }
