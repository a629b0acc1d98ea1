"""The lists, read as their caller from fifty thousand rows: by an index, and only the page."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import reads
from tests.support.database_server import Database

FAMILIES = 200
ROWS = 50_000
PAGE = {"p_limit": 20, "p_after_at": None, "p_after_id": None}
NEXT = {"p_limit": 20, "p_after_at": "2026-06-01T00:00:00Z", "p_after_id": str(uuid.UUID(int=2**127))}

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


@pytest.mark.parametrize("page", [PAGE, NEXT], ids=["first page", "next page"])
@pytest.mark.parametrize(
    ("name", "table", "more"),
    [
        ("list_recordings", "public.recordings", {"p_trashed": False, "p_prompt_id": None}),
        ("list_recordings", "public.recordings", {"p_trashed": True, "p_prompt_id": None}),
        ("list_recordings", "public.recordings", {"p_trashed": False, "p_prompt_id": f"prompt{FAMILIES}"}),
        ("list_prompts", "public.prompts", {}),
        ("list_invites", "public.invites", {}),
    ],
)
def test_a_page_is_read_from_its_index_and_no_further(
    full: Database, name: str, table: str, more: dict[str, Any], page: dict[str, Any]
) -> None:
    if more.get("p_prompt_id"):
        more = {**more, "p_prompt_id": digest(full, more["p_prompt_id"])}
    connection = reads.session(full, digest(full, "user1"))
    result, tables = reads.rows_read(connection, name, {"p_family_id": digest(full, "family1"), **page, **more})
    (rows,) = result.values()
    assert len(rows) == 21
    # An index of prompts holds the trash too, which is a tenth of a family's recordings.
    assert tables[table].all == 0 and 21 <= tables[table].found <= 25
