"""The project's own migrations, on servers of their own: up, down and up again, on every Postgres we promise.

Rolling everything back drops roles, which belong to the whole cluster; so nothing here runs on the run's shared server.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import EmbeddedPostgres
from local.postgres_launch import binaries
from sql import migrate
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


def apply(database: Database, migrations: Path = migrate.MIGRATIONS, functions: Path = migrate.FUNCTIONS) -> None:
    migrate.apply(database.url("postgres"), migrations=migrations, functions=functions, report=quiet)


def test_up_down_and_up_again_gives_an_identical_schema(empty: Database) -> None:
    before = ours(empty)
    apply(empty)
    first = schema(empty)
    assert ours(empty) != before
    migrate.rollback(empty.url("postgres"), None, report=quiet)
    assert ours(empty) == before
    apply(empty)
    assert schema(empty) == first


def test_up_down_and_up_again_works_with_data_in_every_table_it_can_fill(empty: Database) -> None:
    apply(empty)
    first = schema(empty)
    a_family_with_a_voice(empty)
    migrate.rollback(empty.url("postgres"), None, report=quiet)
    assert empty.run("SELECT count(*) FROM auth.users") == [(1,)], "people are not ours to remove"
    apply(empty)
    assert schema(empty) == first


@heavy
def test_every_single_migration_goes_up_down_and_up_again(empty: Database, tmp_path: Path) -> None:
    nothing = tmp_path / "functions"
    nothing.mkdir()
    some = tmp_path / "migrations"
    some.mkdir()
    before = ours(empty)
    for path in sorted(migrate.MIGRATIONS.glob("*.sql")):
        if path.name.endswith(".rollback.sql"):
            continue
        shutil.copy(path, some)
        shutil.copy(path.with_name(f"{path.stem}.rollback.sql"), some)
        apply(empty, some, nothing)
        after = ours(empty)
        assert after != before, f"{path.name} changes nothing"
        migrate.rollback(empty.url("postgres"), 1, migrations=some, report=quiet)
        assert ours(empty) == before, f"{path.name} is not undone by its rollback"
        apply(empty, some, nothing)
        assert ours(empty) == after, f"{path.name} differs the second time"
        before = after


@heavy
def test_a_fresh_database_equals_one_migrated_step_by_step(own_cluster: Cluster, tmp_path: Path) -> None:
    nothing = tmp_path / "functions"
    nothing.mkdir()
    some = tmp_path / "migrations"
    some.mkdir()
    with own_cluster.database("template1") as fresh, own_cluster.database("template1") as migrated:
        for database in (fresh, migrated):
            own_cluster.shape(database.name)
        apply(fresh)
        for path in sorted(migrate.MIGRATIONS.glob("*.sql")):
            if not path.name.endswith(".rollback.sql"):
                shutil.copy(path, some)
                shutil.copy(path.with_name(f"{path.stem}.rollback.sql"), some)
                apply(migrated, some, nothing)
        apply(migrated)
        assert schema(migrated) == schema(fresh)
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
    assert dumps[0] == dumps[1]


def test_the_roles_stay_while_another_database_uses_them(own_cluster: Cluster) -> None:
    with own_cluster.database("template1") as one, own_cluster.database("template1") as other:
        for database in (one, other):
            own_cluster.shape(database.name)
            apply(database)
        before = schema(other)
        migrate.rollback(one.url("postgres"), None, report=quiet)
        assert schema(other) == before
        a_family_with_a_voice(other)
        migrate.rollback(other.url("postgres"), None, report=quiet)
        assert one.run("SELECT 1 FROM pg_roles WHERE rolname IN ('app_owner', 'app_service', 'app_login')") == []


def a_family_with_a_voice(database: Database) -> None:
    """One row of the common kinds, so that rolling back has something to give up."""
    person = database.add_user()
    family = database.run("INSERT INTO public.families (name) VALUES ('Ours') RETURNING id")[0][0]
    database.run(
        "INSERT INTO public.family_members (family_id, user_id, role) VALUES (%s, %s, 'keeper')", [family, str(person)]
    )
