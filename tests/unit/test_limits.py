"""Whom a call is counted for, and what happens when the store outside Postgres counts, is down or speaks nonsense."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import limits.storage
import pytest
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage

from chalicelib.api import rate_limits
from chalicelib.api.problems import describe
from chalicelib.api.rate_limits import INVITES, PAYMENT, READS, REDEEM, WRITES, address_key, count_outside, key
from chalicelib.call import Call, Limit
from chalicelib.errors import Refused, Unavailable
from tests.support.in_time import in_time


def test_the_classes_are_those_of_the_contract() -> None:
    assert {limit.name: limit.per_minute for limit in (PAYMENT, INVITES, REDEEM, WRITES, READS)} == {
        "payment": 20,
        "invites": 20,
        "redeem": 20,
        "writes": 60,
        "reads": 200,
    }


def test_a_person_is_counted_wherever_they_call_from() -> None:
    user_id = uuid4()
    here = Call(request_id="r", user_id=user_id, source_ip="203.0.113.7")
    there = Call(request_id="r", user_id=user_id, source_ip="198.51.100.9")
    assert key(here, READS) == key(there, READS) == f"reads:{user_id}"
    assert key(here, READS) != key(here, WRITES)


def test_who_is_not_signed_in_is_counted_by_address_whatever_the_headers_claim() -> None:
    call = Call(request_id="r", source_ip="203.0.113.7", headers={"x-forwarded-for": "1.1.1.1"})
    assert key(call, READS) == "reads:203.0.113.7"


def test_an_ipv6_address_is_counted_by_its_64() -> None:
    assert address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff:ffff:ffff:ffff") == "2001:db8:1:2::/64"
    assert address_key("2001:db8:1:3::1") != address_key("2001:db8:1:2::1")
    assert address_key("::ffff:203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("text", ["", "nonsense", "203.0.113.7, 1.1.1.1", "203.0.113.999"])
def test_what_is_no_address_counts_as_one(text: str) -> None:
    assert address_key(text) == "unknown"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", "memory://")


@pytest.mark.usefixtures("memory")
def test_the_outside_store_lets_exactly_the_limit_through_and_says_when_to_come_back() -> None:
    call = Call(request_id="r", user_id=uuid4())
    for _ in range(REDEEM.per_minute):
        count_outside(call, REDEEM)
    with pytest.raises(Refused) as caught:
        count_outside(call, REDEEM)
    headers = describe(caught.value).headers
    assert 1 <= int(headers["Retry-After"]) <= 60
    assert headers["X-RateLimit-Limit"] == "20" and headers["X-RateLimit-Remaining"] == "0"
    assert time.time() < int(headers["X-RateLimit-Reset"]) <= time.time() + 61
    count_outside(Call(request_id="r", user_id=uuid4()), REDEEM)
    count_outside(call, WRITES)


@pytest.mark.usefixtures("memory")
def test_who_waits_as_long_as_they_are_told_gets_through() -> None:
    call = Call(request_id="r", user_id=uuid4())
    for _ in range(REDEEM.per_minute):
        count_outside(call, REDEEM)
    limiter = rate_limits._get_limiter()
    assert isinstance(limiter.storage, MemoryStorage)
    for hit in limiter.storage.events[RateLimitItemPerMinute(REDEEM.per_minute).key_for("sun", key(call, REDEEM))]:
        hit.atime, hit.expiry = hit.atime - 30, hit.expiry - 30  # half of the minute is over
    with pytest.raises(Refused) as caught:
        count_outside(call, REDEEM)
    window = limiter.get_window_stats(RateLimitItemPerMinute(REDEEM.per_minute), "sun", key(call, REDEEM))
    told = caught.value.details
    assert isinstance(told, dict)
    assert told["reset"] >= window.reset_time
    assert 32 >= told["retry_after"] >= window.reset_time - time.time()
    # Of a window that does not slide, twice the limit gets through around its end.
    assert type(limiter).__name__ == "MovingWindowRateLimiter"


@pytest.mark.usefixtures("memory")
def test_two_first_calls_at_once_share_one_store(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    make = limits.storage.storage_from_string

    def slowly(url: str, **options: object) -> object:
        made.append(url)
        time.sleep(0.2)
        return make(url)

    monkeypatch.setattr(limits.storage, "storage_from_string", slowly)
    rate_limits.reset()
    threads = [threading.Thread(target=rate_limits._get_limiter) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["memory://"]


class Server:
    """A listener that is no store: it says what it is told to, or nothing."""

    def __init__(self, says: bytes | None) -> None:
        self.says = says
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.socket.getsockname()[1]}/0"
        self.held: list[socket.socket] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.held.append(connection)
            if self.says is not None:
                connection.sendall(self.says)

    def close(self) -> None:
        self.socket.close()
        for connection in self.held:
            connection.close()


@pytest.fixture(params=["down", "hangs", "garbage"])
def broken_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = Server(b"HTTP/1.1 400 Bad Request\r\n\r\n" if request.param == "garbage" else None)
    if request.param == "down":
        server.close()
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", server.url)
    yield
    server.close()


@pytest.mark.usefixtures("broken_store")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_store_that_fails_stops_what_must_be_counted_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    call = Call(request_id="req-1", user_id=uuid4())
    started = time.monotonic()
    count_outside(call, READS)
    count_outside(call, WRITES)
    for limit in (PAYMENT, INVITES, REDEEM):
        with pytest.raises(Unavailable):
            count_outside(call, limit)
    assert rate_limits._store_down_until - time.monotonic() <= 5, "for a moment, and not for ever"
    # One wait for all five: after a failure the store is left alone for a moment.
    in_time(time.monotonic() - started, at_most=2.0)
    written = capsys.readouterr().out
    assert written.count("rate_limit_store_down") == 1 and "req-1" in written


def test_after_a_failure_the_store_is_asked_again_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", "memory://")
    limit = Limit("test", 1, fail_closed=True)
    call = Call(request_id="r", user_id=uuid4())
    monkeypatch.setattr(rate_limits, "_store_down_until", time.monotonic() + 0.2)
    with pytest.raises(Unavailable):
        count_outside(call, limit)
    time.sleep(0.25)
    count_outside(call, limit)
    with pytest.raises(Refused):
        count_outside(call, limit)
