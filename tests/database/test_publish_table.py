"""ops.publish_table, and the migration that `make migration` begins: a new table is closed until something is granted.

On a database with Supabase's default privileges, which grant ALL on every new table of public; here on every new table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from sql import migrate
from tests.support import isolation_rows
from tests.support.catalog_lints import LINTS, offenders
from tests.support.database_server import Database

ROLES = ("anon", "authenticated", "service_role", "app_service", "app_login")


@pytest.fixture
def deployer(database: Database) -> Iterator[Connection]:
    """The role that runs migrations, in a database that grants ALL on whatever it makes, whatever the schema."""
    database.run(f"ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO PUBLIC, {', '.join(ROLES)}")
    yield database.connect("postgres")


def make_table(deployer: Connection, schema: str) -> str:
    with deployer.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {schema}.thanks (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), word text,"
            " updated_at timestamptz NOT NULL DEFAULT now())"
        )
    return f"{schema}.thanks"


def publish(deployer: Connection, table: str) -> None:
    with deployer.cursor() as cursor:
        cursor.execute("SELECT ops.publish_table(%s)", [table])


def privileges(database: Database, table: str) -> set[tuple[str, str]]:
    """(role, privilege) of everybody but the owner and the deployer, who is a member of the owner."""
    rows = database.run(
        "SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type"
        " FROM pg_class, aclexplode(relacl) WHERE oid = %s::regclass AND grantee <> relowner"
        " AND grantee <> 'postgres'::regrole",
        [table],
    )
    return {(role, privilege) for role, privilege in rows}


@pytest.mark.parametrize("schema", ["public", "ops"])
def test_a_published_table_is_granted_to_nobody_and_belongs_to_app_owner(
    database: Database, deployer: Connection, schema: str
) -> None:
    table = make_table(deployer, schema)
    assert {role for role, _ in privileges(database, table)} == {"PUBLIC", *ROLES}, "the default privileges"
    publish(deployer, table)
    assert privileges(database, table) == set()
    owner, row_security = database.run(
        "SELECT relowner::regrole::text, relrowsecurity FROM pg_class WHERE oid = %s::regclass", [table]
    )[0]
    assert owner == "app_owner"
    assert row_security == (schema == "public")


@pytest.mark.parametrize("schema", ["public", "ops"])
def test_updated_at_of_a_published_table_is_the_time_of_the_update(
    database: Database, deployer: Connection, schema: str
) -> None:
    table = make_table(deployer, schema)
    publish(deployer, table)
    database.run(f"INSERT INTO {table} (word, updated_at) VALUES ('a', '2000-01-01')")
    database.run(f"UPDATE {table} SET word = 'b', updated_at = '2001-01-01'")
    assert database.run(f"SELECT now() - updated_at < interval '1 minute' FROM {table}") == [(True,)]


def test_what_is_granted_after_publishing_is_all_that_a_person_may_do(database: Database, deployer: Connection) -> None:
    table = make_table(deployer, "public")
    publish(deployer, table)
    database.run(f"INSERT INTO {table} (word) VALUES ('shown'), ('hidden')")
    with deployer.cursor() as cursor:
        cursor.execute(f"""CREATE POLICY "People read what is shown" ON {table} FOR SELECT TO authenticated
                           USING (word = 'shown'); GRANT SELECT (word) ON {table} TO authenticated""")
    person = database.connect_as("authenticated", database.add_user())
    with person.cursor() as cursor:
        cursor.execute(f"SELECT word FROM {table}")
        assert cursor.fetchall() == [("shown",)]
        for statement in (f"SELECT id FROM {table}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(errors.InsufficientPrivilege):
                cursor.execute(statement)


def test_publishing_a_table_again_changes_nothing_and_takes_later_grants_back(
    database: Database, deployer: Connection
) -> None:
    table = make_table(deployer, "public")
    for _ in range(2):
        publish(deployer, table)
        database.run(f"GRANT SELECT, UPDATE (word) ON {table} TO authenticated")
    publish(deployer, table)
    assert privileges(database, table) == set()
    assert (
        database.run("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attacl::text <> '{}'", [table])
        == []
    )
    assert database.run("SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass", [table]) == [(1,)]


@pytest.mark.parametrize("role", ROLES)
def test_nobody_else_publishes_a_table(database: Database, role: str) -> None:
    connection = database.connect_as(role)
    with connection.cursor() as cursor, pytest.raises(errors.InsufficientPrivilege):
        cursor.execute("SELECT ops.publish_table('public.recordings')")


def test_the_table_that_a_new_migration_begins_with_keeps_every_rule(
    database: Database, deployer: Connection, tmp_path: Path
) -> None:
    """Uncommented as its first lines say, and nothing else done to it."""
    (tmp_path / "migrations").mkdir()
    connection = database.connect(autocommit=False)
    before = {lint.rule: offenders(connection, lint) for lint in LINTS}
    connection.rollback()
    up, down = (path.read_text() for path in migrate.new("thanks", folder=tmp_path))
    up, down = (re.sub(r"^(/\*|\*/)\n", "", text, flags=re.MULTILINE) for text in (up, down))
    with deployer.cursor() as cursor:
        cursor.execute(up)
    assert {lint.rule: offenders(connection, lint) for lint in LINTS} == before
    connection.rollback()
    assert privileges(database, "public.thanks") == {("authenticated", "SELECT")}

    rows = isolation_rows.build(database)
    for family in (rows.ours, rows.theirs):
        database.run(
            "INSERT INTO public.thanks (family_id, user_id) VALUES (%s, %s)", [family, rows.people["storyteller"]]
        )
    with rows.connect("authenticated", "keeper").cursor() as cursor:
        cursor.execute("SELECT family_id::text FROM public.thanks")
        assert cursor.fetchall() == [(rows.ours,)]
    with deployer.cursor() as cursor:
        cursor.execute(down)
    assert database.run("SELECT to_regclass('public.thanks')") == [(None,)]
