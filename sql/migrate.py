"""Brings a database to the state its files describe: migrations once each, then functions as they read now.

    python sql/migrate.py apply | rollback [--steps N | --all] | status | new NAME      [--database URL]

yoyo reads the migrations, orders them and keeps the list of what was applied; migration_guards.py adds what it lacks.
Runs as a role that owns the database and is no superuser, over a direct connection: the deployers' lock belongs to the
session, so a pooler in transaction mode will not do. Never prints the database's address.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
from psycopg2.errors import DependentObjectsStillExist

SQL = Path(__file__).resolve().parent
if not __package__:  # started as a file: Python then looks for modules beside it, and not in the project
    sys.path[0] = str(SQL.parent)

from sql.function_files import Report, apply_functions, drop_functions_of_rows, functions_left_over, since  # noqa: E402
from sql.migration_guards import (  # noqa: E402
    DEPLOYER_LOCK,
    MigrationFailed,
    MigrationRefused,
    back_to_bookkeeping,
    check_history,
    checksum,
    connect,
    one_file,
    only_deployer,
    pair,
    read_folder,
    remember,
)

__all__ = ["DEPLOYER_LOCK", "MigrationFailed", "MigrationRefused", "Outcome", "apply", "new", "rollback", "status"]

MIGRATIONS = SQL / "migrations"
FUNCTIONS = SQL / "functions"

TEMPLATE = """-- {title}

-- Types -----------------------------------------------------------------------------------------

-- Tables ----------------------------------------------------------------------------------------

-- Indexes ---------------------------------------------------------------------------------------

-- Triggers --------------------------------------------------------------------------------------

-- Row-level security and grants -----------------------------------------------------------------

