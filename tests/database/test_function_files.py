"""sql/functions: after a run every function is what its file says, whatever it was before.

The functions here are thrown away; the project's own files are held to their rules by test_catalog_lints.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sql import migrate
from tests.support.database_server import Cluster, Database
from tests.support.sql_project import FIRST, SECOND, Project


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """An empty database: these tests bring their own migrations."""
    with cluster.database("template1") as database:
        yield database


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    return Project(tmp_path, database)


def test_a_function_is_re_applied_when_its_text_changed(project: Project) -> None:
    project.function("answer", "yes")
    assert project.apply().functions == ["answer.sql"]
    assert project.apply().functions == []
    project.function("answer", "no")
    assert project.apply().functions == ["answer.sql"]
    assert project.database.run("SELECT public.answer()") == [("no",)]


def test_a_function_that_was_renamed_or_dropped_by_hand_is_made_again(project: Project) -> None:
    project.function("answer", "yes")
    project.function("question", "who")
    project.apply()
    project.database.run("ALTER FUNCTION public.answer RENAME TO answered")
    assert project.apply().functions == ["answer.sql"]
    project.database.run("DROP FUNCTION public.question")
    project.apply()
    assert project.database.run("SELECT public.question(), public.answer()") == [("who", "yes")]
    project.reported.clear()
    project.apply()
    assert project.reported == ["nothing to apply"]


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


def test_a_function_that_a_migration_drops_is_made_again_after_it(project: Project) -> None:
    project.migration(FIRST, "CREATE SCHEMA inner_schema;", "DROP SCHEMA inner_schema CASCADE;")
    project.function("answer", "yes", schema="inner_schema")
    project.apply()
    project.migration(SECOND, "DROP SCHEMA inner_schema CASCADE; CREATE SCHEMA inner_schema;")
    project.apply()
    assert project.database.run("SELECT inner_schema.answer()") == [("yes",)]


def test_a_function_that_a_rollback_drops_is_made_again_when_the_older_release_is_deployed(project: Project) -> None:
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
    assert project.database.run("SELECT public.answer()") == [("yes",)], "a function that needs no table stays"
    project.apply()
    assert project.database.run("SELECT public.one_row(NULL), public.many_rows(NULL)") == [(1, 1)]


def test_a_view_without_a_file_keeps_the_table_it_reads(project: Project) -> None:
    project.migration(
        FIRST,
        "CREATE TABLE public.one (n int); CREATE VIEW public.all_of_one AS TABLE public.one;",
        "DROP TABLE public.one;",
    )
    project.apply()
    with pytest.raises(migrate.MigrationFailed, match="other objects depend on it"):
        project.rollback()
    assert project.exists("public.all_of_one")


# -- another function in the place of one ------------------------------------------------------------------------------


def signatures(project: Project, name: str = "answer") -> list[str]:
    rows = project.database.run(
        "SELECT pronamespace::regnamespace || '.' || proname || '(' || pg_get_function_arguments(oid) || ') '"
        " || pg_get_function_result(oid) FROM pg_proc WHERE proname = %s ORDER BY 1",
        [name],
    )
    return [signature for (signature,) in rows]


@pytest.mark.parametrize(
    "parameters", ["p_a int, p_b text", "", "p_a text", "p_other int", "p_a int DEFAULT 1", "VARIADIC p_a int[]"]
)
def test_a_changed_parameter_list_leaves_only_the_function_of_the_file(project: Project, parameters: str) -> None:
    project.function("answer", "old", parameters="p_a int")
    project.apply()
    # The last line names the function without its parameters, as every real file does.
    project.function("answer", "new", parameters=parameters, more="COMMENT ON FUNCTION public.answer IS 'new';")
    outcome = project.apply()
    [left] = signatures(project)
    assert left.startswith("public.answer(") and left != "public.answer(p_a integer) text"
    assert project.database.run("SELECT obj_description('public.answer'::regproc)") == [("new",)]
    replaced = ["dropped public.answer(integer): functions/answer.sql makes another in its place"]
    # CREATE OR REPLACE adds a default by itself.
    assert outcome.dropped == ([] if "DEFAULT" in parameters else replaced)
    assert set(outcome.dropped) <= set(project.reported)


def test_a_changed_result_leaves_only_the_function_of_the_file(project: Project) -> None:
    project.function("answer", "old")
    project.apply()
    path = project.functions / "answer.sql"
    path.write_text("CREATE OR REPLACE FUNCTION public.answer() RETURNS int LANGUAGE sql AS $$ SELECT 42 $$;")
    project.apply()
    assert signatures(project) == ["public.answer() integer"]


def test_a_lost_default_leaves_only_the_function_of_the_file(project: Project) -> None:
    project.function("answer", "old", parameters="p_a int DEFAULT 1")
    project.apply()
    project.function("answer", "new", parameters="p_a int")
    project.apply()
    assert signatures(project) == ["public.answer(p_a integer) text"]


def test_every_other_function_of_the_name_goes_however_it_came_there(project: Project) -> None:
    project.function("answer", "yes")
    project.apply()
    for parameters in ("int", "text, text"):
        project.database.run(f"CREATE FUNCTION public.answer({parameters}) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    project.function("answer", "no")
    project.apply()
    assert signatures(project) == ["public.answer() text"]


def test_nothing_of_another_name_or_schema_is_dropped(project: Project) -> None:
    project.migration(
        FIRST,
        "CREATE SCHEMA other; CREATE FUNCTION other.answer(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        " CREATE FUNCTION public.answers(int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    )
    project.function("answer", "old", parameters="p_a int")
    project.apply()
    project.function("answer", "new")
    project.apply()
    assert signatures(project) == ["other.answer(integer) integer", "public.answer() text"]
    assert signatures(project, "answers") == ["public.answers(integer) integer"]


@pytest.mark.parametrize("parameters", ["p_a int, p_b text", "p_other int"])
def test_a_function_that_something_needs_is_not_replaced_and_the_error_says_what_to_do(
    project: Project, parameters: str
) -> None:
    project.function("answer", "old", parameters="p_a int")
    project.function("question", "old")
    project.apply()
    project.migration(FIRST, "CREATE TABLE public.one (n int CONSTRAINT one_n CHECK (public.answer(n) <> ''));")
    project.apply()
    project.function("answer", "new", parameters=parameters)
    project.function("question", "new")
    said = (
        r"functions/answer\.sql makes another function in place of public\.answer\(integer\), which something still"
        r" needs \(constraint one_n on table public\.one depends .*Write a migration that drops what needs it, or leave"
    )
    with pytest.raises(migrate.MigrationFailed, match=said):
        project.apply()
    assert signatures(project) == ["public.answer(p_a integer) text"]
    assert project.database.run("SELECT public.question()") == [("old",)]
    project.migration(SECOND, "ALTER TABLE public.one DROP CONSTRAINT one_n;")
    project.apply()
    assert signatures(project) == [f"public.answer({parameters.replace('int', 'integer')}) text"]


def test_a_run_that_fails_later_keeps_the_function_that_was_there(project: Project) -> None:
    project.function("answer", "old", parameters="p_a int")
    project.apply()
    project.function("answer", "new")
    project.function("question", "why", schema="missing")
    with pytest.raises(migrate.MigrationFailed):
        project.apply()
    assert signatures(project) == ["public.answer(p_a integer) text"]


def test_a_function_without_a_file_is_reported_until_it_is_dropped(project: Project) -> None:
    project.function("answer", "yes")
    project.apply()
    (project.functions / "answer.sql").unlink()
    assert project.apply().functions_left_over == ["answer.sql"]
    assert any("functions/answer.sql is gone" in line for line in project.reported)
    project.migration(FIRST, "DROP FUNCTION public.answer();")
    assert project.apply().functions_left_over == []
