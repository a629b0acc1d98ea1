"""Every query in chalicelib/database/queries on large data: under row-level security, and still by index.

On a thousand rows a policy that is asked row by row looks like any other; on a million it takes seconds. So the plans
are read, as the app's own login gets them: no recording is found by reading the whole table, and no row is filtered by
a query of its own. A new query needs nothing here, unless a parameter of it has no values in tests/support/queries.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from bench.generate import fill, identity
from tests.support import queries
from tests.support.database_server import Cluster, Database

SIZES = [
    pytest.param((5_000, 50_000), id="50,000 recordings"),
    pytest.param((100_000, 1_000_000), id="a million recordings", marks=pytest.mark.heavy),
]


@pytest.fixture(scope="module", params=SIZES)
def large(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Connection]:
    """A session of person 1's, as the app makes it, on a database of that size."""
    with cluster.database() as database:
        fill(database.connect(), *request.param)
        yield session(database)


def session(database: Database) -> Connection:
    connection = database.connect("app_login")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE authenticated")
        claims = json.dumps({"sub": str(identity("person", 1)), "role": "authenticated"})
        cursor.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    return connection


def plan(connection: Connection, statement: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        row = cursor.fetchone()
    assert row is not None
    found: dict[str, Any] = row[0][0]["Plan"]
    return found


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from nodes(child)


def troubles(found: dict[str, Any]) -> list[str]:
    """What makes a plan grow with everybody's recordings instead of with the answer."""
    scans = [node for node in nodes(found) if node.get("Relation Name") == "recordings"]
    return [
        f"{scan['Node Type']} on recordings, filtered by {scan.get('Filter')}: write the condition so that an index"
        " answers it, or that Postgres asks it once for all rows: id = ANY (ARRAY(SELECT ...))"
        for scan in scans
        if "Seq Scan" in scan["Node Type"] or "SubPlan" in scan.get("Filter", "")
    ]


@pytest.mark.parametrize("name", sorted(path.stem for path in queries.FOLDER.glob("*.sql")))
def test_no_query_reads_recordings_from_end_to_end_or_filters_them_by_a_query_each(
    large: Connection, name: str
) -> None:
    for parameters in queries.parameters(name):
        found = troubles(plan(large, queries.sent(name), parameters))
        assert not found, f"{queries.file_of(name)}: {'; '.join(found)}, with {parameters}"


@pytest.mark.parametrize("statement", ["SELECT * FROM wire.recordings ORDER BY created_at DESC, id DESC LIMIT 20"])
def test_the_policy_itself_is_answered_by_an_index(large: Connection, statement: str) -> None:
    """A client may ask without naming a family: then the policy alone chooses the rows."""
    assert not troubles(plan(large, statement))


@pytest.mark.parametrize(
    "policy",
    [
        "family_id IN (SELECT rls.user_family_ids())",
        "rls.is_member_of(family_id)",
        "EXISTS (SELECT FROM public.family_members AS m WHERE m.user_id = auth.uid()"
        " AND m.family_id = recordings.family_id)",
    ],
)
def test_the_obvious_forms_of_the_policy_would_be_noticed(cluster: Cluster, policy: str) -> None:
    with cluster.database() as database:
        fill(database.connect(), 500, 5_000)
        database.run(f'ALTER POLICY "Members read their family\'s recordings" ON public.recordings USING ({policy})')
        assert troubles(
            plan(session(database), "SELECT * FROM wire.recordings ORDER BY created_at DESC, id DESC LIMIT 20")
        )
