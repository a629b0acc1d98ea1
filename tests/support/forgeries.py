"""What the tests of forged tokens share."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app import app
from chalicelib import config
from chalicelib.api import jwks
from tests.support.gateway import Response
from tests.support.hostile import check, send
from tests.support.tokens import (
    EC_KEY,
    RSA_KEY,
    SECRET,
    token,
)

(ME,) = (endpoint for endpoint in app.endpoints if endpoint.function.__name__ == "get_me")


STRANGER = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Stage:
    """One way to be set up: which keys verify."""

    name: str
    secret: bool
    keys: bool

    def good_tokens(self) -> Iterator[str]:
        if self.secret:
            yield token()
        if self.keys:
            yield token(EC_KEY, "ES256", {"kid": "ec-1"})
            yield token(RSA_KEY, "RS256", {"kid": "rsa-1"})


STAGES = [Stage("secret", True, False), Stage("keys", False, True), Stage("both", True, True)]


def set_up(stage: Stage, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPABASE_JWT_SECRET", raising=False)
    monkeypatch.delenv("SUPABASE_JWKS_URL", raising=False)
    if stage.secret:
        monkeypatch.setenv("SUPABASE_JWT_SECRET", SECRET)
    if stage.keys:
        monkeypatch.setenv("SUPABASE_JWKS_URL", url)
    config.reset()
    jwks.reset()


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed_with(secret: bytes, header: Any, payload: Any) -> str:
    """HS256 over whatever header and payload."""
    text = f"{encoded(header)}.{encoded(payload)}"
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


HS = {"alg": "HS256", "typ": "JWT"}


def resigned(header: dict[str, Any], key: Any = STRANGER, algorithm: str = "ES256", **changes: Any) -> str:
    return token(key, algorithm, {**header}, **changes)


def ask(text: str) -> Response:
    return check(send(ME, text), ME)
