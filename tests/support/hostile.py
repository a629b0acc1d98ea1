"""Hostile requests to every route of app.py: how to send them, what a field refuses, what every answer keeps.

Everything is derived from the endpoints and from the OpenAPI document: a new route, field or filter needs no change
here. A new kind of field does, and `bad_values` says where to declare it.
"""

# The texts are meant to look like what they are not.
# ruff: noqa: RUF001

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from app import app
from chalicelib.api.endpoints import Endpoint
from chalicelib.api.problems import CODES
from chalicelib.resources.openapi import DOCUMENT
from tests.support.gateway import Response, event_of, serve
from tools.api_docs.examples import example_of
from tools.api_docs.openapi import operation_id

HERE = "tests/support/hostile.py"
ORIGIN = "https://app.example.org"
MARK = "h0st1le"
"""Part of hostile values; no answer and no log line may repeat it."""

Schema = dict[str, Any]

_numbers = itertools.count(1)


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def endpoints(access: str | None = None) -> list[Endpoint]:
    return [endpoint for endpoint in app.endpoints if access in (None, endpoint.access)]


def json_endpoints() -> list[Endpoint]:
    return [endpoint for endpoint in app.endpoints if endpoint.request is not None]


def one_of_each_access() -> list[Endpoint]:
    """One endpoint for users, one webhook, one public: for attacks on code that all routes share.

    The first takes JSON and requires no field of it, so what it refuses is not refused for what is missing.
    """
    without_required = next(one for one in json_endpoints() if not required(one))
    return [without_required, endpoints("webhook")[0], endpoints("public")[0]]


def good_body(endpoint: Endpoint) -> dict[str, Any]:
    """The documented body, which parses; nobody owns its ids."""
    return dict(example_of(endpoint).request or {})


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
    """Sends one request as API Gateway hands it over; without a body, the documented one if the endpoint takes one."""
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
    """Holds an answer to what every answer keeps: shape, headers, a documented code, nothing internal or hostile."""
    where = f"{name_of(endpoint)}: {answer.status} {answer.text[:300]}"
    assert answer.status != 500, where
    assert answer.headers["access-control-allow-origin"] == ORIGIN, where
    assert not any(MARK in value for value in answer.headers.values()), where
    assert answer.headers["content-type"] == "application/json", where
    if answer.status == 200:
        return answer
    assert CODES[answer.code][0] == answer.status, where
    assert answer.code in {*endpoint.refusals, *more}, where
    assert MARK not in answer.text and not re.search(r"Traceback|pydantic|psycopg|\bline \d+", answer.text), where
    return answer


# What the document says about an endpoint -------------------------------------------------------------------------


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return found


def body_schema(endpoint: Endpoint) -> Schema:
    assert endpoint.request is not None
    schema: Schema = document()["components"]["schemas"][endpoint.request.__name__]
    return schema


def fields_of(endpoint: Endpoint) -> dict[str, Schema]:
    """Each field of an endpoint's body with its plain schema, null taken away."""
    return {name: without_null(schema) for name, schema in body_schema(endpoint)["properties"].items()}


def required(endpoint: Endpoint) -> list[str]:
    return list(body_schema(endpoint).get("required", []))


def query_of(endpoint: Endpoint) -> dict[str, Schema]:
    """Each parameter of an endpoint's query string with its plain schema."""
    wanted = operation_id(endpoint, app.endpoints)
    for methods in document()["paths"].values():
        for operation in methods.values():
            if isinstance(operation, dict) and operation.get("operationId") == wanted:
                parameters = operation.get("parameters", [])
                return {one["name"]: without_null(one["schema"]) for one in parameters if one.get("in") == "query"}
    raise AssertionError(f"chalicelib/openapi.json does not describe {wanted}: run make generate")


def without_null(schema: Schema) -> Schema:
    schema = next((part for part in schema.get("anyOf", []) if part != {"type": "null"}), schema)
    if "$ref" in schema:
        named: Schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return named
    return schema


# Values that a field refuses --------------------------------------------------------------------------------------

