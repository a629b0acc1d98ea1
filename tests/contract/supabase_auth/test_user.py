"""Supabase auth: the user and logging out."""

from __future__ import annotations

import uuid

import jwt
import pytest

from local.auth import anon_key, issue_token
from tests.support.auth_requests import GRANDMA, refresh, refused
from tests.support.auth_server import SECRET, AuthServer


def test_reading_the_user_needs_a_valid_token(auth: AuthServer) -> None:
    session = auth.sign_in(GRANDMA)
    assert auth.call("GET", "user", session["access_token"]).json() == session["user"]
    assert refused(auth.call("GET", "user"), 401, "no_authorization")
    user_id, email = uuid.UUID(session["user"]["id"]), GRANDMA
    head, _, tail = session["access_token"].rpartition(".")
    unsigned = jwt.encode({"sub": str(user_id)}, "", algorithm="none")
    for bad in (
        "nonsense",
        f"{head}.{tail[::-1]}",
        unsigned,
        issue_token(auth.settings, user_id, email, exp=1),
        issue_token(auth.settings, user_id, email, iss="https://evil.example/auth/v1"),
        issue_token(auth.settings, user_id, email, sub="grandma"),
        issue_token(auth.settings, user_id, email, sub=None),
        issue_token(auth.settings, user_id, email, session_id=None),
        jwt.encode({"sub": str(user_id)}, "another-secret-that-is-long-enough-too", algorithm="HS256"),
        anon_key(SECRET),
    ):
        assert refused(auth.call("GET", "user", bad), 403, "bad_jwt"), bad
    assert refused(auth.call("GET", "user", issue_token(auth.settings, user_id, email)), 403, "session_not_found")
    assert refused(auth.call("GET", "user", issue_token(auth.settings, uuid.uuid4(), email)), 403, "user_not_found")


def test_an_access_token_expires_after_an_hour(auth: AuthServer) -> None:
    session = auth.sign_in(GRANDMA)
    auth.clock.ahead = 3601
    assert refused(auth.call("GET", "user", session["access_token"]), 403, "bad_jwt")
    fresh = refresh(auth, session["refresh_token"]).json()
    assert auth.call("GET", "user", fresh["access_token"]).status_code == 200


def test_a_user_changes_only_their_own_metadata(auth: AuthServer) -> None:
    token = auth.sign_in(GRANDMA)["access_token"]
    changed = auth.call("PUT", "user", token, json={"data": {"name": "Rosa", "sub": "someone else"}}).json()
    assert changed["user_metadata"]["name"] == "Rosa"
    assert changed["user_metadata"]["sub"] == changed["id"]
    assert refused(auth.call("PUT", "user", token, json={"email": "a@example.com"}), 422, "validation_failed")
    forgotten = auth.call("PUT", "user", token, json={"data": {"name": None}}).json()
    assert "name" not in forgotten["user_metadata"]


@pytest.mark.parametrize(("scope", "still_in"), [("local", [1, 2]), ("others", [0]), ("global", []), ("", [])])
def test_logging_out_ends_the_sessions_it_names(auth: AuthServer, scope: str, still_in: list[int]) -> None:
    sessions = [auth.sign_in(GRANDMA) for _ in range(3)]
    stranger = auth.sign_in("grandpa@example.com")
    answer = auth.call("POST", f"logout?scope={scope}", sessions[0]["access_token"])
    assert (answer.status_code, answer.content) == (204, b"")
    for number, session in enumerate(sessions):
        assert (auth.call("GET", "user", session["access_token"]).status_code == 200) == (number in still_in)
        assert (refresh(auth, session["refresh_token"]).status_code == 200) == (number in still_in)
    assert auth.call("GET", "user", stranger["access_token"]).status_code == 200


def test_an_unknown_scope_logs_nobody_out(auth: AuthServer) -> None:
    token = auth.sign_in(GRANDMA)["access_token"]
    assert refused(auth.call("POST", "logout?scope=all", token), 400, "validation_failed")
    assert auth.call("GET", "user", token).status_code == 200
