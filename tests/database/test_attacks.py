"""Attacks by plain SQL with a valid token, beyond the single statements of the isolation matrix.

Nothing here goes through the application: a session as PostgREST makes it, and whatever Postgres lets one write there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from tests.support import isolation_page, isolation_rows
from tests.support.database_server import Cluster, Database
from tests.support.isolation_rows import HIDDEN, IsolationRows
from tests.support.lint import file_of

PEOPLE = ("stranger", "storyteller", "keeper", "removed")


@pytest.fixture(scope="module")
def families(cluster: Cluster) -> Iterator[IsolationRows]:
    """For attacks that must change nothing."""
    with cluster.database() as database:
        yield isolation_rows.build(database)


@pytest.fixture
def own_families(database: Database) -> IsolationRows:
    """For what may change something."""
    return isolation_rows.build(database)


def ask(connection: Connection, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


# Names of one's own in the way of ours ------------------------------------------------------------------------------


@pytest.mark.parametrize("type_name", ["uuid", "text", "jsonb", "int8", "bool", "timestamptz"])
@pytest.mark.parametrize("persona", PEOPLE)
def test_a_caller_s_type_never_runs_as_the_owner(families: IsolationRows, persona: str, type_name: str) -> None:
    """auth.uid() casts to uuid, inside a helper that runs as the owner of every table: not to any type of that name."""
    connection = families.connect("authenticated", persona)
    ask(
        connection,
        "CREATE FUNCTION pg_temp.whoami() RETURNS pg_catalog.bool LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE WARNING 'ran as %', current_user; RETURN true; END $$",
    )
    ask(connection, f"CREATE DOMAIN pg_temp.{type_name} AS pg_catalog.{type_name} CHECK (pg_temp.whoami())")
    for relation in isolation_page.read_page().relations():
        ask(connection, f"SELECT count(*) FROM {relation}")
    ask(connection, "UPDATE public.recordings SET deleted_at = now() WHERE false")
    assert not [notice for notice in connection.notices if "app_owner" in notice]


def test_a_caller_s_tables_and_functions_change_no_policy(families: IsolationRows) -> None:
    stranger = families.connect("authenticated", "stranger")
    for family in (families.ours, families.theirs):
        ask(stranger, "CREATE TEMP TABLE IF NOT EXISTS family_members (family_id uuid, user_id uuid, role text)")
        ask(stranger, "INSERT INTO family_members SELECT %s, auth.uid(), 'keeper'", [family])
    ask(stranger, "CREATE FUNCTION pg_temp.uid() RETURNS uuid LANGUAGE sql AS $$ SELECT gen_random_uuid() $$")
    ask(
        stranger,
        "CREATE FUNCTION pg_temp.user_family_ids() RETURNS SETOF uuid LANGUAGE sql AS $$ SELECT gen_random_uuid() $$",
    )
    ask(stranger, "SET search_path = pg_temp, public")
    for relation in ("public.families", "public.recordings", "wire.families", "wire.recordings"):
        assert ask(stranger, f"SELECT 1 FROM {relation}") == []


def test_our_trigger_functions_cannot_be_used_on_a_caller_s_table(families: IsolationRows) -> None:
    keeper = families.connect("authenticated", "keeper")
    ask(keeper, "CREATE TEMP TABLE mine (family_id uuid, role text, deleted_at timestamptz)")
    for name in isolation_page.calls(families.database):
        if name.startswith("public.trigger_"):
            with pytest.raises(errors.InsufficientPrivilege):
                ask(keeper, f"CREATE TRIGGER mine BEFORE UPDATE ON mine FOR EACH ROW EXECUTE FUNCTION {name}()")


def test_a_leaking_condition_runs_only_after_the_policy(families: IsolationRows) -> None:
    storyteller = families.connect("authenticated", "storyteller")
    ask(
        storyteller,
        "CREATE FUNCTION pg_temp.tell(family uuid) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
        " $$ BEGIN RAISE WARNING '%', family; RETURN true; END $$",
    )
    page, columns = isolation_page.read_page(), isolation_page.columns(families.database)
    for relation in page.relations():
        read = page.readable((relation, "family_id"), "storyteller") != isolation_page.REFUSED
        if read and "family_id" in columns[relation]:
            ask(storyteller, f"SELECT 1 FROM {relation} WHERE pg_temp.tell(family_id)")
    told = "".join(storyteller.notices)
    assert families.ours in told
    assert families.theirs not in told


# Nobody, or somebody who was somebody -------------------------------------------------------------------------------


@pytest.mark.parametrize("claims", [None, {}, {"role": "authenticated"}, {"sub": "", "role": "authenticated"}])
def test_without_a_user_every_table_is_empty(families: IsolationRows, claims: dict[str, str] | None) -> None:
    connection = families.database.connect_as("authenticated", claims)
    for relation in isolation_page.read_page().relations():
        try:
            assert ask(connection, f"SELECT 1 FROM {relation}") == [], (
                f"{file_of(relation)}: {relation} shows rows without a user: let its policies ask for auth.uid() or"
                " rls.user_family_ids()"
            )
        except errors.InvalidTextRepresentation:
            assert claims and claims.get("sub") == ""  # not a UUID, so not a row either


def test_a_removed_member_loses_every_table_at_once(own_families: IsolationRows) -> None:
    """Also in a session that is open already, in the very next statement."""
    connection = own_families.connect("authenticated", "storyteller")
    page = isolation_page.read_page()
    relations = [relation for relation in page.relations() if page.rows_of(relation, "storyteller") == "ours"]
    assert len(relations) > 8
    empty = [relation for relation in relations if not ask(connection, f"SELECT 1 FROM {relation}")]
    assert not empty, f"tests/support/isolation_rows.py, build(): make a row of our family in {', '.join(empty)}"
    own_families.database.run(
        "DELETE FROM public.family_members WHERE user_id = %s", [own_families.people["storyteller"]]
    )
    shown = [relation for relation in relations if ask(connection, f"SELECT 1 FROM {relation}")]
    assert not shown, (
        f"{file_of(shown[0])}: {', '.join(shown)} shows rows to a removed member: ask rls.user_family_ids()"
    )
    assert ask(connection, "UPDATE public.recordings SET deleted_at = now() RETURNING id") == []


# Recordings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["2000-01-01", "-infinity", "infinity", "2100-01-01"])
def test_a_soft_deletion_is_stamped_by_the_server_whatever_date_was_sent(
    own_families: IsolationRows, sent: str
) -> None:
    storyteller = own_families.connect("authenticated", "storyteller")
    recording = own_families.recordings["storyteller's"]
    ask(storyteller, "UPDATE public.recordings SET deleted_at = %s WHERE id = %s", [sent, recording])
    stamped = own_families.database.run(
        "SELECT abs(extract(epoch FROM clock_timestamp() - deleted_at)) < 60, deleted_by::text"
        " FROM public.recordings WHERE id = %s",
        [recording],
    )
    assert stamped == [(True, own_families.people["storyteller"])]


def test_a_client_can_neither_restore_nor_redate_a_deleted_row(own_families: IsolationRows) -> None:
    before = own_families.database.run(
        "SELECT id, deleted_at, deleted_by FROM public.recordings WHERE deleted_at IS NOT NULL"
    )
    for persona in ("storyteller", "keeper"):
        connection = own_families.connect("authenticated", persona)
        trashed = [own_families.recordings["trashed"]]
        for sent in ("NULL", "now()", "'2000-01-01'"):
            assert (
                ask(connection, f"UPDATE public.recordings SET deleted_at = {sent} WHERE id = %s RETURNING id", trashed)
                == []
            )
        with pytest.raises(errors.InsufficientPrivilege):
            ask(connection, "UPDATE public.recordings SET deleted_at = NULL WHERE deleted_at IS NULL")
    after = own_families.database.run(
        "SELECT id, deleted_at, deleted_by FROM public.recordings WHERE deleted_at IS NOT NULL"
    )
    assert after == before


def test_a_soft_deletion_cannot_change_another_column(families: IsolationRows) -> None:
    keeper = families.connect("authenticated", "keeper")
    for column, value in {
        "family_id": f"'{families.theirs}'",
        "object_key": "'families/theirs'",
        "created_by": f"'{families.people['keeper']}'",
        "size_bytes": "1",
        "title": "'Mine'",
        "id": "gen_random_uuid()",
        "purging_at": "now()",
        "deleted_by": "NULL",
    }.items():
        with pytest.raises(errors.InsufficientPrivilege):
            ask(keeper, f"UPDATE public.recordings SET deleted_at = now(), {column} = {value}")


def test_a_recording_being_purged_is_shown_to_nobody(families: IsolationRows) -> None:
    for persona in ("storyteller", "keeper"):
        connection = families.connect("authenticated", persona)
        for relation in ("public.recordings", "wire.recordings"):
            assert ask(connection, f"SELECT 1 FROM {relation} WHERE id = %s", [families.recordings["purging"]]) == []


# Hidden columns -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT {table} FROM {table}",
        "SELECT to_jsonb({table}) FROM {table}",
        "SELECT {table}::text FROM {table}",
        "TABLE {table}",
        "COPY {table} TO STDOUT",
        "SELECT id FROM {table} WHERE {hidden} LIKE 'h%'",
        "SELECT id FROM {table} ORDER BY {hidden}",
        "SELECT max({hidden}::text) FROM {table}",
        "SELECT id FROM {table} GROUP BY id, {hidden}",
        "SELECT a.id FROM {table} AS a JOIN {table} AS b USING ({hidden})",
        "UPDATE {table} SET deleted_at = now() WHERE {hidden}::text LIKE 'h%'",
        "UPDATE {table} SET deleted_at = now() RETURNING {hidden}",
        "SELECT 1 FROM {table} FOR UPDATE OF {table} NOWAIT LIMIT 0; SELECT {hidden} FROM {table}",
    ],
)
@pytest.mark.parametrize(
    ("table", "hidden"), [("recordings", "object_key"), ("recordings", "etag"), ("invites", "code_hash")]
)
def test_a_hidden_column_cannot_be_read_in_any_other_way(
    families: IsolationRows, statement: str, table: str, hidden: str
) -> None:
    keeper = families.connect("authenticated", "keeper")
    with pytest.raises(psycopg2.Error) as refused:
        ask(keeper, statement.format(table=table, hidden=hidden).replace("%", "%%"), [])
    assert HIDDEN not in whole_text(refused.value)


@pytest.mark.parametrize("persona", ["storyteller", "keeper"])
def test_no_view_shows_a_hidden_value(families: IsolationRows, persona: str) -> None:
    connection = families.connect("authenticated", persona)
    for relation in isolation_page.read_page().relations():
        if relation.startswith("wire."):
            rows = ask(connection, f"SELECT to_jsonb(shown) FROM {relation} AS shown")
            assert HIDDEN not in json.dumps(rows), f"{file_of(relation)} shows a hidden value: leave its column out"


@pytest.mark.parametrize("persona", ["storyteller", "keeper"])
def test_errors_show_no_hidden_value(own_families: IsolationRows, persona: str) -> None:
    """A row that breaks a rule is quoted by Postgres, unless its reader may not see all of it."""
    own_families.database.run(
        "ALTER TABLE public.recordings ADD CONSTRAINT recordings_never_trashed CHECK (deleted_at IS NULL) NOT VALID"
    )
    connection = own_families.connect("authenticated", persona)
    for statement in (
        "UPDATE public.recordings SET deleted_at = now()",
        "UPDATE public.recordings SET deleted_at = NULL",
        "UPDATE public.recordings SET deleted_at = 'never'",
    ):
        with pytest.raises(psycopg2.Error) as refused:
            ask(connection, statement)
        assert HIDDEN not in whole_text(refused.value)


def whole_text(error: psycopg2.Error) -> str:
    told = error.diag
    return f"{error} {told.message_detail} {told.message_hint} {told.context} {told.internal_query}"


def test_realtime_publishes_only_what_members_may_read(families: IsolationRows) -> None:
    """Realtime sends what the publication holds, whatever the grants say."""
    page = isolation_page.read_page()
    published = families.database.run(
        "SELECT format('%I.%I', schemaname, tablename), unnest(attnames)::text FROM pg_publication_tables"
        " WHERE pubname = 'supabase_realtime'"
    )
    assert {relation for relation, _ in published} == {"public.recordings", "public.prompts"}
    hidden = [".".join(cell) for cell in published if page.readable(cell, "storyteller") == isolation_page.REFUSED]
    assert not hidden, (
        f"{file_of('supabase_realtime')}: name the columns that it publishes, without {', '.join(hidden)}"
    )


# The ledger and the roles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["service_role", "app_owner", "postgres", "supabase_admin"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE public.usage_ledger SET delta_bytes = 0",
        "UPDATE public.usage_ledger SET description = description",
        "DELETE FROM public.usage_ledger",
        "TRUNCATE public.usage_ledger",
        "TRUNCATE public.families CASCADE",
        "DELETE FROM public.families",
    ],
)
def test_nobody_can_change_the_ledger(families: IsolationRows, role: str, statement: str) -> None:
    """Not by the service key, not by the tables' owner, not by the migrating role, not by a superuser in passing."""
    connection = families.database.connect() if role == "supabase_admin" else families.database.connect("postgres")
    if role not in ("postgres", "supabase_admin"):
        connection = families.database.connect()
        ask(connection, f"SET ROLE {role}")
    before = families.database.run("SELECT * FROM public.usage_ledger ORDER BY id")
    with pytest.raises((errors.InsufficientPrivilege, errors.RestrictViolation, errors.ForeignKeyViolation)):
        ask(connection, statement)
    assert families.database.run("SELECT * FROM public.usage_ledger ORDER BY id") == before


@pytest.mark.parametrize("role", ["app_owner", "postgres", "supabase_admin", "service_role", "anon"])
def test_our_login_becomes_only_a_person_or_the_service(families: IsolationRows, role: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        ask(families.database.connect("app_login"), f"SET ROLE {role}")


@pytest.mark.parametrize("role", ["app_owner", "app_service", "app_login", "postgres", "supabase_admin"])
def test_supabases_login_becomes_none_of_our_roles(families: IsolationRows, role: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        ask(families.database.connect("authenticator"), f"SET ROLE {role}")


def test_our_roles_have_no_superuser_attributes(families: IsolationRows) -> None:
    rows = families.database.run(
        "SELECT rolname, rolcanlogin, rolinherit FROM pg_roles WHERE rolname LIKE 'app\\_%'"
        " AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) ORDER BY 1"
    )
    assert rows == [("app_login", True, False), ("app_owner", False, True), ("app_service", False, True)]
