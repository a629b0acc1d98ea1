# The strings are meant to look like what they are not.
# ruff: noqa: RUF001
"""Whatever arrives, on whichever route: one clear answer in the documented shape, never a 500, nothing echoed.

The routes are taken from the map, so a new one is attacked as soon as it is declared.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.test import Client as WsgiClient

from app import app
from chalicelib.api.application import MAX_BODY, MAX_WEBHOOK_BODY
from chalicelib.api.dispatch import Endpoint
from chalicelib.resources.openapi import DOCUMENT
from local.gateway import create_gateway
from tests.support.api import Api
from tests.support.database_server import Database
from tests.support.hostile import MARK, ORIGIN, check, endpoints, fields_of, good_body, name_of, send
from tests.support.object_store import RunningStore
from tests.support.stripe_server import KEY, WEBHOOK_SECRETS

document = json.loads(DOCUMENT.read_text("utf-8"))


@pytest.fixture(scope="module")
def api(module_database: Database, object_store: RunningStore) -> Iterator[Api]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        api = Api(module_database, monkeypatch, object_store)
        monkeypatch.setenv("ALLOWED_ORIGINS", ORIGIN)
        monkeypatch.setenv("STRIPE_SECRET_KEY", KEY)
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRETS[0])
        monkeypatch.setenv("STRIPE_PRICES", "{}")
        yield api


@pytest.fixture
def token(api: Api, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """A person's who belongs to nothing; and in the end, that the log repeats nothing hostile either."""
    yield api.person().token
    assert MARK not in capsys.readouterr().out


def takes_json(endpoint: Endpoint) -> bool:
    return endpoint.request is not None


# --- bodies that are no body ---------------------------------------------------------------------------------------

DEEP = 30_000
NO_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"   \n",
    "no json": f"{MARK}".encode(),
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
    "prototypes": b'{"__proto__": {"familyId": 1}, "constructor": {"prototype": {"isAdmin": true}}}',
}


@pytest.mark.parametrize("kind", NO_BODIES)
def test_a_body_that_is_no_request_is_400_wherever_one_is_due(kind: str, token: str) -> None:
    for endpoint in endpoints():
        answer = check(send(endpoint, token, body=NO_BODIES[kind]), endpoint)
        optional = kind == "prototypes" and not (endpoint.request and required(endpoint))
        if takes_json(endpoint) and not optional:
            assert answer.code == "VALIDATION_FAILED", name_of(endpoint)
        elif endpoint.access == "webhook":
            assert answer.code == "VALIDATION_FAILED"
        elif endpoint.access == "public":
            assert answer.status == 200


def required(endpoint: Endpoint) -> list[str]:
    assert endpoint.request is not None
    names: list[str] = document["components"]["schemas"][endpoint.request.__name__].get("required", [])
    return names


@pytest.mark.parametrize("without_auth", [True, False])
def test_a_body_too_large_is_413_before_anything_else(without_auth: bool, token: str) -> None:
    for endpoint in endpoints():
        limit = MAX_WEBHOOK_BODY if endpoint.access == "webhook" else MAX_BODY
        for size in (limit + 1, 10_000_000):
            started = time.perf_counter()
            given = {"Content-Type": f"text/{MARK}"}
            answer = send(endpoint, None if without_auth else token, body=b" " * size, headers=given)
            assert check(answer, endpoint).code == "PAYLOAD_TOO_LARGE"
            assert time.perf_counter() - started < 1.0
        assert send(endpoint, token, body=b"{}".ljust(limit)).code != "PAYLOAD_TOO_LARGE"


def test_a_deep_body_of_the_largest_size_costs_no_time(token: str) -> None:
    bodies = (b'{"x":' + b"[" * 32_000 + b"]" * 32_000 + b"}", b'{"x":' + b'{"a":' * 12_000 + b"0")
    for body in bodies:
        started = time.perf_counter()
        for endpoint in filter(takes_json, endpoints()):
            assert check(send(endpoint, token, body=body), endpoint).code == "VALIDATION_FAILED"
        assert time.perf_counter() - started < 5.0


