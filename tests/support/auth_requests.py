"""What the tests of supabase auth share."""

from __future__ import annotations

import base64
import hashlib
import threading
from typing import Any

import pytest
import requests

from local.auth.store import AuthStore
from tests.support.auth_server import AuthServer

GRANDMA = "grandma@example.com"


VERIFIER = "a-code-verifier-that-is-long-enough-for-the-rfc-7636"


CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "s256"}


def verify(auth: AuthServer, token: str, email: str = GRANDMA, type_: str = "email") -> requests.Response:
    return auth.call("POST", "verify", json={"email": email, "token": token, "type": type_})


def refresh(auth: AuthServer, token: str) -> requests.Response:
    return auth.call("POST", "token?grant_type=refresh_token", json={"refresh_token": token})


def refused(answer: requests.Response, status: int, code: str) -> bool:
    body = answer.json()
    assert body.keys() == {"code", "error_code", "msg"}, body
    assert answer.headers["X-Sb-Error-Code"] == body["error_code"]
    return (answer.status_code, body["code"], body["error_code"]) == (status, status, code)


def together(monkeypatch: pytest.MonkeyPatch, method: str, callers: int) -> None:
    """Holds all callers of a store's method until each has its answer, so that they go on at the same moment."""
    real, barrier = getattr(AuthStore, method), threading.Barrier(callers)

    def held(store: AuthStore, *arguments: Any) -> Any:
        found = real(store, *arguments)
        barrier.wait(timeout=5)
        return found

    monkeypatch.setattr(AuthStore, method, held)
