"""make restore: a dump comes back whole, into an empty database alone, and nothing deletes there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from local.postgres import EmbeddedPostgres, supabase
from tests.e2e.test_operate import ask, operate
from tests.support.local_stack import RunningStack
from tools.loading import SCHEMAS
from tools.postgres_programs import run

PEOPLE = "SELECT count(DISTINCT user_id) FROM public.family_members"
VOICES = "SELECT count(*) FROM public.recordings"
BYTES = "SELECT sum(delta_bytes) FROM public.usage_ledger"


@pytest.fixture(scope="module")
def other() -> Iterator[EmbeddedPostgres]:
    """Another cluster, as Supabase hands it out: none of our roles, nothing of ours."""
    with tempfile.TemporaryDirectory(prefix="stories-restore-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False).start()
        admin = server.admin()
        supabase.create_supabase_roles(admin)
        supabase.set_password(admin, "postgres", server.superuser_password)
        yield server
        server.stop(immediate=True)


def empty(other: EmbeddedPostgres, name: str) -> str:
    """The URL of a new database there, for the role that migrates."""
    supabase.ensure_database(other.admin(), name)
    supabase.shape_like_supabase(other.admin(name))
    return other.url("postgres", other.superuser_password, name)


@pytest.fixture(scope="module")
def dump(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dump") / "backup.dump"
    schemas = [f"--schema={name}" for name in SCHEMAS]
    run("pg_dump", ["--format=custom", f"--file={path}", *schemas], stack.env["MIGRATIONS_DATABASE_URL"])
    return path


@pytest.mark.heavy
def test_a_dump_comes_back_whole_and_disarmed_into_an_empty_database_alone(
    stack: RunningStack, other: EmbeddedPostgres, dump: Path
) -> None:
    into = empty(other, "restored")
    done = operate(stack, "tools.operate restore", DUMP=str(dump), INTO=into)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"restore into 127.0.0.1:{other.port}/restored" in done.stdout
    assert other.superuser_password not in done.stdout + done.stderr
    with contextlib.closing(psycopg2.connect(into)) as restored, restored.cursor() as cursor:
        for question in PEOPLE, VOICES, BYTES:
            cursor.execute(question)
            assert cursor.fetchall() == ask(stack, question)
        cursor.execute(
            "SELECT ops.deleting_is_armed(), kind FROM ops.maintenance_runs WHERE last_succeeded_at IS NOT NULL"
        )
        assert (False, "restore") in cursor.fetchall()
    again = operate(stack, "tools.operate restore", DUMP=str(dump), INTO=into)
    assert again.returncode == 1
    assert "nothing was done: it has" in again.stderr


@pytest.mark.heavy
def test_a_dump_that_is_cut_off_is_not_taken_for_a_restore(
    stack: RunningStack, other: EmbeddedPostgres, dump: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.dump"
    cut.write_bytes(dump.read_bytes()[: dump.stat().st_size * 2 // 3])
    done = operate(stack, "tools.operate restore", DUMP=str(cut), INTO=empty(other, "cut"))
    assert done.returncode == 1
    assert "drop the database" in done.stderr
    assert "good, and" not in done.stdout
