"""Fixtures of the tests of one message."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.support.database_server import Database
from tests.support.messages import FUNCTIONS


@pytest.fixture(scope="module")
def furnished(module_database: Database) -> Database:
    module_database.run(FUNCTIONS)
    return module_database


@pytest.fixture
def prepared(furnished: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("DATABASE_URL", furnished.url("app_login"))
    yield furnished
    furnished.run("TRUNCATE ops.test_notes, ops.call_counts, ops.message_answers")


@pytest.fixture
def person(prepared: Database) -> UUID:
    return prepared.add_user()
