"""Keys and tokens as Supabase's, and a place on the loopback that publishes keys, for better or worse."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

SUPABASE = "http://localhost:8000"
SECRET = "local-" + "s" * 40
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def claims(**changes: Any) -> dict[str, Any]:
    """A good token's claims; a change to None leaves the claim out."""
    now = int(time.time())
    good = {
        "iss": f"{SUPABASE}/auth/v1",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": str(uuid4()),
        "email": "sol@example.org",
        "iat": now,
        "exp": now + 3600,
        "is_anonymous": False,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def ec_jwk(kid: str = "ec-1", **changes: Any) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key()))
    return {**public, "kid": kid, "alg": "ES256", "use": "sig", **changes}


def rsa_jwk(kid: str = "rsa-1", **changes: Any) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key()))
    return {**public, "kid": kid, "alg": "RS256", "use": "sig", **changes}


class Publisher:
    """Answers every GET with `answer`; counts how often it was asked."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [ec_jwk(), rsa_jwk()]
        self.answer: Callable[[BaseHTTPRequestHandler], None] = self.publish
        self.asked = 0
        self.url = ""

    def publish(self, request: BaseHTTPRequestHandler) -> None:
        self.send(request, json.dumps({"keys": self.keys}).encode())

    @staticmethod
    def send(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def publishing() -> Iterator[Publisher]:
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked += 1
            publisher.answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    publisher.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
