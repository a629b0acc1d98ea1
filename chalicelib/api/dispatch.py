"""The way of a request, once: media type, who, what, then the operation, then the response. It knows no Chalice.

The first thing that is wrong is the answer: 415, 401, 400, 429, then what the function raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chalicelib.api import rate_limits, responses
from chalicelib.api.endpoints import Endpoint
from chalicelib.api.parsing import parse_body, parse_query
from chalicelib.call import Call
from chalicelib.errors import Refused, invalid

_PATH_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def answer(endpoint: Endpoint, call: Call, path: Mapping[str, str]) -> responses.Reply:
    """Serves a call. Never raises: every error becomes a reply."""
    call.action = endpoint.function.__name__
    try:
        if endpoint.access != "webhook":
            _check_media_type(call)
        if endpoint.access == "user":
            # Its library brings cryptography, which the webhook's function never needs.
            from chalicelib.api import auth

            call.user_id = auth.verify(auth.bearer(call.headers.get("authorization")))
        arguments = _arguments(endpoint, call, path)
        if endpoint.limit is not None:
            rate_limits.count(call, endpoint.limit)
        return responses.success(endpoint.function(call, **arguments))
    except Exception as error:
        return responses.failure(error, call)


def _arguments(endpoint: Endpoint, call: Call, path: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {name: _path_id(path[name]) for name in endpoint.path_parameters}
    # The ids that a request names are in its log lines, those of the path whatever is wrong with the body. The line's
    # userId is the caller.
    call.log_ids({("member_id" if name == "user_id" else name): value for name, value in arguments.items()})
    if endpoint.idempotent:
        call.idempotency_key = _idempotency_key(call.headers.get("idempotency-key"))
    if endpoint.request is not None:
        arguments["request"] = parse_body(endpoint.request, call.raw_body)
        call.log_ids(dict(arguments["request"]))
    if endpoint.query is not None:
        arguments["query"] = parse_query(endpoint.query, call.query)
        call.log_ids(dict(arguments["query"]))
    return arguments


def _check_media_type(call: Call) -> None:
    """A body, where there is one, is JSON in UTF-8; without a content type API Gateway takes it for that too."""
    if call.method not in ("POST", "PATCH", "PUT") or not call.raw_body:
        return
    kind, *parameters = (
        part.strip().lower() for part in call.headers.get("content-type", "application/json").split(";")
    )
    charset = next((part[8:].strip('"') for part in parameters if part.startswith("charset=")), "utf-8")
    if kind != "application/json" or charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refused("UNSUPPORTED_MEDIA_TYPE")


def _idempotency_key(header: str | None) -> str | None:
    if header is not None and not responses.REQUEST_ID.fullmatch(header):
        raise invalid(("Idempotency-Key", "must be 1 to 64 of letters, digits, dot, underscore and dash"))
    return header


def _path_id(text: str) -> UUID:
    """A malformed id becomes the nil UUID, so it is answered like an unknown one."""
    return UUID(text) if _PATH_ID.fullmatch(text) else UUID(int=0)
