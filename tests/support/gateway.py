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
from chalicelib.api.responses import REQUEST_ID

IP = "203.0.113.7"

_MATCHER = RouteMatcher(list(app.routes))


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
    def error(self) -> dict[str, Any]:
        """The error with its code, message and, for some codes, details."""
        assert set(self.body) == {"error"}, self.text
        error: dict[str, Any] = self.body["error"]
        assert {"code", "message"} <= set(error) <= {"code", "message", "details"}, self.text
        return error

    @property
    def code(self) -> str:
        """The error's code; OK where there is no error."""
        return "OK" if self.status in (200, 204) else str(self.error["code"])

    @property
    def details(self) -> Any:
        return self.error["details"]

    @property
    def reason(self) -> str:
        """details.reason of a CONFLICT."""
        assert self.code == "CONFLICT", self.text
        return str(self.details["reason"])

    @property
    def fields(self) -> set[str]:
        """The fields that a VALIDATION_FAILED names."""
        assert self.code == "VALIDATION_FAILED", self.text
        return {detail["field"] for detail in self.details}

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
        route, captured = (match := _MATCHER.match_route(path)).route, match.captured
    except ValueError:
        route, captured = path, {}
    return {
        "resource": route,
        "path": path,
        "httpMethod": method,
        "headers": None if headers is None else dict(headers),
        "multiValueHeaders": None if headers is None else {name: [value] for name, value in headers.items()},
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


def serve(event: Any, by: Any = app) -> Response:
    """The app's answer to an event (`by`: another app than ours), held to what is true of every answer."""
    # Through JSON, as Lambda would send it: what cannot be written as JSON fails here.
    answer = json.loads(json.dumps(by(event, None)))
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    response = Response(answer["statusCode"], headers, answer["body"])
    assert all(isinstance(value, str) and "\n" not in value and "\r" not in value for value in headers.values())
    assert REQUEST_ID.fullmatch(headers["x-request-id"])
    assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
    assert headers.get("vary") == "Origin" or headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    if response.status >= 400:
        assert response.code and headers["content-type"] == "application/json"
    return response


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
