"""Requests as an attacker would write them, to every route on the map, and what is true of every answer."""

from __future__ import annotations

import base64
import itertools
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import app
from chalicelib.api.dispatch import Endpoint
from chalicelib.api.problems import CODES
from chalicelib.api.responses import REQUEST_ID
from tools.api_docs.errors import codes_of
from tools.api_docs.examples import DOCUMENTED

ORIGIN = "https://app.example.org"
MARK = "h0st1le"
"""Stands in whatever is hostile, and must not come back."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What came back, as bytes on the wire would say it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def code(self) -> str:
        return "OK" if self.status in (200, 204) else str(json.loads(self.text)["error"]["code"])

    @property
    def fields(self) -> set[str]:
        """The fields a VALIDATION_FAILED names."""
        return {detail["field"] for detail in json.loads(self.text)["error"]["details"]}

    @property
    def comparable(self) -> tuple[int, str]:
        return self.status, self.text


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def good_body(endpoint: Endpoint) -> dict[str, Any]:
    """A body that parses, its ids those of nobody."""
    return dict(DOCUMENTED[endpoint.function.__name__].request or {})


def send(
    endpoint: Endpoint,
    token: str | None,
    *,
    method: str | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, list[str]] | None = None,
    path: Mapping[str, str] | None = None,
) -> Answer:
    """Sends one request as API Gateway hands it over; without a body, the documented one where one is due."""
    if body is None and endpoint.request is not None:
        body = json.dumps(good_body(endpoint)).encode()
    given = {"Content-Type": "application/json", "Origin": ORIGIN}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    given |= headers or {}
    event = {
        "resource": endpoint.path,
        "path": endpoint.path,
        "httpMethod": method or endpoint.method,
        "headers": {name: value for name, value in given.items() if value is not None},
        "pathParameters": {name: str(uuid.uuid4()) for name in endpoint.path_parameters} | dict(path or {}) or None,
        "multiValueQueryStringParameters": dict(query) if query else None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "httpMethod": method or endpoint.method,
            "resourcePath": endpoint.path,
            # Wrong invite codes are counted by address: each request comes from another.
            "identity": {"sourceIp": f"198.51.{next(_numbers) // 250 % 250}.{next(_numbers) % 250}"},
        },
        "body": base64.b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
    }
    response = json.loads(json.dumps(app(event, None)))
    return Answer(response["statusCode"], {k.lower(): v for k, v in response["headers"].items()}, response["body"])


def check(answer: Answer, endpoint: Endpoint, *, more: tuple[str, ...] = ()) -> Answer:
    """Holds an answer to what every answer keeps: shape, headers, a documented code, nothing of ours or theirs told."""
    where = f"{name_of(endpoint)}: {answer.status} {answer.text[:300]}"
    assert answer.status != 500, where
    assert REQUEST_ID.fullmatch(answer.headers["x-request-id"]), where
    assert answer.headers["cache-control"] == "no-store", where
    assert answer.headers["x-content-type-options"] == "nosniff", where
    assert answer.headers["access-control-allow-origin"] == ORIGIN, where
    assert all("\n" not in value and "\r" not in value and MARK not in value for value in answer.headers.values())
    if answer.status == 200:
        assert answer.headers["content-type"] == "application/json", where
        return answer
    body = json.loads(answer.text)
    assert set(body) == {"error"} and {"code", "message"} <= set(body["error"]) <= {"code", "message", "details"}, where
    assert answer.headers["content-type"] == "application/json", where
    assert CODES[answer.code][0] == answer.status, where
    assert answer.code in {*codes_of(endpoint), *more}, where
    assert MARK not in answer.text and not re.search(r"Traceback|pydantic|psycopg|\bline \d+", answer.text), where
    return answer


def fields_of(endpoint: Endpoint, document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each field of an endpoint's body with its plain schema, null taken away."""
    if endpoint.request is None:
        return {}
    properties = document["components"]["schemas"][endpoint.request.__name__]["properties"]
    return {
        name: next((part for part in schema.get("anyOf", []) if part != {"type": "null"}), schema)
        for name, schema in properties.items()
    }


def endpoints(access: str | None = None) -> list[Endpoint]:
    return [endpoint for endpoint in app.endpoints if access in (None, endpoint.access)]
