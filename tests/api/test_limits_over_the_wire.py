"""Limits as a caller meets them: counted in Postgres, and in a real Redis where one is configured. Exactly the limit
gets through, whoever hammers; a store that is down stops what must be counted, and nothing else."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from chalicelib import config
from chalicelib.api import rate_limits
from chalicelib.api.rate_limits import READS, REDEEM, WRITES
from chalicelib.database import connections
from tests.support import redis_server
from tests.support.api import Api, Person
from tests.support.database_server import Database
from tests.support.gateway import Response
from tests.support.hostile import endpoints, name_of, send
from tests.support.in_time import in_time
from tests.support.object_store import RunningStore
from tests.support.redis_server import RedisServer

needs_redis = pytest.mark.skipif(redis_server.WHY_NOT is not None, reason=str(redis_server.WHY_NOT))

T = TypeVar("T")

CALLS = 1_000
THREADS = 8


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server.running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def api(module_database: Database, object_store: RunningStore) -> Iterator[Api]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Api(module_database, monkeypatch, object_store)


@pytest.fixture(params=["postgres", pytest.param("redis", marks=needs_redis)])
def counted(request: pytest.FixtureRequest, api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The house, its calls counted by either store."""
    if request.param == "redis":
        use(request.getfixturevalue("redis").url, monkeypatch)
    return api


