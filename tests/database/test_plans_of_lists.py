"""The lists, read as their caller from a hundred thousand rows: by an index, and only the page."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import queries
from tests.support.database_server import Database

FAMILIES = 200
ROWS = 100_000
PAGE = {"limit": 20, "after_at": None, "after_id": None}
NEXT = {"limit": 20, "after_at": "2026-06-01T00:00:00Z", "after_id": str(uuid.UUID(int=2**127))}

FILL = """
SET session_replication_role = replica;
INSERT INTO auth.users (id, aud, role)
SELECT md5('user' || n)::uuid, 'authenticated', 'authenticated' FROM generate_series(1, {families}) n;
INSERT INTO public.families (id, name) SELECT md5('family' || n)::uuid, 'Sol' FROM generate_series(1, {families}) n;
INSERT INTO public.entitlements (family_id, storage_quota_bytes, max_recording_seconds)
SELECT id, 1, 1 FROM public.families;
-- Everybody keeps a family of their own and tells stories in the three that follow.
INSERT INTO public.family_members (family_id, user_id, role, joined_at)
SELECT md5('family' || (1 + (n + k - 1) % {families}))::uuid, md5('user' || n)::uuid,
       CASE WHEN k = 0 THEN 'keeper' ELSE 'storyteller' END, now() + k * interval '1 day'
FROM generate_series(1, {families}) n, generate_series(0, 3) k;
-- Things come in turn to every family: a fifth as many prompts and invites as recordings, a tenth in the trash.
INSERT INTO public.prompts (id, family_id, text, created_at)
SELECT md5('prompt' || n)::uuid, md5('family' || (1 + n % {families}))::uuid, '?',
       '2026-01-01'::timestamptz + n * interval '20 minutes'
FROM generate_series(1, {rows} / 5) n;
INSERT INTO public.invites (family_id, code_hash, expires_at, created_at)
SELECT md5('family' || (1 + n % {families}))::uuid, decode(md5('code' || n), 'hex'), now(),
       '2026-01-01'::timestamptz + n * interval '20 minutes'
FROM generate_series(1, {rows} / 5) n;
INSERT INTO public.recordings (id, family_id, prompt_id, size_bytes, duration_seconds, content_type, recorded_at,
                               object_key, etag, stored_at, created_at, deleted_at)
SELECT md5('recording' || n)::uuid, md5('family' || (1 + n % {families}))::uuid,
       CASE WHEN n / {families} % 3 = 0 THEN md5('prompt' || ({families} + n % {families}))::uuid END,
       1, 1, 'audio/mp4', now(), 'key' || n, 'etag', now(), '2026-01-01'::timestamptz + n * interval '4 minutes',
       CASE WHEN n / {families} % 10 = 0 THEN now() END
FROM generate_series(1, {rows}) n;
SET session_replication_role = DEFAULT;
ANALYZE;
"""


@pytest.fixture(scope="module")
def full(module_database: Database) -> Iterator[Database]:
    module_database.run(FILL.format(families=FAMILIES, rows=ROWS))
    yield module_database


def digest(database: Database, name: str) -> str:
    return str(database.run("SELECT md5(%s)::uuid", [name])[0][0])


def explain(database: Database, query: str, **parameters: Any) -> dict[str, Any]:
    """The plan of a query as the app sends it, over the app's own login, run as a keeper of family1."""
    person = digest(database, "user1")
    connection = database.connect("app_login")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE authenticated")
        cursor.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": person})])
        text = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {queries.sent(query)}"
        # Twice: a new connection's first look at a table reads the catalog too.
        for _ in range(2):
            cursor.execute(text, {**queries.defaults(query), "user_id": person, **parameters})
            row = cursor.fetchone()
    connection.close()
    assert row is not None
    found: dict[str, Any] = row[0][0]["Plan"]
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize("page", [PAGE, NEXT], ids=["first page", "next page"])
@pytest.mark.parametrize(
    ("query", "table", "index", "more"),
    [
        ("list_recordings", "recordings", "idx_recordings_family", {}),
        ("list_recordings", "recordings", "idx_recordings_family_trash", {"trashed": True}),
        ("list_recordings", "recordings", "idx_recordings_prompt", {"prompt_id": f"prompt{FAMILIES}"}),
        ("list_prompts", "prompts", "idx_prompts_family", {}),
        ("list_invites", "invites", "idx_invites_family", {}),
    ],
)
def test_a_page_is_read_from_its_index_and_no_further(
    full: Database, query: str, table: str, index: str, more: dict[str, Any], page: dict[str, Any]
) -> None:
    if more.get("prompt_id"):
        more = {**more, "prompt_id": digest(full, more["prompt_id"])}
    plan = explain(full, query, family_id=digest(full, "family1"), **page, **more)
    where = queries.file_of(query)
    scans = [node for node in nodes(plan) if node.get("Relation Name") == table]
    assert len(scans) == 1, f"{where} reads {table} {len(scans)} times"
    [scan] = scans
    used = (scan["Node Type"], scan.get("Index Name"))
    assert used == ("Index Scan", index), f"{where} reads {table} by {used}, not by {index}"
    assert "SubPlan" not in scan.get("Filter", ""), f"{where} filters each row by a query of its own: {scan['Filter']}"
    read, removed = scan["Actual Rows"], scan.get("Rows Removed by Filter", 0)
    assert max(read, removed) <= 21, f"{where} reads {read} rows of {table} and throws {removed} away for a page of 20"


def test_a_family_is_read_without_a_look_at_the_others(full: Database) -> None:
    for query, parameters in (("list_families", PAGE), ("get_family", {"family_id": digest(full, "family1")})):
        plan = explain(full, query, **parameters)
        read = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        assert read < 200, f"{queries.file_of(query)} reads {read} blocks for one family"
