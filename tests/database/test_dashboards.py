"""Every dashboard answers on an empty house and on a full one, to the role an operator has."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.settings import ROOT
from tests.support.database_server import Database

DASHBOARDS = sorted((ROOT / "sql" / "dashboards").glob("*.sql"))


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_answers_and_changes_nothing(module_database: Database, path: Path) -> None:
    connection = module_database.connect("postgres")
    connection.set_session(readonly=True, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute(path.read_text("utf-8"))
        assert cursor.description is not None
        cursor.fetchall()


def test_the_first_thing_to_look_at_says_whether_deleting_is_armed(module_database: Database) -> None:
    rows = dict(module_database.run((ROOT / "sql" / "dashboards" / "health.sql").read_text("utf-8")))
    assert rows["deleting is armed"] == "true"