-- Functions -------------------------------------------------------------------------------------
"""

ROLLBACK_TEMPLATE = """-- Undoes {name}.sql, in reverse order; says what data it gives up, if any.
"""


@dataclass(frozen=True)
class Outcome:
    """What a run did: ids of migrations applied or rolled back, names of function files whose text was new or changed,
    and names of files that are gone while their function still exists."""

    migrations: list[str]
    functions: list[str]
    functions_left_over: list[str]


def apply(
    url: str,
    *,
    migrations: Path = MIGRATIONS,
    functions: Path = FUNCTIONS,
    report: Report = print,
    wait_seconds: float = 60,
) -> Outcome:
    """Applies what is missing. Raises MigrationRefused, MigrationFailed, psycopg2.OperationalError."""
    found = read_folder(migrations)
    with only_deployer(url, wait_seconds) as backend:
        check_history(backend, migrations, found)
        applied = []
        for migration in backend.to_apply(found):
            started = time.monotonic()
            with one_file(backend, f"{migration.id}.sql"):
                with contextlib.redirect_stdout(io.StringIO()):  # yoyo prints what a SELECT in a migration returns
                    migration.process_steps(backend, "apply")
                back_to_bookkeeping(backend)
                backend.mark_one(migration, log=False)
                for path in pair(migrations, migration.id):
                    remember(backend, f"migrations/{path.name}", checksum(path))
            applied.append(migration.id)
            report(f"applied {migration.id} ({since(started)})")
        changed = apply_functions(backend, functions, force=bool(applied), report=report)
        left_over = functions_left_over(backend, functions)
        for name in left_over:
            report(f"functions/{name} is gone, but its function still exists: drop it in a migration")
        if not applied and not changed:
            report("nothing to apply")
        return Outcome(applied, changed, left_over)


def rollback(
    url: str,
    steps: int | None = 1,
    *,
    migrations: Path = MIGRATIONS,
    report: Report = print,
    wait_seconds: float = 60,
) -> Outcome:
    """Undoes the last `steps` migrations, None for all.

    Functions stay, unless they keep a table from being dropped; the next apply applies all of them again.
    """
    found = read_folder(migrations)
    with only_deployer(url, wait_seconds) as backend:
        check_history(backend, migrations, found)
        undone = []
        for migration in list(backend.to_rollback(found))[:steps]:
            started = time.monotonic()
            with one_file(backend, f"{migration.id}.rollback.sql"):
                with contextlib.redirect_stdout(io.StringIO()):
                    try:
                        migration.process_steps(backend, "rollback")
                    except DependentObjectsStillExist:
                        # A function that takes a table's rows as an argument keeps the table. Functions come back with
                        # the next apply, so they give way; yoyo has returned to where this transaction began.
                        for function in drop_functions_of_rows(backend):
                            report(f"dropped {function}, which stood in the way")
                        migration.process_steps(backend, "rollback")
                back_to_bookkeeping(backend)
                backend.unmark_one(migration, log=False)
                files = [f"migrations/{path.name}" for path in pair(migrations, migration.id)]
                # Functions may have gone with what they stood on: forgetting them makes the next apply bring them back.
                backend.execute("DELETE FROM applied_files WHERE file = ANY (:files)", {"files": files})
                backend.execute("UPDATE applied_files SET sha256 = '' WHERE starts_with(file, 'functions/')")
            undone.append(migration.id)
            report(f"rolled back {migration.id} ({since(started)})")
        if not undone:
            report("nothing to roll back")
        return Outcome(undone, [], [])


def status(url: str, *, migrations: Path = MIGRATIONS) -> list[tuple[str, bool]]:
    """Every migration in the folder or in the database, oldest first, and whether it is applied. Changes nothing."""
    with contextlib.closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('migrations._yoyo_migration') IS NOT NULL")
        applied = set()
        if cursor.fetchone() == (True,):
            cursor.execute("SELECT migration_id FROM migrations._yoyo_migration")
            applied = {row[0] for row in cursor.fetchall()}
    names = applied | {migration.id for migration in read_folder(migrations)}
    return [(name, name in applied) for name in sorted(names)]


def new(name: str, *, migrations: Path = MIGRATIONS) -> list[Path]:
    """Makes an empty migration and its rollback, newer than every other; returns both paths."""
    concept = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not concept:
        raise MigrationRefused("a migration needs a name: the concept it is about")
    moment = datetime.now(UTC)
    for path in migrations.glob("*.sql"):
        moment = max(moment, datetime.strptime(path.name[:14] + "Z", "%Y%m%d%H%M%S%z") + timedelta(seconds=1))
    stem = f"{moment:%Y%m%d%H%M%S}_{concept}"
    up, down = pair(migrations, stem)
    up.write_text(TEMPLATE.format(title=concept.replace("_", " ").capitalize()), encoding="utf-8")
    down.write_text(ROLLBACK_TEMPLATE.format(name=stem), encoding="utf-8")
    return [up, down]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["apply", "rollback", "status", "new"])
    parser.add_argument("name", nargs="?", help="for new: the concept the migration is about")
    parser.add_argument("--database", default=os.environ.get("MIGRATIONS_DATABASE_URL"), metavar="URL")
    parser.add_argument("--steps", type=int, default=1, help="for rollback: how many migrations (default 1)")
    parser.add_argument("--all", action="store_true", help="for rollback: every migration, and so all data")
    parser.add_argument("--wait", type=float, default=60, metavar="SECONDS", help="for another deployer to finish")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.add_argument("--migrations", type=Path, default=MIGRATIONS, metavar="FOLDER")
    parser.add_argument("--functions", type=Path, default=FUNCTIONS, metavar="FOLDER")
    chosen = parser.parse_args(arguments)
    report: Report = (lambda line: None) if chosen.quiet else print
    try:
        if chosen.command == "new":
            for path in new(chosen.name or "", migrations=chosen.migrations):
                report(str(path))
            return 0
        if not chosen.database:
            raise MigrationRefused("which database? Set MIGRATIONS_DATABASE_URL or pass --database")
        if chosen.command == "status":
            for name, applied in status(chosen.database, migrations=chosen.migrations):
                print("applied" if applied else "pending", name)
        elif chosen.command == "apply":
            apply(
                chosen.database,
                migrations=chosen.migrations,
                functions=chosen.functions,
                report=report,
                wait_seconds=chosen.wait,
            )
        else:
            steps = None if chosen.all else chosen.steps
            rollback(chosen.database, steps, migrations=chosen.migrations, report=report, wait_seconds=chosen.wait)
    except (MigrationRefused, MigrationFailed, psycopg2.Error) as error:
        print(f"migrate: {str(error).strip()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
