"""Everybody tries everything: each persona of isolation.md, on every table, view, column and function in the catalog.

What the page allows must work and show exactly the rows it says; all the rest must be refused by Postgres itself. Each
try is made as PostgREST would make it, logged in as authenticator, with role and claims set. Run on a database with
Supabase's default privileges, which grant everything to everybody, and on one without them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg2.extensions import connection as Connection

from sql import migrate
from tests.support import isolation_page, isolation_rows
from tests.support.database_server import Cluster
from tests.support.isolation_page import REFUSED, ROLES, Cell, Page
from tests.support.isolation_rows import IsolationRows

PERSONAS = list(ROLES)

# By which column a row shows whose it is.
FAMILY_OF = {"public.families": "id", "wire.families": "id"}
OWN_BY = {"public.profiles": "user_id", "public.recordings": "created_by"}

# Tried on every table and view; nobody may do any of it. {} is the relation.
VERBS = {
    "SELECT *": "SELECT * FROM {}",
    "INSERT": "INSERT INTO {} DEFAULT VALUES",
    "upsert": "INSERT INTO {} DEFAULT VALUES ON CONFLICT DO NOTHING",
    "MERGE": "MERGE INTO {} USING (SELECT 1) AS new ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES",
    "DELETE": "DELETE FROM {}",
    "TRUNCATE": "TRUNCATE {}",
    "TRUNCATE CASCADE": "TRUNCATE {} CASCADE",
    "TRIGGER": "CREATE TRIGGER mine AFTER INSERT ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "REFERENCES": "CREATE UNLOGGED TABLE playground.mine (theirs uuid REFERENCES {})",
    "LOCK": "LOCK TABLE {} IN ROW EXCLUSIVE MODE",
    "ALTER": "ALTER TABLE {} ADD COLUMN mine text",
    "DROP": "DROP TABLE {} CASCADE",
    "POLICY": "CREATE POLICY mine ON {} USING (true)",
    "RLS OFF": "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
}

# Runs each statement in a subtransaction that is undone whatever comes of it: '' went through, or SQLSTATE and message.
TRY = """
CREATE FUNCTION pg_temp.try(statements text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  outcomes text[] := '{}';
  statement text;
BEGIN
  FOREACH statement IN ARRAY statements LOOP
    BEGIN
      EXECUTE statement;
      RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN OTHERS THEN
      outcomes := outcomes || CASE SQLSTATE WHEN 'ZZ000' THEN '' ELSE SQLSTATE || ' ' || SQLERRM END;
    END;
  END LOOP;
  RETURN outcomes;
END
$$
"""


@pytest.fixture(scope="module", params=[True, False], ids=["supabase-defaults", "no-defaults"])
def families(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[IsolationRows]:
    """Two families and all personas, where Supabase's default privileges were in force when the migrations ran, or not.

    Without them it is a database of old, from before Postgres 15, whose schema public is open to everybody's objects.
    `playground` is a schema where everybody may make tables: without one, REFERENCES could not be tried.
    """
    with cluster.database("template1") as database:
        cluster.shape(database.name, default_privileges=request.param)
        if not request.param:
            database.run("GRANT CREATE ON SCHEMA public TO PUBLIC")
        migrate.apply(database.url("postgres"), report=lambda line: None)
        database.run("CREATE SCHEMA playground; GRANT ALL ON SCHEMA playground TO PUBLIC")
        yield isolation_rows.build(database)


@pytest.fixture(scope="module")
def page() -> Page:
    return isolation_page.read_page()


def session(families: IsolationRows, persona: str) -> Connection:
    person = persona if persona in families.people else None
    connection = families.connect(ROLES[persona], person)
    with connection.cursor() as cursor:
        cursor.execute(TRY)
    return connection


def tries(connection: Connection, statements: list[str]) -> list[str]:
    """What became of each: '' it went through (and was undone), else SQLSTATE and message."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_temp.try(%s)", [statements])
        row = cursor.fetchone()
        assert row is not None
        return list(row[0])


def was_refused(outcome: str) -> bool:
    """By privilege, ownership or row-level security; or because a view takes no writing at all."""
    return outcome.startswith(("42501 ", "55000 cannot", "0A000 cannot", "42809 "))


def test_everything_in_the_catalog_stands_on_the_page(families: IsolationRows, page: Page) -> None:
    found: set[Cell] = {
        (relation, column)
        for relation, names in isolation_page.columns(families.database).items()
        for column in names
        if relation not in page.closed
    }
    undeclared = sorted(".".join(cell) for cell in found - set(page.reading))
    assert not undeclared, f"isolation.md, Reading or Closed: say who may see {', '.join(undeclared)}"
    functions = set(isolation_page.calls(families.database))
    missing = sorted(functions - set(page.functions))
    assert not missing, f"isolation.md, Functions: say who may call {', '.join(missing)}"

    gone = {".".join(cell) for cell in (set(page.reading) | set(page.updating)) - found}
    gone |= (page.closed - set(isolation_page.columns(families.database))) | (set(page.functions) - functions)
    assert not gone, f"isolation.md: these are no more, take them out: {', '.join(sorted(gone))}"


def test_grants_are_exactly_those_of_the_page(families: IsolationRows, page: Page) -> None:
    declared: dict[tuple[Cell, str], set[str]] = {}
    for privilege, cells in (("SELECT", page.reading), ("UPDATE", page.updating)):
        for cell, outcomes in cells.items():
            for persona, outcome in outcomes.items():
                if outcome != REFUSED:
                    declared.setdefault((cell, ROLES[persona]), set()).add(privilege)
    assert isolation_page.grants_on_columns(families.database) == declared
    assert isolation_page.grants_on_functions(families.database) == page.functions


