"""Supabase auth: eS256."""

from __future__ import annotations

import uuid
from pathlib import Path

import jwt
import requests

from local.auth import issue_token
from tests.support.auth_requests import GRANDMA, refused
from tests.support.auth_server import serve
from tests.support.http_server import HttpServer


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
