"""The drill tells a backup that lost something from one that did not, whatever it lost."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

import psycopg2
import pytest

from tests.support.database_server import Cluster, Database
from tools.drill import Drill, _compare, _note


@pytest.fixture(scope="module")
def source(module_database: Database) -> Database:
    """A family with a prompt and a stored voice."""
    database = module_database
    user = database.add_user()
    family, recording = uuid.uuid4(), uuid.uuid4()
    names = {"family": str(family), "recording": str(recording), "user": str(user)}
    for statement in (
        "INSERT INTO public.families (id, name) VALUES (%(family)s, 'Moreno')",
        "INSERT INTO public.family_members (family_id, user_id, role) VALUES (%(family)s, %(user)s, 'keeper')",
        "INSERT INTO public.prompts (family_id, text) VALUES (%(family)s, 'What do you remember of the sea?')",
        "INSERT INTO public.entitlements (family_id, storage_quota_bytes, max_recording_seconds)"
        " VALUES (%(family)s, 1000, 600)",
        "INSERT INTO public.recordings (id, family_id, size_bytes, duration_seconds, content_type, recorded_at,"
        " object_key, etag, stored_at)"
        " VALUES (%(recording)s, %(family)s, 100, 3, 'audio/mp4', now(), 'families/x', 'etag', now())",
        "SELECT ops.update_storage_quota(%(family)s, 100, 'finalize', %(recording)s)",
    ):
        database.run(statement, names)
    database.close()
    return database


@pytest.fixture(scope="module")
def restored(source: Database, cluster: Cluster) -> Iterator[Database]:
    """What a perfect restore would give."""
    with cluster.database(template=source.name) as copy:
        yield copy


def _differences(source: Database, restored: Database, damage: str = "SELECT 1") -> list[str]:
    """What the drill says after `damage`, which is undone again."""
    drill = Drill(report=lambda _line: None)
    with (
        contextlib.closing(psycopg2.connect(source.url("supabase_admin"))) as here,
        contextlib.closing(psycopg2.connect(restored.url("supabase_admin"))) as there,
    ):
        there.cursor().execute(damage)
        _compare(drill, here, there)
    return drill.differences


def test_a_restore_that_lost_nothing_is_good(source: Database, restored: Database) -> None:
    assert _differences(source, restored) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM public.prompts", "public.prompts: 1 rows in the source, 0 restored"),
        ("UPDATE public.prompts SET text = 'another'", "public.prompts: 1 rows in the source, 1 restored, or other"),
        ("UPDATE public.entitlements SET storage_used_bytes = 7", "ledger, usage and recordings do not agree"),
        ("SELECT ops.arm_deleting_tx(true)", "would delete objects at once"),
        ("GRANT SELECT ON public.prompts TO anon", "grants: not in the source: public.prompts anon=r"),
        ("GRANT SELECT (code_hash) ON public.invites TO authenticated", "public.invites code_hash authenticated=r"),
        ("GRANT EXECUTE ON FUNCTION ops.recording_json(uuid) TO anon", "ops.recording_json(uuid) anon=X"),
        ("GRANT USAGE ON SCHEMA rls TO authenticated", "schema rls authenticated=U"),
        ("ALTER TABLE public.recordings DISABLE ROW LEVEL SECURITY", "relations: not restored: r public.recordings"),
        ('DROP POLICY "Members read their families" ON public.families', "policies: not restored"),
        ("DROP TRIGGER stamp_deletion ON public.recordings", "triggers: not restored"),
        ("DROP INDEX public.idx_recordings_family", "indexes: not restored"),
        ("ALTER TABLE public.recordings DROP CONSTRAINT recordings_size_positive", "constraints: not restored"),
        ("ALTER FUNCTION ops.recording_json(uuid) SECURITY DEFINER", "functions: not restored"),
        ("ALTER TABLE public.prompts OWNER TO postgres", "relations: not restored"),
    ],
)  # fmt: skip
def test_a_restore_that_lost_or_gained_something_is_not(
    source: Database, restored: Database, damage: str, told: str
) -> None:
    differences = _differences(source, restored, damage)
    assert any(told in line for line in differences), differences


def test_what_default_privileges_add_on_a_restore_is_seen(source: Database, restored: Database) -> None:
    """Supabase's defaults would hand a restored table to anon: see docs/decisions/restore-and-default-privileges.md."""
    differences = _differences(source, restored, "GRANT ALL ON ALL TABLES IN SCHEMA public TO anon")
    assert any("anon=arwdDxt" in line for line in differences)


def test_a_copied_database_is_disarmed_until_somebody_rearms_it(source: Database, restored: Database) -> None:
    armed = "SELECT ops.deleting_is_armed()"
    assert source.run(armed) == [(True,)]
    assert restored.run(armed) == [(False,)]
    assert restored.run("SELECT ops.arm_deleting_tx(true)") == [({"armed": True},)]
    assert restored.run(armed) == [(True,)]
    restored.run("SELECT ops.arm_deleting_tx(false)")


def test_a_drill_that_fails_does_not_hide_when_the_last_one_succeeded(source: Database) -> None:
    runs = "SELECT last_succeeded_at = last_run_at, last_succeeded_at < last_run_at FROM ops.maintenance_runs"
    url = source.url("postgres")
    _note(url, ok=True)
    assert source.run(runs) == [(True, False)]
    _note(url, ok=False)
    assert source.run(runs) == [(False, True)]
    _note(url, ok=True)
    assert source.run(runs) == [(True, False)]
