"""A Supabase that does not do what we assume is shown by the check of that assumption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.database import messages
from tests.support.database_server import Database
from tools.vendors import __main__ as command
from tools.vendors import supabase
from tools.vendors.credentials import Vendors
from tools.vendors.every import CHECKS
from tools.vendors.scratch import Scratch

DAMAGES = {
    "supabase-auth-schema": [
        "CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT gen_random_uuid()'",
        "REVOKE REFERENCES ON auth.users FROM postgres",
    ],
    "supabase-default-privileges": [
        "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO authenticator",
        "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT EXECUTE ON FUNCTIONS TO authenticator",
    ],
    "supabase-publication": [
        "DROP PUBLICATION supabase_realtime",
        "ALTER PUBLICATION supabase_realtime DROP TABLE public.prompts",
        "ALTER PUBLICATION supabase_realtime SET TABLE public.recordings, public.prompts",
    ],
}
"""An assumption -> what a superuser does to one database. The cluster's roles are everybody's, and stay as they are."""


@pytest.fixture
def outcome(database: Database, tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    variables = {"DATABASE_URL": database.url("app_login"), "MIGRATIONS_DATABASE_URL": database.url("postgres")}
    vendors = Vendors("local", variables, Scratch(tmp_path))
    return lambda name: command.outcome(CHECKS[name], vendors)


@pytest.mark.parametrize(
    "name",
    ["supabase-roles", "supabase-quiet-log", "supabase-pooler-message", *DAMAGES],
)
def test_a_database_as_it_is_keeps_the_assumption(outcome: Callable[[str], tuple[str, str]], name: str) -> None:
    assert outcome(name) == ("ok", "")


@pytest.mark.parametrize(("name", "damage"), [(name, damage) for name, each in DAMAGES.items() for damage in each])
def test_a_database_that_is_something_else_is_shown(
    database: Database, outcome: Callable[[str], tuple[str, str]], name: str, damage: str
) -> None:
    database.run(damage)
    assert outcome(name)[0] == "WRONG"


@pytest.mark.parametrize("kept", ["role", "request.jwt.claims"])
def test_a_pooler_that_lets_a_message_outlive_itself_is_shown(
    outcome: Callable[[str], tuple[str, str]], monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    def leaking(*given: Any) -> tuple[str, dict[str, Any]]:
        message, values = messages.message_of(*given)
        head, found, rest = message.rpartition(f"set_config('{kept}', ")
        return head + found + rest.replace(", true)", ", false)", 1), values

    monkeypatch.setattr(supabase, "message_of", leaking)
    assert outcome("supabase-pooler-message") == ("WRONG", "role or claims of a message outlived it")
