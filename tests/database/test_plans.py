"""Every read of the app on large data: under row-level security, and still by index.

On a thousand rows a policy that is asked row by row looks like any other; on a million it takes seconds. So the rows
are counted that each function of schema wire reads, as the app calls it. A new one needs nothing here, unless a
parameter of it has no values in tests/support/reads.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from bench.generate import fill, identity
from tests.support import reads
from tests.support.database_server import Cluster, Database

PERSON = identity("person", 1)
SIZES = [
    pytest.param((5_000, 50_000), id="50,000 recordings"),
    pytest.param((100_000, 1_000_000), id="a million recordings", marks=pytest.mark.heavy),
]


@pytest.fixture(scope="module", params=SIZES)
def large(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Database]:
    with cluster.database() as database:
        fill(database.connect(), *request.param)
        yield database


def plan(connection: Connection, statement: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
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


def test_no_read_goes_through_everybodys_recordings(large: Database) -> None:
    connection = reads.session(large, PERSON)
    functions = reads.functions(large)
    assert "list_recordings" in functions
    for name, parameters in sorted(functions.items()):
        for values in reads.calls(name, parameters):
            _, tables = reads.rows_read(connection, name, values)
            for table, rows in tables.items():
                # A family of 500 recordings, a tenth of it in the trash: no call looks at more than its trash.
                assert rows.found <= 100, f"sql/functions/{name}.sql reads {rows.found} of {table}, with {values}"
                assert rows.all <= 10, f"sql/functions/{name}.sql reads {table} from end to end, with {values}"


@pytest.mark.parametrize("statement", ["SELECT * FROM wire.recordings ORDER BY created_at DESC, id DESC LIMIT 20"])
def test_the_policy_itself_is_answered_by_an_index(large: Database, statement: str) -> None:
    """A client may ask without naming a family: then the policy alone chooses the rows."""
    assert not troubles(plan(reads.session(large, PERSON), statement))


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
            plan(
                reads.session(database, PERSON),
                "SELECT * FROM wire.recordings ORDER BY created_at DESC, id DESC LIMIT 20",
            )
        )
