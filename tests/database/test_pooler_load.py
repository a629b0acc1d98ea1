"""More functions than connections: those that the pooler takes are all answered, the others are told to come back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import config
from chalicelib.api.problems import describe
from chalicelib.call import Call
from chalicelib.database import connecting, connections, messages
from chalicelib.errors import Unavailable
from local import pooler
from local.pooler import Pooler
from tests.support.database_server import Database
from tests.support.messages import FUNCTIONS

pytestmark = pytest.mark.skipif(pooler.WHY_NOT is not None, reason=str(pooler.WHY_NOT))

SIZES = [
    pytest.param(60, 3, 24, id="60"),
    # A pool and a cap as on Supabase's smallest projects.
    pytest.param(500, 15, 200, id="500", marks=pytest.mark.heavy),
]
"""Functions, connections of the pool, clients that the capped pooler takes."""


@pytest.fixture(scope="module")
def furnished(module_database: Database) -> Database:
    module_database.run(FUNCTIONS)
    return module_database


@pytest.fixture
def functions(furnished: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Each thread is a function with a connection of its own; all of them share this machine's two cores."""
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setattr(connections, "_MAX_KEPT", 1000)
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 60.0)
    yield furnished
    connections.reset()


def calls_at_once(count: int) -> tuple[Counter[str], list[str], float]:
    """So many calls at the same moment: how they ended, the Retry-After of those that were shed, and the seconds."""
    ended, told = Counter[str](), list[str]()
    together, lock = threading.Barrier(count), threading.Lock()

    def one() -> None:
        call = Call(request_id="r1", count_key="load", count_limit=1_000_000)
        together.wait()
        try:
            # Time for a slow machine, on which all of them run; a function has 5 s.
            messages.transact(call, "test_echo", deadline=60.0)
            how = "answered"
        except Unavailable as error:
            how = "shed"
            with lock:
                told.append(describe(error).headers["Retry-After"])
        with lock:
            ended[how] += 1

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    for thread in threads:
        thread.join()
    return ended, told, time.monotonic() - started


@pytest.mark.parametrize(("count", "pool", "cap"), SIZES)
def test_every_function_that_the_pooler_takes_is_answered_by_a_few_connections(
    functions: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, pool: int, cap: int
) -> None:
    server = functions.cluster.server
    running = Pooler(tmp_path, server, default_pool_size=str(pool), max_client_conn=str(count + 10)).start()
    try:
        monkeypatch.setenv("DATABASE_URL", running.before(functions.url("app_login")))
        config.reset()
        messages.ping()
        settings, until = config.load(config.DatabaseSettings), time.monotonic() + 120
        kept = [connections._connect(settings, until) for _ in range(count)]
        for connection in kept:
            connections._keep(connection, settings)
        ended, _, seconds = calls_at_once(count)
        print(f"{count} functions, {pool} connections: all answered within {seconds:.2f} s")
        assert ended == {"answered": count}
        assert len([row for row in running.show("servers") if row["user"] == "app_login"]) <= pool
        assert functions.run("SELECT calls + previous_calls FROM ops.call_counts") == [(count,)]
    finally:
        functions.run("TRUNCATE ops.call_counts")
        connections.reset()
        running.stop()


@pytest.mark.parametrize(("count", "pool", "cap"), SIZES)
def test_a_pooler_that_is_full_sheds_the_others_at_once_and_tells_them_different_moments(
    functions: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, pool: int, cap: int
) -> None:
    server = functions.cluster.server
    running = Pooler(tmp_path, server, default_pool_size=str(pool), max_client_conn=str(cap)).start()
    try:
        monkeypatch.setenv("DATABASE_URL", running.before(functions.url("app_login")))
        config.reset()
        ended, told, seconds = calls_at_once(count)
        print(f"{count} functions, {cap} clients: {dict(ended)} within {seconds:.2f} s")
        print(f"told to come back after: {sorted(Counter(told).items())}")
        assert ended["answered"] + ended["shed"] == count
        # Which of them found a place is the pooler's affair; nobody hangs, and nobody gets another answer.
        assert ended["answered"] > 0 and ended["shed"] > 0
        assert all(1 <= int(seconds) <= 8 for seconds in told) and len(set(told)) > 1
    finally:
        functions.run("TRUNCATE ops.call_counts")
        connections.reset()
        running.stop()
