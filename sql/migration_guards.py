"""What sql/migrate.py needs beyond yoyo: one run at a time, bounded waits, one transaction a file, no edited history.

sql/migrate.py decides what to apply; this module only makes it safe.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import parse_dsn
from yoyo import read_migrations  # type: ignore[import-untyped]
from yoyo.backends.core.postgresql import PostgresqlBackend  # type: ignore[import-untyped]
from yoyo.connections import parse_uri  # type: ignore[import-untyped]

from chalicelib.config.addresses import DEFAULT_CA, certificate_file, is_local_host

# The advisory lock of a run. The number means nothing; every run of this project uses the same.
DEPLOYER_LOCK = 5_308_417_662

NAME = re.compile(r"\d{14}_[a-z0-9_]+(\.rollback)?\.sql")
COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
# At the start of a statement these end the transaction of the run. Inside a function's body they are plpgsql.
TRANSACTION_CONTROL = re.compile(
    r"(BEGIN|COMMIT|END|ROLLBACK|ABORT|START|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b", re.IGNORECASE
)

# A run whose process is killed or whose network is gone must not keep its locks: while it executes a statement the
# server checks every second that the client is still connected, and it ends a session that is idle for a minute.
SESSION = """
    SET client_connection_check_interval = '1s';
    SET idle_session_timeout = '60s';
    SET idle_in_transaction_session_timeout = '60s';
    SET statement_timeout = 0;
    SET client_min_messages = warning;
"""

# The empty search_path makes unqualified names fail: what a migration makes must not depend on who runs it. The lock
# timeout is short because every request that needs the table waits behind the waiting migration.
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
    COMMENT ON TABLE migrations.applied_files IS
        'SHA-256 of every migration, rollback, view and function file as it was when it was applied.';
"""


class MigrationRefused(Exception):
    """Nothing was changed; the message says what to correct first."""


class MigrationFailed(Exception):
    """One file failed and was rolled back as a whole; the migrations that were applied before it stay."""


