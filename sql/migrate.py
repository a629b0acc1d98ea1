"""Brings a database to the state its files describe: migrations once each, then views and functions as they read now.

    python sql/migrate.py apply | rollback [--steps N | --all] | status | new NAME      [--database URL]

yoyo reads the migrations, orders them and keeps the list of what was applied; migration_guards.py adds what it lacks.
Runs as a role that owns the database and is no superuser, over a direct connection: the lock of a run belongs to the
session, so a pooler in transaction mode will not do. Never prints the database's URL.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg2
from psycopg2.errors import DependentObjectsStillExist, FeatureNotSupported

SQL = Path(__file__).resolve().parent
if not __package__:  # started as a file: Python then looks for modules beside it, and not in the project
    sys.path[0] = str(SQL.parent)

from sql.function_files import drop_functions_of_rows, functions_left_over  # noqa: E402
from sql.migration_guards import (  # noqa: E402
    DEPLOYER_LOCK,
    TRANSACTION,
    DeployerBackend,
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
from sql.new_migration import ROLLBACK_TEMPLATE, TEMPLATE  # noqa: E402
from sql.text_files import Report, TextFiles, apply_text, read_text_files  # noqa: E402
from sql.view_files import drop_views, make_views, view_of  # noqa: E402

__all__ = ["DEPLOYER_LOCK", "MigrationFailed", "MigrationRefused", "Outcome", "apply", "new", "rollback", "status"]

MIGRATIONS = SQL / "migrations"
VIEWS = SQL / "views"
FUNCTIONS = SQL / "functions"


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    migrations: list[str]
    """Ids of the migrations applied, or rolled back."""
    views: list[str] = field(default_factory=list)
    """Names of the view files whose text was new or changed."""
    functions: list[str] = field(default_factory=list)
    """Names of the function files whose text was new or changed."""
    functions_left_over: list[str] = field(default_factory=list)
    """Names of function files that are gone while their function still exists."""
    dropped: list[str] = field(default_factory=list)
    """A sentence for each view whose file is gone, and for each function that another took the place of."""


def apply(url: str, *, folder: Path = SQL, report: Report = print, wait_seconds: float = 60) -> Outcome:
    """Applies what is missing of the migrations, views and functions below `folder`.

    Raises MigrationRefused, MigrationFailed, psycopg2.OperationalError.
    """
    migrations = folder / "migrations"
    found = read_folder(migrations)
    with only_deployer(url, wait_seconds) as backend:
        check_history(backend, migrations, found)
        files = read_text_files(backend, folder)
        changed_views, changed_functions = files.changed(files.views), files.changed(files.functions)
        applied = []
        for migration in backend.to_apply(found):
            started = time.monotonic()
            with one_file(backend, f"{migration.id}.sql"):
                run_steps(backend, migration, "apply", files, report)
                back_to_bookkeeping(backend)
                backend.mark_one(migration, log=False)
                for path in pair(migrations, migration.id):
                    remember(backend, f"migrations/{path.name}", checksum(path))
            applied.append(migration.id)
            report(f"applied {migration.id} ({since(started)})")
        dropped = []
        if applied or changed_views or changed_functions or files.views_gone():
            dropped = apply_text(backend, files, all_views=bool(applied), report=report)
        else:
            report("nothing to apply")
        left_over = functions_left_over(backend, folder / "functions")
        for name in left_over:
            report(f"functions/{name} is gone, but its function still exists: drop it in a migration")
        return Outcome(applied, changed_views, changed_functions, left_over, dropped)


def rollback(
    url: str, steps: int | None = 1, *, folder: Path = SQL, report: Report = print, wait_seconds: float = 60
) -> Outcome:
    """Undoes the last `steps` migrations, None for all.

    Views and functions stay, unless they keep a table from being dropped; the next apply applies all of them again.
    """
    migrations = folder / "migrations"
    found = read_folder(migrations)
    with only_deployer(url, wait_seconds) as backend:
        check_history(backend, migrations, found)
        undone = []
        files = read_text_files(backend, folder)
        for migration in list(backend.to_rollback(found))[:steps]:
            started = time.monotonic()
            with one_file(backend, f"{migration.id}.rollback.sql"):
                run_steps(backend, migration, "rollback", files, report)
                back_to_bookkeeping(backend)
                backend.unmark_one(migration, log=False)
                applied_from = [f"migrations/{path.name}" for path in pair(migrations, migration.id)]
                backend.execute("DELETE FROM applied_files WHERE file = ANY (:files)", {"files": applied_from})
                # The rollback may have dropped views and functions too: with no checksum all are applied again.
                backend.execute("UPDATE applied_files SET sha256 = '' WHERE file ~ '^(views|functions)/'")
            undone.append(migration.id)
            report(f"rolled back {migration.id} ({since(started)})")
        if not undone:
            report("nothing to roll back")
        return Outcome(undone)


def run_steps(
    backend: DeployerBackend,
    migration: Any,
    direction: Literal["apply", "rollback"],
    files: TextFiles,
    report: Report,
) -> None:
    """Runs a migration or its rollback. Views of our files that keep a table from being changed or dropped give way.

    Those that still can be are made again in the same transaction, so that a later file that fails takes no view from
    the API; the others come back when all files are applied. In a rollback functions that take a table's rows give way
    too. yoyo has rolled back to where the transaction began when the first try failed.
    """
    try:
        process(backend, migration, direction)
    except (DependentObjectsStillExist, FeatureNotSupported):  # DROP; ALTER COLUMN ... TYPE under a view
        views = drop_views(backend, {*files.views, *files.views_gone()})
        functions = drop_functions_of_rows(backend) if direction == "rollback" else []
        if not views and not functions:
            raise
        backend.execute(TRANSACTION)
        process(backend, migration, direction)
        for function in functions:
            report(f"dropped {function}, which was in the way; the next apply makes it again")
        failed = make_views(backend, files.of(views))
        for file in failed:
            report(f"dropped wire.{view_of(file)}, which was in the way; it is made again when all files are applied")


def process(backend: DeployerBackend, migration: Any, direction: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):  # yoyo prints what a SELECT in a migration returns
        migration.process_steps(backend, direction)


def status(url: str, *, folder: Path = SQL) -> list[tuple[str, bool]]:
    """Every migration in the folder or in the database, oldest first, and whether it is applied. Changes nothing."""
    with contextlib.closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('migrations._yoyo_migration') IS NOT NULL")
        applied = set()
        if cursor.fetchone() == (True,):
            cursor.execute("SELECT migration_id FROM migrations._yoyo_migration")
            applied = {row[0] for row in cursor.fetchall()}
    names = applied | {migration.id for migration in read_folder(folder / "migrations")}
    return [(name, name in applied) for name in sorted(names)]


def new(name: str, *, folder: Path = SQL) -> list[Path]:
    """Makes a migration and its rollback, newer than every other, with a table to begin from; returns both paths."""
    concept = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not concept:
        raise MigrationRefused("a migration needs a name: make migration NAME=thanks")
    migrations = folder / "migrations"
    moment = datetime.now(UTC)
    for path in migrations.glob("*.sql"):
        moment = max(moment, datetime.strptime(path.name[:14] + "Z", "%Y%m%d%H%M%S%z") + timedelta(seconds=1))
    stem = f"{moment:%Y%m%d%H%M%S}_{concept}"
    up, down = pair(migrations, stem)
    title = concept.replace("_", " ").capitalize()
    up.write_text(TEMPLATE.format(title=title, table=concept), encoding="utf-8")
    down.write_text(ROLLBACK_TEMPLATE.format(name=stem, table=concept), encoding="utf-8")
    return [up, down]


def since(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f} ms"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["apply", "rollback", "status", "new"])
    parser.add_argument("name", nargs="?", help="for new: what the migration is about, as a rule the table's name")
    parser.add_argument("--database", default=os.environ.get("MIGRATIONS_DATABASE_URL"), metavar="URL")
    parser.add_argument("--steps", type=int, default=1, help="for rollback: how many migrations (default 1)")
    parser.add_argument("--all", action="store_true", help="for rollback: every migration, and so all data")
    parser.add_argument("--wait", type=float, default=60, metavar="SECONDS", help="for another run to finish")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.add_argument("--sql", type=Path, default=SQL, metavar="FOLDER", help="of migrations, views and functions")
    chosen = parser.parse_args(arguments)
    report: Report = (lambda line: None) if chosen.quiet else print
    try:
        if chosen.command == "new":
            for path in new(chosen.name or "", folder=chosen.sql):
                report(str(path))
            return 0
        if not chosen.database:
            raise MigrationRefused("which database? Set MIGRATIONS_DATABASE_URL or pass --database")
        if chosen.command == "status":
            for name, applied in status(chosen.database, folder=chosen.sql):
                print("applied" if applied else "pending", name)
            return 0
        if chosen.command == "apply":
            apply(chosen.database, folder=chosen.sql, report=report, wait_seconds=chosen.wait)
        else:
            steps = None if chosen.all else chosen.steps
            rollback(chosen.database, steps, folder=chosen.sql, report=report, wait_seconds=chosen.wait)
    except (MigrationRefused, MigrationFailed, psycopg2.Error) as error:
        print(f"migrate: {str(error).strip()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
