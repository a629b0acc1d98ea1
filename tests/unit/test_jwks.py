"""Published keys are fetched seldom, kept long, and never let nonsense or a flood in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from chalicelib.api import jwks
from chalicelib.errors import Unavailable
from tests.support.in_time import in_time
from tests.support.tokens import EC_KEY, RSA_KEY, Publisher, ec_jwk, publishing, rsa_jwk


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as publisher:
        yield publisher


class Clock:
    """A clock that is set by hand: cooldowns are half a minute long."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: time.perf_counter() + self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    jwks.reset()
    yield
    jwks.reset()


def test_a_set_is_fetched_once_and_both_kinds_of_key_are_found(publisher: Publisher) -> None:
    for _ in range(5):
        assert jwks.find(publisher.url, "ec-1", "ES256").public_numbers() == EC_KEY.public_key().public_numbers()
        assert jwks.find(publisher.url, "rsa-1", "RS256") is not None
    assert publisher.asked == 1


def test_a_flood_of_invented_key_ids_causes_one_fetch_a_cooldown(publisher: Publisher, clock: Clock) -> None:
    for index in range(500):
        assert jwks.find(publisher.url, f"invented-{index}", "ES256") is None
    assert publisher.asked == 1
    clock.ahead += jwks.COOLDOWN_SECONDS + 1
    for index in range(500):
        assert jwks.find(publisher.url, f"invented-{index}", "ES256") is None
    assert publisher.asked == 2


def test_a_new_key_is_found_after_the_cooldown(publisher: Publisher, clock: Clock) -> None:
    assert jwks.find(publisher.url, "ec-1", "ES256")
    publisher.keys = [ec_jwk("ec-2")]
    assert jwks.find(publisher.url, "ec-2", "ES256") is None
    clock.ahead += jwks.COOLDOWN_SECONDS + 1
    assert jwks.find(publisher.url, "ec-2", "ES256")


def test_a_withdrawn_key_is_forgotten_when_the_set_is_fetched_again(publisher: Publisher, clock: Clock) -> None:
    assert jwks.find(publisher.url, "ec-1", "ES256")
    publisher.keys = [rsa_jwk()]
    clock.ahead += jwks.FRESH_SECONDS + 1
    assert jwks.find(publisher.url, "ec-1", "ES256") is None


def answers(body: bytes, status: int = 200, **headers: str) -> Any:
    return lambda request: Publisher.send(request, body, status, **headers)


GARBAGE = {
    "an error with a stranger's keys": answers(json.dumps({"keys": [ec_jwk("ec-2")]}).encode(), 500),
    "not json": answers(b"<html>"),
    "not an object": answers(b"[]"),
    "no keys": answers(b'{"keys": []}'),
    "keys of nonsense": answers(
        b'{"keys": [1, null, {}, {"kid": "a", "kty": "EC", "crv": "P-256", "x": "!", "y": 5}]}'
    ),
    "keys no list": answers(b'{"keys": {"a": 1}}'),
    "too deep": answers(b"[" * 60_000),
    "too large": answers(b'{"keys": [' + b" " * jwks.MAX_BYTES + b"]}"),
    "not utf-8": answers(b"\xff\xfe"),
    "a hang-up": lambda request: request.connection.close(),
}


@pytest.mark.parametrize("name", sorted(GARBAGE))
def test_with_a_warm_set_an_endpoint_that_fails_changes_nothing(name: str, publisher: Publisher, clock: Clock) -> None:
    assert jwks.find(publisher.url, "ec-1", "ES256")
    publisher.answer = GARBAGE[name]
    clock.ahead += jwks.FRESH_SECONDS + 1
    assert jwks.find(publisher.url, "ec-1", "ES256")
    assert jwks.find(publisher.url, "ec-1", "ES256")
    assert publisher.asked == 2


@pytest.mark.parametrize("name", sorted(GARBAGE))
def test_without_a_set_it_is_unavailable_and_not_the_callers_fault(name: str, publisher: Publisher) -> None:
    publisher.answer = GARBAGE[name]
    for _ in range(3):
        with pytest.raises(Unavailable):
            jwks.find(publisher.url, "ec-1", "ES256")
    assert publisher.asked == 1


