"""Forged tokens: published keys under attack."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib import config
from chalicelib.api import jwks
from tests.support.forgeries import HS, STAGES, ask, encoded, resigned, set_up, signed_with
from tests.support.tokens import (
    EC_KEY,
    Publisher,
    claims,
    publishing,
    token,
)

KEYS, BOTH = STAGES[1], STAGES[2]


@pytest.fixture
def own_publisher(api: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publishing() as publisher:
        set_up(BOTH, publisher.url, monkeypatch)
        yield publisher
    jwks.reset()


def test_a_flood_of_invented_key_ids_costs_one_fetch_and_valid_tokens_still_work(own_publisher: Publisher) -> None:
    assert ask(token(EC_KEY, "ES256", {"kid": "ec-1"})).status == 200
    answers: list[int] = []

    def flood(number: int) -> None:
        answers.extend(ask(resigned({"kid": f"{number}-{index}"})).status for index in range(40))

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [401] * 320
    assert own_publisher.asked == 1
    assert ask(token(EC_KEY, "ES256", {"kid": "ec-1"})).status == 200


def test_a_flood_before_the_first_fetch_costs_one_fetch(own_publisher: Publisher) -> None:
    for index in range(50):
        assert ask(resigned({"kid": f"first-{index}"})).status == 401
    assert own_publisher.asked == 1


def test_an_unreachable_key_set_matters_only_to_a_function_that_never_fetched_it(
    own_publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = token(EC_KEY, "ES256", {"kid": "ec-1"})
    assert ask(good).status == 200
    monkeypatch.setenv("SUPABASE_JWKS_URL", "http://127.0.0.1:9/jwks.json")
    config.reset()
    # Long after: the set is stale, the endpoint is gone, and who was good is good.
    now = time.monotonic
    monkeypatch.setattr(jwks.time, "monotonic", lambda: now() + 2 * jwks.FRESH_SECONDS)
    assert ask(good).status == 200
    assert ask(resigned({"kid": "ec-1"})).status == 401
    jwks.reset()
    answer = ask(good)
    assert (answer.code, answer.status) == ("SERVICE_UNAVAILABLE", 503) and int(answer.headers["retry-after"]) >= 1
    # Who signs in by the shared secret needs no published key.
    assert ask(token()).status == 200


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"keys": [null]}', b"\xff", b"", b"[" * 60_000])
def test_an_invalid_key_set_changes_nothing_for_a_warm_function_and_is_503_for_a_cold_one(
    body: bytes, own_publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = token(EC_KEY, "ES256", {"kid": "ec-1"})
    assert ask(good).status == 200
    own_publisher.answer = lambda request: Publisher.send(request, body)
    now = time.monotonic
    monkeypatch.setattr(jwks.time, "monotonic", lambda: now() + 2 * jwks.FRESH_SECONDS)
    assert ask(good).status == 200
    jwks.reset()
    assert ask(good).code == "SERVICE_UNAVAILABLE"


def test_a_published_private_or_symmetric_key_is_never_used(own_publisher: Publisher) -> None:
    """Somebody publishes more than they should: an octet key, and the private half of one."""
    private = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY))
    own_publisher.keys = [
        {"kty": "oct", "kid": "oct-1", "k": encoded(b"x" * 32), "alg": "HS256"},
        {**private, "kid": "ec-1"},
    ]
    assert ask(signed_with(b"x" * 32, {**HS, "kid": "oct-1"}, claims())).status == 401
    pem = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert ask(signed_with(pem, {**HS, "kid": "ec-1"}, claims())).status == 401
    assert ask(token(EC_KEY, "ES256", {"kid": "ec-1"})).status == 200
