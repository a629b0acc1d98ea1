"""`make drill`: restores a backup of the database into a Postgres of its own, and compares it with the source.

It dumps the database as a backup does and loads the dump into an embedded Postgres, which it deletes afterwards. At one
snapshot it compares the rows, a checksum of every table's content, grants, policies, functions and the ledger. Then it
compares the recordings with the bucket's listing, and fetches the second copy of one recording. It writes nothing to
the source but when it ran and last succeeded (ops.maintenance_runs), and copies no mail address: of auth.users it reads
the ids alone.

DRILL_DATABASE_URL, else MIGRATIONS_DATABASE_URL, names the source. It has to be a direct connection, because a pooler
in transaction mode cannot keep a snapshot. Exits with 1 on any difference.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import requests
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection

from local.postgres import EmbeddedPostgres, supabase
from sql.migration_guards import connect
from tools import loading
from tools.loading import SCHEMAS
from tools.operate.stage import Mistaken, choose
from tools.postgres_programs import ProgramFailed, where
from tools.postgres_programs import run as run_program

SHOWN = 5
MOST_LISTED = 20

Report = Callable[[str], None]

# Every fact about the schema that a restore must bring back, a line each.
CATALOG = Path(__file__).with_name("drill_catalog.sql")

TABLES = """
    SELECT c.oid::regclass::text FROM pg_class AS c
    WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = ANY (%(schemas)s::regnamespace[]) ORDER BY 1"""

# A sum does not depend on the order of rows, and needs no memory for a table of any size.
CONTENT = "SELECT count(*), sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint) FROM {} AS t"

LEDGER = """
    SELECT e.family_id FROM public.entitlements AS e
    WHERE storage_used_bytes <> (SELECT coalesce(sum(delta_bytes), 0) FROM public.usage_ledger AS l
                                 WHERE l.family_id = e.family_id)
       OR storage_used_bytes <> (SELECT coalesce(sum(size_bytes + waveform_size_bytes), 0) FROM public.recordings AS r
                                 WHERE r.family_id = e.family_id)"""

RECORDINGS = """
    SELECT object_key, size_bytes, etag, copied_at IS NOT NULL FROM public.recordings
    WHERE purging_at IS NULL ORDER BY object_key COLLATE "C"
