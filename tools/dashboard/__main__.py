"""The command: asks every query, writes dist/dashboard-STAGE.html, which its owner alone may read."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from chalicelib.config.addresses import DEFAULT_CA, certificate_file, is_local_host
from local.settings import ROOT
from tools.dashboard.page import Answer, render
from tools.operate.stage import Mistaken, choose
from tools.postgres_programs import where

QUERIES = ROOT / "sql" / "dashboards"
FOLDER = ROOT / "dist"
SECONDS = 20
"""For each query: on a database in trouble, the others shall be seen."""
FIRST = ("health", "service_levels", "schedules", "queue", "errors")
"""In this order; the other queries follow by their names."""


def ask(connection: Connection, path: Path) -> Answer:
    """The answer to one query; where it fails, the class of the error in its place."""
    text = path.read_text("utf-8")
    about = " ".join(line[2:].strip() for line in text.split("\n\n")[0].splitlines() if line.startswith("--"))
    about = about.removeprefix(f"{path.stem.replace('_', ' ').capitalize()}: ")
    about = about[:1].upper() + about[1:]
    with connection.cursor() as cursor:
        try:
            cursor.execute(text)
        except psycopg2.Error as error:
            return Answer(path.stem, about, (), (), failed=type(error).__name__)
        columns = [column.name for column in cursor.description or ()]
        return Answer(path.stem, about, tuple(columns), tuple(cursor.fetchall()))


def ask_all(connection: Connection) -> list[Answer]:
    """The answers to all queries, in the order in which they are shown."""
    connection.set_session(readonly=True, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, false), set_config('TimeZone', 'UTC', false)", [f"{SECONDS}s"]
        )
    paths = {path.stem: path for path in sorted(QUERIES.glob("*.sql"))}
    return [ask(connection, paths[name]) for name in sorted(paths, key=_place)]


def _place(name: str) -> tuple[int, str]:
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def connect(url: str) -> Connection:
    """Outside this machine only to a server that shows the configured authority's certificate, as the app connects."""
    parameters = {**parse_dsn(url), "connect_timeout": "5"}
    if not is_local_host(parameters.get("host", "")):
        authority = certificate_file(os.environ.get("DATABASE_CA") or DEFAULT_CA)
        parameters |= {"sslmode": "verify-full", "sslrootcert": authority}
    connection: Connection = psycopg2.connect(**parameters)
    return connection


def main() -> int:
    """Returns the exit code."""
    try:
        stage = choose()
    except Mistaken as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 2
    url = os.environ.get("MIGRATIONS_DATABASE_URL")
    if not url:
        print("error: set MIGRATIONS_DATABASE_URL too: the app's own login may not read the tables", file=sys.stderr)
        return 2
    print(f"stage {stage.name}, database {where(url)}")
    try:
        connection = connect(url)
    except psycopg2.Error:
        # libpq's own text names the user and the address.
        print("error: the database does not answer, or refuses this user", file=sys.stderr)
        return 1
    try:
        answers = ask_all(connection)
    finally:
        connection.close()
    path = FOLDER / f"dashboard-{stage.name}.html"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(render(answers, stage.name, where(url), datetime.now(UTC)))
    print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
