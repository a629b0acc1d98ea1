"""The functions that the app reads by, parameters for each, and how many rows of each table one call of them reads."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from bench.generate import identity
from tests.support.database_server import Database

# Parameter -> its values, those first that ask for everything: one for each way in which a read may be planned.
# The ids are of the rows that bench/generate.py makes.
VALUES: dict[str, list[Any]] = {
    "p_family_id": [identity("family", 1)],
    "p_recording_id": [identity("recording", 1), identity("recording", 10)],
    "p_prompt_id": [None, identity("prompt", 1)],
    "p_trashed": [False, True],
    "p_limit": [20],
    # A page begins after the last row of the page before it: both or neither.
    "p_after_at": [None, "2026-01-01T01:00:00Z"],
    "p_after_id": [None, identity("recording", 7)],
}


@dataclass(frozen=True)
class Rows:
    """Rows of one table that a call read: `all` of the table from end to end, or `found` by an index."""

    all: int
    found: int


def functions(database: Database) -> dict[str, list[str]]:
    """Name -> its parameters' names, of every function of schema wire."""
    return dict(
        database.run(
            "SELECT proname, coalesce(proargnames, '{}') FROM pg_proc WHERE pronamespace = 'wire'::regnamespace"
        )
    )


def calls(name: str, parameters: list[str]) -> list[dict[str, Any]]:
    """Every combination of values of a function's parameters."""
    for parameter in parameters:
        assert parameter in VALUES, (
            f"tests/support/reads.py: add {parameter} of sql/functions/{name}.sql to VALUES, a value for each way in"
            " which the read may be planned"
        )
    combinations = [
        dict(zip(parameters, values, strict=True)) for values in itertools.product(*(VALUES[p] for p in parameters))
    ]
    return [
        {key: str(value) if key.endswith("_id") and value else value for key, value in combination.items()}
        for combination in combinations
        if (combination.get("p_after_at") is None) == (combination.get("p_after_id") is None)
    ]


def session(database: Database, person: object) -> Connection:
    """A session of a person's over the app's own login, which has planner settings of its own."""
    connection = database.connect("app_login")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE authenticated")
        claims = json.dumps({"sub": str(person), "role": "authenticated"})
        cursor.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    return connection


def rows_read(connection: Connection, name: str, parameters: dict[str, Any]) -> tuple[Any, dict[str, Rows]]:
    """What the function returned, and for each table the rows that it read, row-level security's own included.

    It is called twice, and the second call is measured: the first of a connection reads the catalog too.
    """
    arguments = ", ".join(f"{parameter} => %({parameter})s" for parameter in parameters)
    with connection.cursor() as cursor:
        for _ in range(2):
            # One transaction: at its end Postgres sets the counters of a session back, now and then.
            cursor.execute("BEGIN")
            before = _counters(cursor)
            cursor.execute(f"SELECT wire.{name}({arguments})", parameters)
            (result,) = cursor.fetchone() or (None,)
            after = _counters(cursor)
            cursor.execute("COMMIT")
    counted = {
        table: Rows(all - before.get(table, (0, 0))[0], found - before.get(table, (0, 0))[1])
        for table, (all, found) in after.items()
    }
    return result, {table: rows for table, rows in counted.items() if rows.all or rows.found}


def _counters(cursor: Cursor) -> dict[str, tuple[int, int]]:
    cursor.execute(
        "SELECT schemaname || '.' || relname, coalesce(seq_tup_read, 0), coalesce(idx_tup_fetch, 0)"
        " FROM pg_stat_xact_all_tables WHERE schemaname IN ('public', 'ops', 'auth')"
    )
    return {table: (read, found) for table, read, found in cursor.fetchall()}
