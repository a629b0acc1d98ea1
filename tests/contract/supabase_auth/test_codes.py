"""Supabase auth: the code."""

from __future__ import annotations

import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from local.auth.settings import WRONG_CODES_ALLOWED
from local.auth.tokens import new_code
from tests.support.auth_requests import GRANDMA, PKCE, refused, together, verify
from tests.support.auth_server import SECRET, AuthServer


def test_the_session_has_all_that_supabase_js_expects(auth: AuthServer) -> None:
    session = auth.sign_in(GRANDMA)
    assert session.keys() == {"access_token", "token_type", "expires_in", "expires_at", "refresh_token", "user"}
    assert (session["token_type"], session["expires_in"]) == ("bearer", 3600)
    user = session["user"]
    expected = {"aud": "authenticated", "role": "authenticated", "email": GRANDMA, "phone": "", "is_anonymous": False}
    assert expected.items() <= user.items()
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert user["identities"][0]["provider"] == "email"
    for time_ in ("email_confirmed_at", "confirmed_at", "last_sign_in_at", "created_at", "updated_at"):
        assert user[time_].endswith("Z")


def test_the_access_token_says_who_for_whom_and_how_long(auth: AuthServer) -> None:
    session = auth.sign_in(GRANDMA)
    claims = jwt.decode(session["access_token"], SECRET, algorithms=["HS256"], audience="authenticated")
    assert claims["iss"] == f"{auth.url}/auth/v1"
    assert claims["sub"] == session["user"]["id"]
    assert (claims["role"], claims["email"], claims["aal"], claims["is_anonymous"]) == (
        "authenticated",
        GRANDMA,
        "aal1",
        False,
    )
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["exp"] == session["expires_at"]
    assert claims["amr"][0]["method"] == "otp"
    uuid.UUID(claims["session_id"])


@pytest.mark.parametrize("type_", ["email", "magiclink", "signup"])
def test_a_first_code_is_right_under_each_name_it_may_have(auth: AuthServer, type_: str) -> None:
    auth.ask(GRANDMA)
    assert verify(auth, auth.mailed_code(GRANDMA), type_=type_).status_code == 200


@pytest.mark.parametrize(
    ("type_", "status", "code"),
    [
        ("signup", 403, "otp_expired"),
        ("recovery", 403, "otp_expired"),
        ("email_change", 403, "otp_expired"),
        ("nonsense", 400, "validation_failed"),
        ("", 400, "validation_failed"),
    ],
)
def test_a_code_is_wrong_under_a_name_it_was_not_mailed_by(
    auth: AuthServer, type_: str, status: int, code: str
) -> None:
    auth.sign_in(GRANDMA)
    auth.ask(GRANDMA)
    assert refused(verify(auth, auth.mailed_code(GRANDMA), type_=type_), status, code)


def test_a_code_works_once(auth: AuthServer) -> None:
    auth.sign_in(GRANDMA)
    auth.ask(GRANDMA)
    code = auth.mailed_code(GRANDMA)
    assert verify(auth, code).status_code == 200
    assert refused(verify(auth, code), 403, "otp_expired")


def test_of_ten_who_use_one_code_at_once_one_gets_a_session(auth: AuthServer, monkeypatch: pytest.MonkeyPatch) -> None:
    auth.ask(GRANDMA)
    code = auth.mailed_code(GRANDMA)
    together(monkeypatch, "try_code", 10)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: verify(auth, code).status_code, range(10)))
    assert sorted(answers) == [200] + [403] * 9


def test_codes_cannot_be_predicted() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) > 190
    assert all(len(code) == 6 and code.isdigit() for code in codes)


def test_a_code_expires_after_ten_minutes(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    auth.clock.ahead = 599
    link = auth.mailed_link(GRANDMA)
    auth.clock.ahead = 601
    assert refused(verify(auth, auth.mailed_code(GRANDMA)), 403, "otp_expired")
    assert "error_code=otp_expired" in auth.follow(link)


def test_a_code_is_good_just_before_ten_minutes(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    auth.clock.ahead = 595
    assert verify(auth, auth.mailed_code(GRANDMA)).status_code == 200


def test_after_too_many_guesses_even_the_right_code_is_refused(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    right = auth.mailed_code(GRANDMA)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(WRONG_CODES_ALLOWED):
        assert refused(verify(auth, wrong), 403, "otp_expired")
    assert refused(verify(auth, right), 403, "otp_expired")


def test_a_new_code_voids_the_one_before(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    old_code, old_link = auth.mailed_code(GRANDMA), auth.mailed_link(GRANDMA)
    auth.ask(GRANDMA)
    if old_code != auth.mailed_code(GRANDMA):
        assert refused(verify(auth, old_code), 403, "otp_expired")
    assert "error_code=otp_expired" in auth.follow(old_link)


def test_a_code_belongs_to_one_address(auth: AuthServer) -> None:
    auth.ask(GRANDMA)
    auth.ask("grandpa@example.com")
    if auth.mailed_code(GRANDMA) != auth.mailed_code("grandpa@example.com"):
        assert refused(verify(auth, auth.mailed_code(GRANDMA), "grandpa@example.com"), 403, "otp_expired")
    assert refused(verify(auth, auth.mailed_code(GRANDMA), "stranger@example.com"), 403, "otp_expired")


def test_neither_code_nor_link_nor_refresh_token_is_written_to_disk(auth: AuthServer, tmp_path: Path) -> None:
    session = auth.sign_in(GRANDMA)
    auth.ask(GRANDMA, **PKCE)
    token = parse_qs(urlsplit(auth.mailed_link(GRANDMA)).query)["token"][0]
    secrets = [auth.mailed_code(GRANDMA), token, session["refresh_token"], session["access_token"]]
    files = [path for path in tmp_path.iterdir() if path.name.startswith("auth")]
    assert files
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not [secret for secret in secrets if secret.encode() in path.read_bytes()]


def test_verify_wants_exactly_one_proof(auth: AuthServer) -> None:
    for body in (
        {"type": "email", "email": GRANDMA},
        {"type": "email", "email": GRANDMA, "token": "1", "token_hash": "2"},
        {"type": "email", "token": "123456"},
        {"type": "email", "email": GRANDMA, "token_hash": "2"},
        {"email": GRANDMA, "token": "123456"},
    ):
        assert refused(auth.call("POST", "verify", json=body), 400, "validation_failed")
