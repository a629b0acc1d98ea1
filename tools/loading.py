"""Loads a dump of our schemas into an empty database, as `make drill` does it and `make restore`.

The database is one that Supabase handed out: schema auth is there, nothing of ours is. The role that loads is the one
that applies migrations, and no superuser.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from sql import migrate
from sql.migration_guards import connect
from tools.postgres_programs import name_of, run

SCHEMAS = ("public", "ops", "rls", "wire", "migrations")
# Roles and their settings belong to the cluster: no dump of a database contains them.
_ROLES_OF = "20261120090000_roles_and_schemas.sql"
_SETTINGS_OF = ("20261121150000_quiet_server_log.sql",)
_REFERENCE = re.compile(
    r"ALTER TABLE ONLY (?P<schema>\w+)\.(?P<table>\w+)\s+ADD CONSTRAINT \w+"
    r" FOREIGN KEY \((?P<column>\w+)\) REFERENCES auth\.users\(id\)"
)


# Schema public exists already, as in a new Supabase project. Default privileges are of the target, and nobody may set
# those of Supabase's own roles.
_LEFT_OUT = (" SCHEMA - public ", " DEFAULT ACL ")


class TargetHoldsData(Exception):
    """The database has tables of ours already; the message says how many."""


def load(dump: Path, url: str) -> int:
    """Loads a dump; returns how many people it names who had no account there: their ids were put into auth.users.

    Raises TargetHoldsData, before anything is written, or ProgramFailed, which leaves a database to be dropped.
    """
    with contextlib.closing(connect(url)) as target:
        _check_empty(target)
        _prepare(target)
        with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
            entries = run("pg_restore", ["--list", str(dump)]).splitlines(keepends=True)
            chosen.write("".join(entry for entry in entries if not any(left in entry for left in _LEFT_OUT)))
            chosen.flush()
            common = [f"--use-list={chosen.name}", "--exit-on-error", "--single-transaction", "--no-password"]
            database = f"--dbname={name_of(url)}"
            for section in ("pre-data", "data"):
                run("pg_restore", [*common, database, f"--section={section}", str(dump)], url)
            added = _add_missing_people(target, dump)
            run("pg_restore", [*common, database, "--section=post-data", str(dump)], url)
    return added


def _check_empty(target: Connection) -> None:
    with target.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class JOIN pg_namespace AS space ON space.oid = relnamespace"
            " WHERE nspname = ANY (%s) AND relkind IN ('r', 'p', 'v', 'm', 'S')",
            [list(SCHEMAS)],
        )
        [(count,)] = cursor.fetchall()
    if count:
        raise TargetHoldsData(f"it has {count} tables and views: a dump is loaded into an empty database alone")


def _prepare(target: Connection) -> None:
    """Our roles, and no default privileges.

    A dump contains the grants beyond Postgres's own defaults, and revokes nothing. With Supabase's defaults, anon would
    get every right on every table (docs/decisions/restore-and-default-privileges.md).
    """
    roles = (migrate.MIGRATIONS / _ROLES_OF).read_text("utf-8").split("-- Schemas ---")[0]
    settings = [(migrate.MIGRATIONS / name).read_text("utf-8") for name in _SETTINGS_OF]
    with target.cursor() as cursor:
        cursor.execute("".join([roles, *settings]))
        # app_owner becomes the owner of the tables before the dump grants it this.
        cursor.execute("GRANT CREATE, USAGE ON SCHEMA public TO app_owner")
        for kind in ("TABLES", "FUNCTIONS", "SEQUENCES"):
            cursor.execute(
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON {kind}"
                " FROM postgres, anon, authenticated, service_role"
            )


def _add_missing_people(target: Connection, dump: Path) -> int:
    """The ids that tables refer to and auth.users lacks. Supabase Auth's own backup brings their addresses later."""
    constraints = run("pg_restore", ["--section=post-data", "--file=-", str(dump)])
    added = 0
    with target.cursor() as cursor:
        for found in _REFERENCE.finditer(constraints):
            cursor.execute(
                sql.SQL(
                    "INSERT INTO auth.users (id) SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"
                    " ON CONFLICT (id) DO NOTHING"
                ).format(column=sql.Identifier(found["column"]), table=sql.Identifier(found["schema"], found["table"]))
            )
            added += cursor.rowcount
    return added
