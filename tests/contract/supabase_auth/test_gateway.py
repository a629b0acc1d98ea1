"""Supabase auth: the gateway, CORS, errors."""

from __future__ import annotations

import jwt
import pytest
import requests

from local.auth import anon_key
from tests.support.auth_requests import GRANDMA, refused
from tests.support.auth_server import SECRET, AuthServer


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "otp"), ("POST", "verify"), ("GET", "user"), ("GET", "settings"), ("GET", "health")]
)
def test_without_the_api_key_every_request_is_refused(auth: AuthServer, method: str, path: str) -> None:
    bare = requests.request(method, f"{auth.url}/auth/v1/{path}", json={}, timeout=10)
    assert (bare.status_code, bare.json()["message"]) == (401, "No API key found in request")
    wrong = auth.call(method, path, headers={"apikey": anon_key("a-secret-of-somebody-else-entirely")}, json={})
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid API key")
    assert auth.mailbox.newest() == []


def test_a_mailed_link_and_the_public_keys_need_no_api_key(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    assert "access_token=" in auth.follow(auth.mailed_link(GRANDMA))
    keys = requests.get(f"{auth.url}/auth/v1/.well-known/jwks.json", timeout=10)
    assert keys.json() == {"keys": []}


def test_the_api_key_is_the_same_after_a_restart() -> None:
    assert anon_key(SECRET) == anon_key(SECRET)
    claims = jwt.decode(anon_key(SECRET), SECRET, algorithms=["HS256"])
    assert (claims["iss"], claims["role"]) == ("supabase", "anon")


def test_browsers_of_any_origin_may_ask(auth: AuthServer) -> None:
    asked = "apikey,authorization,content-type,x-client-info,x-supabase-api-version"
    preflight = requests.options(
        f"{auth.url}/auth/v1/otp",
        headers={
            "Origin": "https://anywhere.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        },
        timeout=10,
    )
    assert preflight.status_code == 204
    allowed = preflight.headers["Access-Control-Allow-Headers"].replace(" ", "").split(",")
    assert set(asked.split(",")) <= set(allowed)
    for answer in (
        preflight,
        auth.call("GET", "health"),
        auth.call("GET", "user"),
        requests.get(f"{auth.url}/auth/v1/user", timeout=10),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_client_that_names_the_api_version_gets_its_error_shape(auth: AuthServer) -> None:
    answer = auth.call("GET", "user", headers={"X-Supabase-Api-Version": "2024-01-01"})
    assert answer.json().keys() == {"code", "message"}
    assert answer.json()["code"] == "no_authorization"
    assert answer.headers["X-Supabase-Api-Version"] == "2024-01-01"


def test_settings_and_health_answer(auth: AuthServer) -> None:
    assert auth.call("GET", "settings").json()["external"]["email"] is True
    assert auth.call("GET", "health").json()["name"] == "GoTrue"
    assert refused(auth.call("GET", "admin/users"), 404, "not_found")


def test_an_unexpected_error_does_not_reveal_the_address(auth: AuthServer, caplog: pytest.LogCaptureFixture) -> None:
    auth.database_down = True
    answer = auth.ask(GRANDMA)
    assert answer.status_code == 500
    assert "ConnectionError" in caplog.text
    assert GRANDMA not in answer.text + caplog.text
