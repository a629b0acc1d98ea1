"""What the tests of quota races share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import (
    age_trash,
    become_customer,
    check,
    finalize,
    found_small_family,
    reserve,
    subscribe,
    transact,
)
from tests.support.races import join

PATIENCE = 20.0


Work = Callable[[Connection], Any]


def wait_until_blocked(database: Database, line: Connection, call: Future[Any]) -> bool:
    """Whether the call is seen to wait for a lock; false when it was done without."""
    until = time.monotonic() + PATIENCE
    while not call.done() and time.monotonic() < until:
        if database.run("SELECT cardinality(pg_blocking_pids(%s)) > 0", [line.info.backend_pid])[0][0]:
            return True
        time.sleep(0.01)
    return False


@contextmanager
def holding(database: Database, table: str, family: str) -> Iterator[None]:
    """Holds the family's row of a table for as long as the block lasts."""
    holder = database.connect(autocommit=False)
    with holder.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table} WHERE family_id = %s FOR UPDATE", [family])
    yield
    holder.close()


def one_after_the_other(database: Database, first: Work, second: Work) -> tuple[Any, Any]:
    """The second begins when the first is done and not committed; it is seen to wait, and then the first commits."""
    early, late = database.connect("app_login", autocommit=False), database.connect("app_login")
    done = first(early)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(second, late)
        waited = wait_until_blocked(database, late, call)
        early.commit()
        answer = call.result(PATIENCE)
    assert waited, "the second never waited for the first"
    return done, answer


def in_a_queue(database: Database, table: str, family: str, *works: Work) -> list[Any]:
    """Starts each when the one before is seen to wait, while the family's rows of a table are held; then lets go."""
    calls: list[Future[Any]] = []
    with ThreadPoolExecutor(len(works)) as pool:
        with holding(database, table, family):
            for work in works:
                line = database.connect("app_login")
                calls.append(pool.submit(work, line))
                assert wait_until_blocked(database, line, calls[-1])
        return [call.result(PATIENCE) for call in calls]


class Family:
    """A small family with one keeper, its books checked by whoever asks."""

    def __init__(self, database: Database, quota: int = 1000, tellers: int = 0) -> None:
        self.database = database
        self.line = database.connect("app_login")
        self.keeper = database.add_user()
        self.tellers = [database.add_user() for _ in range(tellers)]
        self.id = found_small_family(self.line, self.keeper, quota)
        for teller in self.tellers:
            join(database, self.id, teller)
        self.customer = become_customer(database, self.id)

    def reserve(self, size: int = 600, person: Any = None, waveform: int = 0) -> str:
        return str(reserve(self.line, person or self.keeper, self.id, size, waveform=waveform)["recording_id"])

    def keep(self, size: int = 600) -> str:
        upload = self.reserve(size)
        assert "refused" not in finalize(self.line, self.keeper, self.id, upload, size)
        return upload

    def trash_for_a_month(self) -> str:
        recording = self.keep()
        transact(self.line, self.keeper, "delete_recording_tx", recording_id=recording)
        age_trash(self.database, recording)
        return recording

    def ticket(self) -> int:
        return int(transact(self.line, None, "take_billing_ticket_tx", family_id=self.id)["ticket"])

    def reserving(self, size: int, person: Any = None, **how: Any) -> Work:
        return lambda line: reserve(line, person or self.keeper, self.id, size, **how)

    def finalizing(self, upload: str, size: int | None = 600, person: Any = None, waveform: int = 0) -> Work:
        return lambda line: finalize(line, person or self.keeper, self.id, upload, size, waveform)

    def subscribing(self, ticket: int, quota: int) -> Work:
        return lambda line: subscribe(line, self.id, ticket, quota)

    def changing(self, function: str, recording: str, person: Any = None) -> Work:
        """delete_recording_tx or restore_recording_tx."""
        return lambda line: transact(line, person or self.keeper, function, recording_id=recording)

    def removing(self, person: Any) -> Work:
        return lambda line: transact(line, self.keeper, "remove_member_tx", family_id=self.id, user_id=str(person))

    def books(self) -> dict[str, Any]:
        return check(self.database, self.id)


def cleaning(function: str, recording: str) -> Work:
    """mark_purging_tx, finish_purge_tx, check_abandoned or drop_abandoned_tx."""
    return lambda line: transact(line, None, function, recording_id=recording)