# --- content types and methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        *("text/plain", "text/html", "application/x-www-form-urlencoded", f"multipart/form-data; boundary={MARK}"),
        *("application/json; charset=utf-16", "application/json;charset=latin-1", "application/xml", f"{MARK}/json"),
        *("application/json, text/plain", "*/*", "", " ", "application/json\r\nX-Evil: 1", "application/jsonx"),
    ],
)
def test_a_body_of_another_type_is_415(kind: str, token: str) -> None:
    for endpoint in endpoints():
        answer = check(send(endpoint, token, body=b'{"a": 1}', headers={"Content-Type": kind}), endpoint)
        if endpoint.access == "user" and endpoint.method in ("POST", "PATCH"):
            assert answer.code == "UNSUPPORTED_MEDIA_TYPE", name_of(endpoint)


def test_a_method_a_path_does_not_have_is_405_and_says_which_it_has(token: str) -> None:
    for endpoint in endpoints():
        allowed = set(app.routes[endpoint.path])
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "CONNECT", MARK.upper()} - allowed:
            answer = check(send(endpoint, token, method=method), endpoint, more=("METHOD_NOT_ALLOWED",))
            assert answer.code == "METHOD_NOT_ALLOWED"
            assert set(answer.headers["allow"].split(", ")) == allowed


# --- fields ---------------------------------------------------------------------------------------------------------

NOT_A_NUMBER: tuple[str, ...] = ('"5"', "true", "false", "[5]", '{"a": 5}', '""', "-1", "0", "1e400", "-0.5", "NaN")
NOT_TEXT: tuple[str, ...] = ("5", "true", "[]", "{}", '["a"]', '{"a": "b"}', '"\\u0000"', '"\\ud800"', "1.5")
BAD_LINES: tuple[str, ...] = tuple(
    json.dumps(MARK + bad)
    for bad in ("\r\nBcc: x@evil.example", "\x1b[31mred", "\u2028x", "\u202egnp.exe", "\x7f", "\x9b")
)
BAD: dict[str, tuple[str, ...]] = {
    "integer": (*NOT_A_NUMBER, "5.5", "9" * 400, "9223372036854775807", "1e3"),
    "number": (*NOT_A_NUMBER, "9" * 400),
    "uuid": (
        *NOT_TEXT,
        *('""', '"nope"', '"../../etc/passwd"', '"%2f..%2f"', f'"{MARK}"', '"６f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e"'),
        *('"6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e "', '"6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e\\n"', f'"{"f" * 10_000}"'),
        '"6f1c2c1e\\u20103b0a-4c55-9d2e-8a7f0c1b2d3e"',
    ),
    "date-time": (
        *(*NOT_TEXT, '""', '"now"', '"2026-11-20"', '"2026-11-20T10:00:00"', '"2026-02-30T10:00:00Z"'),
        *('"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59-14:00"', '"0001-01-01T00:00:00+14:00"', "1795173600"),
        '"２026-11-20T10:00:00Z"',
    ),
    "enum": (*NOT_TEXT, '""', f'"{MARK}"', '"EN"', '"Family"', '"keeper "', '"éditeur"'),
    "string": NOT_TEXT,
}


def bad_values(schema: dict[str, Any]) -> Iterator[str]:
    """JSON texts that a field of this schema refuses."""
    kind = "enum" if {"enum", "const"} & set(schema) else schema.get("format", schema["type"])
    yield from BAD[kind]
    if schema.get("maxLength", 0) > 0:
        yield json.dumps(MARK + "x" * schema["maxLength"])
        # Characters are counted, not bytes; these are one beyond.
        yield json.dumps("\U0001f600" * (schema["maxLength"] + 1))
    if schema.get("minLength", 0) > 0:
        yield from ('""', '" "', '"\\u00a0\\u3000"')
    if "u2028-" in schema.get("pattern", "") and "u0009-" not in schema["pattern"]:
        yield from BAD_LINES


