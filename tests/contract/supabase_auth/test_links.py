"""Supabase auth: the link."""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from tests.support.auth_requests import GRANDMA, refresh, refused
from tests.support.auth_server import APP_URL, AuthServer


def test_the_links_token_can_be_verified_as_a_hash(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    token = parse_qs(urlsplit(auth.mailed_link(GRANDMA)).query)["token"][0]
    answer = auth.call("POST", "verify", json={"token_hash": token, "type": "email"})
    assert answer.json()["user"]["email"] == GRANDMA
    assert refused(auth.call("POST", "verify", json={"token_hash": token, "type": "email"}), 403, "otp_expired")


def test_the_link_leads_to_the_app_with_a_session_after_the_hash(auth: AuthServer) -> None:
    auth.ask(GRANDMA, redirect_to=f"{APP_URL}/welcome?from=mail")
    target = auth.follow(auth.mailed_link(GRANDMA))
    assert target.startswith(f"{APP_URL}/welcome?from=mail#")
    parts = dict(parse_qsl(urlsplit(target).fragment))
    assert (parts["type"], parts["token_type"], parts["expires_in"]) == ("magiclink", "bearer", "3600")
    assert auth.call("GET", "user", parts["access_token"]).json()["email"] == GRANDMA
    assert refresh(auth, parts["refresh_token"]).status_code == 200


def test_a_link_works_once_and_says_so_after_the_hash(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    link = auth.mailed_link(GRANDMA)
    auth.follow(link)
    parts = dict(parse_qsl(urlsplit(auth.follow(link)).fragment))
    assert (parts["error"], parts["error_code"]) == ("access_denied", "otp_expired")
    assert parts["error_description"]


def test_a_mail_scanner_that_peeks_does_not_use_the_link_up(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    link = auth.mailed_link(GRANDMA)
    assert requests.head(link, timeout=10).status_code == 405
    assert "access_token=" in auth.follow(link)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https:\\\\evil.example",
        "https://app.example.test.evil.example/",
        "https://app.example.test@evil.example/",
        "http://app.example.test/",
        "https://app.example.test:8443/",
        "javascript:alert(1)",
        "data:text/html,hello",
        "http://localhost.evil.example/",
        "https://evil.example\\@app.example.test/",
        "https://[::1",
        "http://localhost:port/",
        "https://app.example.test/\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_a_link_redirects_only_to_the_app(auth: AuthServer, target: str) -> None:
    auth.ask(GRANDMA)
    token = parse_qs(urlsplit(auth.mailed_link(GRANDMA)).query)["token"][0]
    query = {"token": token, "type": "magiclink", "redirect_to": target}
    answer = auth.call("GET", "verify", params=query)
    assert answer.headers["Location"].split("#")[0] == APP_URL


@pytest.mark.parametrize(
    "target", [f"{APP_URL}/a?b=c", "http://localhost:5173/callback", "http://127.0.0.1:3000/", "http://[::1]:3000/"]
)
def test_a_link_may_lead_to_the_app_and_to_this_machine(auth: AuthServer, target: str) -> None:
    auth.ask(GRANDMA, redirect_to=target)
    assert auth.follow(auth.mailed_link(GRANDMA)).split("#")[0] == target
