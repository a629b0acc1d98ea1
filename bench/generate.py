"""Fills a database with families and recordings by the million, for what only shows at size: plans and times.

Everything is derived from numbers, so that the same call always makes the same rows: `identity("family", 1)` is the
first family. Writes straight into the tables, past functions, foreign keys and triggers: never for a database that
matters.

    python -m bench.generate DATABASE_URL [--families 100000] [--recordings 1000000]
"""

from __future__ import annotations

import argparse
import hashlib
import time
import uuid

import psycopg2
from psycopg2.extensions import connection as Connection

FAMILIES = 100_000
RECORDINGS = 1_000_000
LARGE_FAMILY = 500
"""Recordings of family 1, whatever the size of the rest: what a page is read from is alike in every database."""

TABLES = (
    "auth.users",
    *(f"public.{name}" for name in ("families", "family_members", "prompts", "recordings", "entitlements")),
)

# Family n is kept by person n, who tells stories in the next two as well. Recordings go round the other families when
# the first has enough. A third of them answers a prompt; a tenth is in the trash.
STEPS = [
    "SET session_replication_role = replica",
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '256MB'",
    # Indexes are blind to what comes in and built at once at the end: a tenth of the time of filling them row by row.
    "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY (%(tables)s::regclass[])",
    """
    INSERT INTO auth.users (id, aud, role, email)
    SELECT md5('person/' || n)::uuid, 'authenticated', 'authenticated', 'person' || n || '@example.com'
    FROM generate_series(1, %(families)s) AS n
    """,
    """
    INSERT INTO public.families (id, name, created_at)
    SELECT md5('family/' || n)::uuid, 'Family ' || n, '2026-01-01'::timestamptz + n * interval '1 minute'
    FROM generate_series(1, %(families)s) AS n
    """,
    """
    INSERT INTO public.family_members (family_id, user_id, role, joined_at)
    SELECT md5('family/' || (n + step - 1) %% %(families)s + 1)::uuid, md5('person/' || n)::uuid,
           CASE step WHEN 0 THEN 'keeper' ELSE 'storyteller' END, '2026-01-01'::timestamptz + step * interval '1 day'
    FROM generate_series(1, %(families)s) AS n, generate_series(0, 2) AS step
    """,
    """
    INSERT INTO public.prompts (id, family_id, text)
    SELECT md5('prompt/' || n)::uuid, md5('family/' || n)::uuid, 'Who taught you to dance?'
    FROM generate_series(1, %(families)s) AS n
    """,
    """
    INSERT INTO public.recordings (id, family_id, prompt_id, size_bytes, duration_seconds, content_type, recorded_at,
                                   created_by, object_key, etag, stored_at, copied_at, created_at, deleted_at)
    SELECT recording_id, family_id, CASE WHEN n %% 3 = 0 THEN md5('prompt/' || family)::uuid END, 1000, 60, 'audio/mp4',
           told_at, md5('person/' || family)::uuid,
           'families/' || family_id || '/recordings/' || recording_id || '.audio.m4a',
           'etag', told_at, told_at, told_at, CASE WHEN n %% 10 = 0 THEN told_at + interval '1 day' END
    FROM (
      SELECT n, family, md5('family/' || family)::uuid AS family_id, md5('recording/' || n)::uuid AS recording_id,
             '2026-01-01'::timestamptz + n * interval '10 seconds' AS told_at
      FROM (
        SELECT n, CASE WHEN n <= %(large)s THEN 1 ELSE n %% (%(families)s - 1) + 2 END AS family
        FROM generate_series(1, %(recordings)s) AS n
      ) AS numbered
    ) AS told
    """,
    """
    INSERT INTO public.entitlements (family_id, storage_quota_bytes, storage_used_bytes, max_recording_seconds)
    SELECT families.id, 1073741824, coalesce(told.bytes, 0), 600
    FROM public.families
    LEFT JOIN (SELECT family_id, sum(size_bytes) AS bytes FROM public.recordings GROUP BY 1) AS told
      ON told.family_id = families.id
    """,
    "SET session_replication_role = DEFAULT",
    *(f"REINDEX TABLE {table}" for table in TABLES),
    *(f"ANALYZE {table}" for table in TABLES),
]


def identity(kind: str, number: int) -> uuid.UUID:
    """The id of the nth person, family, prompt or recording, counted from 1."""
    return uuid.UUID(hashlib.md5(f"{kind}/{number}".encode(), usedforsecurity=False).hexdigest())


def fill(connection: Connection, families: int = FAMILIES, recordings: int = RECORDINGS) -> float:
    """Fills an empty, migrated database over a superuser's connection in autocommit; returns the seconds it took."""
    started = time.perf_counter()
    large = min(LARGE_FAMILY, recordings)
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step, {"families": families, "recordings": recordings, "large": large, "tables": [*TABLES]})
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("database", metavar="DATABASE_URL", help="an empty, migrated database, as a superuser")
    parser.add_argument("--families", type=int, default=FAMILIES)
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    chosen = parser.parse_args()
    connection = psycopg2.connect(chosen.database)
    connection.autocommit = True
    seconds = fill(connection, chosen.families, chosen.recordings)
    print(f"{chosen.families} families and {chosen.recordings} recordings in {seconds:.1f} s")


if __name__ == "__main__":
    main()
