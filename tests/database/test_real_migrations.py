"""The project's own migrations, views and functions: applied, rolled back and applied again, on every Postgres version.

Rolling everything back drops roles, which belong to the whole cluster; so every test here has a server of its own.
"""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from local.postgres import EmbeddedPostgres
from local.postgres.launch import binaries
from sql import migrate
from sql.migration_guards import pair
from tests.support import isolation_rows
from tests.support.database_server import Cluster, Database

heavy = pytest.mark.heavy

VERSIONS = [pytest.param(18), pytest.param(16, marks=heavy), pytest.param(15, marks=heavy)]


@pytest.fixture(scope="module", params=VERSIONS)
def own_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A server of the version under test, without any role or database of ours."""
    version: int = request.param
    if not (binaries(version) / "initdb").exists():
        pytest.skip(f"there is no Postgres {version} here")
    with tempfile.TemporaryDirectory(prefix="stories-migrations-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", version=version, durable=False).start()
        try:
            cluster = Cluster(server, "only for this test")
            cluster.make_roles()
            yield cluster
        finally:
            server.stop(immediate=True)


DEFAULT_PRIVILEGES = [pytest.param(True, id="Supabase's defaults"), pytest.param(False, id="no defaults", marks=heavy)]


@pytest.fixture(params=DEFAULT_PRIVILEGES)
def empty(request: pytest.FixtureRequest, own_cluster: Cluster) -> Iterator[Database]:
    """A database as it is handed out, with or without what Supabase grants to everybody by default."""
    with own_cluster.database("template1") as database:
        own_cluster.shape(database.name, default_privileges=request.param)
        yield database
        migrate.rollback(database.url("postgres"), None, report=quiet)


def quiet(line: str) -> None:
    pass


def schema(database: Database, *extra: str) -> str:
    """The whole schema as pg_dump writes it, owners and grants included; its notes and random tokens left out."""
    dumped = subprocess.run(
        [str(database.cluster.server.bin_dir / "pg_dump"), "--schema-only", *extra, database.url("supabase_admin")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return re.sub(r"^(\\(un)?restrict .*|--.*|)\n", "", dumped, flags=re.MULTILINE)


def ours(database: Database) -> str:
    """The schema without the list of what was applied, which outlives every rollback."""
    return schema(database, "--exclude-schema=migrations")


def role_settings(database: Database) -> str:
    """The settings of our roles. They belong to the cluster: no dump of a database has them, and no rollback in one
    database takes them from the others.
    """
    return str(database.run("SELECT rolname, rolconfig FROM pg_roles WHERE starts_with(rolname, 'app_') ORDER BY 1"))


def must_equal(found: str, expected: str, sentence: str) -> None:
    """Fails with the sentence and the lines of the two dumps that differ."""
    lines = list(difflib.unified_diff(expected.splitlines(), found.splitlines(), "expected", "found", n=0, lineterm=""))
    assert not lines, "\n".join([sentence, *lines[:40]])


def apply(database: Database, folder: Path = migrate.SQL) -> None:
    migrate.apply(database.url("postgres"), folder=folder, report=quiet)


def copy_migrations(folder: Path, names: list[str]) -> None:
    """Puts these migrations into a folder, beside folders of views and functions that are empty unless they exist."""
    for kind in ("migrations", "views", "functions"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for name in names:
        for path in pair(migrate.MIGRATIONS, name):
            shutil.copy(path, folder / "migrations")


def all_migrations() -> list[str]:
    return [path.stem for path in sorted(migrate.MIGRATIONS.glob("*.sql")) if not path.stem.endswith(".rollback")]


@heavy
def test_up_down_and_up_again_gives_an_identical_schema(empty: Database) -> None:
    before = ours(empty)
    apply(empty)
    first = schema(empty)
    assert ours(empty) != before
    migrate.rollback(empty.url("postgres"), None, report=quiet)
    must_equal(ours(empty), before, "sql/migrations: the rollbacks leave something")
    apply(empty)
    must_equal(schema(empty), first, "sql/migrations: the schema differs when it is applied after all rollbacks")


@heavy
def test_up_down_and_up_again_works_with_rows_in_every_table(empty: Database) -> None:
    apply(empty)
    first = schema(empty)
    fill_every_table(empty)
    people = empty.run("SELECT count(*) FROM auth.users")
    migrate.rollback(empty.url("postgres"), None, report=quiet)
    assert empty.run("SELECT count(*) FROM auth.users") == people, "auth.users is Supabase's: no rollback deletes there"
    apply(empty)
    must_equal(schema(empty), first, "sql/migrations: the schema differs when it is applied after all rollbacks")


def test_the_newest_migration_is_undone_by_its_rollback_with_rows_in_every_table(
    empty: Database, tmp_path: Path
) -> None:
    """First without the files of views and functions, then under them."""
    *older, newest = all_migrations()
    copy_migrations(tmp_path, older)
    apply(empty, tmp_path)
    before = ours(empty)
    copy_migrations(tmp_path, [newest])
    for folder in (tmp_path, migrate.SQL):
        apply(empty, folder)
        after = ours(empty)
        rows = fill_every_table(empty)
        migrate.rollback(empty.url("postgres"), 1, folder=folder, report=quiet)
        left = count_rows(empty)
        assert left == {table: rows[table] for table in left}, (
            f"sql/migrations/{newest}.rollback.sql changes how many rows there are in tables that stay"
        )
        if folder == tmp_path:
            must_equal(ours(empty), before, f"sql/migrations/{newest}.rollback.sql does not undo {newest}.sql")
        apply(empty, folder)
        must_equal(ours(empty), after, f"sql/migrations/{newest}.sql differs when it is applied after its rollback")


def test_an_upgraded_database_has_the_catalog_of_a_fresh_one(own_cluster: Cluster, tmp_path: Path) -> None:
    """The release before had other text in every file of sql/views and sql/functions, and a view more."""
    with own_cluster.database("template1") as fresh, own_cluster.database("template1") as upgraded:
        for database in (fresh, upgraded):
            own_cluster.shape(database.name)
        apply(fresh)
        copy_migrations(tmp_path, all_migrations()[:-1])
        for path in migrate.FUNCTIONS.glob("*.sql"):
            makes = re.search(r"^CREATE OR REPLACE FUNCTION \S+\.\w+", path.read_text("utf-8"))
            assert makes, f"sql/functions/{path.name} begins with no function"
            text = f"{makes[0]}(p_former int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';"
            (tmp_path / "functions" / path.name).write_text(text)
        for name in [path.stem for path in migrate.VIEWS.glob("*.sql")]:
            text = f"CREATE VIEW wire.{name} AS SELECT 1 AS former; GRANT ALL ON wire.{name} TO PUBLIC;"
            (tmp_path / "views" / f"{name}.sql").write_text(text)
        (tmp_path / "views" / "former.sql").write_text("CREATE VIEW wire.former AS TABLE wire.recordings;")
        apply(upgraded, tmp_path)
        assert schema(upgraded) != schema(fresh)
        apply(upgraded)
        must_equal(schema(upgraded), schema(fresh), "sql: an upgraded database differs from a fresh one")
        for database in (upgraded, fresh):
            migrate.rollback(database.url("postgres"), None, report=quiet)


def test_who_was_suspended_by_the_column_is_suspended_by_a_switch_and_back(empty: Database, tmp_path: Path) -> None:
    """Two families, of which the operator has suspended one."""
    names = all_migrations()
    change = "20261122020000_suspended_by_switches"
    copy_migrations(tmp_path, names[: names.index(change)])
    apply(empty, tmp_path)
    made = "INSERT INTO public.families (name) VALUES ('Sol') RETURNING id"
    suspended, free = (empty.run(made)[0][0] for _ in range(2))
    for family, moment in ((suspended, "2026-11-01 08:00+00"), (free, None)):
        empty.run(
            "INSERT INTO public.entitlements (family_id, storage_quota_bytes, max_recording_seconds, suspended_at)"
            " VALUES (%s, 1, 1, %s)",
            [family, moment],
        )
    copy_migrations(tmp_path, [change])
    apply(empty, tmp_path)
    switches = "SELECT name, family_id, enabled FROM ops.feature_flags WHERE family_id IS NOT NULL"
    assert empty.run(switches) == [("uploads", suspended, False)]
    assert empty.run("SELECT why FROM ops.flag_changes") == [("was suspended at 2026-11-01 08:00:00+00",)]
    migrate.rollback(empty.url("postgres"), 1, folder=tmp_path, report=quiet)
    assert empty.run("SELECT family_id FROM public.entitlements WHERE suspended_at IS NOT NULL") == [(suspended,)]
    assert empty.run(switches) == []


@heavy
def test_every_single_migration_goes_up_down_and_up_again(empty: Database, tmp_path: Path) -> None:
    before = ours(empty)
    for name in all_migrations():
        copy_migrations(tmp_path, [name])
        settings = role_settings(empty)
        apply(empty, tmp_path)
        after = ours(empty)
        assert (after, role_settings(empty)) != (before, settings), f"sql/migrations/{name}.sql changes nothing"
        migrate.rollback(empty.url("postgres"), 1, folder=tmp_path, report=quiet)
        must_equal(ours(empty), before, f"sql/migrations/{name}.rollback.sql does not undo {name}.sql")
        apply(empty, tmp_path)
        must_equal(ours(empty), after, f"sql/migrations/{name}.sql differs when it is applied after its rollback")
        before = after


@heavy
def test_a_fresh_database_equals_one_migrated_step_by_step(own_cluster: Cluster, tmp_path: Path) -> None:
    with own_cluster.database("template1") as fresh, own_cluster.database("template1") as migrated:
        for database in (fresh, migrated):
            own_cluster.shape(database.name)
        apply(fresh)
        for name in all_migrations():
            copy_migrations(tmp_path, [name])
            apply(migrated, tmp_path)
        apply(migrated)
        must_equal(schema(migrated), schema(fresh), "sql/migrations: applied one by one they make another schema")
        for database in (migrated, fresh):
            migrate.rollback(database.url("postgres"), None, report=quiet)


def test_supabases_default_privileges_change_nothing_of_ours(own_cluster: Cluster) -> None:
    """Whatever Supabase grants by default, every migration takes away by name: both databases end up alike."""
    dumps = []
    for default_privileges in (True, False):
        with own_cluster.database("template1") as database:
            own_cluster.shape(database.name, default_privileges=default_privileges)
            apply(database)
            dumps.append(re.sub(r"^ALTER DEFAULT PRIVILEGES .*\n", "", schema(database), flags=re.MULTILINE))
            migrate.rollback(database.url("postgres"), None, report=quiet)
    must_equal(
        dumps[0],
        dumps[1],
        "Supabase's default privileges leave grants: let each table's migration call ops.publish_table, the file of"
        " each function ops.publish_function, and each file of sql/views REVOKE ALL by name",
    )


@heavy
def test_the_roles_stay_while_another_database_uses_them(own_cluster: Cluster) -> None:
    with own_cluster.database("template1") as one, own_cluster.database("template1") as other:
        for database in (one, other):
            own_cluster.shape(database.name)
            apply(database)
        before = schema(other)
        migrate.rollback(one.url("postgres"), None, report=quiet)
        must_equal(schema(other), before, "sql/migrations: a rollback in one database changes another")
        fill_every_table(other)
        migrate.rollback(other.url("postgres"), None, report=quiet)
        assert one.run("SELECT 1 FROM pg_roles WHERE rolname IN ('app_owner', 'app_service', 'app_login')") == []


def count_rows(database: Database) -> dict[str, int]:
    tables = database.run(
        "SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM pg_class"
        " WHERE relnamespace::regnamespace::text IN ('public', 'ops') AND relkind IN ('r', 'p') ORDER BY 1"
    )
    return {table: database.run(f"SELECT count(*) FROM {table}")[0][0] for (table,) in tables}


def fill_every_table(database: Database) -> dict[str, int]:
    """Two families, and a row of made-up values in each table that has none yet; the number of rows by table."""
    isolation_rows.build(database)
    for table, rows in count_rows(database).items():
        if rows:
            continue
        columns = database.run(
            "SELECT attname::text, atttypid::regtype::text, min(confrelid)::regclass::text FROM pg_attribute"
            " LEFT JOIN pg_constraint ON conrelid = attrelid AND contype = 'f' AND conkey = ARRAY[attnum]"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull AND NOT atthasdef AND NOT attisdropped"
            " GROUP BY attname, atttypid",
            [table],
        )
        names = ", ".join(name for name, _, _ in columns) or "id"
        values = ", ".join(
            f"(SELECT id FROM {referenced} LIMIT 1)" if referenced else MADE_UP.get(kind, "NULL")
            for _, kind, referenced in columns
        )
        try:
            database.run(f"INSERT INTO {table} ({names}) VALUES ({values or 'DEFAULT'})")
        except psycopg2.Error as error:
            pytest.fail(
                f"tests/support/isolation_rows.py: add a row of {table} to build(); made-up values do not fit it"
                f" ({error.diag.message_primary})"
            )
    return count_rows(database)


MADE_UP = {
    "uuid": "gen_random_uuid()",
    "text": "'x'",
    "integer": "1",
    "bigint": "1",
    "double precision": "1",
    "boolean": "false",
    "timestamp with time zone": "now()",
    "date": "now()",
    "jsonb": "'{}'",
    "bytea": "'x'",
}
