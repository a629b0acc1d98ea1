"""Brings a database to the state the files beside this one describe: migrations once each, then functions as they read now.

    python sql/migrate.py apply | rollback [--steps N | --all] | status | new NAME      [--database URL]

yoyo reads the migrations, orders them and keeps the list of what was applied. It has no guards, so they are here: one
deployer at a time, bounded waits, one transaction a migration with its bookkeeping inside, and a stored checksum of every
applied file. Runs as a role that owns the database and is no superuser, over a direct connection (the lock belongs to
the session, so a pooler in transaction mode will not do). Never prints the database's address.
"""

from __future__ import annotations

import argparse
import contextlib
import glob
import hashlib
import io
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import sqlparse
from psycopg2.errors import LockNotAvailable
from yoyo import read_migrations  # type: ignore[import-untyped]
from yoyo.backends.core.postgresql import PostgresqlBackend  # type: ignore[import-untyped]
from yoyo.connections import parse_uri  # type: ignore[import-untyped]

SQL = Path(__file__).resolve().parent
MIGRATIONS = SQL / "migrations"
FUNCTIONS = SQL / "functions"

# Any number will do, as long as every deployer of this project uses the same.
DEPLOYER_LOCK = 5_308_417_662

NAME = re.compile(r"\d{14}_[a-z0-9_]+(\.rollback)?\.sql")
COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
# Inside a function's body BEGIN is a keyword of plpgsql; at the start of a statement it would end our transaction.
TRANSACTION_CONTROL = re.compile(
    r"(BEGIN|COMMIT|END|ROLLBACK|ABORT|START|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b", re.IGNORECASE
)

# A deployer that is killed, frozen or unplugged must not keep its locks: the server looks for the client while it works,
# and ends a session that stays silent.
SESSION = """
    SET client_connection_check_interval = '1s';
    SET idle_session_timeout = '60s';
    SET idle_in_transaction_session_timeout = '60s';
    SET statement_timeout = 0;
    SET client_min_messages = warning;
"""

# Unqualified names fail: what a migration makes must not depend on who runs it. Rather fail after five seconds than queue
# the whole application behind a lock that somebody else holds.
TRANSACTION = """
    SET LOCAL search_path = '';
    SET LOCAL lock_timeout = '5s';
    SET LOCAL statement_timeout = '5min';
    SET LOCAL check_function_bodies = off;
"""

BOOKKEEPING = """
    CREATE SCHEMA IF NOT EXISTS migrations;
    COMMENT ON SCHEMA migrations IS 'What was applied to this database, kept by sql/migrate.py.';
    CREATE TABLE IF NOT EXISTS migrations.applied_files (
        file TEXT CONSTRAINT applied_files_pkey PRIMARY KEY,
        sha256 TEXT NOT NULL,
        applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
    );
    COMMENT ON TABLE migrations.applied_files IS 'Checksum of every applied migration, rollback and function file, as it read when it was applied.';
"""

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

Report = Callable[[str], None]


class MigrationRefused(Exception):
    """Nothing was changed; the message says what to mend first."""


class MigrationFailed(Exception):
    """One file failed and left nothing of itself; what was applied before it stays."""


@dataclass(frozen=True)
class Outcome:
    """What a run did: ids of migrations applied or rolled back, names of function files whose text was new or changed,
    and names of files that are gone while their function still exists."""

    migrations: list[str]
    functions: list[str]
    functions_left_over: list[str]


class DeployerBackend(PostgresqlBackend):  # type: ignore[misc]  # yoyo ships no types
    """yoyo on one connection, the one that holds the lock, with its tables in schema migrations."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__(parse_uri(url), "_yoyo_migration")

    def connect(self, dburi: object) -> Any:
        connection = psycopg2.connect(
            self._url,
            application_name="migrate",
            connect_timeout=10,
            keepalives_idle=5,
            keepalives_interval=5,
            keepalives_count=3,
        )
        connection.autocommit = True
        return connection

    def init_connection(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = migrations")


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
    """Undoes the last `steps` migrations, None for all. Functions are left alone and re-applied by the next apply."""
    found = read_folder(migrations)
    with only_deployer(url, wait_seconds) as backend:
        check_history(backend, migrations, found)
        undone = []
        for migration in list(backend.to_rollback(found))[:steps]:
            started = time.monotonic()
            with one_file(backend, f"{migration.id}.rollback.sql"):
                with contextlib.redirect_stdout(io.StringIO()):
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
    with contextlib.closing(psycopg2.connect(url, connect_timeout=10)) as connection, connection.cursor() as cursor:
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


# -- the guards ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def only_deployer(url: str, wait_seconds: float) -> Iterator[DeployerBackend]:
    """A backend that holds the deployers' lock; it goes with the connection, so the dead hold nothing."""
    backend = DeployerBackend(url)
    try:
        backend.execute(SESSION)
        backend.execute("SET lock_timeout = :wait", {"wait": f"{int(wait_seconds * 1000)}ms"})
        try:
            backend.execute("SELECT pg_advisory_lock(:key)", {"key": DEPLOYER_LOCK})
        except LockNotAvailable:
            raise MigrationRefused(
                f"another deployer has been migrating this database for {wait_seconds:g} s; "
                "try again when it is done (application_name 'migrate' in pg_stat_activity)"
            ) from None
        backend.execute(BOOKKEEPING)
        backend.create_lock_table()
        # A row in yoyo's own lock table can only be a dead deployer's: the living wait for the lock we hold.
        backend.break_lock()
        with backend.lock():
            backend.ensure_internal_schema_updated()
            yield backend
    finally:
        backend.connection.close()


