"""A migration that takes away what the last release uses is found by its text, unless it says that nobody uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.deploy.expand import narrowing


def found(tmp_path: Path, *migrations: str) -> list[str]:
    paths = []
    for number, text in enumerate(migrations, 1):
        path = tmp_path / f"{number}.sql"
        path.write_text(text)
        paths.append(path)
    return narrowing(paths)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DROP TABLE public.prompts;", "drops public.prompts"),
        ("DROP FUNCTION IF EXISTS ops.claim(uuid);", "drops ops.claim"),
        ("DROP VIEW wire.families CASCADE;", "drops wire.families"),
        ("ALTER TABLE public.recordings DROP COLUMN IF EXISTS title;", "drops public.recordings.title"),
        (
            "ALTER TABLE public.recordings\n  ALTER COLUMN title TYPE INT;",
            "changes the type of public.recordings.title",
        ),
        ("ALTER TABLE public.recordings ALTER title SET NOT NULL;", "requires public.recordings.title"),
        ("ALTER TABLE public.recordings ALTER COLUMN title DROP DEFAULT;", "requires public.recordings.title"),
        ("ALTER TABLE public.recordings ADD COLUMN mood TEXT NOT NULL;", "requires public.recordings.mood"),
        (
            "ALTER TABLE public.recordings ADD COLUMN a INT, ADD CONSTRAINT short CHECK (a < 3);",
            "constrains by public.recordings.short",
        ),
        ("CREATE UNIQUE INDEX one ON public.recordings (title);", "constrains public.recordings"),
        ("ALTER TABLE public.recordings RENAME COLUMN title TO name;", "renames public.recordings"),
        ("ALTER FUNCTION ops.claim(uuid) RENAME TO take;", "renames ops.claim"),
        ("ALTER TABLE public.recordings SET SCHEMA ops;", "moves public.recordings"),
        ("REVOKE SELECT ON TABLE public.recordings FROM authenticated;", "revokes rights on public.recordings"),
        ('DROP POLICY "members read" ON public.recordings;', "drops a policy of public.recordings"),
        ('ALTER POLICY "members read" ON public.recordings USING (false);', "changes a policy of public.recordings"),
        ("TRUNCATE ops.call_counts;", "empties ops.call_counts"),
    ],
)
def test_what_narrows_is_named(statement: str, words: str, tmp_path: Path) -> None:
    assert found(tmp_path, statement) == [f"1.sql {words}"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.thanks (id UUID NOT NULL); ALTER TABLE public.thanks ADD CONSTRAINT one UNIQUE (id);",
        "ALTER TABLE public.recordings ADD COLUMN mood TEXT;",
        "ALTER TABLE public.recordings ADD COLUMN moods INT NOT NULL DEFAULT 0, ADD COLUMN tone TEXT;",
        "ALTER TABLE public.recordings DROP CONSTRAINT short;",
        "CREATE INDEX some ON public.recordings (title);",
        "CREATE TRIGGER t BEFORE TRUNCATE ON public.recordings EXECUTE FUNCTION ops.refuse();",
        "-- DROP TABLE public.prompts;\nSELECT 1;",
        "CREATE FUNCTION ops.f() RETURNS void LANGUAGE sql AS $$ DROP TABLE public.prompts; $$;",
        "COMMENT ON TABLE public.prompts IS 'DROP TABLE public.prompts; is not meant';",
    ],
)
def test_what_only_adds_is_not(statement: str, tmp_path: Path) -> None:
    assert found(tmp_path, statement) == []


@pytest.mark.parametrize("declared", ["public.recordings.title", "public.recordings"])
def test_a_migration_may_say_that_the_last_release_does_not_need_it(declared: str, tmp_path: Path) -> None:
    comment = f"-- The last release does not need {declared}: it stopped reading it.\n"
    assert found(tmp_path, comment + "ALTER TABLE public.recordings DROP COLUMN title;") == []


def test_what_is_said_of_one_thing_does_not_hold_for_another(tmp_path: Path) -> None:
    comment = "-- The last release does not need public.recordings.title: it stopped reading it.\n"
    text = comment + "ALTER TABLE public.recordings DROP COLUMN title, DROP COLUMN etag;"
    assert found(tmp_path, text) == ["1.sql drops public.recordings.etag"]
    # A comment in one migration says nothing of another.
    assert found(tmp_path, comment + "SELECT 1;", "DROP TABLE public.recordings;") == ["2.sql drops public.recordings"]
