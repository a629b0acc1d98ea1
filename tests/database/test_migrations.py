"""The migration program: one run at a time, one transaction a file, no edited history.

The migrations here are thrown away; the project's own are in test_real_migrations.py, views in test_view_files.py,
functions in test_function_files.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from sql import migrate, migration_guards
from tests.support.database_server import Cluster, Database
from tests.support.in_time import in_time
from tests.support.sql_project import FIRST, SECOND, THIRD, Project, wait_for


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """An empty database: these tests bring their own migrations."""
    with cluster.database("template1") as database:
        yield database


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    return Project(tmp_path, database)


# -- applying and rolling back ----------------------------------------------------------------------------------------


def test_a_migration_is_applied_once(project: Project) -> None:
    project.migration(
        FIRST, "CREATE TABLE public.one (n int); INSERT INTO public.one VALUES (1);", "DROP TABLE public.one;"
    )
    assert project.apply().migrations == [FIRST]
    assert project.apply().migrations == []
    assert project.database.run("SELECT count(*) FROM public.one") == [(1,)]


def test_a_rollback_undoes_the_last_migration_and_no_other(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);", "DROP TABLE public.one;")
    project.migration(SECOND, "CREATE TABLE public.two (n int);", "DROP TABLE public.two;")
    project.apply()
    assert project.rollback().migrations == [SECOND]
    assert (project.exists("public.one"), project.exists("public.two")) == (True, False)
    assert project.apply().migrations == [SECOND]
    assert project.rollback(None).migrations == [SECOND, FIRST]
    assert project.applied() == []


def test_a_rollback_runs_its_statements_in_the_order_they_are_written(project: Project) -> None:
    project.migration(
        FIRST,
        "CREATE TABLE public.one (n int PRIMARY KEY); CREATE TABLE public.two (n int REFERENCES public.one);"
        "CREATE INDEX two_n ON public.two (n);",
        "DROP INDEX public.two_n; DROP TABLE public.two; DROP TABLE public.one;",
    )
    project.apply()
    project.rollback()
    assert not project.exists("public.one")


def test_each_step_is_reported_with_its_time(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.apply()
    assert project.reported[0].startswith(f"applied {FIRST} (") and project.reported[0].endswith(" ms)")


def test_what_a_select_in_a_migration_returns_is_not_printed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.migration(FIRST, "SELECT 'a private thing';")
    project.apply()
    assert capsys.readouterr().out == ""


def test_a_migration_that_changes_its_role_is_recorded_all_the_same(project: Project) -> None:
    project.database.run("GRANT CREATE, USAGE ON SCHEMA public TO anon")
    project.migration(FIRST, "SET ROLE anon; CREATE TABLE public.one (n int);")
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.apply()
    owners = project.database.run("SELECT tableowner FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    assert owners == [("anon",), ("postgres",)]


# -- all or nothing ----------------------------------------------------------------------------------------------------


def test_a_failed_migration_leaves_nothing_of_itself(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);", "DROP TABLE public.one;")
    project.migration(SECOND, "CREATE TABLE public.two (n int); INSERT INTO public.two VALUES (1 / 0);")
    project.migration(THIRD, "CREATE TABLE public.three (n int);")
    with pytest.raises(migrate.MigrationFailed, match=rf"{SECOND}\.sql failed and was rolled back: division by zero"):
        project.apply()
    assert project.applied() == [FIRST]
    assert [project.exists(f"public.{name}") for name in ("one", "two", "three")] == [True, False, False]


def test_a_failed_migration_ends_the_program_with_an_error_that_names_it(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int); SELECT 1 / 0;")
    deployer = project.process("apply")
    out, said = deployer.communicate(timeout=30)
    assert deployer.returncode == 1
    assert f"{FIRST}.sql failed" in said and "Traceback" not in said
    assert project.database.cluster.password not in out + said


def test_a_malformed_url_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate.main(["status", "--database", "postgresql//postgres:secret@localhost/stories"]) == 1
    assert "secret" not in capsys.readouterr().err


def test_after_a_failed_migration_the_next_run_can_start(project: Project) -> None:
    project.migration(FIRST, "SELECT 1 / 0;")
    with pytest.raises(migrate.MigrationFailed):
        project.apply()
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    assert project.apply(wait_seconds=2).migrations == [FIRST]


def test_a_failed_rollback_leaves_the_migration_applied(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);", "DROP TABLE public.one; SELECT 1 / 0;")
    project.apply()
    with pytest.raises(migrate.MigrationFailed, match=rf"{FIRST}\.rollback\.sql"):
        project.rollback()
    assert project.exists("public.one") and project.applied() == [FIRST]


def test_a_migration_and_its_record_are_one_transaction(project: Project) -> None:
    """Otherwise a run killed between the two leaves tables that the next run does not know of and fails to create."""
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.apply()
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.database.run(
        "ALTER TABLE migrations._yoyo_migration ADD CONSTRAINT only_one CHECK (migration_id < '20260102') NOT VALID"
    )
    with pytest.raises(migrate.MigrationFailed):
        project.apply()
    assert not project.exists("public.two")


@pytest.mark.parametrize("statement", ["COMMIT;", "-- a note\nBEGIN;", "/* a note */ rollback;"])
def test_a_migration_that_ends_its_own_transaction_is_refused(project: Project, statement: str) -> None:
    project.migration(FIRST, f"CREATE TABLE public.one (n int);\n{statement}")
    with pytest.raises(migrate.MigrationRefused, match="begins or ends a transaction itself"):
        project.apply()
    assert not project.exists("public.one")


def test_a_migration_outside_a_transaction_is_refused(project: Project) -> None:
    project.migration(FIRST, "-- transactional: false\nCREATE TABLE public.one (n int);")
    with pytest.raises(migrate.MigrationRefused, match="outside a transaction"):
        project.apply()


# -- one run at a time --------------------------------------------------------------------------------------------


def test_runs_at_the_same_time_apply_everything_once(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int); SELECT pg_catalog.pg_sleep(0.3);")
    project.migration(SECOND, "INSERT INTO public.one VALUES (1); SELECT pg_catalog.pg_sleep(0.3);")
    project.function("answer", "yes")
    deployers = [project.process("apply") for _ in range(3)]
    said = [deployer.communicate(timeout=60) for deployer in deployers]
    assert [deployer.returncode for deployer in deployers] == [0, 0, 0], said
    assert project.database.run("SELECT count(*) FROM public.one") == [(1,)]
    assert sorted("nothing to apply" in out for out, _ in said) == [False, True, True]


def test_a_run_waits_for_another_only_as_long_as_it_is_told(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.database.run("SELECT pg_advisory_lock(%s)", [migrate.DEPLOYER_LOCK])
    release = threading.Timer(8, project.database.run, ["SELECT pg_advisory_unlock_all()"])
    release.start()  # ends the test also when the run waits without end
    started = time.monotonic()
    try:
        with pytest.raises(migrate.MigrationRefused, match=r"another run has been migrating this database for 0\.5 s"):
            project.apply(wait_seconds=0.5)
    finally:
        release.cancel()
    in_time(time.monotonic() - started, at_most=5)


def test_after_a_killed_run_the_next_run_can_start(project: Project) -> None:
    project.database.run("CREATE TABLE public.switch (seconds int); GRANT SELECT ON public.switch TO postgres")
    project.database.run("INSERT INTO public.switch VALUES (600)")
    project.migration(
        FIRST, "CREATE TABLE public.one (n int); SELECT pg_catalog.pg_sleep((SELECT seconds FROM public.switch));"
    )
    killed = project.process("apply")
    asleep = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'migrate' AND wait_event = 'PgSleep'"
    wait_for(lambda: len(project.database.run(asleep)) == 1)
    killed.kill()
    killed.communicate()
    project.database.run("UPDATE public.switch SET seconds = 0")

    started = time.monotonic()
    assert project.apply(wait_seconds=10).migrations == [FIRST]
    in_time(time.monotonic() - started, at_most=8)


def test_the_server_ends_a_run_that_is_idle_too_long(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop that is closed in the middle of a run keeps its connection and so the lock."""
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    monkeypatch.setattr(migration_guards, "SESSION", migration_guards.SESSION.replace("'60s'", "'0.5s'"))
    with pytest.raises(psycopg2.OperationalError), migration_guards.only_deployer(project.url, 5):
        assert project.apply(wait_seconds=5).migrations == [FIRST]