class DeployerBackend(PostgresqlBackend):  # type: ignore[misc]  # yoyo ships no types
    """yoyo on the one connection that holds the lock, with yoyo's tables in schema migrations."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__(parse_uri(url), "_yoyo_migration")

    def connect(self, dburi: object) -> Any:
        return connect(self._url)

    def init_connection(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = migrations")


def connect(url: str) -> Any:
    """A connection in autocommit. A malformed URL is not repeated in the error: it contains a password.

    A server on another machine proves its name by its certificate before it gets the password. DATABASE_CA names
    the certificate authority, as it does for the application.
    """
    try:
        parameters = parse_dsn(url)
    except psycopg2.ProgrammingError:
        raise MigrationRefused("the database's URL is malformed: write postgresql://user:password@host/name") from None
    if not is_local_host(parameters.get("host", "")):
        authority = certificate_file(os.environ.get("DATABASE_CA", DEFAULT_CA))
        parameters |= {"sslmode": "verify-full", "sslrootcert": authority, "require_auth": "scram-sha-256"}
    connection = psycopg2.connect(
        **parameters,
        application_name="migrate",
        connect_timeout=10,
        keepalives_idle=5,
        keepalives_interval=5,
        keepalives_count=3,
    )
    connection.autocommit = True
    return connection


@contextlib.contextmanager
def only_deployer(url: str, wait_seconds: float) -> Iterator[DeployerBackend]:
    """A backend that holds the lock of a run. The lock ends with the connection, so a dead process holds none."""
    backend = DeployerBackend(url)
    try:
        backend.execute(SESSION)
        backend.execute("SET lock_timeout = :wait", {"wait": f"{int(wait_seconds * 1000)}ms"})
        try:
            backend.execute("SELECT pg_advisory_lock(:key)", {"key": DEPLOYER_LOCK})
        except LockNotAvailable:
            raise MigrationRefused(
                f"another run has been migrating this database for {wait_seconds:g} s; "
                "run this again when it is done (application_name 'migrate' in pg_stat_activity)"
            ) from None
        backend.execute(BOOKKEEPING)
        backend.create_lock_table()
        # A row in yoyo's own lock table was left by a process that died: a live one waits for the lock held here.
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
    """Turns the database's error into MigrationFailed with the file's name. Its DETAIL may quote a row: left out."""
    try:
        yield
    except psycopg2.Error as error:
        message = error.diag.message_primary or str(error).strip()
        if error.diag.context:
            message += f" ({error.diag.context.splitlines()[0]})"
        if isinstance(error, LockNotAvailable):
            message += ". Another session holds a lock that it needs (pg_stat_activity): run this again later"
        raise MigrationFailed(f"{file} failed and was rolled back: {message}") from error


def back_to_bookkeeping(backend: DeployerBackend) -> None:
    """Undoes SET ROLE and SET LOCAL search_path of a migration, for the bookkeeping in the same transaction."""
    backend.execute("RESET ROLE; SET LOCAL search_path = migrations")


def read_folder(folder: Path) -> Any:
    """yoyo's list of the migrations. Refuses a file with a wrong name, without its pair, or without a statement."""
    if not folder.is_dir():
        raise MigrationRefused(f"there is no folder {folder}")
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
        if not NAME.fullmatch(path.name):
            raise MigrationRefused(
                f"{path.name}: a migration is named YYYYMMDDHHMMSS_concept.sql, with a .rollback.sql beside it"
            )
        for half in pair(folder, path.name.removesuffix(".sql").removesuffix(".rollback")):
            if not half.exists():
                raise MigrationRefused(f"{path.name} has no {half.name} beside it: write it")
        if not or_none(path.read_text(encoding="utf-8")):
            raise MigrationRefused(f"{path.name} holds comments alone: write its statements")
    found = read_migrations(glob.escape(str(folder)))
    for migration in found:
        migration.load()
        if not migration.use_transactions:
            raise MigrationRefused(f"{migration.id}.sql asks to run outside a transaction: it could not be rolled back")
        for step in (wrapped.step for wrapped in migration.steps):
            # yoyo takes a comment at the end of the file for a statement; Postgres refuses to run it.
            step._apply = or_none(step._apply)
            step._rollback = or_none(step._rollback)
            refuse_transaction_control(f"{migration.id}.sql", [step._apply])
            refuse_transaction_control(f"{migration.id}.rollback.sql", [step._rollback])
    return found


def without_comments(statement: str) -> str:
    """The statement without its comments; only good to look at, because -- may also be part of a literal."""
    return COMMENTS.sub("", statement).strip()


def or_none(statement: str | None) -> str | None:
    """The statement, or None where it is a comment alone."""
    return statement if statement and without_comments(statement) else None


def refuse_transaction_control(file: str, statements: Iterable[str | None]) -> None:
    if any(TRANSACTION_CONTROL.match(without_comments(statement or "")) for statement in statements):
        raise MigrationRefused(f"{file} begins or ends a transaction itself: it already runs in one")


def check_history(backend: DeployerBackend, folder: Path, found: Any) -> None:
    """Refuses what would make two databases differ although both list the same migrations."""
    stored = dict(backend.execute("SELECT file, sha256 FROM applied_files").fetchall())
    applied = [
        row[0] for row in backend.execute("SELECT migration_id FROM _yoyo_migration ORDER BY migration_id").fetchall()
    ]
    for name in applied:
        for path in pair(folder, name):
            if not path.exists():
                raise MigrationRefused(
                    f"{path.name} is applied but not in {folder.name}/: deploy from a checkout that has it"
                )
            if stored.get(f"migrations/{path.name}") != checksum(path):
                raise MigrationRefused(
                    f"{path.name} was changed after it was applied: restore it (git checkout) and write a new migration"
                )
    for migration in found:
        if applied and migration.id not in applied and migration.id < applied[-1]:
            raise MigrationRefused(
                f"{migration.id} is older than {applied[-1]}, which is applied: rename it to a newer timestamp"
            )


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
