"""What the tests of the operations may ask for: the house with its front door, and an object store that keeps running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import storage
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
