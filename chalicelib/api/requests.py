"""From an event of API Gateway to a Call: who calls from where, the headers, and the body's bytes."""

from __future__ import annotations

import base64
import time
import uuid
from typing import Any

from chalicelib.api import responses
from chalicelib.call import Call
from chalicelib.errors import InternalError, Refused, invalid
from chalicelib.telemetry.scrubbing import scrub_text


def completed(event: Any) -> dict[str, Any]:
    """The event with every key Chalice reads without asking."""
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        raise InternalError("not an event of API Gateway")
    defaults = dict.fromkeys(("body", "pathParameters", "stageVariables", "multiValueQueryStringParameters"))
    context = {"httpMethod": "", "resourcePath": "", **event["requestContext"]}
    return {**defaults, **event, "headers": event.get("headers") or {}, "requestContext": context}


def call_of(event: dict[str, Any], context: Any) -> Call:
    headers = {str(name).lower(): str(value) for name, value in event["headers"].items()}
    where = event["requestContext"]
    remaining = seconds_left(context)
    own_id = _first_good_id(where.get("requestId"))
    return Call(
        request_id=_first_good_id(headers.get("x-request-id"), own_id),
        own_id=own_id,
        method=where["httpMethod"],
        route=where["resourcePath"] or "",
        source_ip=str((where.get("identity") or {}).get("sourceIp") or ""),
        headers=headers,
        query=event["multiValueQueryStringParameters"] or {},
        function=getattr(context, "function_name", ""),
        lambda_request_id=lambda_request_id(context),
        ends_at=None if remaining is None else time.monotonic() + remaining,
    )


def _first_good_id(*offered: Any) -> str:
    """The first id offered that is safe to put into a log, a header and an SQL comment; else one of ours.

    One that looks like a token, a key or an invite code is not: it would be stored with jobs, alerts and events.
    """
    for candidate in offered:
        if not isinstance(candidate, str) or not responses.REQUEST_ID.fullmatch(candidate):
            continue
        if scrub_text(candidate) == candidate:
            return candidate
    return str(uuid.uuid4())


def lambda_request_id(context: Any) -> str:
    """Lambda's id of this invocation; empty where there is none."""
    return str(getattr(context, "aws_request_id", None) or "")


def seconds_left(context: Any) -> float | None:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return None if remaining is None else float(remaining()) / 1000


def body_of(event: dict[str, Any], limit: int) -> bytes:
    """The request's bytes, exactly as they were sent. Raises PAYLOAD_TOO_LARGE before decoding what is too long."""
    body = event["body"] or b""
    encoded = bool(event.get("isBase64Encoded"))
    if len(body) > (limit * 4 // 3 + 4 if encoded else limit):
        raise Refused("PAYLOAD_TOO_LARGE")
    if encoded:
        try:
            raw = base64.b64decode(body, validate=True)
        except ValueError:
            raise invalid(("body", "cannot be decoded")) from None
    else:
        # A lone surrogate survives into the bytes, where decoding them strictly refuses it.
        raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    if len(raw) > limit:
        raise Refused("PAYLOAD_TOO_LARGE")
    return raw
