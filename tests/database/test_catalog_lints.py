"""The conventions of the schema, held by the catalog itself: see lints.py for the rules and their exceptions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg2.extensions import connection as Connection

from sql import migrate
from tests.support.catalog_lints import EXCEPTIONS, LINTS, Lint, offenders
from tests.support.database_server import Database

RULES = [pytest.param(lint, id=lint.rule) for lint in LINTS]


@pytest.fixture
def undone(module_database: Database) -> Iterator[Connection]:
    """A superuser's connection whose work is rolled back."""
    connection = module_database.connect(autocommit=False)
    yield connection
    connection.rollback()
    connection.close()


@pytest.mark.parametrize("lint", RULES)
def test_the_schema_keeps_the_rule(undone: Connection, lint: Lint) -> None:
    found = sorted(offenders(undone, lint))
    assert not found, f"{lint.rule}: not {', '.join(found)}. Mend it, or add it to EXCEPTIONS in lints.py with a reason"


@pytest.mark.parametrize("lint", RULES)
def test_the_lint_sees_what_breaks_its_rule(undone: Connection, lint: Lint) -> None:
    before = offenders(undone, lint)
    with undone.cursor() as cursor:
        cursor.execute(lint.proof)
    assert offenders(undone, lint) - before == {lint.proven_by}


def test_every_exception_is_still_needed_and_of_a_rule_that_exists(undone: Connection) -> None:
    assert {rule for rule, _ in EXCEPTIONS} <= {lint.rule for lint in LINTS}
    for lint in LINTS:
        with undone.cursor() as cursor:
            cursor.execute(lint.offenders)
            found = {str(row[0]) for row in cursor.fetchall()}
        unneeded = {name for rule, name in EXCEPTIONS if rule == lint.rule} - found
        assert not unneeded, f"{lint.rule}: {unneeded} keeps the rule now, so its exception may go"


def test_every_function_file_compiles_as_it_stands_and_says_what_the_catalog_says(module_database: Database) -> None:
    """Made again with their bodies checked, in the role of the deployer; and making them again changes nothing."""
    deployer = module_database.connect("postgres", autocommit=False)
    with deployer.cursor() as cursor:
        cursor.execute("SET LOCAL check_function_bodies = on")
        cursor.execute("SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc WHERE prokind = 'f'")
        before = dict(cursor.fetchall())
        for path in sorted(migrate.FUNCTIONS.glob("*.sql")):
            text = path.read_text("utf-8")
            assert f"CREATE OR REPLACE FUNCTION ops.{path.stem}(" in text, (
                f"{path.name} makes a function of another name"
            )
            assert f"SELECT ops.publish_function('ops.{path.stem}'" in text, (
                f"{path.name} does not publish what it makes"
            )
            assert "SET search_path = pg_catalog, pg_temp" in text, (
                f"{path.name}: SET search_path = pg_catalog, pg_temp"
            )
            cursor.execute(text)
        cursor.execute("SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc WHERE prokind = 'f'")
        assert dict(cursor.fetchall()) == before
    deployer.rollback()


# What the migrations themselves need, so that no file of sql/functions can make it in time.
MADE_BY_MIGRATIONS = {"publish_function", "database_identity"}


def test_every_function_in_ops_has_its_file(module_database: Database) -> None:
    rows = module_database.run("SELECT proname::text FROM pg_proc WHERE pronamespace = 'ops'::regnamespace")
    files = {path.stem for path in migrate.FUNCTIONS.glob("*.sql")}
    assert {name for (name,) in rows} - files == MADE_BY_MIGRATIONS, "a function of ops lives in sql/functions"
