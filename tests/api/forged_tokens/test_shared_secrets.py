"""Forged tokens: shared secret, published keys, or both.

Each is one 401 with one body; why stands in the log alone, and nothing of the token anywhere. What a single claim must
be is held by the unit tests of auth; here are the attacks, and what a stranger sees of them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.auth import anon_key
from tests.support.database_server import Database
from tests.support.forgeries import HS, STAGES, STRANGER, Stage, ask, encoded, resigned, set_up, signed_with
from tests.support.hostile import MARK, check, endpoints, send
from tests.support.tokens import (
    EC_KEY,
    RSA_KEY,
    SECRET,
    SUPABASE,
    Publisher,
    claims,
    ec_jwk,
    rsa_jwk,
    token,
)

REFUSED = '{"error":{"code":"UNAUTHORIZED","message":"Please sign in again."}}'


STRANGER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def with_claim(name: str, value: str) -> str:
    """A token under the secret whose claim is just this JSON."""
    text = json.dumps({**claims(), name: "@"}).replace('"@"', value)
    return signed_with(SECRET.encode(), HS, text.encode())


def public_forms() -> dict[str, bytes]:
    """Everything an attacker could take for the secret, knowing the published keys alone."""
    forms: dict[str, bytes] = {"nothing": b"", "a zero": b"\x00", "null": b"null", "its name": b"SUPABASE_JWT_SECRET"}
    for name, key, jwk in (("ec", EC_KEY, ec_jwk()), ("rsa", RSA_KEY, rsa_jwk())):
        public = key.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        forms |= {
            f"{name} pem": pem,
            f"{name} pem without its last line break": pem.rstrip(),
            f"{name} pem with windows breaks": pem.replace(b"\n", b"\r\n"),
            f"{name} der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            f"{name} jwk": json.dumps(jwk).encode(),
            f"{name} jwk, compact": json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode(),
            f"{name} jwks": json.dumps({"keys": [ec_jwk(), rsa_jwk()]}).encode(),
            f"{name} kid": jwk["kid"].encode(),
        }
    forms["ec x"] = base64.urlsafe_b64decode(ec_jwk()["x"] + "==")
    forms["rsa n"] = rsa_jwk()["n"].encode()
    return forms


def bad_signature(signature: bytes, kid: str = "ec-1", algorithm: str = "ES256") -> str:
    return f"{encoded({'alg': algorithm, 'kid': kid})}.{encoded(claims())}.{encoded(signature)}"


def brought_along() -> dict[str, Any]:
    mine: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(STRANGER.public_key()))
    return mine


def der_signature() -> str:
    """A true signature in the form of certificates, not of tokens."""
    from cryptography.hazmat.primitives.hashes import SHA256

    text = f"{encoded({'alg': 'ES256', 'kid': 'ec-1'})}.{encoded(claims())}"
    return f"{text}.{encoded(EC_KEY.sign(text.encode(), ec.ECDSA(SHA256())))}"


FORGED: dict[str, Callable[[], str]] = {
    **{
        f"alg {spelling!r}, signature {signature!r}": (
            lambda spelling=spelling, signature=signature: (
                f"{encoded({'alg': spelling, 'typ': 'JWT', 'kid': 'ec-1'})}.{encoded(claims())}.{signature}"
            )
        )
        for spelling in (
            "none",
            "None",
            "NONE",
            "nOnE",
            "none ",
            "",
            None,
            0,
            [],
            {},
            "HS256\x00",
            "hs256",
            "Es256",
            "*",
        )
        for signature in ("", "AAAA")
    },
    "no alg": lambda: f"{encoded({'typ': 'JWT'})}.{encoded(claims())}.AAAA",
    **{
        f"HS256 with {name}": (lambda secret=secret: signed_with(secret, {**HS, "kid": "ec-1"}, claims()))
        for name, secret in public_forms().items()
    },
    "HS384 with the secret": lambda: token(SECRET, "HS384"),
    "HS512 with the secret": lambda: token(SECRET, "HS512"),
    "a stranger's ES256": lambda: resigned({"kid": "ec-1"}),
    "a stranger's RS256": lambda: resigned({"kid": "rsa-1"}, STRANGER_RSA, "RS256"),
    "ES256 under the id of the RSA key": lambda: token(EC_KEY, "ES256", {"kid": "rsa-1"}),
    "RS256 under the id of the EC key": lambda: token(RSA_KEY, "RS256", {"kid": "ec-1"}),
    "PS256 with the RSA key": lambda: token(RSA_KEY, "PS256", {"kid": "rsa-1"}),
    "RS512 with the RSA key": lambda: token(RSA_KEY, "RS512", {"kid": "rsa-1"}),
    "no kid": lambda: token(EC_KEY, "ES256"),
    "jwk brought along": lambda: resigned({"kid": "ec-1", "jwk": brought_along()}),
    "jwk brought along, no kid": lambda: resigned({"jwk": brought_along()}),
    "jku": lambda: resigned({"kid": "ec-1", "jku": f"https://{MARK}.example/jwks.json"}),
    "jku of ours, with a turn": lambda: resigned({"kid": "ec-1", "jku": f"{SUPABASE}/auth/v1/../../{MARK}"}),
    "x5u": lambda: resigned({"kid": "ec-1", "x5u": f"https://{MARK}.example/cert.pem"}),
    "x5c": lambda: resigned({"kid": "ec-1", "x5c": ["MIIB"]}),
    **{
        f"kid {kid!r:.30}": (lambda kid=kid: resigned({"kid": kid}))
        for kid in (
            *("../../../../dev/null", "/etc/passwd", "' UNION SELECT 'a", "ec-1\x00", "EC-1", " ec-1", "a" * 5000),
            *(f"http://{MARK}.example/k", "$(id)", "%65c-1"),
        )
    },
    **{
        f"kid {kid!r}": (lambda kid=kid: f"{encoded({'alg': 'ES256', 'kid': kid})}.{encoded(claims())}.AAAA")
        for kid in (None, 5, True, ["ec-1"], {"kid": "ec-1"})
    },
    "a signature of zeros": lambda: bad_signature(b"\x00" * 64),
    "a signature of ones": lambda: bad_signature(b"\xff" * 64),
    "a signature in DER": der_signature,
    "an empty signature": lambda: bad_signature(b""),
    "an RSA signature of zeros": lambda: bad_signature(b"\x00" * 256, "rsa-1", "RS256"),
    "crit": lambda: token(headers={"crit": ["exp"]}),
    "b64 false": lambda: token(headers={"b64": False, "crit": ["b64"]}),
    "an alg twice, none last": lambda: signed_with(SECRET.encode(), b'{"alg":"HS256","alg":"none"}', claims()),
    "an encrypted token": lambda: f"{encoded({'alg': 'dir', 'enc': 'A256GCM'})}..AAAA.AAAA.AAAA",
    "a token in a token": lambda: signed_with(SECRET.encode(), {**HS, "cty": "JWT"}, token().encode()),
    "expired": lambda: token(exp=int(time.time()) - 60),
    "expired for years": lambda: token(exp=1),
    "no exp": lambda: token(exp=None),
    **{
        f"{name} {value}": (lambda name=name, value=value: with_claim(name, value))
        for name in ("exp", "nbf", "iat")
        for value in ("1e400", "-1e400", "NaN", "[1]", '{"a": 1}', '"soon"', "1" + "0" * 5000)
        # Issued in the depths of time is no crime.
        if (name, value) not in (("iat", "-1e400"), ("nbf", "-1e400"))
    },
    "not yet valid": lambda: token(nbf=int(time.time()) + 120),
    "issued tomorrow": lambda: token(iat=int(time.time()) + 86_400),
    "iat a word": lambda: signed_with(SECRET.encode(), HS, claims(iat="now")),
    "iat not finite": lambda: signed_with(SECRET.encode(), HS, json.dumps(claims(iat=float("inf"))).encode()),
    "another issuer": lambda: token(iss=f"https://{MARK}.supabase.co/auth/v1"),
    "our issuer within another": lambda: token(iss=f"https://{MARK}.example/?{SUPABASE}/auth/v1"),
    "our issuer and more": lambda: token(iss=f"{SUPABASE}/auth/v1.{MARK}.example"),
    "half our issuer": lambda: token(iss=SUPABASE),
    "issuers": lambda: signed_with(SECRET.encode(), HS, claims(iss=[f"{SUPABASE}/auth/v1"])),
    "no issuer": lambda: token(iss=None),
    "another audience": lambda: token(aud="anon"),
    "audiences": lambda: token(aud=["authenticated"]),
    "audiences with ours": lambda: token(aud=[MARK, "authenticated"]),
    "no audience": lambda: token(aud=None),
    "nobody": lambda: token(sub=None),
    "nobody by name": lambda: token(sub=""),
    "sub no UUID": lambda: token(sub=MARK),
    "sub a UUID and more": lambda: token(sub=f"7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11{MARK}"),
    "sub SQL": lambda: token(sub="7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11'; DROP TABLE families; --"),
    "role anon": lambda: token(role="anon"),
    "role service_role": lambda: token(role="service_role"),
    "role app_service": lambda: token(role="app_service"),
    "roles": lambda: signed_with(SECRET.encode(), HS, claims(role=["authenticated"])),
    "no role": lambda: token(role=None),
    "anonymous": lambda: token(is_anonymous=True),
    "anonymous by word": lambda: token(is_anonymous="false"),
    "the anon key": lambda: anon_key(SECRET),
    "a payload that is a list": lambda: signed_with(SECRET.encode(), HS, [claims()]),
    "a payload too deep": lambda: signed_with(SECRET.encode(), HS, b'{"exp":' + b"[" * 3000),
    "a payload in latin-1": lambda: signed_with(SECRET.encode(), HS, b'{"sub":"\xff"}'),
    "a header that is a list": lambda: signed_with(SECRET.encode(), [HS], claims()),
    "a header too deep": lambda: signed_with(SECRET.encode(), b"[" * 3000, claims()),
    "oversized": lambda: token(padding="x" * 8_200),
    "three parts of nothing": lambda: "..",
    "two parts": lambda: token().rpartition(".")[0],
    "five parts": lambda: f"{token()}.AAAA.AAAA",
    "padded": lambda: token() + "==",
    "plain base64": lambda: token().replace("_", "/").replace("-", "+") + "+",
    "a line break within": lambda: token().replace(".", ".\n", 1),
    "a blank within": lambda: token().replace(".", ". ", 1),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_token_is_401_and_the_answer_gives_no_reason(
    forged: str, api: None, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for stage in STAGES:
        set_up(stage, publisher.url, monkeypatch)
        text = FORGED[forged]()
        answer = ask(text)
        assert (answer.status, answer.text) == (401, REFUSED), stage.name
        written = capsys.readouterr().out
        assert MARK not in written, stage.name
        assert all(len(part) < 8 or part not in written for part in text.split(".")), stage.name


def test_a_valid_token_of_each_configured_kind_is_accepted(stage: Stage, module_database: Database) -> None:
    for good in stage.good_tokens():
        assert ask(good).status == 200
    if not stage.secret:
        assert ask(token()).status == 401
    if not stage.keys:
        assert ask(token(EC_KEY, "ES256", {"kid": "ec-1"})).status == 401


def test_a_forged_token_is_refused_on_every_route(stage: Stage) -> None:
    forged = token(STRANGER, "ES256", {"kid": "ec-1"})
    for endpoint in endpoints("user"):
        assert check(send(endpoint, forged), endpoint).text == REFUSED
