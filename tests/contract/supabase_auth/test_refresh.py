"""Supabase auth: refresh."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from tests.support.auth_requests import GRANDMA, refresh, refused
from tests.support.auth_server import AuthServer


def test_a_refresh_brings_new_tokens_for_the_same_session(auth: AuthServer) -> None:
    first = auth.sign_in(GRANDMA)
    second = refresh(auth, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    sessions = [jwt.decode(s["access_token"], options={"verify_signature": False}) for s in (first, second)]
    assert sessions[0]["session_id"] == sessions[1]["session_id"]
    assert auth.call("GET", "user", second["access_token"]).status_code == 200


def test_an_old_refresh_token_ends_the_session_for_everybody(auth: AuthServer) -> None:
    first = auth.sign_in(GRANDMA)
    second = refresh(auth, first["refresh_token"]).json()
    third = refresh(auth, second["refresh_token"]).json()
    auth.clock.ahead = 11
    assert refused(refresh(auth, first["refresh_token"]), 400, "refresh_token_already_used")
    assert refused(refresh(auth, third["refresh_token"]), 400, "refresh_token_not_found")
    assert refused(auth.call("GET", "user", third["access_token"]), 403, "session_not_found")


def test_an_old_refresh_token_is_accepted_within_ten_seconds(auth: AuthServer) -> None:
    first = auth.sign_in(GRANDMA)
    second = refresh(auth, first["refresh_token"]).json()
    third = refresh(auth, second["refresh_token"]).json()
    auth.clock.ahead = 9
    assert refresh(auth, first["refresh_token"]).json()["refresh_token"] == third["refresh_token"]


def test_a_client_that_lost_the_answer_to_its_refresh_asks_again_and_gets_it(auth: AuthServer) -> None:
    first = auth.sign_in(GRANDMA)
    second = refresh(auth, first["refresh_token"]).json()
    auth.clock.ahead = 3600
    again = refresh(auth, first["refresh_token"]).json()
    assert again["refresh_token"] == second["refresh_token"]


def test_many_refreshes_at_once_agree_on_one_next_token(auth: AuthServer) -> None:
    token = auth.sign_in(GRANDMA)["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        next_tokens = {answer.json()["refresh_token"] for answer in pool.map(lambda _: refresh(auth, token), range(8))}
    assert len(next_tokens) == 1


@pytest.mark.parametrize("forged", ["", "x", "ümlaut", "A" * 48, "A" * 4000])
def test_a_forged_refresh_token_is_refused(auth: AuthServer, forged: str) -> None:
    code = "validation_failed" if forged == "" else "refresh_token_not_found"
    assert refused(refresh(auth, forged), 400, code)


@pytest.mark.parametrize("place", [0, 19, 20, 35])
def test_a_changed_refresh_token_is_refused(auth: AuthServer, place: int) -> None:
    token = auth.sign_in(GRANDMA)["refresh_token"]
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[place] ^= 1
    assert refused(refresh(auth, base64.urlsafe_b64encode(raw).decode()), 400, "refresh_token_not_found")
    assert refresh(auth, token).status_code == 200


def test_other_grants_are_refused(auth: AuthServer) -> None:
    for grant in ("password", "id_token", ""):
        answer = auth.call("POST", f"token?grant_type={grant}", json={"email": GRANDMA, "password": "x"})
        assert refused(answer, 400, "invalid_credentials")
