"""Supabase auth: asking for a code."""

from __future__ import annotations

import uuid

import pytest

from local.auth.settings import MAILS_PER_HOUR
from tests.support.auth_requests import GRANDMA, refused, verify
from tests.support.auth_server import AuthServer


def test_one_mail_brings_the_code_and_the_link(auth: AuthServer) -> None:
    answer = auth.ask(GRANDMA)
    assert (answer.status_code, answer.json()) == (200, {})
    mails = auth.mailbox.newest(GRANDMA)
    assert len(mails) == 1
    for body in (mails[0].letter.text, mails[0].letter.html):
        assert auth.mailed_code(GRANDMA) in body
        assert f"{auth.url}/auth/v1/verify?token=" in body


def test_a_new_user_is_in_the_database_before_any_session_exists(auth: AuthServer) -> None:
    auth.database_down = True
    assert refused(auth.ask(GRANDMA), 500, "unexpected_failure")
    assert auth.mailbox.newest() == []
    auth.database_down = False
    session = auth.sign_in(GRANDMA)
    assert (uuid.UUID(session["user"]["id"]), GRANDMA) in auth.known


def test_an_unknown_address_becomes_a_user_only_when_asked_for(auth: AuthServer) -> None:
    assert refused(auth.ask(GRANDMA, create_user=False), 422, "otp_disabled")
    assert auth.mailbox.newest() == []
    auth.sign_in(GRANDMA)
    assert auth.ask(GRANDMA, create_user=False).status_code == 200


def test_an_address_is_one_user_however_it_is_written(auth: AuthServer) -> None:
    first = auth.sign_in(GRANDMA)
    assert auth.ask("GrandMa@Example.COM").status_code == 200
    second = verify(auth, auth.mailed_code(GRANDMA), "GRANDMA@example.com").json()
    assert second["user"]["id"] == first["user"]["id"]
    assert second["user"]["email"] == GRANDMA


@pytest.mark.parametrize(
    "email",
    ["", "nobody", "a@b", "a b@example.com", "a@example.com\r\nBcc: b@example.com", f"{'a' * 250}@example.com"],
)
def test_an_invalid_address_gets_no_mail(auth: AuthServer, email: str) -> None:
    assert refused(auth.ask(email), 400, "validation_failed")
    assert auth.mailbox.newest() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"email": 5}', b'{"data": {"n": NaN}}', b'{"email": "\\ud800"}'])
def test_a_body_that_is_not_json_of_the_right_shape_is_refused(auth: AuthServer, body: bytes) -> None:
    assert refused(auth.call("POST", "otp", data=body), 400, "bad_json")


def test_a_body_too_large_is_refused(auth: AuthServer) -> None:
    assert refused(auth.call("POST", "otp", data=b" " * 2_000_000), 413, "request_entity_too_large")


def test_the_mails_to_one_address_are_limited(auth: AuthServer) -> None:
    auth.mailbox.send = lambda *mail: None  # type: ignore[method-assign]
    for _ in range(MAILS_PER_HOUR):
        assert auth.ask(GRANDMA).status_code == 200
    assert refused(auth.ask(GRANDMA), 429, "over_email_send_rate_limit")
    assert auth.ask("grandpa@example.com").status_code == 200
    auth.clock.ahead = 3601
    assert auth.ask(GRANDMA).status_code == 200
