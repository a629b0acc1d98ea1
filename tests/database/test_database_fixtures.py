"""The fixtures themselves: if these lie, every other database test does."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.database_server import Database


def one(connection: Connection, statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
        assert row is not None
        return row[0]


def test_a_caller_is_known_by_the_claims_of_the_token(
    database: Database, connect_as: Callable[..., Connection]
) -> None:
    person = database.add_user()
    caller = connect_as("authenticated", person)
    assert one(caller, "SELECT current_user") == "authenticated"
    assert one(caller, "SELECT auth.uid()::text") == str(person)
    assert one(caller, "SELECT auth.role()") == "authenticated"


def test_nobody_has_no_user(connect_as: Callable[..., Connection]) -> None:
    assert one(connect_as("anon"), "SELECT auth.uid()") is None


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_starts_from_an_empty_database(database: Database, attempt: int) -> None:
    assert database.run("SELECT count(*) FROM auth.users") == [(0,)]
    database.add_user()


def test_the_migrating_role_is_no_superuser_and_owns_the_database(database: Database) -> None:
    assert database.run("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'postgres'") == [(False, True)]
    owner = database.run("SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()")
    assert owner == [("postgres",)]


def test_a_wrong_password_is_refused(database: Database) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(database.url().replace(database.cluster.password, "wrong"))
