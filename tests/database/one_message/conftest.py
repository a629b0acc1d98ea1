"""Fixtures of the tests of one message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chalicelib.database import messages
from tests.support.database_server import Database
from tests.support.messages import FUNCTIONS, QUERIES


@pytest.fixture(scope="module")
def furnished(module_database: Database) -> Database:
    module_database.run(FUNCTIONS)
    return module_database


@pytest.fixture
def prepared(furnished: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("DATABASE_URL", furnished.url("app_login"))
    for name, text in QUERIES.items():
        (tmp_path / f"{name}.sql").write_text(text, "utf-8")
    monkeypatch.setattr(messages, "_QUERIES", tmp_path)
    messages._query.cache_clear()
    yield furnished
    messages._query.cache_clear()
    furnished.run("TRUNCATE ops.test_notes, ops.call_counts")


@pytest.fixture
def person(prepared: Database) -> UUID:
    return prepared.add_user()