def test_every_field_refuses_what_is_not_its_kind_and_is_named(token: str, api: Api) -> None:
    tried = 0
    for endpoint in filter(takes_json, endpoints()):
        for field, schema in fields_of(endpoint, document).items():
            for bad in bad_values(schema):
                if schema["type"] == "number" and bad in ("9223372036854775807", "1e3"):
                    continue
                body = json.dumps({**good_body(endpoint), field: "@"}).replace('"@"', bad).encode()
                answer = check(send(endpoint, token, body=body), endpoint)
                where = f"{name_of(endpoint)} {field} = {bad[:60]}: {answer.text[:200]}"
                assert answer.code == "VALIDATION_FAILED", where
                assert answer.fields <= {field, "body"}, where
                tried += 1
    assert tried > 300


def test_an_empty_object_names_every_field_that_is_missing(token: str) -> None:
    for endpoint in filter(takes_json, endpoints()):
        if not required(endpoint):
            continue
        answer = check(send(endpoint, token, body=b'{"%s": 1}' % MARK.encode()), endpoint)
        assert answer.fields == set(required(endpoint)), name_of(endpoint)


def test_null_is_refused_where_a_thing_must_be(token: str) -> None:
    for endpoint in filter(takes_json, endpoints()):
        for field in fields_of(endpoint, document):
            nullable = "anyOf" in document["components"]["schemas"][endpoint.request.__name__]["properties"][field]  # type: ignore[union-attr]
            answer = check(
                send(endpoint, token, body=json.dumps({**good_body(endpoint), field: None}).encode()), endpoint
            )
            assert (answer.code == "VALIDATION_FAILED") is not nullable, f"{name_of(endpoint)} {field}"


# --- paths and query strings ---------------------------------------------------------------------------------------

BAD_IDS = [
    *("", " ", "null", "undefined", "0", "-1", "nope", MARK, "..", "../..", "%2e%2e", "%2f", "a/b", "{family_id}", "*"),
    *(
        "６f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e",
        "6f1c2c1e3b0a4c559d2e8a7f0c1b2d3e",
        "{6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e}",
    ),
    *(
        "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e\n",
        "6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e%00",
        "\x00",
        "\ud800",
        "' OR 1=1 --",
    ),
    *("urn:uuid:6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e", "f" * 100_000, "\u202e", "٣" * 36),
]


@pytest.mark.parametrize("bad", BAD_IDS, ids=lambda bad: repr(bad)[:20])
def test_a_malformed_id_in_a_path_answers_like_an_unknown_one(bad: str, token: str) -> None:
    for endpoint in endpoints():
        for name in endpoint.path_parameters:
            answer = check(send(endpoint, token, path={name: bad}), endpoint)
            assert answer.code in ("FORBIDDEN", "NOT_FOUND")
            assert answer.without_request_id == send(endpoint, token).without_request_id


BAD_QUERIES: dict[str, dict[str, list[str]]] = {
    "limit 0": {"limit": ["0"]},
    "limit 101": {"limit": ["101"]},
    "limit abc": {"limit": [MARK]},
    "limit empty": {"limit": [""]},
    "limit -1": {"limit": ["-1"]},
    "limit +1": {"limit": ["+1"]},
    "limit 5.0": {"limit": ["5.0"]},
    "limit 1e1": {"limit": ["1e1"]},
    "limit 1_0": {"limit": ["1_0"]},
    "limit full width": {"limit": ["１０"]},
    "limit arabic": {"limit": ["٣"]},
    "limit huge": {"limit": ["9" * 5000]},
    "limit twice": {"limit": ["1", "2"]},
    "limit NUL": {"limit": ["1\x00"]},
    "limit surrogate": {"limit": ["\ud800"]},
    "limit none": {"limit": []},
    "cursor empty": {"cursor": [""]},
    "cursor garbage": {"cursor": [MARK]},
    "cursor twice": {"cursor": ["a", "a"]},
    "cursor null": {"cursor": ["null"]},
    "cursor bytes": {"cursor": ["\xff\xfe"]},
    "cursor surrogate": {"cursor": ["\udfff"]},
    "cursor NUL": {"cursor": ["\x00"]},
    "cursor huge": {"cursor": ["A" * 100_000]},
    "cursor of nothing": {"cursor": ["W10"]},
    "cursor of numbers": {"cursor": ["WzEsMiwzXQ"]},
    "cursor deep": {"cursor": ["W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tb"]},
    "cursor infinite": {"cursor": ["WyJhIiwxZTQwMCwiYiJd"]},
}