def test_schemas_are_open_to_whom_the_page_says_and_nobody_makes_anything_in_them(
    families: IsolationRows, page: Page
) -> None:
    roles = sorted(set(ROLES.values()))
    for schema in isolation_page.SCHEMAS:
        rows = families.database.run(
            "SELECT role, has_schema_privilege(role, %s, 'USAGE'), has_schema_privilege(role, %s, 'CREATE')"
            " FROM unnest(%s) AS role",
            [schema, schema, roles],
        )
        assert {role for role, usage, _ in rows if usage} == page.schemas[schema], schema
        assert not [role for role, _, create in rows if create], schema
    sequences = families.database.run(
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace::regnamespace::text = ANY (%s)",
        [["public", "ops", "rls", "wire"]],
    )
    assert not sequences, "ids are UUIDs; a sequence needs grants of its own, so first teach this test about sequences"


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_column_is_read_by_whom_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    connection = session(families, persona)
    wrong = []
    for relation, names in isolation_page.columns(families.database).items():
        outcomes = tries(connection, [f'SELECT "{name}" FROM {relation}' for name in names])
        for name, outcome in zip(names, outcomes, strict=True):
            allowed = page.readable((relation, name), persona) != REFUSED
            if allowed != (outcome == "") or not (allowed or was_refused(outcome)):
                wrong.append(f"{relation}.{name}: {outcome or 'read'}")
    assert not wrong, f"{persona}: {wrong}"


@pytest.mark.parametrize("persona", [name for name, role in ROLES.items() if role == "authenticated"])
def test_each_table_shows_exactly_the_rows_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    connection = session(families, persona)
    for relation in sorted({relation for relation, _ in page.reading}):
        word = page.rows_of(relation, persona)
        if word == REFUSED:
            continue  # tried above
        key = OWN_BY[relation] if word == "own" else FAMILY_OF.get(relation, "family_id")
        expected = {"none": set(), "ours": {families.ours}, "own": {families.people[persona]}}[word]
        everything = set(families.database.run(f"SELECT {key}::text FROM {public_name(relation)}"))
        assert len(everything) > len(expected), (
            f"isolation_rows.py: {relation} holds no row of another's, so this proves nothing"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {key}::text FROM {relation}")
            seen = {row[0] for row in cursor.fetchall()}
        assert seen == expected, f"{persona} reads {relation}"


def public_name(relation: str) -> str:
    """The table behind a view: wire.families asks who its reader is, and shows a superuser nothing."""
    return {"wire.families": "public.families", "wire.members": "public.family_members"}.get(relation, relation)


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_column_is_written_by_whom_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    connection = session(families, persona)
    wrong = []
    for relation, names in isolation_page.columns(families.database).items():
        closed = [cell for cell in names if page.updatable((relation, cell), persona) == REFUSED]
        statements = [f'UPDATE {relation} SET "{name}" = DEFAULT' for name in closed]
        statements += [f'INSERT INTO {relation} ("{name}") VALUES (DEFAULT)' for name in names]
        outcomes = tries(connection, statements)
        wrong += [
            f"{statement}: {outcome or 'done'}"
            for statement, outcome in zip(statements, outcomes, strict=True)
            if not was_refused(outcome)
        ]
    assert not wrong, f"{persona}: {wrong}"


@pytest.mark.parametrize("persona", PERSONAS)
def test_what_may_be_written_is_written_to_the_rows_the_page_says(
    families: IsolationRows, page: Page, persona: str
) -> None:
    connection = session(families, persona)
    connection.autocommit = False
    for (relation, column), outcomes in page.updating.items():
        word = outcomes.get(persona, REFUSED)
        if word == REFUSED:
            continue  # tried above
        by = OWN_BY[relation]
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {relation} SET {column} = now() RETURNING family_id::text, {by}::text")
            rows = cursor.fetchall()
        connection.rollback()
        assert {family for family, _ in rows} == (set() if word == "none" else {families.ours}), relation
        if word == "own":
            assert {maker for _, maker in rows} == {families.people[persona]}, relation
        elif word == "ours":
            assert len({maker for _, maker in rows}) > 1, relation
    connection.autocommit = True


@pytest.mark.parametrize("persona", PERSONAS)
def test_nobody_does_anything_else_to_any_table(families: IsolationRows, page: Page, persona: str) -> None:
    connection = session(families, persona)
    wrong = []
    for relation, names in isolation_page.columns(families.database).items():
        whole = all(page.readable((relation, name), persona) != REFUSED for name in names)
        verbs = [verb for verb in VERBS if not (verb == "SELECT *" and whole)]
        outcomes = tries(connection, [VERBS[verb].format(relation) for verb in verbs])
        wrong += [
            f"{verb} {relation}: {outcome or 'done'}"
            for verb, outcome in zip(verbs, outcomes, strict=True)
            if not was_refused(outcome)
        ]
    assert not wrong, f"{persona}: {wrong}"


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_function_is_called_by_whom_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    """Really called, with NULLs: whatever a function says to them, it was let through to say it."""
    connection = session(families, persona)
    wrong = []
    for name, signatures in isolation_page.calls(families.database).items():
        role = ROLES[persona]
        allowed = role in page.functions.get(name, ()) and role in page.schemas[name.split(".")[0]]
        for outcome in tries(connection, [f"SELECT {call}" for call in signatures]):
            if allowed == outcome.startswith("42501 permission denied for"):
                wrong.append(f"{name}: {outcome or 'called'}")
    assert not wrong, f"{persona}: {wrong}"