"""


class Drill:
    """One drill: it reports each comparison, and collects everything that differs."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.differences: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """One comparison, with its line in the report. The block appends to the list what differs."""
        started = time.monotonic()
        found: list[str] = []
        yield found
        outcome = "good" if not found else f"{len(found)} DIFFER"
        self.report(f"  {name:<52} {time.monotonic() - started:6.1f} s  {outcome}")
        for line in found[:SHOWN]:
            self.report(f"      {line}")
        self.differences.extend(found)


def run(source_url: str, report: Report = print) -> list[str]:
    """Runs the drill; returns everything that differs, an empty list when the backup is complete."""
    drill = Drill(report)
    with tempfile.TemporaryDirectory(prefix="stories-drill-") as folder:
        source = connect(source_url)
        source.autocommit = False
        source.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        try:
            with drill.step("dump, at one snapshot"):
                dump = _dump(source, source_url, Path(folder))
            server = EmbeddedPostgres(Path(folder) / "postgres", durable=False).start()
            try:
                with drill.step("load it into a Postgres of its own"):
                    restored = _load(server, dump)
                _compare(drill, source, server.admin(restored))
            finally:
                server.stop(immediate=True)
            _look_at_the_bucket(drill, source)
        finally:
            source.close()
    return drill.differences


def _dump(source: Connection, url: str, folder: Path) -> Path:
    path = folder / "backup"
    snapshot = _one(source, "SELECT pg_export_snapshot()")
    schemas = [f"--schema={name}" for name in SCHEMAS]
    run_program(
        "pg_dump", ["--format=custom", "--no-password", f"--snapshot={snapshot}", f"--file={path}", *schemas], url
    )
    return path


def _load(server: EmbeddedPostgres, dump: Path) -> str:
    """Into a database as Supabase makes it, as `make restore` would; returns its name."""
    admin = server.admin()
    supabase.create_supabase_roles(admin)
    supabase.set_password(admin, "postgres", server.superuser_password)
    supabase.ensure_database(admin, "restored")
    supabase.shape_like_supabase(server.admin("restored"))
    loading.load(dump, server.url("postgres", server.superuser_password, "restored"))
    return "restored"


def _compare(drill: Drill, source: Connection, restored: Connection) -> None:
    compare_catalogs(drill, source, restored)
    tables = [row[0] for row in _all(source, TABLES, {"schemas": list(SCHEMAS)})]
    with drill.step(f"rows and content of {len(tables)} tables") as found:
        for table in tables:
            kept, brought = (_all(side, CONTENT.format(table))[0] for side in (source, restored))
            if kept != brought:
                found.append(f"{table}: {kept[0]} rows in the source, {brought[0]} restored, or other content")
    check_restored(drill, restored)


def compare_catalogs(drill: Drill, source: Connection, restored: Connection) -> None:
    """Compares everything about the two schemas that is not a row."""
    names = {"schemas": list(SCHEMAS)}
    for connection in (source, restored):
        _all(connection, "SELECT set_config('TimeZone', 'UTC', false), set_config('search_path', 'pg_catalog', false)")
    with drill.step("relations, columns, grants, policies, functions") as found:
        facts = CATALOG.read_text("utf-8")
        here, there = (set(_all(side, facts, names)) for side in (source, restored))
        found.extend(f"{subject}: not restored: {line}" for subject, line in sorted(here - there))
        found.extend(f"{subject}: not in the source: {line}" for subject, line in sorted(there - here))


def check_restored(drill: Drill, restored: Connection) -> None:
    """Checks what a restored database must keep by itself."""
    with drill.step("ledger = used bytes = kept recordings, restored") as found:
        found.extend(f"family {row[0]}: ledger, usage and recordings do not agree" for row in _all(restored, LEDGER))
    with drill.step("the restored database is disarmed") as found:
        if _one(restored, "SELECT ops.deleting_is_armed()"):
            found.append("its schedules would delete objects at once")


def _look_at_the_bucket(drill: Drill, source: Connection) -> None:
    """Compares the recordings with the bucket's listing, both in key order, and fetches one second copy."""
    from chalicelib.storage.store import audio_store, backup_store

    copied: tuple[str, str] | None = None
    with drill.step("every recording has its object, as it was stored") as found, source.cursor("recordings") as cursor:
        objects = (listed for page in audio_store().list_objects("families/") for listed in page)
        listed = next(objects, None)
        cursor.execute(RECORDINGS)
        for key, size, etag, has_copy in cursor:
            while listed is not None and listed.key < key:
                listed = next(objects, None)
            if listed is None or listed.key != key:
                found.append(f"{key}: missing")
            elif (listed.size_bytes, listed.etag) != (size, etag):
                found.append(f"{key}: other size or content")
            elif has_copy:
                copied = (key, etag)
    if copied is None:
        drill.report("  no recording has a second copy yet: none was fetched")
        return
    with drill.step("one recording is read from the second copies") as found:
        key, etag = copied
        content = hashlib.md5(usedforsecurity=False)
        with requests.get(backup_store().sign_download(key).url, stream=True, timeout=30) as answer:
            for piece in answer.iter_content(1 << 20):
                content.update(piece)
        if answer.status_code != 200 or content.hexdigest() != etag:
            found.append(f"{key}: its second copy is missing or differs")


def _note(url: str, *, ok: bool) -> None:
    """Notes in the source when it was drilled: the one thing that a drill writes there."""
    with contextlib.closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT ops.note_maintenance_run_tx('drill', %s)", [ok])


def _said(trouble: Exception) -> str:
    """The text of an error, unless it is libpq's own, which names the host and the user."""
    return "the database cannot be reached" if isinstance(trouble, psycopg2.Error) else str(trouble)


def _all(connection: Connection, query: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _one(connection: Connection, query: str) -> object:
    return _all(connection, query)[0][0]


def main() -> int:
    """The command: reads the database's URL from the environment, prints the result, returns the exit code."""
    try:
        stage = choose()
        url = os.environ.get("DRILL_DATABASE_URL") or os.environ.get("MIGRATIONS_DATABASE_URL")
        if not url:
            raise Mistaken("set DRILL_DATABASE_URL or MIGRATIONS_DATABASE_URL: a direct connection to the source")
        print(f"Restore drill: stage {stage.name}, database {where(url)}", flush=True)
        differences = run(url)
    except (Mistaken, ProgramFailed, psycopg2.OperationalError) as trouble:
        print(f"error: {_said(trouble)}", file=sys.stderr)
        return 2
    _note(url, ok=not differences)
    if differences:
        print(f"\nNOT GOOD: {len(differences)} differences. A restore of this backup would lose or change data.")
        return 1
    print("\ngood: this backup brings everything back. After a real restore, check the bucket, then: make rearm")
    return 0


if __name__ == "__main__":
    sys.exit(main())
