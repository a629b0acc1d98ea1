"""The public keys Supabase signs access tokens with: fetched, kept, and fetched again when they may have changed.

The last good set stays in use while the endpoint is down or answers nonsense. A key serves the one algorithm of its
type. Nobody can make us fetch more than once in COOLDOWN seconds, whatever key ids they invent.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chalicelib import vendor_http
from chalicelib.errors import Unavailable
from chalicelib.telemetry import logs

ALGORITHMS = ("ES256", "RS256")
FRESH_SECONDS = 600.0
COOLDOWN_SECONDS = 30.0
FETCH_SECONDS = 3.0
"""For one fetch, name resolution included. A request that needs the first set waits for it."""
MAX_BYTES = 64 * 1024
_MAX_KEYS = 20
_MIN_RSA_BITS = 2048

Keys = dict[tuple[str, str], Any]

_lock = threading.Lock()
_keys: Keys | None = None
_fetched_at = 0.0
_tried_at: float | None = None


def find(url: str, kid: str, algorithm: str) -> Any:
    """The public key with this id for this algorithm, None where there is none.

    Raises Unavailable("auth keys") when no set was ever fetched: then the token may well be good.
    """
    keys = _current(url, kid, algorithm)
    if keys is None:
        raise Unavailable("auth keys")
    return keys.get((kid, algorithm))


def ping(url: str) -> None:
    """Fetches a set that has a usable key, and keeps none of it. Raises Unavailable."""
    try:
        parse(_download(url))
    except Unavailable:
        raise
    except Exception:
        # Whatever else parsing can raise: the endpoint answered, but no key set.
        raise Unavailable("auth keys", trouble="unreadable answer") from None


def reset() -> None:
    """Forgets the keys and the attempts."""
    global _keys, _fetched_at, _tried_at
    _keys, _fetched_at, _tried_at = None, 0.0, None


def _current(url: str, kid: str, algorithm: str) -> Keys | None:
    if not _worth_fetching(kid, algorithm):
        return _keys
    # One fetches; whoever has a set meanwhile goes on with it.
    if not _lock.acquire(blocking=_keys is None):
        return _keys
    try:
        if _worth_fetching(kid, algorithm):
            _refresh(url)
    finally:
        _lock.release()
    return _keys


def _worth_fetching(kid: str, algorithm: str) -> bool:
    now = time.monotonic()
    if _tried_at is not None and now - _tried_at < COOLDOWN_SECONDS:
        return False
    return _keys is None or (kid, algorithm) not in _keys or now - _fetched_at > FRESH_SECONDS


def _refresh(url: str) -> None:
    """Replaces the set by what the endpoint says, if that makes sense."""
    global _keys, _fetched_at, _tried_at
    try:
        keys = parse(_download(url))
    except Exception as error:
        # Whatever the network or the endpoint does, the tokens of the set we have stay good.
        logs.warning("jwks_fetch_failed", error=type(error).__name__, have_keys=_keys is not None)
        return
    finally:
        # Only now, so that who has no set yet waits for the one who fetches it.
        _tried_at = time.monotonic()
    _keys, _fetched_at = keys, _tried_at


def _download(url: str) -> bytes:
    answer = vendor_http.ask("auth keys", "GET", url, seconds=FETCH_SECONDS, most_bytes=MAX_BYTES)
    if answer.status != 200:
        raise ValueError("no key set")
    return answer.body


def parse(document: bytes) -> Keys:
    """(kid, algorithm) -> public key. Keys of other types, or broken ones, are left out; none at all is an error."""
    keys: Keys = {}
    for key in json.loads(document)["keys"][:_MAX_KEYS]:
        try:
            keys.update(_one(key))
        except Exception:
            # One broken key must not take the others with it.
            logs.warning("jwks_key_ignored")
    if not keys:
        raise ValueError("no usable key")
    return keys


def _one(key: dict[str, Any]) -> Keys:
    kid, kind = key["kid"], key["kty"]
    if key.get("use", "sig") != "sig" or not isinstance(kid, str):
        return {}
    if kind == "EC" and key["crv"] == "P-256" and key.get("alg", "ES256") == "ES256":
        return {(kid, "ES256"): ECAlgorithm.from_jwk(_public(key, "x", "y", "crv"))}
    if kind == "RSA" and key.get("alg", "RS256") == "RS256":
        public: Any = RSAAlgorithm.from_jwk(_public(key, "n", "e"))
        return {(kid, "RS256"): public} if public.key_size >= _MIN_RSA_BITS else {}
    return {}


def _public(key: dict[str, Any], *names: str) -> dict[str, Any]:
    """The public half alone, should someone publish the other."""
    return {"kty": key["kty"], **{name: key[name] for name in names}}
