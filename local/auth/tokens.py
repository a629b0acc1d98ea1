"""Access tokens (JWT), refresh tokens, the anon key, and the hashes under which codes and links are kept.

A refresh token is the signed pair of a session's id and a counter. Only the session's counter is stored, and the
current token can be made again for a client that lost it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from local.auth.settings import ACCESS_TOKEN_SECONDS, AuthSettings

# Fixed, so that one secret always gives the same key, and a client may keep it in its configuration.
_ANON_ISSUED_AT = 1_767_225_600
_ANON_SECONDS = 10 * 365 * 86_400
_SIGNATURE_BYTES = 16


def anon_key(jwt_secret: str) -> str:
    """The public API key of the local stack, as Supabase makes it: a JWT with `role: anon`."""
    claims = {
        "iss": "supabase",
        "ref": "local",
        "role": "anon",
        "iat": _ANON_ISSUED_AT,
        "exp": _ANON_ISSUED_AT + _ANON_SECONDS,
    }
    return jwt.encode(claims, jwt_secret, algorithm="HS256")


def access_claims(
    settings: AuthSettings,
    *,
    user_id: uuid.UUID,
    email: str,
    session_id: uuid.UUID,
    signed_in_at: float,
    now: float,
    user_metadata: Mapping[str, Any],
    app_metadata: Mapping[str, Any],
) -> dict[str, Any]:
    """The claims of an access token as Supabase Auth writes them; times are seconds since 1970."""
    return {
        "iss": settings.issuer,
        "sub": str(user_id),
        "aud": "authenticated",
        "exp": int(now) + ACCESS_TOKEN_SECONDS,
        "iat": int(now),
        "email": email,
        "phone": "",
        "app_metadata": dict(app_metadata),
        "user_metadata": dict(user_metadata),
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{"method": "otp", "timestamp": int(signed_in_at)}],
        "session_id": str(session_id),
        "is_anonymous": False,
    }


@dataclass(frozen=True)
class Signer:
    """Signs and checks access tokens. `private_key` (P-256) signs when there is one, else the shared secret does."""

    secret: str
    private_key: ec.EllipticCurvePrivateKey | None = None

    def public_keys(self) -> list[dict[str, Any]]:
        """The keys of the JWKS: the public key; none with a shared secret, which is never published."""
        if self.private_key is None:
            return []
        jwk = _public_jwk(self.private_key)
        return [{**jwk, "kid": _key_id(jwk), "alg": "ES256", "use": "sig", "key_ops": ["verify"], "ext": True}]

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The signed token."""
        if self.private_key is None:
            return jwt.encode(dict(claims), self.secret, algorithm="HS256")
        headers = {"kid": _key_id(_public_jwk(self.private_key))}
        return jwt.encode(dict(claims), self.private_key, algorithm="ES256", headers=headers)

    def check(self, token: str, settings: AuthSettings, now: float) -> dict[str, Any]:
        """The claims of a token that this service signed and that is valid at `now`; raises jwt.InvalidTokenError.

        A token signed with the secret stays valid after the change to ES256, as it does at Supabase.
        """
        algorithm = jwt.get_unverified_header(token).get("alg")
        if algorithm == "ES256" and self.private_key is not None:
            key: Any = self.private_key.public_key()
        elif algorithm == "HS256":
            key = self.secret
        else:
            raise jwt.InvalidAlgorithmError
        # `now` comes from the caller, so the times are checked below and not by the library.
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[algorithm], options=options)
        expires_at = claims.get("exp")
        if not isinstance(expires_at, int | float) or now >= expires_at:
            raise jwt.ExpiredSignatureError
        if claims.get("sub") is not None and claims.get("iss") != settings.issuer:
            raise jwt.InvalidIssuerError
        return claims


def new_private_key() -> bytes:
    """A new P-256 key as PEM, for Signer."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The key back from its PEM."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the signing key is not an elliptic-curve key")
    return key


def new_link_token() -> str:
    """The secret in the link of a mail: 32 random bytes as hexadecimal digits."""
    return secrets.token_hex(32)


def new_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def keyed_hash(pepper: bytes, *parts: str) -> str:
    """The hash under which a secret is kept. It is keyed: a plain hash of six digits is found by trying a million."""
    return hmac.new(pepper, "\x00".join(parts).encode(), hashlib.sha256).hexdigest()


def refresh_token(pepper: bytes, session_id: uuid.UUID, counter: int) -> str:
    """The refresh token of a session at a counter."""
    message = session_id.bytes + counter.to_bytes(4, "big")
    return _base64url(message + _signature(pepper, message))


def read_refresh_token(pepper: bytes, token: str) -> tuple[uuid.UUID, int] | None:
    """The session and counter of a refresh token that this service signed; None for any other text."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    message, signature = raw[:20], raw[20:]
    if not hmac.compare_digest(signature, _signature(pepper, message)):
        return None
    return uuid.UUID(bytes=message[:16]), int.from_bytes(message[16:], "big")


def challenge_matches(challenge: str, method: str, verifier: str) -> bool:
    """Whether the verifier is the one that the PKCE challenge was made from."""
    given = verifier.encode("utf-8", "replace")
    expected = _base64url(hashlib.sha256(given).digest()).encode() if method == "s256" else given
    return hmac.compare_digest(challenge.encode(), expected)


def _signature(pepper: bytes, message: bytes) -> bytes:
    return hmac.new(pepper, b"refresh" + message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {name: jwk[name] for name in ("kty", "crv", "x", "y")}


def _key_id(jwk: Mapping[str, Any]) -> str:
    """The key's thumbprint (RFC 7638), so that the same key has the same name after every start."""
    canonical = json.dumps(
        {name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"), sort_keys=True
    )
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
