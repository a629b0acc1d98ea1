"""A rule that the catalog must keep, and the sentence that says where to correct what breaks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg2.extensions import connection as Connection

from sql import migrate
from tests.support.isolation_page import SCHEMAS

OURS = tuple(schema for schema in SCHEMAS if schema != "migrations")
"""The schemas that the rules are for; schema migrations is yoyo's own."""


@dataclass(frozen=True)
class Lint:
    rule: str
    query: str
    """One column: the name of each thing that breaks the rule."""
    proof: str
    """SQL that makes one offender, by which the lint is proven to find any."""
    proven_by: str
    """That offender's name."""
    write: str
    """What to write in the offender's file; {name} is its name."""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """What may break the rule, with the reason."""


def offenders(connection: Connection, lint: Lint) -> set[str]:
    """The names of whatever breaks the rule and is no exception."""
    return all_offenders(connection, lint) - set(lint.exceptions)


def all_offenders(connection: Connection, lint: Lint) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(lint.query)
        return {str(row[0]) for row in cursor.fetchall()}


def complaint(lint: Lint, name: str) -> str:
    return f"{file_of(name)}: {name} breaks the rule: {lint.rule}. {lint.write.format(name=name)}."


def file_of(name: str) -> str:
    """The file to edit for a thing of the catalog: its own in sql/functions or sql/views, else the newest migration
    that names it. If that one is applied anywhere already, `make migration` begins the next."""
    schema, _, rest = name.rpartition(".")
    for kind, folder in (("functions", migrate.FUNCTIONS), ("views", migrate.VIEWS)):
        if (folder / f"{rest}.sql").exists() and schema in ("ops", "wire"):
            return f"sql/{kind}/{rest}.sql"
    for wanted in (name, rest):
        for path in sorted(migrate.MIGRATIONS.glob("*.sql"), reverse=True):
            named = re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\w.])", path.read_text("utf-8"))
            if named and not path.name.endswith(".rollback.sql"):
                return f"sql/migrations/{path.name}"
    return "sql/migrations"
