"""The migration program: one deployer at a time, all of a file or nothing, and no history rewritten.

Throw-away migrations here; the project's own are in test_real_migrations.py.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from sql import migrate, migration_guards
from tests.support.database_server import Cluster, Database

FIRST = "20260101000000_first"
SECOND = "20260102000000_second"
THIRD = "20260103000000_third"


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """An empty database: these tests bring their own migrations."""
    with cluster.database("template1") as database:
        yield database


class Project:
    """A folder of throw-away migrations and functions, and the database they go to."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.migrations = folder / "migrations"
        self.functions = folder / "functions"
        self.migrations.mkdir()
        self.functions.mkdir()
        self.url = database.url("postgres")
        self.said: list[str] = []

    def migration(self, name: str, up: str, down: str = "SELECT 1;") -> None:
        (self.migrations / f"{name}.sql").write_text(up)
        (self.migrations / f"{name}.rollback.sql").write_text(down)

    def function(self, name: str, result: str, schema: str = "public") -> None:
        body = f"CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS text LANGUAGE sql AS $$ SELECT '{result}' $$;"
        (self.functions / f"{name}.sql").write_text(body)

    def apply(self, wait_seconds: float = 20) -> migrate.Outcome:
        return migrate.apply(
            self.url,
            migrations=self.migrations,
            functions=self.functions,
            report=self.said.append,
            wait_seconds=wait_seconds,
        )

    def rollback(self, steps: int | None = 1) -> migrate.Outcome:
        return migrate.rollback(self.url, steps, migrations=self.migrations, report=self.said.append)

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        folders = ["--migrations", str(self.migrations), "--functions", str(self.functions)]
        command = [sys.executable, str(Path(migrate.__file__)), *arguments, "--database", self.url, *folders]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def exists(self, table: str) -> bool:
        return self.database.run("SELECT to_regclass(%s) IS NOT NULL", [table]) == [(True,)]

    def applied(self) -> list[str]:
        return [name for name, is_applied in migrate.status(self.url, migrations=self.migrations) if is_applied]


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    return Project(tmp_path, database)


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


# -- the plain course --------------------------------------------------------------------------------------------------


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
    assert project.said[0].startswith(f"applied {FIRST} (") and project.said[0].endswith(" ms)")


def test_what_a_select_in_a_migration_returns_is_not_printed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.migration(FIRST, "SELECT 'a private thing';")
    project.apply()
    assert capsys.readouterr().out == ""


def test_a_migration_that_became_another_role_is_still_booked(project: Project) -> None:
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
    with pytest.raises(
        migrate.MigrationFailed, match=rf"{SECOND}\.sql failed, nothing of it was kept: division by zero"
    ):
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


def test_an_address_that_cannot_be_read_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate.main(["status", "--database", "postgresql//postgres:secret@localhost/stories"]) == 1
    assert "secret" not in capsys.readouterr().err


def test_a_failed_migration_blocks_nobody(project: Project) -> None:
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


