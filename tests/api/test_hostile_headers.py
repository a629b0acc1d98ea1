"""Hostile headers and odd paths: no header changes what a request means, and every path gets an answer of the app."""

# The texts are meant to look like what they are not.
# ruff: noqa: RUF001

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.test import Client as WsgiClient

from app import app
from local.gateway import create_gateway
from tests.support.api import Api
from tests.support.hostile import MARK, ORIGIN, check, endpoints, name_of, one_of_each_access, send

NOT_BEARER: dict[str, Callable[[str], str]] = {
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
    "upper case": lambda token: f"BEARER {token}",
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


# One function reads the header of every request (`bearer` of chalicelib/api/auth.py): each form is sent to one route,
# and every route gets a header without a token, one of another scheme, and one that almost is right.
@pytest.mark.parametrize("kind", NOT_BEARER)
def test_an_authorization_header_of_another_form_is_401_whatever_else_is_wrong(kind: str, hostile_token: str) -> None:
    header = {"Authorization": NOT_BEARER[kind](hostile_token)}
    operation, _, public = one_of_each_access()
    assert check(send(operation, None, headers=header), operation).code == "UNAUTHORIZED"
    assert check(send(operation, None, headers=header, body=b"{"), operation).code == "UNAUTHORIZED"
    assert check(send(public, None, headers=header), public).status == 200


def test_no_route_lets_in_without_a_token_in_the_right_form(hostile_token: str) -> None:
    for endpoint in endpoints("user"):
        assert check(send(endpoint, None), endpoint).code == "UNAUTHORIZED", name_of(endpoint)
        for kind in ("the word alone", "basic with a token", "a blank after"):
            header = {"Authorization": NOT_BEARER[kind](hostile_token)}
            assert check(send(endpoint, None, headers=header, body=b"{"), endpoint).code == "UNAUTHORIZED", kind


def test_the_word_bearer_may_be_in_lower_case(hostile_token: str) -> None:
    for endpoint in endpoints("user"):
        answer = check(send(endpoint, None, headers={"authorization": f"bearer {hostile_token}"}), endpoint)
        assert answer.code != "UNAUTHORIZED", name_of(endpoint)


BAD_REQUEST_IDS = (
    *("", " ", "a" * 65, "a" * 100_000, "a b", "a\r\nSet-Cookie: a=1", "a\nb", "*/ DROP TABLE families; --"),
    *(
        "\x1b[31m",
        "ünïcode",
        "\x00",
        "${jndi:ldap://x}",
        "<script>",
        '"}',
        "a;b",
        "../..",
        "\ud800",
        "%0d%0a",
        "１２３",
    ),
)


# Read before the route is known (`_request_id` of chalicelib/api/application.py).
def test_a_hostile_request_id_is_replaced(hostile_token: str) -> None:
    cases = [(endpoint, text) for endpoint in one_of_each_access() for text in BAD_REQUEST_IDS]
    for endpoint, text in [*cases, *((endpoint, "a\nb") for endpoint in endpoints())]:
        answer = check(send(endpoint, hostile_token, headers={"x-request-id": text}), endpoint)
        assert answer.headers["x-request-id"] != text


# Stored with jobs, alerts and Sentry's events, where each of these would be a secret that is kept.
@pytest.mark.parametrize(
    "text", ["ABC-DEF-GHJ", "a.abc-def-ghj", "eyJhbGciOi.eyJzdWI", "sk_live_51Habc", "re_123abcDEF456"]
)
def test_a_request_id_that_looks_like_a_secret_is_replaced(text: str, hostile_token: str) -> None:
    (endpoint, *_) = endpoints()
    answer = check(send(endpoint, hostile_token, headers={"x-request-id": text}), endpoint)
    assert answer.headers["x-request-id"] != text


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 65, "ü", "a\n", "a;b", "*/", "\x00", "a,b"])
def test_a_hostile_idempotency_key_is_400_where_keys_are_honoured(key: str, hostile_token: str) -> None:
    for endpoint in endpoints():
        if endpoint.idempotent:
            answer = check(send(endpoint, hostile_token, headers={"Idempotency-Key": key}), endpoint)
            assert (answer.code, answer.fields) == ("VALIDATION_FAILED", {"Idempotency-Key"})


TRUSTED_ELSEWHERE = (
    *("X-HTTP-Method-Override", "X-Original-URL", "X-Forwarded-For", "X-User-Id", "apikey", "Cookie", "Host"),
    "Idempotency-Key",
)


# Framework code shared by all routes would read them: all together to every route, each alone to one of each access.
def test_headers_that_proxies_and_frameworks_trust_change_nothing(hostile_api: Api) -> None:
    for endpoint in endpoints():
        names = [name for name in TRUSTED_ELSEWHERE if name != "Idempotency-Key" or not endpoint.idempotent]
        tries = [dict.fromkeys(names, f"DELETE {MARK}")]
        if endpoint in one_of_each_access():
            tries += [{name: f"DELETE {MARK}"} for name in names]
        for headers in tries:
            plain, tricked = (
                check(send(endpoint, hostile_api.person().token, headers=sent), endpoint) for sent in ({}, headers)
            )
            assert tricked.code == plain.code, f"{name_of(endpoint)} with {', '.join(headers)}"


# --- odd paths, through real HTTP parsing -----------------------------------------------------------------------------

ODD_PATHS = (
    *("/", "//", "/nope", "/v1", "/v1/", "/v1/familie", "/V1/FAMILIES", "/v1//families", "/v1/families//"),
    *("/v1/./families", "/v1/../v1/families", "/v1/%2e%2e/families", "/v1%2ffamilies", "/v1\\families"),
    *("/v1/families;x=1", "/v1/families%00", "/functions/v1/", "/functions/v1/create-family/"),
    *("/functions/v1/create_family", "/functions/v1/%63reate-familyx", "/v1/families/%2f/recordings"),
    *("/v1/families/..%2f..%2f/prompts", "/openapi.json/", "/.env", "/v1/families/a/b/c", "/v1/families/%0d%0a"),
    *("/v1/families/%0aX-Evil:%201/recordings", "/v1/families/" + "a" * 5000, "/%ff%fe", "/%"),
    *("/v1/families?limit=%", "/v1/families?%00=%00", "/v1/families?limit=1&limit=2"),
)


@pytest.fixture(scope="module")
def client() -> WsgiClient:
    return WsgiClient(create_gateway(app, {}, {}))


@pytest.mark.usefixtures("hostile_api")
@pytest.mark.parametrize("path", ODD_PATHS, ids=lambda path: path[:30])
def test_an_odd_path_gets_an_answer_of_the_app(path: str, hostile_token: str, client: Any) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD"):
        answer = client.open(
            "/",
            method=method,
            headers={"Authorization": f"Bearer {hostile_token}", "Origin": ORIGIN},
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
