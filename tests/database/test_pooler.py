"""Behind PgBouncer in transaction mode, beside clients that leave everything behind: nobody sees what is another's."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest

from chalicelib import config
from chalicelib.call import Call, Limit
from chalicelib.database import connections, messages
from chalicelib.errors import InternalError, Refused, Unavailable
from local import pooler
from local.pooler import Pooler
from tests.support.database_server import Database
from tests.support.messages import FUNCTIONS

pytestmark = pytest.mark.skipif(pooler.WHY_NOT is not None, reason=str(pooler.WHY_NOT))

POOL = 5
WIDE, TIGHT = Limit("wide", 1_000_000), Limit("tight", 10)


@pytest.fixture(scope="module")
def furnished(module_database: Database) -> Database:
    module_database.run(FUNCTIONS)
    return module_database


@pytest.fixture
def behind(furnished: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Pooler, Database]]:
    """A pool of five connections that everybody shares, and the app that uses it."""
    running = Pooler(tmp_path / "pooler", furnished.cluster.server, default_pool_size=str(POOL)).start()
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("DATABASE_URL", running.before(furnished.url("app_login")))
    monkeypatch.setattr(connections, "_MAX_KEPT", 100)
    config.reset()
    yield running, furnished
    connections.reset()
    running.stop()
    furnished.run("TRUNCATE ops.test_notes, ops.call_counts, ops.message_answers")


@dataclass
class Crowd:
    """What the callers saw, and what they did."""

    database: Database
    people: list[UUID]
    counted: Counter[UUID] = field(default_factory=Counter)
    refused: Counter[UUID] = field(default_factory=Counter)
    impatient: Counter[UUID] = field(default_factory=Counter)
    notes: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, person: UUID, chance: random.Random) -> None:
        """One call of a person, of whatever kind; every answer is checked against who asked."""
        limit = TIGHT if person in self.people[:2] else WIDE
        call = Call(request_id=f"req-{uuid4().hex}", user_id=person)
        call.count_key, call.count_limit = f"{limit.name}:{person}", limit.per_minute
        kind = chance.choice(KINDS)
        try:
            seen = kind(self, call, chance)
        except Refused as refused:
            seen = refused.code == "RATE_LIMIT" and limit is TIGHT
            with self.lock:
                self.refused[person] += 1
        except (Unavailable, InternalError):
            # Its own: it asked for an error, or for more than its time.
            seen = kind in (fail, take_too_long)
            with self.lock:
                self.impatient[person] += kind is take_too_long
        with self.lock:
            self.counted[person] += call.messages
            if not seen:
                self.wrong.append(f"{kind.__name__} of {person}")


def read(crowd: Crowd, call: Call, chance: random.Random) -> bool:
    value = str(chance.random())
    expected = {"role": "authenticated", "uid": str(call.user_id), "value": value}
    return messages.read(call, "who_am_i", value=value) == expected


def echo(crowd: Crowd, call: Call, chance: random.Random) -> bool:
    # What an earlier client may have made mean something else: quotes and backslashes.
    value = {"x": chance.choice(["\\'; SELECT 1; --", "it's", "\\", "'' OR true"]), "n": chance.random()}
    answer = messages.transact(call, "test_echo", value=value)
    mine = (value, "app_service", f'{{"sub": "{call.user_id}", "role": "authenticated"}}', call.request_id)
    return tuple(answer[name] for name in ("value", "role", "claims", "request_id")) == mine


def write(crowd: Crowd, call: Call, chance: random.Random) -> bool:
    note = f"{call.user_id} {call.request_id}"
    done = messages.transact(call, "test_note_tx", note=note) == {"done": True}
    with crowd.lock:
        crowd.notes.add(note)
    return done


def fail(crowd: Crowd, call: Call, chance: random.Random) -> bool:
    messages.transact(call, "test_raise_tx", sqlstate="P0001", secret="s")
    return False


def take_too_long(crowd: Crowd, call: Call, chance: random.Random) -> bool:
    messages.read(call, "slow", deadline=0.2, seconds=5)
    return False


KINDS = [read, echo, write] * 4 + [fail, take_too_long]


@dataclass
class Troublemaker:
    """A client with our own password, who keeps to nothing."""

    url: str
    victim: UUID

    def make(self, chance: random.Random) -> None:
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        with suppress(psycopg2.Error):
            chance.choice(TROUBLES)(self, connection)
        with suppress(psycopg2.Error):
            connection.close()

    def _leave(self, connection: Any, name: str, value: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])

    def leaves_claims(self, connection: Any) -> None:
        claims = f'{{"sub": "{self.victim}", "role": "service_role"}}'
        for name, value in {
            "request.jwt.claims": claims,
            "request.jwt.claim.sub": str(self.victim),
            "request.jwt.claim.role": "service_role",
            "sun.request_id": "of another",
            "sun.own_id": "of another",
        }.items():
            self._leave(connection, name, value)

    def leaves_a_verdict(self, connection: Any) -> None:
        self._leave(connection, "sun.refusal", '{"refused": "RATE_LIMIT", "details": {"limit": 7}}')

    def leaves_a_role(self, connection: Any) -> None:
        self._leave(connection, "role", "authenticated")

    def leaves_another_role(self, connection: Any) -> None:
        self._leave(connection, "role", "app_service")

    def leaves_impatience(self, connection: Any) -> None:
        self._leave(connection, "lock_timeout", "1")
        self._leave(connection, "statement_timeout", "50")

    def leaves_other_strings(self, connection: Any) -> None:
        self._leave(connection, "standard_conforming_strings", "off")

    def leaves_an_aborted_transaction(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            with suppress(psycopg2.Error):
                cursor.execute("SELECT 1 / 0")

    def leaves_an_open_transaction(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT set_config('role', 'authenticated', true), count(*) FROM pg_class")

    def is_cancelled(self, connection: Any) -> None:
        timer = threading.Timer(0.02, connection.cancel)
        timer.start()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(1)")

    def vanishes_in_mid_message(self, connection: Any) -> None:
        with socket.socket(fileno=os.dup(connection.fileno())) as cable:
            timer = threading.Timer(0.02, cable.shutdown, [socket.SHUT_RDWR])
            timer.start()
            with connection.cursor() as cursor, suppress(psycopg2.Error):
                cursor.execute("SELECT set_config('role', 'app_service', false), pg_sleep(0.3)")
            timer.join()


TROUBLES: list[Callable[[Troublemaker, Any], None]] = [
    value for name, value in vars(Troublemaker).items() if name.startswith(("leaves_", "is_", "vanishes_"))
]


def run_crowd(pool: Pooler, database: Database, *, threads: int, calls: int, makers: int, seed: int) -> Crowd:
    """So many threads with so many calls each, beside troublemakers who go on until the last of them has ended."""
    crowd = Crowd(database, [database.add_user() for _ in range(threads)])
    over, started = threading.Event(), time.monotonic()

    def work(number: int) -> None:
        chance = random.Random(f"{seed} caller {number}")
        for _ in range(calls):
            crowd.call(crowd.people[number], chance)

    def trouble(number: int) -> None:
        chance = random.Random(f"{seed} maker {number}")
        maker = Troublemaker(pool.before(database.url("app_login")), crowd.people[number])
        while not over.is_set():
            maker.make(chance)

    callers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    others = [threading.Thread(target=trouble, args=(number,)) for number in range(makers)]
    for thread in (*callers, *others):
        thread.start()
    for thread in callers:
        thread.join()
    over.set()
    crowd.seconds = time.monotonic() - started
    for thread in others:
        thread.join()
    return crowd


def check(crowd: Crowd, pool: Pooler) -> None:
    assert crowd.wrong == []
    rows = crowd.database.run("SELECT right(key, 36), calls + previous_calls, refused FROM ops.call_counts")
    found = {UUID(person): calls + refused for person, calls, refused in rows}
    for person, sent in crowd.counted.items():
        # The pooler throws away a message whose sender did not wait for a connection of the pool.
        assert sent - crowd.impatient[person] <= found[person] <= sent
    assert {UUID(person): refused for person, _, refused in rows if refused} == crowd.refused
    # A window slides: a run of some seconds lets in what fits into so many seconds more.
    most = TIGHT.per_minute * (1 + crowd.seconds / 60) + 1
    for person, calls, _ in rows:
        assert UUID(person) not in crowd.people[:2] or TIGHT.per_minute <= calls <= most
    assert {row[0] for row in crowd.database.run("SELECT note FROM ops.test_notes")} == crowd.notes
    # Who worked for somebody who is gone has ended too, and nothing is left open.
    until = time.monotonic() + 30
    state = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'app_login' AND state <> 'idle'"
    while crowd.database.run(state, [crowd.database.name])[0][0]:
        assert time.monotonic() < until, "a transaction was left open"
        time.sleep(0.02)
    servers = [row for row in pool.show("servers") if row["user"] == "app_login"]
    assert len(servers) <= POOL


def test_beside_troublemakers_nobody_sees_what_is_anothers_and_every_call_is_counted(
    behind: tuple[Pooler, Database],
) -> None:
    pool, database = behind
    check(run_crowd(pool, database, threads=8, calls=25, makers=3, seed=1), pool)


@pytest.mark.heavy
def test_so_it_is_for_twenty_functions_at_once_for_a_minute(behind: tuple[Pooler, Database]) -> None:
    pool, database = behind
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    check(run_crowd(pool, database, threads=20, calls=300, makers=6, seed=seed), pool)
