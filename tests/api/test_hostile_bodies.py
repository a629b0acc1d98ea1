"""A hostile body on any route gets one clear answer in the documented shape: never a 500, and nothing is repeated."""

from __future__ import annotations

import time

import pytest

from app import app
from chalicelib.api.application import MAX_BODY, MAX_WEBHOOK_BODY
from chalicelib.api.endpoints import Endpoint
from tests.support.hostile import (
    MARK,
    check,
    endpoints,
    json_endpoints,
    name_of,
    one_of_each_access,
    send,
)
from tests.support.in_time import in_time

DEEP = 30_000
BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"   \n",
    "not JSON": f"{MARK}".encode(),
    "half a document": b'{"familyId": "',
    "a trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "two documents": b"{}{}",
    "a comment": b"{} // " + MARK.encode(),
    "an array": b"[]",
    "an array of objects": b'[{"name": "x"}]',
    "a string": f'"{MARK}"'.encode(),
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "NaN": b"NaN",
    "a key twice": b'{"name": "a", "name": "b", "familyId": "c", "familyId": "d"}',
    "a key twice, far down": b'{"x": [{"a": 1, "a": 2}]}',
    "NaN within": b'{"durationSeconds": NaN}',
    "Infinity within": b'{"durationSeconds": Infinity}',
    "minus Infinity within": b'{"durationSeconds": -Infinity}',
    "1e400": b'{"x": 1e400}',
    "10**400": b'{"x": 1' + b"0" * 400 + b"}",
    "10**5000": b'{"x": 1' + b"0" * 5000 + b"}",
    "64 bits and one": b'{"x": 9223372036854775808}',
    "NUL in a text": b'{"x": "' + MARK.encode() + b'\\u0000"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "a raw NUL": b'{"x": "\x00"}',
    "raw control characters": b'{"x": "\n"}',
    "a lone surrogate": b'{"x": "\\ud800"}',
    "surrogates the wrong way round": b'{"x": "\\udc00\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff": 1}',
    "a surrogate in utf-8": b'{"x": "\xed\xa0\x80"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"x": 1}'.encode("utf-16"),
    "utf-16 without mark": '{"x": 1}'.encode("utf-16-le"),
    "utf-32": '{"x": 1}'.encode("utf-32"),
    "latin-1": '{"x": "ü"}'.encode("latin-1"),
    "overlong utf-8": b'{"x": "\xc0\xaf"}',
    "bytes": bytes(range(256)),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabV*\xc9\xccMU\xb2R\x00",
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep arrays, never closed": b"[" * 2 * DEEP,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep within": b'{"x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "33 levels": b'{"x": ' + b"[" * 32 + b"]" * 32 + b"}",
}

BAD_TYPES = (
    *("text/plain", "text/html", "application/x-www-form-urlencoded", f"multipart/form-data; boundary={MARK}"),
    *("application/json; charset=utf-16", "application/json;charset=latin-1", "application/xml", f"{MARK}/json"),
    *("application/json, text/plain", "*/*", "", " ", "application/json\r\nX-Evil: 1", "application/jsonx"),
)


# One parser reads every body (chalicelib/api/parsing.py), so each kind is sent to one endpoint of each access, and
# every endpoint gets one kind for each thing that parser does: decoding, JSON, shape, keys, texts, depth.
@pytest.mark.parametrize("kind", BAD_BODIES)
def test_a_body_that_is_not_a_valid_json_object_is_400(kind: str, hostile_token: str) -> None:
    operation, webhook, public = one_of_each_access()
    for endpoint in (operation, webhook):
        answer = check(send(endpoint, hostile_token, body=BAD_BODIES[kind]), endpoint)
        assert answer.code == "VALIDATION_FAILED", name_of(endpoint)
    assert check(send(public, hostile_token, body=BAD_BODIES[kind]), public).status == 200


@pytest.mark.parametrize("endpoint", endpoints(), ids=name_of)
def test_every_endpoint_refuses_such_a_body_or_does_not_read_it(endpoint: Endpoint, hostile_token: str) -> None:
    for kind in ("bytes", "half a document", "an array", "a key twice", "NUL in a text", "33 levels"):
        answer = check(send(endpoint, hostile_token, body=BAD_BODIES[kind]), endpoint)
        if endpoint.request is not None or endpoint.access == "webhook":
            assert answer.code == "VALIDATION_FAILED", kind
        else:
            assert answer.code != "VALIDATION_FAILED", kind


@pytest.mark.parametrize("with_token", [True, False])
def test_a_body_too_large_is_413_before_anything_else(with_token: bool, hostile_token: str) -> None:
    token = hostile_token if with_token else None
    wrong_type = {"Content-Type": f"text/{MARK}"}
    for endpoint in endpoints():
        limit = MAX_WEBHOOK_BODY if endpoint.access == "webhook" else MAX_BODY
        answer = send(endpoint, token, body=b" " * (limit + 1), headers=wrong_type)
        assert check(answer, endpoint).code == "PAYLOAD_TOO_LARGE"
        assert send(endpoint, token, body=b"{}".ljust(limit)).code != "PAYLOAD_TOO_LARGE"
    # As much as API Gateway hands over: it is not even decoded.
    for endpoint in one_of_each_access():
        started = time.monotonic()
        answer = send(endpoint, token, body=b" " * 10_000_000, headers=wrong_type)
        assert check(answer, endpoint).code == "PAYLOAD_TOO_LARGE"
        in_time(time.monotonic() - started, at_most=1.0)


def test_a_deep_body_of_the_largest_size_is_refused_quickly(hostile_token: str) -> None:
    bodies = (b'{"x":' + b"[" * 32_000 + b"]" * 32_000 + b"}", b'{"x":' + b'{"a":' * 12_000 + b"0")
    for body in bodies:
        started = time.monotonic()
        for endpoint in json_endpoints():
            assert check(send(endpoint, hostile_token, body=body), endpoint).code == "VALIDATION_FAILED"
        in_time(time.monotonic() - started, at_most=5.0)


# The check of the type stands before every operation (`answer` of chalicelib/api/dispatch.py): all types are sent to
# one endpoint of each access, one type to all endpoints.
def test_a_body_of_another_type_is_415(hostile_token: str) -> None:
    cases = [(endpoint, kind) for kind in BAD_TYPES for endpoint in one_of_each_access()]
    cases += [(endpoint, "text/plain") for endpoint in endpoints()]
    for endpoint, kind in cases:
        answer = check(send(endpoint, hostile_token, body=b'{"a": 1}', headers={"Content-Type": kind}), endpoint)
        refused = endpoint.access == "user" and endpoint.method in ("POST", "PATCH")
        assert (answer.code == "UNSUPPORTED_MEDIA_TYPE") is refused, f"{name_of(endpoint)} with {kind}"


def test_a_method_that_a_path_does_not_have_is_405_and_names_those_it_has(hostile_token: str) -> None:
    for endpoint in endpoints():
        allowed = set(app.routes[endpoint.path])
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "CONNECT", MARK.upper()} - allowed:
            answer = check(send(endpoint, hostile_token, method=method), endpoint, more=("METHOD_NOT_ALLOWED",))
            assert answer.code == "METHOD_NOT_ALLOWED"
            assert set(answer.headers["allow"].split(", ")) == allowed