@contextlib.contextmanager
def one_file(backend: DeployerBackend, file: str) -> Iterator[None]:
    """One transaction for one migration file and its bookkeeping."""
    with naming(file), backend.transaction():
        backend.execute(TRANSACTION)
        yield


@contextlib.contextmanager
def naming(file: str) -> Iterator[None]:
    """Turns the database's error into one that says which file it came from."""
    try:
        yield
    except psycopg2.Error as error:
        said = error.diag.message_primary or str(error).strip()
        where = f" ({error.diag.context.splitlines()[0]})" if error.diag.context else ""
        raise MigrationFailed(f"{file} failed, nothing of it was kept: {said}{where}") from error


def back_to_bookkeeping(backend: DeployerBackend) -> None:
    """A migration may have become another role on its way."""
    backend.execute("RESET ROLE; SET LOCAL search_path = migrations")


def read_folder(folder: Path) -> Any:
    """yoyo's list of the migrations, after a look at every file: a pair each, well named, not empty, one transaction."""
    if not folder.is_dir():
        raise MigrationRefused(f"there is no folder {folder}")
    for path in sorted(folder.iterdir()):
        if not NAME.fullmatch(path.name):
            raise MigrationRefused(
                f"{path.name}: a migration is named YYYYMMDDHHMMSS_concept.sql, with a .rollback.sql beside it"
            )
        for twin in pair(folder, path.name.removesuffix(".sql").removesuffix(".rollback")):
            if not twin.exists():
                raise MigrationRefused(f"{path.name} has no {twin.name} beside it")
        if not COMMENTS.sub("", path.read_text(encoding="utf-8")).strip():
            raise MigrationRefused(f"{path.name} says nothing: write its statements")
    found = read_migrations(glob.escape(str(folder)))
    for migration in found:
        migration.load()
        if not migration.use_transactions:
            raise MigrationRefused(f"{migration.id}.sql asks to run outside a transaction: nothing could take it back")
        for step in migration.steps:
            refuse_transaction_control(f"{migration.id}.sql", [step.step._apply or ""])
            refuse_transaction_control(f"{migration.id}.rollback.sql", [step.step._rollback or ""])
    return found


def refuse_transaction_control(file: str, statements: list[str]) -> None:
    if any(TRANSACTION_CONTROL.match(COMMENTS.sub("", statement).lstrip()) for statement in statements):
        raise MigrationRefused(f"{file} begins or ends a transaction itself: it already runs in one")


def check_history(backend: DeployerBackend, folder: Path, found: Any) -> None:
    """Refuses what would make two databases with the same list of migrations differ."""
    stored = dict(backend.execute("SELECT file, sha256 FROM applied_files").fetchall())
    applied = [
        row[0] for row in backend.execute("SELECT migration_id FROM _yoyo_migration ORDER BY migration_id").fetchall()
    ]
    for name in applied:
        for path in pair(folder, name):
            if not path.exists():
                raise MigrationRefused(
                    f"{path.name} is applied but not in the folder: deploy from a checkout that has it"
                )
            if stored.get(f"migrations/{path.name}") != checksum(path):
                raise MigrationRefused(
                    f"{path.name} was changed after it was applied: restore it and write a new migration"
                )
    for migration in found:
        if applied and migration.id not in applied and migration.id < applied[-1]:
            raise MigrationRefused(
                f"{migration.id} is older than {applied[-1]}, which is applied: give it a newer timestamp"
            )


# -- functions -----------------------------------------------------------------------------------------------------------


def apply_functions(backend: DeployerBackend, folder: Path, *, force: bool, report: Report) -> list[str]:
    """Applies every function file in one transaction when the text of any is new, or a migration ran before."""
    files = {f"functions/{path.name}": path for path in sorted(folder.glob("*.sql"))}
    stored = dict(backend.execute("SELECT file, sha256 FROM applied_files").fetchall())
    changed = [path.name for file, path in files.items() if stored.get(file) != checksum(path)]
    if not files or not (changed or force):
        return []
    for file, path in files.items():
        refuse_transaction_control(file, sqlparse.split(path.read_text(encoding="utf-8")))
    started = time.monotonic()
    with backend.transaction():
        for file, path in files.items():
            with naming(file):
                backend.execute(TRANSACTION)
                backend.cursor().execute(path.read_text(encoding="utf-8"))
                back_to_bookkeeping(backend)
            remember(backend, file, checksum(path))
    report(f"applied {len(files)} functions, {len(changed)} of them new or changed ({since(started)})")
    return changed


def functions_left_over(backend: DeployerBackend, folder: Path) -> list[str]:
    """Files that were applied once and are gone, while a function of their name is still there."""
    stored = [
        row[0]
        for row in backend.execute("SELECT file FROM applied_files WHERE starts_with(file, 'functions/')").fetchall()
    ]
    gone = [file.removeprefix("functions/") for file in stored if not (folder.parent / file).exists()]
    left_over = []
    for name in gone:
        if backend.execute("SELECT FROM pg_proc WHERE proname = :name", {"name": name.removesuffix(".sql")}).rowcount:
            left_over.append(name)
        else:
            backend.execute("DELETE FROM applied_files WHERE file = :file", {"file": f"functions/{name}"})
    return left_over


# -- small parts ---------------------------------------------------------------------------------------------------------


def pair(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.sql", folder / f"{name}.rollback.sql"


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def remember(backend: DeployerBackend, file: str, sha256: str) -> None:
    backend.execute(
        "INSERT INTO applied_files (file, sha256) VALUES (:file, :sha256) "
        "ON CONFLICT (file) DO UPDATE SET sha256 = excluded.sha256, applied_at = now()",
        {"file": file, "sha256": sha256},
    )


def since(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f} ms"


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
