"""Every dashboard answers on an empty database and on one with families, to the role an operator has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from local.settings import ROOT
from tests.support import isolation_rows
from tests.support.database_server import Cluster, Database

DASHBOARDS = sorted((ROOT / "sql" / "dashboards").glob("*.sql"))


@pytest.fixture(scope="module", params=["empty", "with families"])
def watched(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Database]:
    with cluster.database() as database:
        if request.param != "empty":
            isolation_rows.build(database)
        yield database


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_answers_and_changes_nothing(watched: Database, path: Path) -> None:
    connection = watched.connect("postgres")
    connection.set_session(readonly=True, autocommit=True)
    with connection.cursor() as cursor:
        try:
            cursor.execute(path.read_text("utf-8"))
        except psycopg2.Error as error:
            pytest.fail(f"sql/dashboards/{path.name} fails for the operator's role: {error}")
        assert cursor.description is not None, f"sql/dashboards/{path.name} returns nothing: let it end with a SELECT"
        cursor.fetchall()


def test_the_first_thing_to_look_at_says_whether_deleting_is_armed(module_database: Database) -> None:
    rows = dict(module_database.run((ROOT / "sql" / "dashboards" / "health.sql").read_text("utf-8")))
    assert rows.get("deleting is armed") == "true", "sql/dashboards/health.sql: it has a row 'deleting is armed'"
