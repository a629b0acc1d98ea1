"""The database of a stage as a deployment needs it: one deployment at a time, its schema, its last drill."""

from __future__ import annotations

import contextlib
import getpass
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import parse_dsn

from sql import migrate
from sql.migration_guards import connect
from tools.deploy.trouble import Refused

SQL = migrate.SQL
# The advisory lock of a deployment, beside that of a run of migrations. The number means nothing.
DEPLOYMENT = 5_308_417_663
DRILL_DAYS = 35
"""How old the last good restore drill may be where families are; it is due once a month."""

_HOLDER = """
    SELECT a.application_name FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32) + l.objid::bigint = %s"""
# A Supabase project, in its hosts and in the pooler's users.
_PROJECT = re.compile(r"(?<![A-Za-z0-9])[a-z]{20}(?![A-Za-z0-9])")


class Turn:
    """A deployment's turn on a database: it ends with its connection, so a dead process holds none."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def check(self) -> None:
        """Raises Refused where the connection, and so the turn, was lost."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error:
            raise Refused("the connection to the database was lost, and with it the lock: run this again") from None


@contextlib.contextmanager
def turn(url: str) -> Iterator[Turn]:
    """Holds the lock of deployments of this database. Raises Refused where another deployment holds it."""
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            who = f"deploy {getpass.getuser()}@{socket.gethostname()} since {datetime.now(UTC):%H:%M} UTC"[:63]
            # It is idle while CloudFormation works.
            cursor.execute("SELECT set_config('application_name', %s, false)", [who])
            cursor.execute("SET idle_session_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [DEPLOYMENT])
            if cursor.fetchone() != (True,):
                cursor.execute(_HOLDER, [DEPLOYMENT])
                holder = cursor.fetchone()
                raise Refused(f"another deployment of this database runs ({holder[0] if holder else 'just ending'})")
        yield Turn(connection)
    finally:
        connection.close()


def apply(url: str, report: Callable[[str], None]) -> None:
    """Applies what is missing of the schema. Raises what sql/migrate.py raises."""
    migrate.apply(url, folder=SQL, report=report)


def files(names: Sequence[str]) -> list[Path]:
    """The files of these migrations."""
    return [SQL / "migrations" / f"{name}.sql" for name in names]


def newest() -> str:
    """The newest migration of this checkout."""
    return _own()[-1]


def _own() -> list[str]:
    return sorted(path.stem for path in (SQL / "migrations").glob("*.sql") if ".rollback" not in path.name)


def schema(url: str) -> tuple[str, list[str]]:
    """The newest migration that is applied (nothing where none is), and those of this checkout that are not."""
    with contextlib.closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('migrations._yoyo_migration') IS NOT NULL")
        applied: list[str] = []
        if cursor.fetchone() == (True,):
            cursor.execute("SELECT migration_id FROM migrations._yoyo_migration ORDER BY migration_id")
            applied = [row[0] for row in cursor.fetchall()]
    return (applied[-1] if applied else ""), [name for name in _own() if name not in applied]


def last_drill(url: str) -> datetime | None:
    """When a restore of this database was last proven; None where it never was."""
    with contextlib.closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('ops.maintenance_runs') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return None
        cursor.execute("SELECT last_succeeded_at FROM ops.maintenance_runs WHERE kind = 'drill'")
        row = cursor.fetchone()
        return row[0] if row else None


def drill_is_old(last: datetime | None) -> str:
    """What is wrong with the age of the last drill; nothing where it is good."""
    if last is None:
        return "no restore drill of this database ever succeeded"
    age = datetime.now(UTC) - last
    if age > timedelta(days=DRILL_DAYS):
        return f"the last good restore drill is {age.days} days old, and {DRILL_DAYS} are allowed"
    return ""


def differ(url: str, other: str) -> bool:
    """Whether two URLs name two databases, as far as their texts tell: two Supabase projects, or two on one host."""
    projects = [set(_PROJECT.findall(each)) for each in (url, other)]
    if all(projects):
        return not projects[0] & projects[1]
    first, second = parse_dsn(url), parse_dsn(other)
    return first.get("host") == second.get("host") and first.get("dbname") != second.get("dbname")
