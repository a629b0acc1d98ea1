"""The way of a request, once: media type, who, what, then the operation, then the reply. It knows no Chalice.

An endpoint is a plain function whose annotations say what it takes: `request` a JSON body, `query` a query string, any
other parameter a part of the path. The first thing that is wrong answers: 415, 401, 400, then what the function raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints
from uuid import UUID

from chalicelib.api import auth, rate_limits, responses
from chalicelib.api.models import WireModel
from chalicelib.api.parsing import parse_body, parse_query
from chalicelib.call import Call, Limit
from chalicelib.errors import Refused, invalid

Access = Literal["user", "public", "webhook"]

_PATH_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Endpoint:
    """One method on one path, and what its function takes and gives."""

    method: str
    path: str
    function: Callable[..., Any]
    access: Access
    limit: Limit | None
    idempotent: bool
    """Whether an Idempotency-Key is honoured here."""
    request: type[WireModel] | None
    query: type[WireModel] | None
    response: Any
    path_parameters: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.function.__module__.rsplit('.', 1)[-1]}.{self.function.__name__}"


def describe_endpoint(
    method: str, path: str, function: Callable[..., Any], access: Access, limit: Limit | None, idempotent: bool
) -> Endpoint:
    """Reads a function's annotations. Raises TypeError, at import, where they do not fit the path."""
    hints = get_type_hints(function)
    response = hints.pop("return", None)
    hints.pop("call", None)
    request, query = hints.pop("request", None), hints.pop("query", None)
    in_path = tuple(re.findall(r"{(\w+)}", path))
    if sorted(hints) != sorted(in_path) or any(kind is not UUID for kind in hints.values()):
        raise TypeError(
            f"{function.__name__}: parameters must be call, request, query and a UUID for each part of {path}"
        )
    return Endpoint(method, path, function, access, limit, idempotent, request, query, response, in_path)


def answer(endpoint: Endpoint, call: Call, path: Mapping[str, str]) -> responses.Reply:
    """Serves a call. Never raises: whatever happens becomes a reply."""
    try:
        if endpoint.access != "webhook":
            _check_media_type(call)
        if endpoint.access == "user":
            call.user_id = auth.verify(auth.bearer(call.headers.get("authorization")))
        arguments = _arguments(endpoint, call, path)
        if endpoint.limit is not None:
            rate_limits.count(call, endpoint.limit)
        return responses.success(endpoint.function(call, **arguments))
    except Exception as error:
        return responses.failure(error, call)


def _arguments(endpoint: Endpoint, call: Call, path: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if endpoint.idempotent:
        call.idempotency_key = _idempotency_key(call.headers.get("idempotency-key"))
    if endpoint.request is not None:
        arguments["request"] = parse_body(endpoint.request, call.raw_body)
    if endpoint.query is not None:
        arguments["query"] = parse_query(endpoint.query, call.query)
    for name in endpoint.path_parameters:
        arguments[name] = _path_id(path[name])
    family = arguments.get("family_id") or getattr(arguments.get("request"), "family_id", None)
    if family is not None:
        call.log_fields["familyId"] = str(family)
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
    """What is no id becomes one that nothing has: it goes the way of an unknown one, and answers like it."""
    return UUID(text) if _PATH_ID.fullmatch(text) else UUID(int=0)
