"""What the tests of the operations may ask for: the house with its front door, and an object store that runs on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import storage
from tests.api.clock import Clock
from tests.api.front import Front
from tests.database_server import Database
from tests.stores import RunningStore, running_store


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("api") / "r2") as store:
        yield store


@pytest.fixture
def front(database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> Iterator[Front]:
    yield Front(database, monkeypatch, object_store)
    object_store.app.heal()
    storage.reset()


@pytest.fixture
def shared(module_database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> Iterator[Front]:
    """The same over one database a module: for tests that look at nobody's rows but their own."""
    yield Front(module_database, monkeypatch, object_store)
    object_store.app.heal()
    storage.reset()


@pytest.fixture(scope="session")
def clock_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("clock") / "r2") as store:
        yield store


@pytest.fixture
def clock(database: Database, monkeypatch: pytest.MonkeyPatch, clock_store: RunningStore) -> Iterator[Clock]:
    """The house with its clock, over buckets of its own that are empty at first."""
    yield Clock(database, monkeypatch, clock_store)
    clock_store.app.heal()
    storage.reset()
