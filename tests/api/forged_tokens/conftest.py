"""Fixtures of the tests of forged tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.api import jwks
from tests.support.api import Api
from tests.support.database_server import Database
from tests.support.forgeries import STAGES, Stage, set_up
from tests.support.object_store import RunningStore
from tests.support.tokens import (
    SUPABASE,
    Publisher,
    publishing,
)


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    with publishing() as publisher:
        yield publisher


@pytest.fixture(scope="module")
def api(module_database: Database, object_store: RunningStore) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        Api(module_database, monkeypatch, object_store)
        monkeypatch.setenv("SUPABASE_URL", SUPABASE)
        monkeypatch.setenv("ALLOWED_ORIGINS", "https://app.example.org")
        yield


@pytest.fixture(params=STAGES, ids=lambda stage: stage.name)
def stage(
    request: pytest.FixtureRequest, api: None, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    wanted: Stage = request.param
    set_up(wanted, publisher.url, monkeypatch)
    publisher.answer = publisher.publish
    yield wanted
    jwks.reset()
