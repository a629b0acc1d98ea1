"""Every field of a body and every parameter of a query string refuses what is not of its kind, and is named."""

from __future__ import annotations

import json

import pytest

from chalicelib.api.endpoints import Endpoint
from tests.support.api import Api
from tests.support.hostile import (
    MARK,
    bad_query_values,
    bad_values,
    body_schema,
    check,
    endpoints,
    fields_of,
    good_body,
    json_endpoints,
    kind_of,
    name_of,
    query_of,
    required,
    send,
)


@pytest.mark.parametrize("endpoint", json_endpoints(), ids=name_of)
def test_every_field_refuses_what_is_not_of_its_kind_and_is_named(endpoint: Endpoint, hostile_token: str) -> None:
    assert set(good_body(endpoint)) & set(fields_of(endpoint)), "the documented example has none of its fields"
    for field, schema in fields_of(endpoint).items():
        for bad in bad_values(schema):
            body = json.dumps({**good_body(endpoint), field: "@"}).replace('"@"', bad).encode()
            answer = check(send(endpoint, hostile_token, body=body), endpoint)
            where = f"{field} = {bad[:60]}: {answer.text[:200]}"
            assert answer.code == "VALIDATION_FAILED", where
            assert answer.fields <= {field, "body"}, where


def test_every_kind_of_value_is_tried() -> None:
    kinds = {kind_of(schema) for endpoint in json_endpoints() for schema in fields_of(endpoint).values()}
    assert {"integer", "number", "uuid", "date-time", "enum", "string"} <= kinds


def test_an_empty_object_names_every_field_that_is_missing(hostile_token: str) -> None:
    for endpoint in json_endpoints():
        if required(endpoint):
            answer = check(send(endpoint, hostile_token, body=b'{"%s": 1}' % MARK.encode()), endpoint)
            assert answer.fields == set(required(endpoint)), name_of(endpoint)


def test_null_is_taken_only_where_the_document_says_so(hostile_token: str) -> None:
    for endpoint in json_endpoints():
        for field, schema in body_schema(endpoint)["properties"].items():
            body = json.dumps({**good_body(endpoint), field: None}).encode()
            answer = check(send(endpoint, hostile_token, body=body), endpoint)
            nullable = {"type": "null"} in schema.get("anyOf", [])
            assert (answer.code == "VALIDATION_FAILED") is not nullable, f"{name_of(endpoint)} {field}"


@pytest.mark.parametrize("endpoint", [one for one in endpoints() if one.query is not None], ids=name_of)
def test_every_query_parameter_refuses_what_is_not_of_its_kind_and_is_named(
    endpoint: Endpoint, hostile_token: str
) -> None:
    for name, schema in query_of(endpoint).items():
        for values in bad_query_values(name, schema):
            # An empty list stands for a parameter that is named and has no value.
            answer = check(send(endpoint, hostile_token, query={name: values}), endpoint)
            where = f"{name} = {str(values)[:60]}: {answer.text[:200]}"
            assert answer.code == "VALIDATION_FAILED", where
            assert answer.fields == {name}, where


def test_where_no_query_is_read_a_bad_one_changes_nothing(hostile_api: Api) -> None:
    bad = {"limit": ["0", MARK], "cursor": ["\x00"], "trashed": ["\ud800"]}
    for endpoint in endpoints():
        if endpoint.query is None:
            token = hostile_api.person().token
            assert check(send(endpoint, token, query=bad), endpoint).code == send(endpoint, token).code


BAD_IDS = [
    *("", " ", "null", "undefined", "0", "-1", "nope", MARK, "..", "../..", "%2e%2e", "%2f", "a/b", "{family_id}", "*"),
    *("6f1c2c1e3b0a4c559d2e8a7f0c1b2d3e", "{6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e}", "\x00", "\ud800"),
    *("6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e\n", "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e%00", "' OR 1=1 --"),
    *("urn:uuid:6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e", "f" * 100_000, "\u202e", "\u0663" * 36),
    "\uff16f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
]


@pytest.mark.parametrize("endpoint", [one for one in endpoints() if one.path_parameters], ids=name_of)
def test_a_malformed_id_in_a_path_answers_like_an_unknown_one(endpoint: Endpoint, hostile_api: Api) -> None:
    unknown = send(endpoint, hostile_api.person().token)
    assert unknown.code in ("FORBIDDEN", "NOT_FOUND")
    for name in endpoint.path_parameters:
        for bad in BAD_IDS:
            # A person each, so that no limit answers instead.
            answer = check(send(endpoint, hostile_api.person().token, path={name: bad}), endpoint)
            assert answer.without_request_id == unknown.without_request_id, f"{name} = {bad[:40]!r}"
