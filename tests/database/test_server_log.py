"""Postgres' own log is one of the sinks: whatever fails, no value of a message stands in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Cluster, Database

SETUP = """
CREATE TABLE ops.test_log (id integer PRIMARY KEY, note text CHECK (length(note) < 200));
INSERT INTO ops.test_log VALUES (1, 'first'), (2, 'second');
GRANT ALL ON ops.test_log TO app_login;
"""

# What fails -> a statement that holds %(mark)s, and the SQLSTATE it fails with.
FAILURES = {
    "a unique key": ("INSERT INTO ops.test_log VALUES (1, %(mark)s)", "23505"),
    "a check": ("INSERT INTO ops.test_log VALUES (3, repeat(%(mark)s, 9))", "23514"),
    "a null": ("INSERT INTO ops.test_log (note) VALUES (%(mark)s)", "23502"),
    "a cast": ("SELECT %(mark)s::uuid", "22P02"),
    "a division": ("SELECT 1 / 0, %(mark)s", "22012"),
    "a json": ("SELECT ('{' || %(mark)s)::jsonb", "22P02"),
    "a raised error": ("DO $$ BEGIN RAISE '%%', current_setting('sun.mark'); END $$; SELECT %(mark)s", "P0001"),
    "a warning": ("DO $$ BEGIN RAISE WARNING '%%', current_setting('sun.mark'); END $$; SELECT 1 / 0", "22012"),
    "a syntax error": ("SELEC %(mark)s", "42601"),
    "an unknown function": ("SELECT ops.no_such_function(%(mark)s)", "42883"),
    "a permission": ("SELECT %(mark)s FROM public.recordings", "42501"),
    "a statement time-out": (
        "SELECT set_config('statement_timeout', '50', true); SELECT pg_sleep(5), %(mark)s",
        "57014",
    ),
    "a lock time-out": (
        "SELECT set_config('lock_timeout', '50', true); UPDATE ops.test_log SET note = %(mark)s WHERE id = 2",
        "55P03",
    ),
}


@pytest.fixture(scope="module")
def prepared(module_database: Database) -> Database:
    module_database.run(SETUP)
    return module_database


def logged_by(cluster: Cluster, work: Callable[[], object]) -> str:
    """What the server writes to its log while `work` runs, and right after it."""
    start = cluster.server.log.stat().st_size
    work()
    time.sleep(0.1)
    with cluster.server.log.open("rb") as log:
        log.seek(start)
        return log.read().decode()


def fail(connection: Connection, statement: str, mark: str) -> str | None:
    """The SQLSTATE that the statement fails with; None where the connection broke."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sun.mark', %s, false)", [mark])
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute(statement, {"mark": mark})
    return caught.value.pgcode


@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_of_the_application_writes_a_value_to_the_server_s_log(
    cluster: Cluster, prepared: Database, failure: str
) -> None:
    statement, sqlstate = FAILURES[failure]
    mark = f"private-{uuid4().hex}"
    holder, connection = prepared.connect(autocommit=False), prepared.connect("app_login")
    with holder.cursor() as cursor:
        cursor.execute("SELECT FROM ops.test_log WHERE id = 2 FOR UPDATE")
    seen: list[str | None] = []
    try:
        log = logged_by(cluster, lambda: seen.append(fail(connection, statement, mark)))
    finally:
        holder.rollback()
    assert seen == [sqlstate]
    assert mark not in log


@pytest.mark.parametrize("end", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_statement_that_is_cancelled_or_whose_session_is_ended_is_not_logged(
    cluster: Cluster, prepared: Database, end: str
) -> None:
    mark = f"private-{uuid4().hex}"
    connection = prepared.connect("app_login")

    def work() -> None:
        pid = connection.info.backend_pid
        killer = threading.Timer(0.3, lambda: prepared.run(f"SELECT {end}(%s)", [pid]))
        killer.start()
        fail(connection, "SELECT pg_sleep(5), %(mark)s", mark)
        killer.join()

    assert mark not in logged_by(cluster, work)


def test_a_statement_that_deadlocks_is_not_logged(cluster: Cluster, prepared: Database) -> None:
    marks = [f"private-{uuid4().hex}" for _ in range(2)]
    one, other = (prepared.connect("app_login", autocommit=False) for _ in range(2))
    broken: list[str] = []

    def update(connection: Connection, mark: str, row: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ops.test_log SET note = %s WHERE id = %s", [mark, row])

    def cross(connection: Connection, mark: str, row: int) -> None:
        try:
            update(connection, mark, row)
        except psycopg2.errors.DeadlockDetected:
            broken.append(mark)
        connection.rollback()

    def work() -> None:
        update(one, marks[0], 1)
        update(other, marks[1], 2)
        crossing = threading.Thread(target=cross, args=(one, marks[0], 2))
        crossing.start()
        cross(other, marks[1], 1)
        crossing.join()

    log = logged_by(cluster, work)
    assert len(broken) == 1
    assert not any(mark in log for mark in marks)


EVERYTHING = (
    "log_statement = 'all'",
    "log_min_duration_statement = 0",
    "log_lock_waits = on",
    "deadlock_timeout = '20ms'",
)


def test_a_server_told_to_log_every_statement_and_every_wait_logs_none_of_ours(
    cluster: Cluster, database: Database
) -> None:
    """As somebody does who looks for slow statements: these lines are of level LOG."""
    database.run(SETUP)
    for setting in EVERYTHING:
        database.run(f"ALTER DATABASE {database.name} SET {setting}")
    marks = {role: f"private-{uuid4().hex}" for role in ("app_login", "postgres")}
    holder = database.connect(autocommit=False)
    with holder.cursor() as cursor:
        cursor.execute("SELECT FROM ops.test_log WHERE id = 2 FOR UPDATE")

    def work() -> None:
        for role, mark in marks.items():
            # Waits for the row longer than a deadlock is looked for, and then gives up.
            waiting = "UPDATE ops.test_log SET note = %(mark)s WHERE id = 2"
            fail(database.connect(role), f"SELECT set_config('statement_timeout', '400', true); {waiting}", mark)

    log = logged_by(cluster, work)
    holder.rollback()
    assert marks["postgres"] in log
    assert marks["app_login"] not in log


def test_the_same_failure_of_another_role_is_logged_so_this_test_would_see_it(
    cluster: Cluster, prepared: Database
) -> None:
    mark = f"seen-{uuid4().hex}"
    connection = prepared.connect("postgres")
    assert mark in logged_by(cluster, lambda: fail(connection, "SELECT %(mark)s::uuid", mark))
