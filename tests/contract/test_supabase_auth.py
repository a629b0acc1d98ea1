"""The contract of Supabase Auth as its clients see it, held against the local stand-in over real HTTP."""

import base64
import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
import requests

from local.auth import anon_key, issue_token
from local.auth.settings import MAILS_PER_HOUR, WRONG_CODES_ALLOWED
from local.auth.store import AuthStore
from local.auth.tokens import new_code
from tests.support.auth_server import APP_URL, SECRET, AuthServer, serve
from tests.support.http_server import HttpServer, running_http_server

GRANDMA = "grandma@example.com"
VERIFIER = "a-code-verifier-that-is-long-enough-for-the-rfc-7636"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "s256"}


@pytest.fixture(scope="module")
def http_server() -> Iterator[HttpServer]:
    with running_http_server() as opened:
        yield opened


@pytest.fixture
def auth(tmp_path: Path, http_server: HttpServer) -> Iterator[AuthServer]:
    with serve(tmp_path, http_server) as running:
        yield running


def verify(auth: AuthServer, token: str, email: str = GRANDMA, type_: str = "email") -> requests.Response:
    return auth.call("POST", "verify", json={"email": email, "token": token, "type": type_})


def refresh(auth: AuthServer, token: str) -> requests.Response:
    return auth.call("POST", "token?grant_type=refresh_token", json={"refresh_token": token})


def refused(answer: requests.Response, status: int, code: str) -> bool:
    body = answer.json()
    assert body.keys() == {"code", "error_code", "msg"}, body
    assert answer.headers["X-Sb-Error-Code"] == body["error_code"]
    return (answer.status_code, body["code"], body["error_code"]) == (status, status, code)


# Asking for a code


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


# The code


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


def together(monkeypatch: pytest.MonkeyPatch, method: str, callers: int) -> None:
    """Holds all callers of a store's method until each has its answer, so that they go on at the same moment."""
    real, barrier = getattr(AuthStore, method), threading.Barrier(callers)

    def held(store: AuthStore, *arguments: Any) -> Any:
        found = real(store, *arguments)
        barrier.wait(timeout=5)
        return found

    monkeypatch.setattr(AuthStore, method, held)


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


# The link


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


# The link in the PKCE flow


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


# Refresh


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


# The user and logging out


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


# The gateway, CORS, errors


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


# ES256


def test_with_es256_anybody_can_check_a_token_by_the_published_key(tmp_path: Path, http_server: HttpServer) -> None:
    with serve(tmp_path, http_server, "ES256") as auth:
        session = auth.sign_in(GRANDMA)
        keys = requests.get(f"{auth.url}/auth/v1/.well-known/jwks.json", timeout=10).json()["keys"]
        assert jwt.get_unverified_header(session["access_token"]) == {
            "alg": "ES256",
            "typ": "JWT",
            "kid": keys[0]["kid"],
        }
        assert "d" not in keys[0]
        key = jwt.PyJWK(keys[0])
        claims = jwt.decode(session["access_token"], key, algorithms=["ES256"], audience="authenticated")
        assert claims["sub"] == session["user"]["id"]
        made = issue_token(auth.settings, uuid.uuid4(), GRANDMA, data_dir=tmp_path)
        jwt.decode(made, key, algorithms=["ES256"], audience="authenticated")
    with serve(tmp_path, http_server, "ES256") as again:
        kept = requests.get(f"{again.url}/auth/v1/.well-known/jwks.json", timeout=10).json()["keys"]
        assert kept == keys


def test_with_es256_the_public_key_is_no_secret_to_sign_with(tmp_path: Path, http_server: HttpServer) -> None:
    with serve(tmp_path, http_server, "ES256") as auth:
        session = auth.sign_in(GRANDMA)
        claims = jwt.decode(session["access_token"], options={"verify_signature": False})
        key = requests.get(f"{auth.url}/auth/v1/.well-known/jwks.json", timeout=10).json()["keys"][0]
        forged = jwt.encode(claims, key["x"] + key["y"], algorithm="HS256", headers={"kid": key["kid"]})
        assert refused(auth.call("GET", "user", forged), 403, "bad_jwt")
        assert auth.call("GET", "user", session["access_token"]).status_code == 200


# The disk


def test_a_session_survives_a_restart(tmp_path: Path, http_server: HttpServer) -> None:
    with serve(tmp_path, http_server) as before:
        session = before.sign_in(GRANDMA)
    with serve(tmp_path, http_server) as after:
        renewed = refresh(after, session["refresh_token"]).json()
        assert renewed["user"]["id"] == session["user"]["id"]
        assert after.call("GET", "user", renewed["access_token"]).status_code == 200


def test_what_was_answered_survives_kill_9(tmp_path: Path, http_server: HttpServer) -> None:
    program = """
        import sys
        from pathlib import Path
        from tests.support.http_server import running_http_server
        from tests.support.auth_server import serve
        with running_http_server() as server, serve(Path(sys.argv[1]), server) as auth:
            print(auth.sign_in("grandma@example.com")["refresh_token"], flush=True)
            auth.ask("grandma@example.com")
            print(auth.mailed_code("grandma@example.com"), flush=True)
            input()
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    token, code = child.stdout.readline().strip(), child.stdout.readline().strip()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    with serve(tmp_path, http_server) as auth:
        assert refresh(auth, token).status_code == 200
        assert auth.mailed_code(GRANDMA) == code
        assert verify(auth, code).status_code == 200
