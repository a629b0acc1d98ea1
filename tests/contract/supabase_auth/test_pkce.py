"""Supabase auth: the link in the PKCE flow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.support.auth_requests import CHALLENGE, GRANDMA, PKCE, VERIFIER, refused, together, verify
from tests.support.auth_server import APP_URL, AuthServer


def exchange(auth: AuthServer, code: str, verifier: str = VERIFIER) -> requests.Response:
    return auth.call("POST", "token?grant_type=pkce", json={"auth_code": code, "code_verifier": verifier})


def mailed_auth_code(auth: AuthServer) -> str:
    assert auth.ask(GRANDMA, redirect_to=f"{APP_URL}/in?sb_flow_id=1", **PKCE).status_code == 200
    target = auth.follow(auth.mailed_link(GRANDMA))
    assert target.startswith(f"{APP_URL}/in?sb_flow_id=1&code=")
    assert "#" not in target
    return parse_qs(urlsplit(target).query)["code"][0]


def test_in_the_pkce_flow_the_link_brings_a_code_for_the_holder_of_the_verifier(auth: AuthServer) -> None:
    answer = exchange(auth, mailed_auth_code(auth))
    assert answer.json()["user"]["email"] == GRANDMA


def test_an_authorization_code_is_nothing_without_its_verifier(auth: AuthServer) -> None:
    code = mailed_auth_code(auth)
    assert refused(exchange(auth, code, "another-verifier-that-is-long-enough-for-the-rfc"), 400, "bad_code_verifier")
    assert exchange(auth, code).status_code == 200


def test_an_authorization_code_works_once(auth: AuthServer) -> None:
    code = mailed_auth_code(auth)
    assert exchange(auth, code).status_code == 200
    assert refused(exchange(auth, code), 404, "flow_state_not_found")


def test_of_many_who_redeem_one_authorization_code_at_once_one_gets_a_session(
    auth: AuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = mailed_auth_code(auth)
    together(monkeypatch, "auth_code", 8)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: exchange(auth, code).status_code, range(8)))
    assert sorted(answers) == [200] + [404] * 7


def test_an_authorization_code_expires(auth: AuthServer) -> None:
    code = mailed_auth_code(auth)
    auth.clock.ahead = 301
    assert refused(exchange(auth, code), 422, "flow_state_expired")


def test_in_the_pkce_flow_errors_stand_in_the_query_too(auth: AuthServer) -> None:
    auth.ask(GRANDMA, **PKCE)
    link = auth.mailed_link(GRANDMA)
    auth.follow(link)
    target = urlsplit(auth.follow(link))
    assert parse_qs(target.query)["error_code"] == parse_qs(target.fragment)["error_code"] == ["otp_expired"]


def test_in_the_pkce_flow_the_typed_code_brings_a_session_at_once(auth: AuthServer) -> None:
    auth.ask(GRANDMA, **PKCE)
    assert verify(auth, auth.mailed_code(GRANDMA)).json()["access_token"]


@pytest.mark.parametrize(
    "challenge",
    [
        {"code_challenge": CHALLENGE},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short", "code_challenge_method": "s256"},
        {"code_challenge": "ü" * 43, "code_challenge_method": "s256"},
        {"code_challenge": CHALLENGE, "code_challenge_method": "md5"},
    ],
)
def test_half_a_challenge_is_refused(auth: AuthServer, challenge: dict[str, str]) -> None:
    assert refused(auth.ask(GRANDMA, **challenge), 400, "validation_failed")