@pytest.mark.parametrize("kind", BAD_QUERIES)
def test_a_bad_query_is_400_where_a_query_is_read_and_nothing_elsewhere(kind: str, api: Api, token: str) -> None:
    for endpoint in endpoints():
        answer = check(send(endpoint, api.person().token, query=BAD_QUERIES[kind]), endpoint)
        if endpoint.query is not None:
            assert answer.code == "VALIDATION_FAILED", name_of(endpoint)
            assert answer.fields == {kind.split()[0]}
        elif endpoint.access != "webhook" and endpoint.request is None:
            assert answer.code != "VALIDATION_FAILED", name_of(endpoint)


@pytest.mark.parametrize("name", ["promptId", "trashed"])
def test_the_filters_of_recordings_are_as_strict(name: str, token: str) -> None:
    (endpoint,) = (one for one in endpoints() if one.query is not None and "trashed" in one.query.model_fields)
    for bad in ("", "1", "TRUE", "yes", "null", MARK, "\x00", "６f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e"):
        assert check(send(endpoint, token, query={name: [bad]}), endpoint).fields == {name}


# --- headers -------------------------------------------------------------------------------------------------------

NO_TOKENS: dict[str, Callable[[str], str]] = {
    "empty": lambda _token: "",
    "blank": lambda _token: " ",
    "the word alone": lambda _token: "Bearer",
    "the word and a blank": lambda _token: "Bearer ",
    "basic": lambda _token: "Basic dXNlcjpwYXNz",
    "basic with a token": lambda token: f"Basic {token}",
    "no word": lambda token: token,
    "two blanks": lambda token: f"Bearer  {token}",
    "a tab": lambda token: f"Bearer\t{token}",
    "a blank before": lambda token: f" Bearer {token}",
    "a blank after": lambda token: f"Bearer {token} ",
    "a line after": lambda token: f"Bearer {token}\r\nX-Evil: 1",
    "shouted": lambda token: f"BEARER {token}",
    "two of them": lambda token: f"Bearer {token}, Bearer {token}",
    "a comma": lambda token: f"Bearer {token},",
    "quoted": lambda token: f'Bearer "{token}"',
    "url quoted": lambda token: "Bearer " + token.replace(".", "%2e"),
    "padded": lambda token: f"Bearer {token}=",
    "four parts": lambda token: f"Bearer {token}.AAAA",
    "two parts": lambda token: "Bearer " + token.rpartition(".")[0],
    "no signature": lambda token: "Bearer " + token.rpartition(".")[0] + ".",
    "half": lambda token: "Bearer " + token[:-1],
    "hostile": lambda _token: f"Bearer {MARK}.{MARK}.{MARK}",
    "huge": lambda _token: "Bearer " + "a" * 100_000 + ".b.c",
    "NUL": lambda token: f"Bearer {token}\x00",
    "full width": lambda token: f"Ｂｅａｒｅｒ {token}",
}


@pytest.mark.parametrize("kind", NO_TOKENS)
def test_an_authorization_of_another_form_is_401_whatever_else_is_wrong(kind: str, token: str) -> None:
    header = {"Authorization": NO_TOKENS[kind](token)}
    for endpoint in endpoints("user"):
        assert check(send(endpoint, None, headers=header), endpoint).code == "UNAUTHORIZED", name_of(endpoint)
        if endpoint.request is not None:
            assert check(send(endpoint, None, headers=header, body=b"{"), endpoint).code == "UNAUTHORIZED"
    for endpoint in endpoints("public"):
        assert check(send(endpoint, None, headers=header), endpoint).status == 200


def test_the_word_before_the_token_may_be_in_lower_case(token: str) -> None:
    for endpoint in endpoints("user"):
        answer = check(send(endpoint, None, headers={"authorization": f"bearer {token}"}), endpoint)
        assert answer.code != "UNAUTHORIZED", name_of(endpoint)


