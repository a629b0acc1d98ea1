"""What every test may ask for. Postgres is always real: see tests/support/database_server.py."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from local.pooler import Pooler
from tests.support.database_server import Cluster, Database, Run, temporary_folder
from tests.support.in_time import TookTooLong
from tests.support.reset_modules import reset_modules

__all__ = ["reset_modules"]

pytest_plugins = ["pytester", "tests.support.declared_refusals", "tests.support.required"]

RUN = pytest.StashKey[Run]()
JOINED = "STORIES_TESTS_JOIN"
"""In the environment: the folder of another run, whose Postgres serves this one too, with that one's schema."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--behind-pooler",
        action="store_true",
        help="the app reaches Postgres through PgBouncer; skips tests of its own connections to the server",
    )


def pytest_configure(config: pytest.Config) -> None:
    tempfile.tempdir = str(temporary_folder())
    # A worker has the run of its controller, and a run within a run (see JOINED) that of the one outside.
    worker = getattr(config, "workerinput", None)
    folder = worker["run_folder"] if worker else os.environ.get(JOINED)
    config.stash[RUN] = Run(Path(folder)) if folder else Run.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist's: tells a worker where the run's folder is."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN in config.stash and not hasattr(config, "workerinput") and JOINED not in os.environ:
        config.stash[RUN].end()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """xdist's: decides which tests share a worker."""
    from tests.support.scheduling import FilesTogether

    return FilesTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The end-to-end tests come first: they take longest, and at the end the other workers would wait for them."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
    for item in items:
        if item.get_closest_marker("own_backend") and item.config.getoption("--behind-pooler"):
            item.add_marker(
                pytest.mark.skip(reason="behind a pooler, the server's side of a connection is the pooler's")
            )
        # Only where time is measured: with xdist the mark costs each test 20 ms, which is a third of the suite.
        if hasattr(getattr(item, "module", None), "in_time"):
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=[TookTooLong.__name__]))


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Iterator[Cluster]:
    """The run's one server. Its databases are for the asking; its roles belong to everybody: change none."""
    cluster = pytestconfig.stash[RUN].cluster()
    if not pytestconfig.getoption("--behind-pooler"):
        yield cluster
        return
    folder = pytestconfig.stash[RUN].folder / f"pooler-{os.getpid()}"
    cluster.pooler = Pooler(folder, cluster.server).start()
    yield cluster
    cluster.pooler.stop()


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A fresh, migrated database for this test alone."""
    with cluster.database() as database:
        yield database


@pytest.fixture(scope="module")
def module_database(cluster: Cluster) -> Iterator[Database]:
    """A fresh, migrated database shared by the tests of a module that only read, or keep to rows of their own."""
    with cluster.database() as database:
        yield database


@pytest.fixture
def admin(database: Database) -> Connection:
    """A superuser's connection to this test's database, in autocommit."""
    return database.connect()


@pytest.fixture
def connect_as(database: Database) -> Callable[..., Connection]:
    """connect_as("authenticated", user_id): a new connection as that role, with that person's claims."""
    return database.connect_as


@pytest.fixture
def database_environment(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The application's own way to this test's database: STAGE and DATABASE_URL, as app_login."""
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("DATABASE_URL", database.url("app_login"))
    return database