def test_an_endpoint_that_is_down_is_unavailable_until_it_is_back(clock: Clock) -> None:
    with pytest.raises(Unavailable):
        jwks.find("http://127.0.0.1:9/jwks.json", "ec-1", "ES256")
    with publishing() as publisher:
        clock.ahead += jwks.COOLDOWN_SECONDS + 1
        assert jwks.find(publisher.url, "ec-1", "ES256")


def test_a_redirect_is_not_followed(publisher: Publisher) -> None:
    with publishing() as elsewhere:
        publisher.answer = answers(b"", 302, Location=elsewhere.url)
        with pytest.raises(Unavailable):
            jwks.find(publisher.url, "ec-1", "ES256")
        assert elsewhere.asked == 0


def test_an_endpoint_that_drips_costs_no_more_than_its_time(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.5)
    stop = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not stop.wait(0.1):
            request.wfile.write(b" ")
            request.wfile.flush()

    publisher.answer = drip
    started = time.monotonic()
    try:
        with pytest.raises(Unavailable):
            jwks.find(publisher.url, "ec-1", "ES256")
        in_time(time.monotonic() - started, at_most=1.5)
    finally:
        stop.set()


def test_while_one_fetches_the_others_go_on_with_the_set_they_have(publisher: Publisher, clock: Clock) -> None:
    assert jwks.find(publisher.url, "ec-1", "ES256")
    entered, go = threading.Event(), threading.Event()

    def slow(request: BaseHTTPRequestHandler) -> None:
        entered.set()
        go.wait(5)
        publisher.publish(request)

    publisher.answer = slow
    clock.ahead += jwks.FRESH_SECONDS + 1
    fetching = threading.Thread(target=jwks.find, args=(publisher.url, "ec-1", "ES256"))
    fetching.start()
    assert entered.wait(5)
    started = time.monotonic()
    assert jwks.find(publisher.url, "ec-1", "ES256")
    in_time(time.monotonic() - started, at_most=0.5)
    go.set()
    fetching.join()
    assert publisher.asked == 2


def test_callers_during_the_first_fetch_wait_for_it(publisher: Publisher) -> None:
    def slow(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        publisher.publish(request)

    publisher.answer = slow
    found: list[Any] = []

    def find() -> None:
        found.append(jwks.find(publisher.url, "ec-1", "ES256"))

    threads = [threading.Thread(target=find) for _ in range(5)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert len(found) == 5 and None not in found
    assert publisher.asked == 1


@pytest.mark.parametrize(
    "broken", [5, None, {"kid": "x", "kty": "EC", "crv": "P-256"}, ec_jwk("x", x="!"), ec_jwk("x", y=5)]
)
def test_one_broken_key_does_not_take_the_others_with_it(broken: Any) -> None:
    assert set(jwks.parse(json.dumps({"keys": [broken, ec_jwk()]}).encode())) == {("ec-1", "ES256")}


@pytest.mark.parametrize(
    ("key", "algorithm", "public"), [(EC_KEY, ECAlgorithm, ec_jwk()), (RSA_KEY, RSAAlgorithm, rsa_jwk())]
)
def test_of_a_private_key_that_somebody_published_only_the_public_half_is_kept(
    key: Any, algorithm: Any, public: dict[str, Any]
) -> None:
    whole = {**json.loads(algorithm.to_jwk(key)), "kid": public["kid"]}
    assert "d" in whole
    (kept,) = jwks.parse(json.dumps({"keys": [whole]}).encode()).values()
    assert kept == key.public_key()


@pytest.mark.parametrize(
    "key",
    [
        {"kid": "oct", "kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
        ec_jwk(alg="HS256"),
        ec_jwk(use="enc"),
        {**json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key())), "kid": "other curve"},
        {**json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256K1()).public_key())), "kid": "other curve"},
        {**ec_jwk(), "kid": 5},
        rsa_jwk("other", alg="PS256"),
        {
            **json.loads(
                RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key())
            ),
            "kid": "small",
        },
    ],
)
def test_a_key_of_another_type_use_or_strength_is_left_out(key: dict[str, Any]) -> None:
    assert set(jwks.parse(json.dumps({"keys": [key, rsa_jwk()]}).encode())) == {("rsa-1", "RS256")}
