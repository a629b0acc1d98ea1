"""Who is calling: a Supabase access token in, a user id out.

Only configured keys verify: the shared secrets for HS256, the project's published keys for ES256 and RS256. What a
token says about where its key is (jku, jwk, x5u) is ignored. The answer never says which check failed; the log line
does, in a fixed word. Membership and roles are not checked here: the database checks them on every call.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import jwt

from chalicelib import config
from chalicelib.api import jwks
from chalicelib.errors import Refused

AUDIENCE = "authenticated"
ROLE = "authenticated"
LEEWAY_SECONDS = 30
MAX_TOKEN = 8_192

_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# What PyJWT raises for a hostile token (ValueError: for text that is not UTF-8); each is answered UNAUTHORIZED.
_HOSTILE = (jwt.PyJWTError, ValueError)


def bearer(header: str | None) -> str:
    """The token of an Authorization header: one, in exactly the form of a JWT. Raises UNAUTHORIZED."""
    if not header:
        raise _unauthorized("no token")
    found = _BEARER.fullmatch(header)
    if found is None or len(header) > MAX_TOKEN:
        raise _unauthorized("malformed header")
    return found[1]


def verify(token: str) -> UUID:
    """The user a token was issued to.

    Raises UNAUTHORIZED for every token that is not a signed-in, non-anonymous user's; Unavailable when its key
    could not be fetched and none is known; MissingConfiguration.
    """
    settings = config.load(config.AuthSettings)
    try:
        header = jwt.get_unverified_header(token)
    except _HOSTILE:
        raise _unauthorized("malformed") from None
    claims = _claims(token, header, settings)
    if claims.get("role") != ROLE:
        raise _unauthorized("role")
    if claims.get("is_anonymous") not in (None, False):
        raise _unauthorized("anonymous")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _UUID.fullmatch(subject.lower()):
        raise _unauthorized("subject")
    return UUID(subject)


def _claims(token: str, header: dict[str, Any], settings: config.AuthSettings) -> dict[str, Any]:
    """The claims under a signature that one of our keys made."""
    algorithm = header.get("alg")
    keys = _keys(algorithm, header.get("kid"), settings)
    if not keys:
        raise _unauthorized("unknown key or algorithm")
    for key in keys:
        try:
            return jwt.decode(
                token,
                key,
                # The one algorithm that this key is for. The token's own header only chose the key.
                algorithms=[str(algorithm)],
                audience=AUDIENCE,
                issuer=f"{settings.supabase_url}/auth/v1",
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "aud", "iss"], "strict_aud": True},
            )
        except jwt.InvalidSignatureError:
            continue
        except _HOSTILE as error:
            raise _unauthorized(type(error).__name__) from None
    raise _unauthorized("signature")


def _keys(algorithm: Any, kid: Any, settings: config.AuthSettings) -> list[Any]:
    """Our keys that may have signed a token of this algorithm. A public key is never tried for HS256."""
    if algorithm == "HS256":
        return list(settings.supabase_jwt_secret)
    if algorithm in jwks.ALGORITHMS and settings.supabase_jwks_url and isinstance(kid, str):
        key = jwks.find(settings.supabase_jwks_url, kid, algorithm)
        return [] if key is None else [key]
    return []


def _unauthorized(why: str) -> Refused:
    return Refused("UNAUTHORIZED", note=why)