_NOT_A_NUMBER = ('"5"', "true", "false", "[5]", '{"a": 5}', '""', "-1", "0", "1e400", "-0.5", "NaN")
_NOT_TEXT = ("5", "true", "[]", "{}", '["a"]', '{"a": "b"}', '"\\u0000"', '"\\ud800"', "1.5")
_BAD_LINES = tuple(
    json.dumps(MARK + bad)
    for bad in ("\r\nBcc: x@evil.example", "\x1b[31mred", "\u2028x", "\u202egnp.exe", "\x7f", "\x9b")
)

BAD_JSON: dict[str, tuple[str, ...]] = {
    "integer": (*_NOT_A_NUMBER, "5.5", "9" * 400, "9223372036854775807", "1e3"),
    "number": (*_NOT_A_NUMBER, "9" * 400),
    "boolean": ("0", "1", '"true"', '"false"', '""', "[]", "[true]", "{}", "1.0", '"on"', f'"{MARK}"'),
    "uuid": (
        *_NOT_TEXT,
        *('""', '"nope"', '"../../etc/passwd"', '"%2f..%2f"', f'"{MARK}"', '"６f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e"'),
        *('"6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e "', '"6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e\\n"', f'"{"f" * 10_000}"'),
        '"6f1c2c1e\\u20103b0a-4c55-9d2e-8a7f0c1b2d3e"',
    ),
    "date-time": (
        *(*_NOT_TEXT, '""', '"now"', '"2026-11-20"', '"2026-11-20T10:00:00"', '"2026-02-30T10:00:00Z"'),
        *('"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59-14:00"', '"0001-01-01T00:00:00+14:00"', "1795173600"),
        '"２026-11-20T10:00:00Z"',
    ),
    "enum": (*_NOT_TEXT, '""', f'"{MARK}"', '"EN"', '"Family"', '"keeper "', '"éditeur"'),
    "string": _NOT_TEXT,
}
"""JSON texts that a field of a body refuses, by its kind."""

BAD_TEXT: dict[str, tuple[str, ...]] = {
    "integer": ("0", "101", MARK, "", "-1", "+1", "5.0", "1e1", "1_0", "１０", "٣", "9" * 5000, "1\x00", "\ud800"),
    "boolean": ("", "0", "1", "TRUE", "yes", "null", MARK, "\x00"),
    "uuid": ("", "1", "null", MARK, "\x00", "６f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e"),
    "date-time": ("", "now", "2026-11-20", "2026-11-20T10:00:00", MARK, "\x00"),
    "enum": ("", MARK, "\x00", "NULL"),
    "string": ("\x00", "\ud800"),
}
"""Texts that a parameter of a query string refuses, by its kind."""

BAD_CURSORS = (
    *("", MARK, "null", "\xff\xfe", "\udfff", "\x00", "A" * 100_000, "W10", "WzEsMiwzXQ"),
    *("W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tb", "WyJhIiwxZTQwMCwiYiJd"),
)


def kind_of(schema: Schema) -> str:
    """The kind of a field: enum, the format of a text, or the JSON type."""
    return "enum" if {"enum", "const"} & set(schema) else str(schema.get("format", schema.get("type")))


def bad_values(schema: Schema) -> Iterator[str]:
    """JSON texts that a body's field of this schema refuses."""
    kind = kind_of(schema)
    assert kind in BAD_JSON, f"declare in BAD_JSON of {HERE} what a field of kind {kind} refuses"
    yield from BAD_JSON[kind]
    if schema.get("maxLength", 0) > 0:
        yield json.dumps(MARK + "x" * schema["maxLength"])
        # Characters are counted, not bytes; these are one beyond.
        yield json.dumps("\U0001f600" * (schema["maxLength"] + 1))
    if schema.get("minLength", 0) > 0:
        yield from ('""', '" "', '"\\u00a0\\u3000"')
    if "u2028-" in schema.get("pattern", "") and "u0009-" not in schema["pattern"]:
        yield from _BAD_LINES


def bad_query_values(name: str, schema: Schema) -> Iterator[list[str]]:
    """Values, as often as they stand in the query string, that this parameter refuses."""
    kind = kind_of(schema)
    assert kind in BAD_TEXT, f"declare in BAD_TEXT of {HERE} what a query parameter of kind {kind} refuses"
    for text in BAD_CURSORS if name == "cursor" else BAD_TEXT[kind]:
        yield [text]
    if schema.get("maxLength", 0) > 0:
        yield [MARK + "x" * schema["maxLength"]]
    yield []
    yield ["1", "2"]
    yield ["a", "a"]
