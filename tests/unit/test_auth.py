"""A token is its bearer's only when one of our keys signed it for a signed-in user of ours."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import config
from chalicelib.api import auth, jwks
from chalicelib.errors import MissingConfiguration, Refused
from tests.support.tokens import EC_KEY, RSA_KEY, SECRET, SUPABASE, Publisher, claims, ec_jwk, publishing, token


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    with publishing() as publisher:
        yield publisher


@pytest.fixture(autouse=True)
def _configured(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("SUPABASE_URL", SUPABASE)
    monkeypatch.setenv("SUPABASE_JWT_SECRET", f"{SECRET},local-{'o' * 40}")
    monkeypatch.setenv("SUPABASE_JWKS_URL", publisher.url)
    config.reset()
    jwks.reset()
    yield
    config.reset()
    jwks.reset()


def refused(text: str) -> str:
    """Why a token is refused, by our own note; the caller is told nothing."""
    with pytest.raises(Refused) as caught:
        auth.verify(text)
    error = caught.value
    assert error.code == "UNAUTHORIZED" and error.details is None and error.message is None
    return error.note


def unsigned(header: dict[str, Any], payload: dict[str, Any], signature: str = "") -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(payload)}.{signature}"


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(SECRET, "HS256", None), (EC_KEY, "ES256", "ec-1"), (RSA_KEY, "RS256", "rsa-1")]
)
def test_a_good_token_gives_its_user(key: Any, algorithm: str, kid: str | None) -> None:
    user_id = uuid4()
    assert auth.verify(token(key, algorithm, {"kid": kid} if kid else None, sub=str(user_id))) == user_id


def test_the_secret_before_the_last_rotation_still_verifies() -> None:
    assert auth.verify(token(f"local-{'o' * 40}"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 5, "HS384", "ES384", "PS256", "EdDSA"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_token_of_no_algorithm_or_another_is_refused(algorithm: Any, signature: str) -> None:
    for kid in ("ec-1", "rsa-1", None):
        refused(unsigned({"alg": algorithm, "typ": "JWT", "kid": kid}, claims(), signature))


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_our_secret_signs_hs256_alone(algorithm: str) -> None:
    assert refused(token(algorithm=algorithm)) == "unknown key or algorithm"


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY])
@pytest.mark.parametrize("form", ["pem", "jwk", "der"])
def test_a_public_key_is_no_shared_secret(key: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    public = key.public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(ec_jwk()).encode(),
    }[form]
    header, payload = unsigned({"alg": "HS256", "typ": "JWT", "kid": "ec-1"}, claims()).split(".")[:2]
    forged = base64.urlsafe_b64encode(_hmac(secret, f"{header}.{payload}")).rstrip(b"=").decode()
    assert refused(f"{header}.{payload}.{forged}") == "signature"
    # And where only published keys are configured, HS256 has no key at all.
    monkeypatch.delenv("SUPABASE_JWT_SECRET")
    config.reset()
    assert refused(f"{header}.{payload}.{forged}") == "unknown key or algorithm"


def _hmac(secret: bytes, text: str) -> bytes:
    import hashlib
    import hmac

    return hmac.new(secret, text.encode(), hashlib.sha256).digest()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_key_serves_the_algorithm_of_its_type_alone(algorithm: str) -> None:
    other = {"ES256": "rsa-1", "RS256": "ec-1"}[algorithm]
    key = {"ES256": EC_KEY, "RS256": RSA_KEY}[algorithm]
    assert refused(token(key, algorithm, {"kid": other})) == "unknown key or algorithm"


def test_a_key_the_token_brings_along_or_points_to_is_not_used(publisher: Publisher) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    brought: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(stranger.public_key()))
    auth.verify(token(EC_KEY, "ES256", {"kid": "ec-1"}))
    asked = publisher.asked
    for extra in (
        {"jwk": brought},
        {"jku": publisher.url + "?evil"},
        {"x5u": publisher.url + "?evil"},
        {"x5c": ["AAAA"]},
    ):
        assert refused(token(stranger, "ES256", {"kid": "ec-1", **extra})) == "signature"
        refused(token(stranger, "ES256", extra))
    assert publisher.asked == asked


@pytest.mark.parametrize(
    "kid", ["../../etc/passwd", "http://evil.example/key", "", "ec-1\x00", "' OR 1=1 --", 5, None, ["ec-1"], {"a": 1}]
)
def test_a_strange_key_id_finds_nothing(kid: Any) -> None:
    good = token(EC_KEY, "ES256")
    refused(unsigned({"alg": "ES256", "kid": kid}, claims(), good.split(".")[2]))


def test_a_token_that_demands_what_we_do_not_know_is_refused() -> None:
    refused(token(headers={"crit": ["sun"], "sun": 1}))


class Ago(int):
    """A moment this many seconds before the test runs: these parameters are made when the suite is collected."""


@pytest.mark.parametrize(
    "changes",
    [
        *({"exp": Ago(31)}, {"exp": None}, {"exp": "soon"}, {"exp": 1e400}, {"exp": [1]}, {"exp": True}),
        *({"nbf": Ago(-60)}, {"iat": Ago(-60)}, {"nbf": "x"}, {"iat": "x"}),
        *({"iss": None}, {"iss": "https://evil.example/auth/v1"}, {"iss": SUPABASE}, {"iss": f"{SUPABASE}/auth/v1/"}),
        *({"iss": f"{SUPABASE}/auth/v1.evil.example"}, {"iss": "http"}, {"iss": ""}, {"iss": [f"{SUPABASE}/auth/v1"]}),
        *({"aud": None}, {"aud": "anon"}, {"aud": ["authenticated"]}, {"aud": ["x", "authenticated"]}, {"aud": ""}),
        *({"aud": "authenticated "}, {"aud": 5}, {"aud": {"authenticated": 1}}),
        *({"sub": None}, {"sub": ""}, {"sub": "sol"}, {"sub": 5}, {"sub": "7b0d2a5c0f0e4f0f8b8e0c6f3a3b2a11"}),
        *({"sub": "{7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11}"}, {"sub": "7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11\n"}),
        *({"role": None}, {"role": "anon"}, {"role": "service_role"}, {"role": "supabase_admin"}, {"role": 1}),
        *({"is_anonymous": True}, {"is_anonymous": "true"}, {"is_anonymous": 1}),
    ],
)
def test_a_claim_that_is_not_a_signed_in_users_is_refused(changes: dict[str, Any]) -> None:
    changes = {name: int(time.time()) - value if isinstance(value, Ago) else value for name, value in changes.items()}
    text = unsigned({"alg": "HS256", "typ": "JWT"}, claims(**changes))
    header, payload, _ = text.split(".")
    signature = base64.urlsafe_b64encode(_hmac(SECRET.encode(), f"{header}.{payload}")).rstrip(b"=").decode()
    refused(f"{header}.{payload}.{signature}")


def test_thirty_seconds_of_skew_are_forgiven_either_way() -> None:
    now = int(time.time())
    assert auth.verify(token(exp=now - 25))
    assert auth.verify(token(iat=now + 25, nbf=now + 25))
    refused(token(exp=now - 35))


def test_an_anonymous_sign_in_is_not_a_user() -> None:
    assert refused(token(is_anonymous=True)) == "anonymous"
    assert isinstance(auth.verify(token(is_anonymous=None)), UUID)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_tampered_token_is_refused(part: int) -> None:
    pieces = token().split(".")
    flipped = "A" if pieces[part][5] != "A" else "B"
    pieces[part] = pieces[part][:5] + flipped + pieces[part][6:]
    refused(".".join(pieces))


def test_a_tampered_signature_of_a_published_key_is_refused() -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert refused(token(stranger, "RS256", {"kid": "rsa-1"})) == "signature"


def test_a_payload_that_is_no_object_or_too_deep_is_refused() -> None:
    for payload in (b"[]", b"null", b"5", b"{", b"\xff", b"[" * 5000, b'{"exp":' + b"[" * 5000 + b"]" * 5000 + b"}"):
        header = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=").decode()
        body = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
        signature = base64.urlsafe_b64encode(_hmac(SECRET.encode(), f"{header}.{body}")).rstrip(b"=").decode()
        refused(f"{header}.{body}.{signature}")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.text(st.characters(categories=["Cs", "L"]), max_size=8))
def test_no_text_whatever_verifies(text: str) -> None:
    refused(text)


@pytest.mark.parametrize(
    "header",
    [
        *(
            None,
            "",
            "Bearer",
            "Bearer ",
            "bearer",
            "Basic dXNlcg==",
            "Token a.b.c",
            "a.b.c",
            "Bearer a.b",
            "Bearer a.b.c.d",
        ),
        *(
            " Bearer a.b.c",
            "Bearer  a.b.c",
            "Bearer a.b.c ",
            "Bearer a.b.c, Bearer d.e.f",
            "Bearer a.b.c\n",
            "Bearer\ta.b.c",
        ),
        *(
            "BEARER a.b.c",
            "Bearer a.b.ç",
            "Bearer a=.b.c",
            "Bearer .b.c",
            "Bearer a..c",
            "Bearer " + "a" * 9000 + ".b.c",
        ),
    ],
)
def test_a_header_in_any_other_form_holds_no_token(header: str | None) -> None:
    with pytest.raises(Refused) as caught:
        auth.bearer(header)
    assert caught.value.code == "UNAUTHORIZED"


def test_a_header_in_the_right_form_holds_one() -> None:
    assert auth.bearer("Bearer a.b-_9.c") == auth.bearer("bearer a.b-_9.c") == "a.b-_9.c"


def test_without_configuration_the_error_is_the_operator_s_and_not_the_caller_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SUPABASE_URL")
    config.reset()
    with pytest.raises(MissingConfiguration):
        auth.verify(token())