@pytest.fixture
def on_redis(api: Api, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    use(redis.url, monkeypatch)
    yield redis
    redis.thaw()


def use(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", url)
    config.reset()
    rate_limits.reset()


def hammer(call: Callable[[], Response], calls: int = CALLS) -> list[Response]:
    """So many calls, from eight threads at once."""
    replies: list[Response] = []

    def work() -> None:
        replies.extend(call() for _ in range(calls // THREADS))
        connections.reset()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def within_a_minute(attempt: Callable[[], list[T]]) -> list[T]:
    """What an attempt gave that saw no minute end: Postgres's window slides by weighing the minute before."""
    for _ in range(2):
        minute = time.time() // 60
        replies = attempt()
        if time.time() // 60 == minute:
            return replies
    pytest.fail("two attempts in a row saw a minute end")


def statuses(replies: list[Response]) -> Counter[int]:
    return Counter(reply.status for reply in replies)


def test_of_a_thousand_calls_in_a_minute_exactly_the_limit_gets_through(counted: Api) -> None:
    def attempt() -> list[Response]:
        person = counted.person()
        return hammer(lambda: person.get("/v1/me"))

    replies = within_a_minute(attempt)
    assert statuses(replies) == {200: READS.per_minute, 429: CALLS - READS.per_minute}
    for reply in replies:
        if reply.status != 429:
            continue
        assert reply.code == "RATE_LIMIT"
        assert 1 <= int(reply.headers["retry-after"]) <= 60
        assert reply.headers["x-ratelimit-limit"] == str(READS.per_minute)
        assert reply.headers["x-ratelimit-remaining"] == "0"
        assert 0 <= int(reply.headers["x-ratelimit-reset"]) - time.time() <= 61
        details = reply.details
        assert set(details) == {"limit", "remaining", "reset", "retryAfter"}


def refused_calls(api: Api) -> list[Response]:
    stranger = api.person()
    family = str(uuid.uuid4())
    return [stranger.ask("create-invite", {"familyId": family}) for _ in range(25)]


def test_calls_that_fail_are_counted(counted: Api) -> None:
    replies = within_a_minute(lambda: refused_calls(counted))
    assert [reply.code for reply in replies] == ["FORBIDDEN"] * 20 + ["RATE_LIMIT"] * 5


def test_calls_that_never_reach_the_database_are_not_counted(counted: Api) -> None:
    person = counted.person()
    for _ in range(30):
        assert person.ask("redeem-invite", {"code": 5}).code == "VALIDATION_FAILED"
        assert person.ask("redeem-invite", "{}", content_type="text/plain").code == "UNSUPPORTED_MEDIA_TYPE"
    assert person.ask("redeem-invite", {"code": "ABC-DEF-GHJ"}).code == "INVITE_NOT_VALID"


def test_each_limit_and_each_person_is_counted_separately(counted: Api) -> None:
    body = {"familyId": str(uuid.uuid4())}

    def attempt() -> list[Response]:
        person = counted.person()
        spent = [person.ask("create-portal-session", body) for _ in range(21)]
        return [spent[-1], person.ask("create-invite", body), counted.person().ask("create-portal-session", body)]

    assert [reply.code for reply in within_a_minute(attempt)] == ["RATE_LIMIT", "FORBIDDEN", "FORBIDDEN"]


def test_another_or_a_forged_address_is_not_another_caller(counted: Api) -> None:
    def roam() -> list[Response]:
        person = counted.person()
        replies = []
        for number in range(24):
            moved = Person(uuid.UUID(person.id), ip=f"203.0.113.{number}")
            forged = f"10.0.0.{number}, 192.0.2.{number}"
            replies.append(
                moved.ask(
                    *("create-portal-session", {"familyId": str(uuid.uuid4())}),
                    x_forwarded_for=forged,
                    x_real_ip=forged,
                    forwarded=f"for={number}",
                    cf_connecting_ip=forged,
                )
            )
        return replies

    assert statuses(within_a_minute(roam)) == {403: 20, 429: 4}


def test_every_route_of_a_limit_is_refused_when_the_limit_is_used_up(counted: Api) -> None:
    keeper = counted.person()
    invite = {"familyId": counted.family(keeper), "maxUses": 20}
    code = {"code": keeper.ask("create-invite", invite).data["invite"]["code"]}
    for limit in {endpoint.limit for endpoint in endpoints("user") if endpoint.limit is not None}:
        routes = [endpoint for endpoint in endpoints("user") if endpoint.limit == limit]
        # Wrong codes have budgets of their own, so a right one is given again and again.
        body = json.dumps(code).encode() if limit == REDEEM else None

        def attempt(routes: Any = routes, limit: Any = limit, body: Any = body) -> list[tuple[str, str]]:
            person = counted.person()
            answers = [send(routes[0], person.token, body=body) for _ in range(limit.per_minute)]
            assert all(answer.status != 429 for answer in answers)
            return [(name_of(endpoint), send(endpoint, person.token).code) for endpoint in routes]

        refused = dict(within_a_minute(attempt))
        assert set(refused.values()) == {"RATE_LIMIT"}, refused


# --- wrong codes, by address ---------------------------------------------------------------------------------------


def test_rotating_through_a_64_or_forging_a_header_gives_no_more_guesses(counted: Api) -> None:
    prefix = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"
    wrong = {"code": "ABC-DEF-GHJ"}
    guesser = counted.person()
    for number in range(10):
        caller = Person(uuid.UUID(guesser.id), ip=f"{prefix}::{number:x}")
        assert caller.ask("redeem-invite", wrong).code == "INVITE_NOT_VALID"
    counted.run("UPDATE ops.call_counts SET calls = calls + 290 WHERE key LIKE 'wrong-code/address/%%' AND calls = 10")
    fresh = counted.person(ip=f"{prefix}:ffff:ffff:ffff:ffff")
    assert fresh.ask("redeem-invite", wrong).code == "INVITE_NOT_VALID", "the first wrong code of a person is their own"
    assert fresh.ask("redeem-invite", wrong, x_forwarded_for="198.51.100.1").code == "RATE_LIMIT"
    assert Person(uuid.UUID(fresh.id), ip="2001:db9::1").ask("redeem-invite", wrong).code == "INVITE_NOT_VALID"


# --- the outside store in trouble -----------------------------------------------------------------------------------

MUST_BE_COUNTED = ("create-invite", "redeem-invite", "create-checkout-session", "create-portal-session")


def try_all(api: Api) -> dict[str, str]:
    """One call of each kind by somebody new: what it answered."""
    person = api.person()
    family = str(uuid.uuid4())
    bodies: dict[str, dict[str, Any]] = {
        "create-invite": {"familyId": family},
        "redeem-invite": {"code": "ABC-DEF-GHJ"},
        "create-checkout-session": {"familyId": family, "plan": "family", "interval": "month"},
        "create-portal-session": {"familyId": family},
    }
    answered = {}
    for name in MUST_BE_COUNTED:
        reply = person.ask(name, bodies[name])
        answered[name] = reply.code
        assert reply.status != 503 or int(reply.headers["retry-after"]) >= 1
    answered["a read"] = "OK" if person.get("/v1/me").status == 200 else "refused"
    answered["a write"] = "OK" if person.patch("/v1/me", {"displayName": "Ana"}).status == 200 else "refused"
    return answered


IN_TROUBLE = {**dict.fromkeys(MUST_BE_COUNTED, "SERVICE_UNAVAILABLE"), "a read": "OK", "a write": "OK"}
IN_ORDER = {
    **dict.fromkeys(MUST_BE_COUNTED, "FORBIDDEN"),
    "redeem-invite": "INVITE_NOT_VALID",
    "a read": "OK",
    "a write": "OK",
}


@needs_redis
def test_a_hanging_counter_store_costs_a_moment_and_refuses_what_must_be_counted(
    api: Api, on_redis: RedisServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rate_limits, "_RETRY_STORE_AFTER", 0.5)
    assert try_all(api) == IN_ORDER
    on_redis.freeze()
    started = time.monotonic()
    assert try_all(api) == IN_TROUBLE
    # Two waits at most: one with the kept connection and one anew, then the store is left alone for a moment.
    in_time(time.monotonic() - started, at_most=3.0)
    assert "rate_limit_store_down" in capsys.readouterr().out
    on_redis.thaw()
    time.sleep(0.6)
    assert try_all(api) == IN_ORDER


@needs_redis
def test_without_the_counter_store_what_must_be_counted_is_refused_until_it_is_back(
    api: Api, on_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "_RETRY_STORE_AFTER", 0.2)
    assert try_all(api) == IN_ORDER
    on_redis.stop()
    assert try_all(api) == IN_TROUBLE
    on_redis.start()
    time.sleep(0.3)
    assert try_all(api) == IN_ORDER


@needs_redis
@pytest.mark.usefixtures("on_redis")
def test_with_redis_the_limits_are_the_same(api: Api) -> None:
    for limit, path in ((WRITES, "create-family"), (REDEEM, "redeem-invite")):
        person = api.person()
        body = {"code": "ABC-DEF-GHJ"} if limit is REDEEM else {"name": "Moreno"}
        replies = [person.ask(path, body) for _ in range(limit.per_minute + 2)]
        assert [reply.headers.get("x-ratelimit-limit") for reply in replies[-2:]] == [str(limit.per_minute)] * 2
