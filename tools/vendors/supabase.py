"""Supabase: what the schema, the messages and the signing in assume of its Postgres, its pooler and its keys.

What has to be made for a check is made in a transaction that is rolled back: even a run that is killed leaves nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.errors import InvalidTextRepresentation
from psycopg2.extensions import connection as Connection

from chalicelib import vendor_http
from chalicelib.call import Call
from chalicelib.database.messages import READS, message_of
from tools.vendors.checks import Wrong, check, expect
from tools.vendors.credentials import Skip, Vendors

CALLERS = {"anon", "authenticated", "service_role"}
TABLES = ("recordings", "prompts")
MESSAGES = 30


@contextmanager
def connected(vendors: Vendors, name: str) -> Iterator[Connection]:
    """A connection by a variable's address, in autocommit."""
    url = vendors.get(name)
    try:
        connection = psycopg2.connect(url, connect_timeout=10, sslmode="prefer" if vendors.is_local else "require")
    except psycopg2.Error:
        # libpq's message names host and user.
        raise Wrong(f"{name}: no connection") from None
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def rows(connection: Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


@check(
    "supabase-roles",
    assume="anon, authenticated and service_role exist and cannot log in; only service_role bypasses row-level "
    "security; postgres is no superuser and may make roles.",
    why="Migrations run as postgres; policies and grants are for these roles.",
    breaks="Migrations fail; or a token of a stranger reads every family.",
)
def roles(vendors: Vendors) -> None:
    """Reads pg_roles."""
    with connected(vendors, "MIGRATIONS_DATABASE_URL") as connection:
        found = {
            name: facts
            for name, *facts in rows(
                connection,
                "SELECT rolname, rolcanlogin, rolbypassrls, rolsuper, rolcreaterole FROM pg_roles"
                " WHERE rolname = ANY (%s)",
                [*CALLERS, "postgres", "app_login"],
            )
        }
    expect(
        found.keys() >= CALLERS | {"postgres"}, f"missing: {', '.join(sorted((CALLERS | {'postgres'}) - found.keys()))}"
    )
    expect(not any(found[name][0] for name in CALLERS), "a role of callers can log in")
    bypassing = {name for name, facts in found.items() if facts[1]} - {"postgres"}
    expect(bypassing <= {"service_role"}, f"these bypass row-level security: {', '.join(sorted(bypassing))}")
    expect(
        found["postgres"][2] is False and found["postgres"][3] is True, "postgres is a superuser, or may make no roles"
    )


@check(
    "supabase-auth-schema",
    assume="auth.uid() is the `sub` of request.jwt.claims, authenticated may call it, and foreign keys of postgres may "
    "refer to auth.users.",
    why="Every policy and every function asks auth.uid() who acts; ten tables refer to a user.",
    breaks="Nobody sees anything, or everybody is the same person; migrations fail.",
)
def auth_schema(vendors: Vendors) -> None:
    """Calls auth.uid() as authenticated with claims of a random person, and asks for the privilege on auth.users."""
    person = str(uuid.uuid4())
    with connected(vendors, "MIGRATIONS_DATABASE_URL") as connection:
        [(found,)] = rows(
            connection,
            "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true);"
            " SELECT auth.uid()::text",
            json.dumps({"sub": person}),
        )
        expect(found == person, "auth.uid() is somebody else")
        [(may,)] = rows(connection, "SELECT has_table_privilege('auth.users', 'REFERENCES')")
    expect(may is True, "auth.users may not be referred to")


@check(
    "supabase-quiet-log",
    assume="postgres may set log_min_messages for app_login, so that its failed statements are not logged.",
    why="Postgres logs the text of a failed message, with the names and texts that a family gave.",
    breaks="Private texts stand in the project's log, for all who may read it.",
)
def quiet_log(vendors: Vendors) -> None:
    """Reads the settings of app_login, which a migration made."""
    with connected(vendors, "MIGRATIONS_DATABASE_URL") as connection:
        found = rows(connection, "SELECT coalesce(rolconfig, '{}') FROM pg_roles WHERE rolname = 'app_login'")
    expect(bool(found), "there is no app_login: run make migrate")
    expect("log_min_messages=panic" in found[0][0], "app_login has no log_min_messages=panic")


@check(
    "supabase-default-privileges",
    assume="A new table and a new function in public are granted to anon, authenticated and service_role, and to"
    " nobody else but PUBLIC.",
    why="ops.publish_table and ops.publish_function revoke from just these, by name.",
    breaks="A role that we do not revoke from reads every new table.",
)
def default_privileges(vendors: Vendors) -> None:
    """Makes a table and a function in public, reads their grants, and rolls back."""
    name = f"verify_vendors_{uuid.uuid4().hex}"
    with connected(vendors, "MIGRATIONS_DATABASE_URL") as connection:
        connection.autocommit = False
        rows(connection, f"CREATE TABLE public.{name} (id uuid); SELECT 1")
        rows(connection, f"CREATE FUNCTION public.{name}() RETURNS int LANGUAGE sql RETURN 1; SELECT 1")
        granted = rows(
            connection,
            "SELECT DISTINCT coalesce(nullif(grantee, 0)::regrole::text, 'PUBLIC') FROM ("
            " SELECT (aclexplode(relacl)).grantee FROM pg_class WHERE relname = %s"
            " UNION SELECT (aclexplode(proacl)).grantee FROM pg_proc WHERE proname = %s) AS grants",
            name,
            name,
        )
        connection.rollback()
    strange = {grantee for (grantee,) in granted} - CALLERS - {"PUBLIC", "postgres"}
    expect(
        not strange, f"new things are granted to {', '.join(sorted(strange))} too: revoke from it in ops.publish_table"
    )


@check(
    "supabase-publication",
    assume="The publication supabase_realtime exists before the first migration and belongs to postgres.",
    why="The migrations add recordings, with some of their columns, and prompts to it.",
    breaks="Apps are told nothing; or of all columns, the object's key among them.",
)
def publication(vendors: Vendors) -> None:
    """Reads what is published, and its columns."""
    with connected(vendors, "MIGRATIONS_DATABASE_URL") as connection:
        owner = rows(
            connection, "SELECT pubowner::regrole::text FROM pg_publication WHERE pubname = 'supabase_realtime'"
        )
        expect(owner == [("postgres",)], "there is no such publication, or it is not that of postgres")
        published = rows(
            connection,
            "SELECT tablename, attnames::text[] FROM pg_publication_tables"
            " WHERE pubname = 'supabase_realtime' AND schemaname = 'public'",
        )
        found = dict(published)
        expect(found.keys() == set(TABLES), f"published are {', '.join(sorted(found)) or 'no tables'}")
        for table in TABLES:
            readable = rows(
                connection,
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                " AND has_column_privilege('authenticated', attrelid, attnum, 'SELECT')",
                f"public.{table}",
            )
            hidden = set(found[table]) - {name for (name,) in readable}
            expect(not hidden, f"{table}: published, and not granted to authenticated: {', '.join(sorted(hidden))}")


@check(
    "supabase-realtime-columns",
    assume="Realtime gives a subscriber only the columns that their role may SELECT, and rows that their "
    "policies show.",
    why="Apps subscribe to recordings and prompts of their family.",
    breaks="A stranger's app is told of every family's recordings.",
)
def realtime_columns(vendors: Vendors) -> None:
    """Reads the body of realtime.apply_rls, which decides it: it must ask for the privilege and take the role."""
    with connected(vendors, "MIGRATIONS_DATABASE_URL") as connection:
        bodies = rows(
            connection,
            "SELECT prosrc FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace"
            " WHERE nspname = 'realtime' AND proname = 'apply_rls'",
        )
    if not bodies and vendors.is_local:
        raise Skip("the stand-in has no Realtime")
    expect(bool(bodies), "there is no realtime.apply_rls")
    text = " ".join(body for (body,) in bodies)
    expect("has_column_privilege" in text and "set_config('role'" in text, "it decides by something else now: read it")


@check(
    "supabase-data-api",
    assume="The Data API answers whoever has the public key alone by what anon may do: nothing.",
    why="The public key is in every app.",
    breaks="Everybody reads every family.",
)
def data_api(vendors: Vendors) -> None:
    """GETs a row of each published table with the public key."""
    if vendors.is_local:
        raise Skip("the stand-in has no Data API")
    key, origin = vendors.get("ANON_KEY"), vendors.get("SUPABASE_URL").rstrip("/")
    for table in TABLES:
        headers = {"apikey": key, "Authorization": f"Bearer {key}"}
        url = f"{origin}/rest/v1/{table}?select=id&limit=1"
        answer = vendor_http.ask("supabase", "GET", url, seconds=20.0, headers=headers)
        expect(answer.status in (401, 403, 404), f"{table}: it is answered {answer.status}")


@check(
    "supabase-pooler-message",
    assume="The pooler gives a whole message with its two transactions to one server connection, and takes it "
    "back after it.",
    why="Role and claims of a call are set in the second transaction alone.",
    breaks="A call acts as another person.",
)
def pooler_message(vendors: Vendors) -> None:
    """Sends our message thirty times over three connections, as a new person each, with errors in between."""
    with (
        connected(vendors, "DATABASE_URL") as one,
        connected(vendors, "DATABASE_URL") as two,
        connected(vendors, "DATABASE_URL") as three,
    ):
        for number in range(MESSAGES):
            person, connection = uuid.uuid4(), (one, two, three)[number % 3]
            call = Call("verify-vendors", user_id=person, count_key=vendors.scratch.prefix, count_limit=1000)
            read: tuple[str, dict[str, Any]] = ("get_me", {}) if number % 5 else ("get_family", {"family_id": "no id"})
            message, values = message_of(call, READS, *read, 5.0)
            with connection.cursor() as cursor:
                try:
                    cursor.execute(message, values)
                    [(result,)] = cursor.fetchall()
                    found = result["me"]["user_id"]
                except InvalidTextRepresentation:
                    found = str(person)
            expect(found == str(person), "a message acted as another person")
            [(claims, role)] = rows(
                connection, "SELECT current_setting('request.jwt.claims', true), current_user::text"
            )
            expect(not claims and role != "authenticated", "role or claims of a message outlived it")


@check(
    "supabase-tls",
    assume="The server shows a certificate of the configured authority for its host's name, and asks for SCRAM.",
    why="The password goes to one server alone.",
    breaks="No function connects.",
)
def tls(vendors: Vendors) -> None:
    """Connects as a function does, with verify-full and require_auth=scram-sha-256."""
    import time

    from chalicelib import config
    from chalicelib.database.connecting import connect_to
    from chalicelib.database.lost import Lost
    from tools.configuration.catalog import names_of

    if vendors.is_local:
        raise Skip("the local Postgres is reached without TLS")
    given = {
        "STAGE": vendors.stage,
        **{name: vendors.get_or(name, "") for name in names_of("settle_uploads") - {"STAGE"}},
    }
    settings = config.check(config.DatabaseSettings, {**given, "DATABASE_URL": vendors.get("DATABASE_URL")})
    try:
        connect_to(settings.database_url, settings, time.monotonic() + 10).close()
    except Lost as lost:
        expect(False, lost.cause)


@check(
    "supabase-jwks",
    assume="The published keys are a JWKS with `kid`, `alg` ES256 or RS256, at the project's well-known path.",
    why="Tokens are verified with them, and an unknown kid fetches them again.",
    breaks="Nobody can sign in.",
)
def jwks(vendors: Vendors) -> None:
    """Reads them. A project that signs with the shared secret has none."""
    url = vendors.get("SUPABASE_JWKS_URL")
    answer = vendor_http.ask("auth-keys", "GET", url, seconds=20.0)
    keys = answer.json_object().get("keys")
    expect(
        answer.status == 200 and isinstance(keys, list) and bool(keys), f"it is answered {answer.status}, with no keys"
    )
    assert isinstance(keys, list)
    seen = {(key.get("alg"), bool(key.get("kid"))) for key in keys if isinstance(key, dict)}
    expect(seen <= {("ES256", True), ("RS256", True)}, "a key is of another algorithm, or has no kid")
