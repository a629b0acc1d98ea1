"""Requests as an attacker would write them, to every route on the map, and what is true of every answer."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from app import app
from chalicelib.api.dispatch import Endpoint
from chalicelib.api.problems import CODES
from tests.support.gateway import Response, event_of, serve
from tools.api_docs.errors import codes_of
from tools.api_docs.examples import DOCUMENTED

ORIGIN = "https://app.example.org"
MARK = "h0st1le"
"""Stands in whatever is hostile, and must not come back."""

_numbers = itertools.count(1)


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
) -> Response:
    """Sends one request as API Gateway hands it over; without a body, the documented one where one is due."""
    if body is None and endpoint.request is not None:
        body = json.dumps(good_body(endpoint)).encode()
    given = {"Content-Type": "application/json", "Origin": ORIGIN}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    given |= headers or {}
    number = next(_numbers)
    event = event_of(
        method or endpoint.method,
        endpoint.path,
        given,
        body,
        # Wrong invite codes are counted by address: each request comes from another.
        ip=f"198.51.{number // 250 % 250}.{number % 250}",
        pathParameters={name: str(uuid.uuid4()) for name in endpoint.path_parameters} | dict(path or {}) or None,
        multiValueQueryStringParameters=dict(query) if query else None,
    )
    return serve(event)


def check(answer: Response, endpoint: Endpoint, *, more: tuple[str, ...] = ()) -> Response:
    """Holds an answer to what every answer keeps: shape, headers, a documented code, nothing of ours or theirs told."""
    where = f"{name_of(endpoint)}: {answer.status} {answer.text[:300]}"
    assert answer.status != 500, where
    assert answer.headers["access-control-allow-origin"] == ORIGIN, where
    assert not any(MARK in value for value in answer.headers.values()), where
    assert answer.headers["content-type"] == "application/json", where
    if answer.status == 200:
        return answer
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
