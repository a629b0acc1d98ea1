"""The fixtures themselves: if these lie, every other database test does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from local.postgres.processes import pid_file
from tests.support.database_server import Database


def one(connection: Connection, statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
        assert row is not None
        return row[0]


def test_a_caller_is_known_by_the_claims_of_the_token(
    database: Database, connect_as: Callable[..., Connection]
) -> None:
    person = database.add_user()
    caller = connect_as("authenticated", person)
    assert one(caller, "SELECT current_user") == "authenticated"
    assert one(caller, "SELECT auth.uid()::text") == str(person)
    assert one(caller, "SELECT auth.role()") == "authenticated"


def test_an_anonymous_session_has_no_user(connect_as: Callable[..., Connection]) -> None:
    assert one(connect_as("anon"), "SELECT auth.uid()") is None


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_starts_from_an_empty_database(database: Database, attempt: int) -> None:
    assert database.run("SELECT count(*) FROM auth.users") == [(0,)]
    database.add_user()


def test_the_migrating_role_is_no_superuser_and_owns_the_database(database: Database) -> None:
    assert database.run("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'postgres'") == [(False, True)]
    owner = database.run("SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()")
    assert owner == [("postgres",)]


def test_a_wrong_password_is_refused(database: Database) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(database.url().replace(database.cluster.password, "wrong"))


# A run of its own, with a test that tells where its server is and then takes its time.
SLOW_TEST = """
import pathlib, time

def test_slow(cluster, tmp_path):
    pathlib.Path(__file__).with_name("server").write_text(str(cluster.server.cluster))
    time.sleep({seconds})
"""


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """Not pytest's own: every pytest of root's closes that one to other accounts, the server's among them."""
    with tempfile.TemporaryDirectory(prefix="stories-runs-") as folder:
        yield Path(folder)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("how", "workers"),
    [(None, 0), (signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, 0), (signal.SIGINT, 2), (signal.SIGKILL, 2)],
)
def test_no_server_outlives_its_run(own_folder: Path, how: signal.Signals | None, workers: int) -> None:
    run = start_run(own_folder, workers, seconds=60 if how else 0)
    told = own_folder / "server"
    wait_for(lambda: (told.exists() and told.read_text() != "") or run.poll() is not None)
    assert told.exists(), (own_folder / "said").read_text()
    cluster = Path(told.read_text())
    if how:
        assert pid_file(cluster), "the server runs while its test does"
        run.send_signal(how)
    run.wait(timeout=30)
    wait_for(lambda: not pid_file(cluster))
    if how == signal.SIGKILL:
        assert start_run(own_folder, 0, seconds=0).wait(timeout=60) == 0, (own_folder / "said").read_text()
    if how != signal.SIGTERM:
        assert not cluster.exists(), "the next run cleans up after one that was killed"


def start_run(folder: Path, workers: int, seconds: int) -> subprocess.Popen[bytes]:
    (folder / "test_slow.py").write_text(SLOW_TEST.format(seconds=seconds))
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.conftest", "-n", str(workers), "--rootdir", str(folder)]
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, str(folder / "test_slow.py")],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=(folder / "said").open("wb"),
        stderr=subprocess.STDOUT,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