def test_a_migration_and_its_booking_are_one_transaction(project: Project) -> None:
    """Else a deployer killed between the two leaves a migration that is there and not known, and fails for ever."""
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.apply()
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.database.run(
        "ALTER TABLE migrations._yoyo_migration ADD CONSTRAINT full_up CHECK (migration_id < '20260102') NOT VALID"
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


# -- one deployer at a time --------------------------------------------------------------------------------------------


def test_two_deployers_at_once_apply_everything_once(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int); SELECT pg_catalog.pg_sleep(0.3);")
    project.migration(SECOND, "INSERT INTO public.one VALUES (1); SELECT pg_catalog.pg_sleep(0.3);")
    project.function("answer", "yes")
    deployers = [project.process("apply") for _ in range(3)]
    said = [deployer.communicate(timeout=60) for deployer in deployers]
    assert [deployer.returncode for deployer in deployers] == [0, 0, 0], said
    assert project.database.run("SELECT count(*) FROM public.one") == [(1,)]
    assert sorted("nothing to apply" in out for out, _ in said) == [False, True, True]


def test_a_deployer_waits_for_another_only_so_long(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.database.run("SELECT pg_advisory_lock(%s)", [migrate.DEPLOYER_LOCK])
    release = threading.Timer(8, project.database.run, ["SELECT pg_advisory_unlock_all()"])
    release.start()  # should the deployer wait for ever, this test still ends
    started = time.monotonic()
    with pytest.raises(migrate.MigrationRefused, match=r"another deployer has been migrating this database for 0\.5 s"):
        project.apply(wait_seconds=0.5)
    release.cancel()
    assert time.monotonic() - started < 5


def test_a_killed_deployer_blocks_nobody(project: Project) -> None:
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
    assert time.monotonic() - started < 8


def test_a_deployer_that_falls_silent_is_cut_off(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop that was closed in the middle keeps its connection; the server has to end it."""
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    monkeypatch.setattr(migration_guards, "SESSION", migration_guards.SESSION.replace("'60s'", "'0.5s'"))
    with pytest.raises(psycopg2.OperationalError), migration_guards.only_deployer(project.url, 5):
        assert project.apply(wait_seconds=5).migrations == [FIRST]


def test_the_lock_row_of_a_deployer_that_died_is_broken(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.apply()
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.database.run("INSERT INTO migrations.yoyo_lock (locked, pid) VALUES (1, 4242)")
    started = time.monotonic()
    assert project.apply().migrations == [SECOND]
    assert time.monotonic() - started < 5


def test_a_migration_gives_up_on_a_lock_somebody_else_holds(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting behind a long query, an ALTER TABLE would make the whole application wait behind itself."""
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
    with pytest.raises(migrate.MigrationFailed, match="lock timeout"):
        project.apply()
    assert time.monotonic() - started < 4


def test_a_migration_may_not_run_for_ever(project: Project) -> None:
    project.migration(
        FIRST, "CREATE TABLE public.told AS SELECT pg_catalog.current_setting('statement_timeout') AS deadline;"
    )
    project.apply()
    assert project.database.run("SELECT deadline FROM public.told") == [("5min",)]


def test_two_threads_of_one_process_may_migrate_two_databases(cluster: Cluster, tmp_path: Path) -> None:
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
    path.write_text(path.read_text() + "-- a later thought\n")
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    for attempt in (project.apply, project.rollback):
        with pytest.raises(migrate.MigrationRefused, match=f"{path.name} was changed after it was applied"):
            attempt()
    assert not project.exists("public.two")


def test_an_older_checkout_is_refused(project: Project) -> None:
    """It knows nothing of the newest tables, and would put yesterday's functions on top of them."""
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    project.apply()
    for path in project.migrations.glob(f"{SECOND}*"):
        path.unlink()
    with pytest.raises(migrate.MigrationRefused, match=f"{SECOND}.sql is applied but not in the folder"):
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


def test_a_rollback_that_says_nothing_is_refused(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);", "-- to be written\n")
    with pytest.raises(migrate.MigrationRefused, match=rf"{FIRST}\.rollback\.sql says nothing"):
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


def test_comments_behind_the_last_statement_do_no_harm(project: Project) -> None:
    project.migration(
        FIRST, "-- before\nCREATE TABLE public.one (n int);\n-- behind\n", "DROP TABLE public.one;\n-- behind\n"
    )
    project.apply()
    assert project.exists("public.one")
    project.rollback()
    assert not project.exists("public.one")


def test_a_new_migration_is_a_pair_newer_than_every_other(project: Project) -> None:
    project.migration("29990101000000_far", "SELECT 1;")
    up, down = migrate.new("Prompt of the Day", migrations=project.migrations)
    assert up.name == "29990101000001_prompt_of_the_day.sql"
    assert down.name == "29990101000001_prompt_of_the_day.rollback.sql"
    assert "-- Prompt of the day" in up.read_text() and "-- Tables" in up.read_text()


def test_status_tells_applied_from_pending(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);")
    assert migrate.status(project.url, migrations=project.migrations) == [(FIRST, False)]
    project.apply()
    project.migration(SECOND, "CREATE TABLE public.two (n int);")
    assert migrate.status(project.url, migrations=project.migrations) == [(FIRST, True), (SECOND, False)]


# -- functions ---------------------------------------------------------------------------------------------------------


def test_a_function_is_re_applied_when_its_text_changed(project: Project) -> None:
    project.function("answer", "yes")
    assert project.apply().functions == ["answer.sql"]
    assert project.apply().functions == []
    project.function("answer", "no")
    assert project.apply().functions == ["answer.sql"]
    assert project.database.run("SELECT public.answer()") == [("no",)]


def test_functions_are_applied_all_or_none(project: Project) -> None:
    project.function("answer", "yes")
    project.function("question", "why")
    project.apply()
    project.function("answer", "no")
    project.function("question", "why", schema="missing")
    with pytest.raises(migrate.MigrationFailed, match=r"functions/question\.sql failed"):
        project.apply()
    assert project.database.run("SELECT public.answer()") == [("yes",)]
    project.function("question", "how")
    assert project.apply().functions == ["answer.sql", "question.sql"]


def test_a_function_that_ends_the_transaction_is_refused(project: Project) -> None:
    project.function("answer", "yes")
    path = project.functions / "answer.sql"
    path.write_text(path.read_text() + "\nCOMMIT;\n")
    with pytest.raises(migrate.MigrationRefused, match=r"functions/answer\.sql begins or ends a transaction"):
        project.apply()


def test_a_function_may_name_another_that_comes_later(project: Project) -> None:
    body = "CREATE OR REPLACE FUNCTION public.a() RETURNS text LANGUAGE sql AS $$ SELECT public.b() $$;"
    (project.functions / "a.sql").write_text(body)
    project.function("b", "found")
    project.apply()
    assert project.database.run("SELECT public.a()") == [("found",)]


def test_a_function_lost_in_a_migration_is_back_when_it_is_done(project: Project) -> None:
    project.migration(FIRST, "CREATE SCHEMA inner_room;", "DROP SCHEMA inner_room CASCADE;")
    project.function("answer", "yes", schema="inner_room")
    project.apply()
    project.migration(SECOND, "DROP SCHEMA inner_room CASCADE; CREATE SCHEMA inner_room;")
    project.apply()
    assert project.database.run("SELECT inner_room.answer()") == [("yes",)]


def test_a_function_lost_in_a_rollback_is_back_when_the_older_checkout_is_deployed(project: Project) -> None:
    project.function("answer", "yes")
    project.migration(
        FIRST, "CREATE TABLE public.one (n int);", "DROP TABLE public.one; DROP FUNCTION public.answer();"
    )
    project.apply()
    project.rollback()
    for path in project.migrations.iterdir():
        path.unlink()
    assert project.apply().migrations == []
    assert project.database.run("SELECT public.answer()") == [("yes",)]


def test_a_function_that_takes_rows_of_a_table_does_not_keep_it_from_being_rolled_back(project: Project) -> None:
    project.migration(FIRST, "CREATE TABLE public.one (n int);", "DROP TABLE public.one;")
    project.function("answer", "yes")
    for name, signature in {"one_row": "p_row public.one", "many_rows": "p_rows public.one[]"}.items():
        body = f"CREATE OR REPLACE FUNCTION public.{name}({signature}) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        (project.functions / f"{name}.sql").write_text(body)
    project.apply()
    project.rollback()
    assert not project.exists("public.one")
    assert project.database.run("SELECT public.answer()") == [("yes",)], "a function that was in nobody's way stays"
    project.apply()
    assert project.database.run("SELECT public.one_row(NULL), public.many_rows(NULL)") == [(1, 1)]


def test_a_view_that_needs_a_table_keeps_it(project: Project) -> None:
    project.migration(
        FIRST,
        "CREATE TABLE public.one (n int); CREATE VIEW public.all_of_one AS TABLE public.one;",
        "DROP TABLE public.one;",
    )
    project.apply()
    with pytest.raises(migrate.MigrationFailed, match="other objects depend on it"):
        project.rollback()
    assert project.exists("public.all_of_one")


def test_a_function_without_a_file_is_reported_until_it_is_dropped(project: Project) -> None:
    project.function("answer", "yes")
    project.apply()
    (project.functions / "answer.sql").unlink()
    assert project.apply().functions_left_over == ["answer.sql"]
    assert any("functions/answer.sql is gone" in line for line in project.said)
    project.migration(FIRST, "DROP FUNCTION public.answer();")
    assert project.apply().functions_left_over == []
