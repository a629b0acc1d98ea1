"""Requests as API Gateway hands them to the function, and answers as a client receives them. Every test uses these."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from chalice.local import RouteMatcher

from app import app

IP = "203.0.113.7"


@dataclass(frozen=True)
class Response:
    """An answer: its status, its headers by lower-case name, and its body as text."""

    status: int
    headers: dict[str, str]
    text: str

    @cached_property
    def body(self) -> Any:
        """The parsed body; None when there is none."""
        return json.loads(self.text or "null")

    @property
    def data(self) -> Any:
        assert self.status == 200, self.text
        return self.body["data"]

    @property
    def error(self) -> str:
        """The error's code."""
        assert self.status != 200, self.text
        return str(self.body["error"]["code"])

    @property
    def reason(self) -> str:
        """details.reason of a CONFLICT."""
        assert self.error == "CONFLICT", self.text
        return str(self.body["error"]["details"]["reason"])

    @property
    def without_request_id(self) -> tuple[int, dict[str, str], str]:
        """The whole answer but for the request's id: to compare two answers byte by byte."""
        return self.status, {k: v for k, v in self.headers.items() if k != "x-request-id"}, self.text


def event_of(
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    *,
    ip: str = IP,
    **changes: Any,
) -> dict[str, Any]:
    """The proxy event of API Gateway's REST API.

    `path` with its query, as a client sends it: the route is found among the app's. Bytes as the body are sent in
    base64, as API Gateway sends binary types. `changes` replace keys of the event.
    """
    path, _, query = path.partition("?")
    try:
        route, captured = (match := RouteMatcher(list(app.routes)).match_route(path)).route, match.captured
    except ValueError:
        route, captured = path, {}
    return {
        "resource": route,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers or {}),
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "pathParameters": captured or None,
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "httpMethod": method,
            "resourcePath": route,
            "identity": {"sourceIp": ip},
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
        **changes,
    }


def serve(event: Any, to: Any = app) -> Response:
    """Has the app answer an event; another app than ours by `to`."""
    # Through JSON, as Lambda would send it: what cannot be written as JSON fails here.
    answer = json.loads(json.dumps(to(event, None)))
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return Response(answer["statusCode"], headers, answer["body"])


def call(
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    *,
    ip: str = IP,
) -> Response:
    """Sends one request to the real app object."""
    return serve(event_of(method, path, headers, body, ip=ip))
