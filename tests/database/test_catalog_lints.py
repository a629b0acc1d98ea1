"""The schema keeps its rules (tests/support/table_lints.py, function_lints.py), and its files are complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from sql import migrate
from tests.support.catalog_lints import LINTS, Lint, all_offenders, complaint, offenders
from tests.support.database_server import Database

RULES = [pytest.param(lint, id=lint.rule) for lint in LINTS]
VIEW_FILES = sorted(migrate.VIEWS.glob("*.sql"))


@pytest.fixture
def undone(module_database: Database) -> Iterator[Connection]:
    """A superuser's connection whose work is rolled back."""
    connection = module_database.connect(autocommit=False)
    yield connection
    connection.rollback()
    connection.close()


@pytest.mark.parametrize("lint", RULES)
def test_the_schema_keeps_the_rule(undone: Connection, lint: Lint) -> None:
    found = [complaint(lint, name) for name in sorted(offenders(undone, lint))]
    assert not found, "\n".join([*found, f"(exceptions stand with the rule, with a reason: {where(lint)})"])


def where(lint: Lint) -> str:
    """The file that holds the rule."""
    folder = Path(__file__).parents[1] / "support"
    return next(f"tests/support/{path.name}" for path in folder.glob("*_lints.py") if lint.rule in path.read_text())


@pytest.mark.parametrize("lint", RULES)
def test_the_lint_finds_what_breaks_its_rule_and_names_the_file_to_edit(undone: Connection, lint: Lint) -> None:
    before = offenders(undone, lint)
    with undone.cursor() as cursor:
        cursor.execute(lint.proof)
    assert offenders(undone, lint) - before == {lint.proven_by}
    assert re.match(rf"sql/\S+: {re.escape(lint.proven_by)} breaks the rule: .+\.$", complaint(lint, lint.proven_by))
    assert (Path(migrate.SQL).parent / complaint(lint, lint.proven_by).split(": ")[0]).exists()


@pytest.mark.parametrize("lint", [lint for lint in LINTS if lint.exceptions], ids=lambda lint: lint.rule)
def test_every_exception_is_still_needed(undone: Connection, lint: Lint) -> None:
    unneeded = set(lint.exceptions) - all_offenders(undone, lint)
    assert not unneeded, f"{where(lint)}: {unneeded} keeps the rule now ({lint.rule}): delete the exception"


# The files of sql/functions -------------------------------------------------------------------------------------------


def test_every_function_file_makes_and_publishes_the_function_of_its_name() -> None:
    for path in sorted(migrate.FUNCTIONS.glob("*.sql")):
        text = path.read_text("utf-8")
        # What the app calls to read is in schema wire, everything else in schema ops.
        schema = "wire" if f" wire.{path.stem}" in text else "ops"
        for part in (
            f"CREATE OR REPLACE FUNCTION {schema}.{path.stem}(",
            "SET search_path = pg_catalog, pg_temp",
            f"SELECT ops.publish_function('{schema}.{path.stem}'",
        ):
            assert part in text, f"sql/functions/{path.name}: write {part}"


def test_every_function_file_compiles_as_it_stands_and_says_what_the_catalog_says(module_database: Database) -> None:
    """Made again with their bodies checked, in the role of the deployer; and making them again changes nothing."""
    deployer = module_database.connect("postgres", autocommit=False)
    with deployer.cursor() as cursor:
        cursor.execute("SET LOCAL check_function_bodies = on")
        cursor.execute("SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc WHERE prokind = 'f'")
        before = dict(cursor.fetchall())
        for path in sorted(migrate.FUNCTIONS.glob("*.sql")):
            try:
                cursor.execute(path.read_text("utf-8"))
            except psycopg2.Error as error:
                pytest.fail(f"sql/functions/{path.name} does not compile: {error}")
        cursor.execute("SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc WHERE prokind = 'f'")
        assert dict(cursor.fetchall()) == before
    deployer.rollback()


# Migrations themselves call these, so no file of sql/functions can make them in time.
MADE_BY_MIGRATIONS = {"publish_function", "publish_table", "database_identity"}


def test_every_function_in_ops_has_its_file(module_database: Database) -> None:
    rows = module_database.run("SELECT proname::text FROM pg_proc WHERE pronamespace = 'ops'::regnamespace")
    made = {name for (name,) in rows}
    without = made - {path.stem for path in migrate.FUNCTIONS.glob("*.sql")} - MADE_BY_MIGRATIONS
    assert not without, f"move the text of ops.{', ops.'.join(sorted(without))} from its migration to sql/functions"
    gone = MADE_BY_MIGRATIONS - made
    assert not gone, f"tests/database/test_catalog_lints.py: delete {gone} from MADE_BY_MIGRATIONS: they exist no more"


# The files of sql/views -----------------------------------------------------------------------------------------------


def test_every_view_has_its_file(module_database: Database) -> None:
    rows = module_database.run(
        "SELECT format('%%I.%%I', relnamespace::regnamespace, relname) FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace::regnamespace::text = ANY (%s)",
        [["public", "ops", "rls", "wire"]],
    )
    without = {name for (name,) in rows} - {f"wire.{path.stem}" for path in VIEW_FILES}
    assert not without, f"move the text of {', '.join(sorted(without))} to sql/views, a file each; its schema is wire"


@pytest.mark.parametrize("path", VIEW_FILES, ids=lambda path: path.stem)
def test_a_view_file_is_complete_where_everything_is_granted_by_default(module_database: Database, path: Path) -> None:
    """Its owner, comment, options and grants are what the file says, also where defaults grant ALL on each new view."""
    view, shown = f"wire.{path.stem}", f"sql/views/{path.name}"
    deployer = module_database.connect("postgres", autocommit=False)
    with deployer.cursor() as cursor:
        expected = catalog_of(cursor, view)
        cursor.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {', '.join(REVOKED)}")
        cursor.execute(f"DROP VIEW {view} CASCADE")  # with the views that read it, which are not looked at here
        cursor.execute(path.read_text("utf-8"))
        found = catalog_of(cursor, view)
    deployer.rollback()
    assert found["owner"] == "app_owner", f"{shown}: write ALTER VIEW {view} OWNER TO app_owner"
    assert found["comment"], f"{shown}: write COMMENT ON VIEW {view} IS '...'"
    assert found["grants"] == ["authenticated SELECT"], (
        f"{shown}: write REVOKE ALL ON {view} FROM {', '.join(REVOKED)}, then GRANT SELECT ON {view} TO authenticated"
    )
    assert found == expected


REVOKED = ("PUBLIC", "anon", "authenticated", "service_role")


def catalog_of(cursor: Cursor, view: str) -> dict[str, Any]:
    """What a view is; its grants without those to the owner and the deployer."""
    cursor.execute(
        """
        SELECT jsonb_build_object(
          'owner', relowner::regrole, 'comment', obj_description(class.oid, 'pg_class'), 'options', reloptions,
          'text', pg_get_viewdef(class.oid),
          'grants', (SELECT array_agg(
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END || ' ' || privilege_type ORDER BY 1)
            FROM aclexplode(relacl) WHERE grantee NOT IN (relowner, 'postgres'::regrole)))
        FROM pg_class AS class WHERE class.oid = %s::regclass
        """,
        [view],
    )
    [(found,)] = cursor.fetchall()
    return dict(found)