def test_the_row_that_a_dead_run_left_in_yoyos_lock_table_is_removed(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.apply()
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.database.run("INSERT INTO migrations.yoyo_lock (locked, pid) VALUES (1, 4242)")
    started = time.monotonic()
    assert project.apply().migrations == [SECOND]
    in_time(time.monotonic() - started, at_most=5)


def test_a_migration_stops_waiting_for_a_lock_of_another_session(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an ALTER TABLE waits behind a long query, every request that needs the table waits behind it."""
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.apply()
    reader = project.database.connect("postgres", autocommit=False)
    reader.cursor().execute("SELECT * FROM public.one")
    project.migration(SECOND, "ALTER TABLE public.one ADD COLUMN m int;")
    monkeypatch.setattr(
        migration_guards,
        "TRANSACTION",
        migration_guards.TRANSACTION.replace("lock_timeout = '5s'", "lock_timeout = '0.2s'"),
    )
    started = time.monotonic()
    with pytest.raises(
        migrate.MigrationFailed,
        match=r"lock timeout\. Another session holds a lock that it needs .*: run this again later",
    ):
        project.apply()
    in_time(time.monotonic() - started, at_most=4)


def test_a_migration_runs_under_a_statement_timeout(project: Project) -> None:
    project.migration(
        FIRST, "CREATE TABLE public.settings AS SELECT pg_catalog.current_setting('statement_timeout') AS deadline;"
    )
    project.apply()
    assert project.database.run("SELECT deadline FROM public.settings") == [("5min",)]


def test_two_threads_of_one_process_migrate_two_databases(cluster: Cluster, tmp_path: Path) -> None:
    with cluster.database("template1") as first, cluster.database("template1") as second:
        projects = []
        for number, database in enumerate((first, second)):
            folder = tmp_path / str(number)
            folder.mkdir()
            projects.append(Project(folder, database))
            projects[-1].migration(FIRST, "CREATE TABLE public.one (n int);")
        threads = [threading.Thread(target=project.apply) for project in projects]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [project.applied() for project in projects] == [[FIRST], [FIRST]]


# -- history -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".sql", ".rollback.sql"])
def test_a_changed_applied_file_is_refused_by_name(project: Project, suffix: str) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);", "DROP TABLE public.one;")
    project.apply()
    path = project.migrations / f"{FIRST}{suffix}"
    path.write_text(path.read_text() + "-- an edit\n")
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    for attempt in (project.apply, project.rollback):
        with pytest.raises(migrate.MigrationRefused, match=f"{path.name} was changed after it was applied"):
            attempt()
    assert not project.exists("public.two")


def test_an_older_checkout_is_refused(project: Project) -> None:
    """It has no text of the newest tables, and would put the functions of the older release on top of them."""
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.apply()
    for path in project.migrations.glob(f"{SECOND}*"):
        path.unlink()
    with pytest.raises(migrate.MigrationRefused, match=f"{SECOND}.sql is applied but not in migrations/"):
        project.apply()


def test_a_migration_older_than_the_newest_applied_is_refused(project: Project) -> None:
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.apply()
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    with pytest.raises(migrate.MigrationRefused, match=f"{FIRST} is older than {SECOND}"):
        project.apply()


def test_a_migration_without_its_rollback_is_refused(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    (project.migrations / f"{FIRST}.rollback.sql").unlink()
    with pytest.raises(migrate.MigrationRefused, match=rf"has no {FIRST}\.rollback\.sql"):
        project.apply()


def test_a_rollback_without_a_statement_is_refused(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);", "-- to be written\n")
    with pytest.raises(migrate.MigrationRefused, match=rf"{FIRST}\.rollback\.sql holds comments alone"):
        project.apply()


@pytest.mark.parametrize("name", ["first.sql", "20260101_first.sql", "20260101000000_First.sql", "notes.txt"])
def test_a_file_with_a_wrong_name_is_refused(project: Project, name: str) -> None:
    (project.migrations / name).write_text("SELECT 1;")
    with pytest.raises(migrate.MigrationRefused, match=f"{name}: a migration is named YYYYMMDDHHMMSS_concept.sql"):
        project.apply()


def test_names_must_be_qualified(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE one (n int);")
    with pytest.raises(migrate.MigrationFailed, match="no schema has been selected"):
        project.apply()


def test_comments_after_the_last_statement_are_ignored(project: Project) -> None:
    project.migration(
        FIRST, "-- before\nCREATE TABLE public.one (n int);\n-- after\n", "DROP TABLE public.one;\n-- after\n"
    )
    project.apply()
    assert project.exists("public.one")
    project.rollback()
    assert not project.exists("public.one")


def test_a_new_migration_is_a_pair_newer_than_every_other(project: Project) -> None:
    project.migration("29990101000000_far", "SELECT 1;")
    up, down = migrate.new("Prompt of the Day", folder=project.folder)
    assert up.name == "29990101000001_prompt_of_the_day.sql"
    assert down.name == "29990101000001_prompt_of_the_day.rollback.sql"
    assert up.read_text().startswith("-- Prompt of the day: ")
    assert "public.prompt_of_the_day" in up.read_text() and "DROP TABLE public.prompt_of_the_day" in down.read_text()


def test_a_new_migration_is_refused_until_it_is_written(project: Project) -> None:
    migrate.new("thanks", folder=project.folder)
    with pytest.raises(migrate.MigrationRefused, match=r"_thanks\.(rollback\.)?sql holds comments alone"):
        project.apply()


def test_status_lists_what_is_applied_and_what_is_pending(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    assert migrate.status(project.url, folder=project.folder) == [(FIRST, False)]
    project.apply()
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    assert migrate.status(project.url, folder=project.folder) == [(FIRST, True), (SECOND, False)]


def test_the_owner_s_password_goes_to_no_server_elsewhere_that_has_not_proved_its_name(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real server has no TLS: it would take the password in a way that anybody between could read.
    monkeypatch.setattr(migration_guards, "is_local_host", lambda host: False)
    for weaker in ("", "?sslmode=disable", "?sslmode=require", "?sslrootcert=/nowhere"):
        with pytest.raises(psycopg2.OperationalError, match="does not support SSL"):
            migration_guards.connect(cluster.url("postgres", "postgres") + weaker)
