"""Loads a dump into an empty database, as the drill does, checks what came of it, and lets no schedule delete there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from chalicelib.config.addresses import is_local_host
from local.postgres import EmbeddedPostgres, supabase
from sql import migrate
from sql.migration_guards import connect
from tools import loading
from tools.drill import Drill, check_restored, compare_catalogs
from tools.operate.flags import why
from tools.operate.stage import LOCAL, Mistaken, Stage, confirm, operator
from tools.postgres_programs import ProgramFailed, where


def restore(stage: Stage) -> None:
    """Restores DUMP, a file of pg_dump in its custom format, into INTO, an empty database. Raises Mistaken."""
    dump, into = Path(os.environ.get("DUMP", "")), os.environ.get("INTO", "")
    _check(stage, dump, into)
    print(f"restore into {where(into)}", flush=True)
    if not is_local_host(parse_dsn(into)["host"]):
        confirm(stage, f"to restore into {where(into)}")
    drill = Drill(print)
    try:
        with drill.step("load the dump"):
            added = loading.load(dump, into)
        with contextlib.closing(connect(into)) as restored:
            _verify(drill, restored, into)
            _note(restored, ok=not drill.differences)
    except loading.TargetHoldsData as refusal:
        raise Mistaken(f"nothing was done: {refusal}") from None
    except ProgramFailed as failure:
        raise Mistaken(f"{failure}\nWhat was loaded so far is not usable: drop the database and begin again") from None
    except psycopg2.OperationalError:
        raise Mistaken(f"{where(into)} cannot be reached: address, password or certificate") from None
    if added:
        print(f"{added} people had no account there: their ids are in auth.users now, without an address.")
        print("They can sign in again once Supabase Auth's own backup is loaded over them.")
    if drill.differences:
        raise Mistaken(f"NOT GOOD: {len(drill.differences)} differences. Do not let the app use this database")
    print("\ngood, and no schedule deletes anything there. Next: make migrate, then compare it with the bucket")
    print("(make orphans, and audit_storage by hand), then make rearm")


def _check(stage: Stage, dump: Path, into: str) -> None:
    if not dump.is_file():
        raise Mistaken(
            "give the dump and an empty database: make restore DUMP=backup.dump INTO=postgresql://postgres@..."
        )
    try:
        parts = parse_dsn(into) if into.startswith(("postgres://", "postgresql://")) else {}
    except psycopg2.ProgrammingError:
        parts = {}
    if not {"host", "user", "dbname"} <= parts.keys():
        raise Mistaken("INTO names an empty database: postgresql://postgres@db.example.org:5432/postgres")
    if is_local_host(parts["host"]):
        return
    if stage.name == LOCAL:
        raise Mistaken("INTO is on another machine, and the stage is local: name the stage it is for, STAGE=...")
    if "password" in parts:
        raise Mistaken(
            "INTO holds a password, which every user of this machine can see in the list of processes: leave it out,"
            " and give it in PGPASSWORD or a PGPASSFILE"
        )


def _verify(drill: Drill, restored: Connection, into: str) -> None:
    known = migrate.status(into)
    newest = [name for name, applied in known if applied][-1:]
    if all(applied for _, applied in known):
        with tempfile.TemporaryDirectory(prefix="stories-restore-") as folder:
            server = EmbeddedPostgres(Path(folder) / "postgres", durable=False).start()
            try:
                compare_catalogs(drill, _fresh(server), restored)
            finally:
                server.stop(immediate=True)
    else:
        print(f"  the dump is of another schema ({', '.join(newest)}): grants and policies were not compared")
    check_restored(drill, restored)


def _fresh(server: EmbeddedPostgres) -> Connection:
    """A new database with this checkout's schema: what the restored one must look like."""
    admin = server.admin()
    supabase.create_supabase_roles(admin)
    supabase.set_password(admin, "postgres", server.superuser_password)
    supabase.ensure_database(admin, "fresh")
    supabase.shape_like_supabase(server.admin("fresh"))
    migrate.apply(server.url("postgres", server.superuser_password, "fresh"), report=lambda _line: None)
    return server.admin("fresh")


def _note(restored: Connection, *, ok: bool) -> None:
    with restored.cursor() as cursor:
        cursor.execute("SELECT ops.arm_deleting_tx(false, %s, %s)", [operator(), f"restored: {why()}"])
        cursor.execute("SELECT ops.note_maintenance_run_tx('restore', %s)", [ok])
