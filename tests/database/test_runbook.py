"""The queries that docs/operating.md tells a tired operator to type run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.database_server import Database

RUNBOOK = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
BLOCKS = re.findall(r"```sql\n(.*?)```", RUNBOOK, re.DOTALL)
SPANS = re.findall(r"`(SELECT [^`]*)`", re.sub(r"```.*?```", "", RUNBOOK, flags=re.DOTALL))
QUERIES = [" ".join(text.replace("'...'", "NULL").split()) for text in (*BLOCKS, *SPANS)]


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_the_runbook_runs(module_database: Database, query: str) -> None:
    module_database.run(query.replace("%", "%%"))


def test_there_are_queries_to_try() -> None:
    assert len(QUERIES) >= 20