@pytest.mark.parametrize(
    "request_id",
    [
        *(
            "",
            " ",
            "a" * 65,
            "a" * 100_000,
            "a b",
            "a\r\nSet-Cookie: a=1",
            "a\nb",
            "*/ DROP TABLE families; --",
            "\x1b[31m",
        ),
        *("ünïcode", "\x00", "${jndi:ldap://x}", "<script>", '"}', "a;b", "../..", "\ud800", "%0d%0a", "１２３"),
    ],
    ids=lambda text: repr(text)[:24],
)
def test_a_hostile_request_id_is_replaced_on_every_route(request_id: str, token: str) -> None:
    for endpoint in endpoints():
        answer = check(send(endpoint, token, headers={"x-request-id": request_id}), endpoint)
        assert answer.headers["x-request-id"] != request_id


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 65, "ü", "a\n", "a;b", "*/", "\x00", "a,b"])
def test_a_hostile_idempotency_key_is_400_where_keys_are_honoured(key: str, token: str) -> None:
    for endpoint in endpoints():
        answer = check(send(endpoint, token, headers={"Idempotency-Key": key}), endpoint)
        if endpoint.idempotent:
            assert (answer.code, answer.fields) == ("VALIDATION_FAILED", {"Idempotency-Key"})


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-Original-URL", "X-Forwarded-For", "X-User-Id", "apikey", "Cookie", "Host"]
)
def test_headers_that_proxies_and_frameworks_trust_change_nothing(name: str, api: Api) -> None:
    for endpoint in endpoints():
        plain, tricked = (
            check(send(endpoint, api.person().token, headers=headers), endpoint)
            for headers in ({}, {name: f"DELETE {MARK}"})
        )
        assert tricked.code == plain.code, name_of(endpoint)


# --- through a real HTTP path ----------------------------------------------------------------------------------------

ODD_PATHS = (
    *(
        "/",
        "//",
        "/nope",
        "/v1",
        "/v1/",
        "/v1/familie",
        "/V1/FAMILIES",
        "/v1//families",
        "/v1/families//",
        "/v1/./families",
    ),
    *(
        "/v1/../v1/families",
        "/v1/%2e%2e/families",
        "/v1%2ffamilies",
        "/v1\\families",
        "/v1/families;x=1",
        "/v1/families%00",
    ),
    *(
        "/functions/v1/",
        "/functions/v1/create-family/",
        "/functions/v1/create_family",
        "/functions/v1/%63reate-familyx",
    ),
    *(
        "/v1/families/%2f/recordings",
        "/v1/families/..%2f..%2f/prompts",
        "/openapi.json/",
        "/.env",
        "/v1/families/a/b/c",
    ),
    *(
        "/v1/families/%0d%0a",
        "/v1/families/%0aX-Evil:%201/recordings",
        "/v1/families/" + "a" * 5000,
        "/%ff%fe",
        "/%",
        "/v1/families?limit=%",
        "/v1/families?%00=%00",
        "/v1/families?limit=1&limit=2",
    ),
)


@pytest.mark.parametrize("path", ODD_PATHS, ids=lambda path: path[:30])
def test_an_odd_path_gets_an_answer_of_ours(path: str, token: str, api: Api) -> None:
    client = WsgiClient(create_gateway(app, {}, {}))
    for method in ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD"):
        answer = client.open(
            "/",
            method=method,
            headers={"Authorization": f"Bearer {token}", "Origin": ORIGIN},
            # As a server fills them: what was sent, and what it decoded.
            environ_overrides={
                "REQUEST_URI": path,
                "PATH_INFO": unquote_to_bytes(path.split("?")[0]).decode("latin-1"),
            },
        )
        assert answer.status_code in (200, 400, 403, 404, 405), (method, answer.status_code)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["x-request-id"]
        if answer.status_code != 200 and method != "HEAD":
            assert set(answer.get_json()) == {"error"}


def test_no_route_is_left_out() -> None:
    assert {name_of(endpoint) for endpoint in endpoints()} == {
        f"{method} {path}" for path, methods in app.routes.items() for method in methods if method != "OPTIONS"
    }
