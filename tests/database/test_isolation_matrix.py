"""Each persona of isolation.md tries everything on every table, view, column and function of the catalog.

What the page allows must work and show exactly the rows it says; Postgres itself must refuse all the rest. Each try is
made as PostgREST would make it, logged in as authenticator, with role and claims set. Run on a database with Supabase's
default privileges, which grant everything to everybody, and on one without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from psycopg2.extensions import connection as Connection

from sql import migrate
from tests.support import isolation_page, isolation_rows
from tests.support.database_server import Cluster
from tests.support.isolation_page import EVERY, REFUSED, ROLES, SHOWN, Page
from tests.support.isolation_rows import IsolationRows
from tests.support.lint import OURS, file_of

PERSONAS = list(ROLES)

ROWS = "tests/support/isolation_rows.py, build()"

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


@pytest.fixture(
    scope="module",
    params=[True, pytest.param(False, marks=pytest.mark.heavy)],
    ids=["supabase-defaults", "no-defaults"],
)
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


def fail_if(wrong: list[str]) -> None:
    assert not wrong, "\n".join(wrong)


def test_everything_in_the_catalog_is_on_the_page_and_nothing_else(families: IsolationRows, page: Page) -> None:
    found = isolation_page.columns(families.database)
    wrong = []
    for relation, names in found.items():
        undeclared = [name for name in names if not page.is_declared(relation, name)]
        if undeclared:
            wrong.append(f"{SHOWN}: under Reading, say who reads {', '.join(undeclared)} of {relation}")
    for relation, column in [*page.reading, *page.updating]:
        if relation not in found or column not in (EVERY, *found[relation]):
            wrong.append(f"{SHOWN}: delete {relation}.{column}: it exists no more")
    for name in set(page.functions) - set(isolation_page.calls(families.database)):
        wrong.append(f"{SHOWN}: under Functions, delete {name}: it exists no more")
    rows = families.database.run(
        "SELECT nspname::text FROM pg_namespace WHERE nspowner IN ('postgres'::regrole, 'app_owner'::regrole)"
    )
    for schema in {schema for (schema,) in rows} - set(isolation_page.SCHEMAS):
        wrong.append(
            f"tests/support/isolation_page.py: add {schema} to SCHEMAS, and say under Schemas in {SHOWN} who uses it"
        )
    fail_if(wrong)


def test_grants_on_columns_are_exactly_those_of_the_page(families: IsolationRows, page: Page) -> None:
    granted = isolation_page.grants_on_columns(families.database)
    differing: dict[tuple[str, str, str, bool], list[str]] = {}
    for relation, names in isolation_page.columns(families.database).items():
        for name in names:
            cell = (relation, name)
            roles = {role for other, role in granted if other == cell} | set(ROLES.values())
            for role in roles:
                personas = [persona for persona, their_role in ROLES.items() if their_role == role]
                declared = {
                    privilege
                    for persona in personas
                    for privilege, word in (
                        ("SELECT", page.readable(cell, persona)),
                        ("UPDATE", page.updatable(cell, persona)),
                    )
                    if word != REFUSED
                }
                for privilege in declared ^ granted.get((cell, role), set()):
                    differing.setdefault((relation, role, privilege, privilege in declared), []).append(name)
    fail_if(
        [
            f"{SHOWN} says that {role} has {privilege} on {', '.join(names)} of {relation}, and the database does not:"
            f" GRANT it in {file_of(relation)}, or write - there"
            if declared
            else f"{file_of(relation)}: {role} has {privilege} on {', '.join(names)} of {relation}, and {SHOWN} says -:"
            " change the GRANT, or the page"
            for (relation, role, privilege, declared), names in differing.items()
        ]
    )


def test_grants_on_functions_are_exactly_those_of_the_page(families: IsolationRows, page: Page) -> None:
    fail_if(
        [
            f"{file_of(name)}: {', '.join(sorted(roles)) or 'nobody'} may call {name}, and {SHOWN}, Functions, says"
            f" {', '.join(sorted(page.callers(name, roles))) or 'nobody'}: change ops.publish_function('{name}', ...)"
            " or the page"
            for name, roles in isolation_page.grants_on_functions(families.database).items()
            if roles != page.callers(name, roles)
        ]
    )


def test_schemas_are_open_to_whom_the_page_says_and_nobody_makes_anything_in_them(
    families: IsolationRows, page: Page
) -> None:
    wrong = []
    for schema in isolation_page.SCHEMAS:
        rows = families.database.run(
            "SELECT role, has_schema_privilege(role, %s, 'USAGE'), has_schema_privilege(role, %s, 'CREATE')"
            " FROM unnest(%s) AS role",
            [schema, schema, sorted(set(ROLES.values()))],
        )
        users, makers = {role for role, usage, _ in rows if usage}, {role for role, _, create in rows if create}
        if users != page.schemas.get(schema):
            wrong.append(
                f"{SHOWN}, Schemas: {schema} is open to {', '.join(sorted(users)) or 'nobody'}: write it there"
            )
        if makers:
            wrong.append(f"a migration: REVOKE CREATE ON SCHEMA {schema} FROM {', '.join(sorted(makers))}")
    sequences = families.database.run(
        "SELECT relname::text FROM pg_class WHERE relkind = 'S' AND relnamespace::regnamespace::text = ANY (%s)",
        [list(OURS)],
    )
    wrong += [f"{file_of(name)}: give the table of sequence {name} a uuid id instead" for (name,) in sequences]
    fail_if(wrong)


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_column_is_read_by_whom_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    connection = session(families, persona)
    wrong = []
    for relation, names in isolation_page.columns(families.database).items():
        outcomes = tries(connection, [f'SELECT "{name}" FROM {relation}' for name in names])
        for name, outcome in zip(names, outcomes, strict=True):
            allowed = page.readable((relation, name), persona) != REFUSED
            if allowed != (outcome == "") or not (allowed or was_refused(outcome)):
                should = "may read" if allowed else "may not read"
                wrong.append(
                    f"{SHOWN}, Reading: {persona} {should} {relation}.{name}, and in the database {outcome or 'does'}:"
                    f" change the page, or the GRANT in {file_of(denied_in(outcome) or relation)}"
                )
    fail_if(wrong)


def denied_in(outcome: str) -> str | None:
    """The table that Postgres denied, which may be one that a view reads."""
    denied = re.search(r"permission denied for table (\w+)", outcome)
    return denied and f"public.{denied[1]}"


@pytest.mark.parametrize("persona", [name for name, role in ROLES.items() if role == "authenticated"])
def test_each_table_shows_exactly_the_rows_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    connection, others = session(families, persona), families.connect("authenticated", "other keeper")
    columns = isolation_page.columns(families.database)
    wrong = []
    for relation in page.relations():
        word = page.rows_of(relation, persona)
        if word == REFUSED:
            continue  # tried above
        key = person_column(columns[relation]) if word == "own" else family_column(columns[relation])
        expected = {"none": set(), "ours": {families.ours}, "own": {families.people[persona]}}[word]
        if not values(others, relation, key) - expected:
            wrong.append(
                f"{ROWS}: make a row of the other family and its keeper in {relation}, so that this proves something"
            )
        elif (seen := values(connection, relation, key)) != expected:
            names = {families.ours: "our family", families.theirs: "the other family"}
            names |= {person: name for name, person in families.people.items()}
            wrong.append(
                f"{SHOWN}, Reading: {persona} reads {word!r} of {relation}, and in the database"
                f" {', '.join(sorted(names.get(value, value) for value in seen)) or 'no row'}: change the page, the"
                f" policies in {file_of(relation)}, or make the row in {ROWS}"
            )
    fail_if(wrong)


def family_column(columns: list[str]) -> str:
    return "family_id" if "family_id" in columns else "id"


def person_column(columns: list[str]) -> str:
    return "user_id" if "user_id" in columns else "created_by"


def values(connection: Connection, relation: str, column: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column}::text FROM {relation}")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_column_is_written_by_whom_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    connection = session(families, persona)
    wrong = []
    for relation, names in isolation_page.columns(families.database).items():
        closed = [cell for cell in names if page.updatable((relation, cell), persona) == REFUSED]
        statements = [f'UPDATE {relation} SET "{name}" = DEFAULT' for name in closed]
        statements += [f'INSERT INTO {relation} ("{name}") VALUES (DEFAULT)' for name in names]
        outcomes = tries(connection, statements)
        wrong += not_refused(persona, relation, statements, outcomes)
    fail_if(wrong)


def not_refused(persona: str, relation: str, statements: list[str], outcomes: list[str]) -> list[str]:
    return [
        f"{file_of(relation)}: {persona} ran {statement} on {relation} ({outcome or 'without an error'}), and {SHOWN}"
        " does not allow it: REVOKE it, or change the page"
        for statement, outcome in zip(statements, outcomes, strict=True)
        if not was_refused(outcome)
    ]


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
        names = isolation_page.columns(families.database)[relation]
        family, person = family_column(names), person_column(names)
        with connection.cursor() as cursor:
            # A time is what soft deletion writes; other columns keep their value.
            cursor.execute(
                f"UPDATE {relation} SET {column} = {'now()' if column.endswith('_at') else column}"
                f" RETURNING {family}::text, {person}::text"
            )
            rows = cursor.fetchall()
        connection.rollback()
        where = f"{SHOWN}, Writing: {persona} updates {word!r} of {relation}, and in the database {len(rows)} rows"
        assert {of for of, _ in rows} == (set() if word == "none" else {families.ours}), where
        if word == "own":
            assert {by for _, by in rows} == {families.people[persona]}, where
        elif word == "ours":
            assert len({by for _, by in rows}) > 1, f"{where}: make rows of two people of our family in {ROWS}"
    connection.autocommit = True


@pytest.mark.parametrize("persona", PERSONAS)
def test_nobody_does_anything_else_to_any_table(families: IsolationRows, page: Page, persona: str) -> None:
    connection = session(families, persona)
    wrong = []
    for relation, names in isolation_page.columns(families.database).items():
        whole = all(page.readable((relation, name), persona) != REFUSED for name in names)
        verbs = [verb for verb in VERBS if not (verb == "SELECT *" and whole)]
        outcomes = tries(connection, [VERBS[verb].format(relation) for verb in verbs])
        wrong += not_refused(persona, relation, verbs, outcomes)
    fail_if(wrong)


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_function_is_called_by_whom_the_page_says(families: IsolationRows, page: Page, persona: str) -> None:
    """Really called, with NULLs: whatever a function says to them, it was let through to say it."""
    connection = session(families, persona)
    wrong = []
    granted = isolation_page.grants_on_functions(families.database)
    for name, signatures in isolation_page.calls(families.database).items():
        role = ROLES[persona]
        allowed = role in page.callers(name, granted[name]) and role in page.schemas.get(name.split(".")[0], ())
        for outcome in tries(connection, [f"SELECT {call}" for call in signatures]):
            if allowed == outcome.startswith("42501 permission denied for"):
                wrong.append(
                    f"{file_of(name)}: {persona} {'may' if allowed else 'may not'} call {name} by {SHOWN}, and in the"
                    f" database: {outcome or 'it was called'}. Change ops.publish_function('{name}', ...) or the page"
                )
    fail_if(wrong)
