"""sql/views: after a run every view of schema wire is what its file says, whatever it was before.

The views here are thrown away; the project's own files are held to their rules by test_catalog_lints.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sql import migrate, view_files
from tests.support.database_server import Cluster, Database
from tests.support.sql_project import FIRST, SECOND, THIRD, Project

TABLE = "CREATE SCHEMA wire; CREATE TABLE public.one (n int, m int); INSERT INTO public.one VALUES (1, 2);"
DROP_TABLE = "DROP TABLE public.one; DROP SCHEMA wire;"


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """An empty database: these tests bring their own migrations."""
    with cluster.database("template1") as database:
        yield database


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    project = Project(tmp_path, database)
    project.migration(FIRST, TABLE, DROP_TABLE)
    return project


def columns(project: Project, view: str) -> list[str]:
    rows = project.database.run(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 ORDER BY attnum",
        [f"wire.{view}"],
    )
    return [name for (name,) in rows]


def oid(project: Project, name: str) -> Any:
    return project.database.run("SELECT to_regclass(%s)::oid", [name])[0][0]


# -- the text of the file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT n FROM public.one", ["n"]),
        ("SELECT m, n FROM public.one", ["m", "n"]),
        ("SELECT n, 'x' AS between, m FROM public.one", ["n", "between", "m"]),
        ("SELECT n::text, m FROM public.one", ["n", "m"]),
    ],
    ids=["removed", "reordered", "added in the middle", "of another type"],
)
def test_a_column_changes_by_editing_the_file_alone(project: Project, query: str, expected: list[str]) -> None:
    project.view("shown", "SELECT n, m FROM public.one")
    assert project.apply().views == ["shown.sql"]
    assert project.apply().views == []
    project.view("shown", query)
    assert project.apply().views == ["shown.sql"]
    assert columns(project, "shown") == expected
    assert any(line.startswith("applied 1 views, 1 of them new or changed") for line in project.reported)


def test_what_a_file_no_longer_says_is_gone(project: Project) -> None:
    project.view(
        "shown", "SELECT n FROM public.one", "COMMENT ON VIEW wire.shown IS 'old'; GRANT SELECT ON wire.shown TO anon;"
    )
    project.apply()
    project.view("shown", "SELECT n FROM public.one")
    project.apply()
    assert project.database.run(
        "SELECT obj_description(oid, 'pg_class'), relacl FROM pg_class WHERE oid = 'wire.shown'::regclass"
    ) == [(None, None)]


def test_views_that_read_each_other_need_no_order(project: Project) -> None:
    project.view("a", "SELECT * FROM wire.b")
    project.view("b", "SELECT * FROM wire.c")
    project.view("c", "SELECT n FROM public.one")
    project.view("d", "SELECT * FROM wire.a, wire.c AS other (m)")
    for _ in range(2):
        project.apply()
        assert project.database.run("SELECT * FROM wire.d") == [(1, 1)]
        project.view("c", "SELECT n FROM public.one WHERE n = 1")


def test_views_that_cannot_be_made_are_named_with_their_errors_and_nothing_changes(project: Project) -> None:
    project.view("a", "SELECT n FROM wire.b")
    project.view("b", "SELECT n FROM public.one")
    project.view("c", "SELECT m FROM public.one")
    project.function("answer", "old")
    project.apply()
    project.view("b", "SELECT nothing FROM public.one")
    project.view("c", "SELECT m, n FROM public.one")
    project.function("answer", "new")
    with pytest.raises(migrate.MigrationFailed) as failed:
        project.apply()
    assert 'views/b.sql failed and was rolled back: column "nothing" does not exist' in str(failed.value)
    assert 'views/a.sql failed and was rolled back: relation "wire.b" does not exist' in str(failed.value)
    assert [columns(project, view) for view in "abc"] == [["n"], ["n"], ["m"]]
    assert project.database.run("SELECT public.answer()") == [("old",)]


def test_a_function_that_fails_takes_no_view(project: Project) -> None:
    project.view("shown", "SELECT n FROM public.one")
    project.apply()
    project.view("shown", "SELECT m FROM public.one")
    project.function("answer", "yes", schema="missing")
    with pytest.raises(migrate.MigrationFailed, match=r"functions/answer\.sql"):
        project.apply()
    assert columns(project, "shown") == ["n"]


def test_a_changed_function_alone_touches_no_view(project: Project) -> None:
    project.view("shown", "SELECT n FROM public.one")
    project.function("answer", "yes")
    project.apply()
    before = oid(project, "wire.shown")
    project.function("answer", "no")
    assert project.apply().functions == ["answer.sql"]
    assert oid(project, "wire.shown") == before


def test_a_function_that_takes_rows_of_a_view_is_made_again_with_it(project: Project) -> None:
    project.view("shown", "SELECT n FROM public.one")
    project.function("answer", "yes")
    project.function("of_row", "1", parameters="p_row wire.shown")
    project.function("of_rows", "2", parameters="p_rows wire.shown[]")
    project.apply()
    project.view("shown", "SELECT m, n FROM public.one")
    project.apply()
    assert project.database.run("SELECT public.of_row(shown), public.of_rows(NULL) FROM wire.shown") == [("1", "2")]


def test_a_view_file_that_makes_another_view_is_refused(project: Project) -> None:
    (project.views / "shown.sql").write_text("CREATE VIEW wire.other AS SELECT 1 AS n;")
    with pytest.raises(migrate.MigrationFailed, match=r"views/shown\.sql does not make the view wire\.shown"):
        project.apply()
    assert oid(project, "wire.other") is None


def test_a_view_file_that_ends_the_transaction_is_refused_before_anything_is_changed(project: Project) -> None:
    project.view("shown", "SELECT n FROM public.one", "COMMIT;")
    with pytest.raises(migrate.MigrationRefused, match=r"views/shown\.sql begins or ends a transaction"):
        project.apply()
    assert project.applied() == []


def test_a_view_whose_file_is_gone_is_dropped_and_reported(project: Project) -> None:
    project.view("kept", "SELECT n FROM public.one")
    project.view("left", "SELECT n FROM wire.kept")
    project.apply()
    (project.views / "left.sql").unlink()
    assert project.apply().dropped == ["dropped wire.left: its file views/left.sql is gone"]
    assert oid(project, "wire.left") is None and columns(project, "kept") == ["n"]
    assert "dropped wire.left: its file views/left.sql is gone" in project.reported
    assert project.apply().dropped == []


def test_a_view_that_something_without_a_file_reads_is_kept_and_the_error_says_what_to_do(project: Project) -> None:
    project.view("shown", "SELECT n FROM public.one")
    project.apply()
    project.database.run("CREATE VIEW public.report AS SELECT n FROM wire.shown")
    project.view("shown", "SELECT m FROM public.one")
    with pytest.raises(
        migrate.MigrationFailed, match=r"view public\.report depends on view wire\.shown.*Drop it, or give it"
    ):
        project.apply()
    assert columns(project, "shown") == ["n"]


# -- migrations under a view -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", ["ALTER TABLE public.one DROP COLUMN m;", "ALTER TABLE public.one ALTER COLUMN m TYPE text;"]
)
def test_a_view_does_not_keep_a_migration_from_changing_its_table(project: Project, change: str) -> None:
    project.view("shown", "SELECT n, m FROM public.one")
    project.apply()
    project.view("shown", "SELECT n FROM public.one")
    project.migration(SECOND, change)
    project.apply()
    assert columns(project, "shown") == ["n"]


def test_a_migration_that_fails_after_one_that_changed_a_table_takes_no_view(project: Project) -> None:
    project.view("shown", "SELECT n, m FROM public.one")
    project.view("other", "SELECT n FROM public.one")
    project.apply()
    project.view("shown", "SELECT n FROM public.one")
    project.migration(SECOND, "ALTER TABLE public.one DROP COLUMN m;")
    project.migration(THIRD, "SELECT 1 / 0;")
    with pytest.raises(migrate.MigrationFailed, match=THIRD):
        project.apply()
    assert project.applied() == [FIRST, SECOND]
    assert columns(project, "shown") == ["n"] and columns(project, "other") == ["n"]


def test_a_view_that_needs_a_later_migration_is_reported_and_made_at_the_end(project: Project) -> None:
    project.view("shown", "SELECT n, m FROM public.one")
    project.apply()
    project.view("shown", "SELECT n, late FROM public.one")
    project.migration(SECOND, "ALTER TABLE public.one DROP COLUMN m;")
    project.migration(THIRD, "ALTER TABLE public.one ADD COLUMN late int;")
    project.apply()
    assert columns(project, "shown") == ["n", "late"]
    assert any(line.startswith("dropped wire.shown, which was in the way") for line in project.reported)


def test_a_migration_that_fails_by_itself_fails_with_its_own_error(project: Project) -> None:
    project.view("shown", "SELECT n FROM public.one")
    project.apply()
    project.database.run("CREATE VIEW public.report AS SELECT m FROM public.one")
    project.migration(SECOND, "ALTER TABLE public.one DROP COLUMN m;")
    with pytest.raises(migrate.MigrationFailed, match=f"{SECOND}.sql failed .* other objects depend on it"):
        project.apply()
    assert columns(project, "shown") == ["n"]


def test_a_rollback_drops_the_views_that_are_in_its_way_and_keeps_the_others(project: Project) -> None:
    project.view("shown", "SELECT n, m FROM public.one")
    project.apply()
    project.migration(SECOND, "CREATE TABLE public.two (n int);", "DROP TABLE public.two;")
    project.view("second", "SELECT n FROM public.two")
    project.view("third", "SELECT n FROM wire.second")
    project.apply()
    project.rollback()
    assert not project.exists("public.two")
    assert columns(project, "shown") == ["n", "m"]
    assert columns(project, "second") == columns(project, "third") == []
    project.apply()
    assert columns(project, "third") == ["n"]


def test_all_migrations_are_rolled_back_under_their_views(project: Project) -> None:
    project.view("shown", "SELECT n, m FROM public.one")
    project.view("shown_again", "SELECT n FROM wire.shown")
    project.apply()
    project.rollback(None)
    assert not project.exists("public.one")
    project.apply()
    assert columns(project, "shown_again") == ["n"]


# -- sessions that read a view meanwhile -------------------------------------------------------------------------------


def test_whoever_reads_a_view_meanwhile_waits_and_reads_on(project: Project) -> None:
    """Two views locked in opposite orders by readers and by the run: each read answers, old view or new."""
    project.view("a", "SELECT n FROM public.one")
    project.view("b", "SELECT n FROM public.one")
    for name in ("filler_1", "filler_2", "filler_3"):
        project.function(name, "yes")
    project.apply()
    stop = threading.Event()
    errors: list[BaseException] = []
    slowest = [0.0]
    reads = [0]

    def read(query: str) -> None:
        connection = project.database.connect("postgres")
        try:
            while not stop.is_set():
                started = time.monotonic()
                with connection.cursor() as cursor:
                    cursor.execute(query)
                    assert cursor.fetchall() == [(1, 1)]
                slowest[0] = max(slowest[0], time.monotonic() - started)
                reads[0] += 1
        except BaseException as error:
            errors.append(error)

    queries = ["SELECT a.n, b.n FROM wire.a, wire.b", "SELECT b.n, a.n FROM wire.b, wire.a"]
    readers = [threading.Thread(target=read, args=[query]) for query in queries]
    for reader in readers:
        reader.start()
    try:
        for number in range(12):
            project.view("a", f"SELECT n, {number} AS number FROM public.one")
            project.view("b", f"SELECT {number} AS number, n FROM public.one")
            assert project.apply().views == ["a.sql", "b.sql"]
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert errors == []
    assert reads[0] > 24 and slowest[0] < 5


def test_a_session_that_keeps_a_view_locked_makes_the_run_fail_and_a_later_run_goes_through(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.view("a", "SELECT n FROM public.one")
    project.view("b", "SELECT n FROM public.one")
    project.apply()
    monkeypatch.setattr(view_files, "LOCK_SECONDS", 1.0)
    keeper = project.database.connect("postgres", autocommit=False)
    keeper.cursor().execute("SELECT n FROM wire.b")
    bystander = project.database.connect("postgres")
    project.view("a", "SELECT n, m FROM public.one")
    failed: list[str] = []

    def apply() -> None:
        with pytest.raises(migrate.MigrationFailed) as raised:
            project.apply()
        failed.append(str(raised.value))

    run = threading.Thread(target=apply)
    run.start()
    slowest = 0.0
    while run.is_alive():
        started = time.monotonic()
        bystander.cursor().execute("SELECT n FROM wire.a")
        slowest = max(slowest, time.monotonic() - started)
    run.join()
    assert slowest < 0.9, "a reader of another view waits for one try, and no longer"
    [message] = failed
    assert 'another session has kept wire."a", wire."b" or one of them locked for 1 s; nothing was changed' in message
    assert "run this again" in message
    assert columns(project, "a") == ["n"]
    keeper.rollback()
    project.apply()
    assert columns(project, "a") == ["n", "m"]
