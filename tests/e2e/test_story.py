"""From outside, as a client: the stack tells its story, speaks to supabase-js and plain HTTP, and survives a kill."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import psycopg2
import pytest
import requests

from local.smoke_test import SAMPLE, tell
from tests.support.local_stack import RunningStack, free_ports, launch, running
from tools import node


def test_the_stack_tells_its_story_before_it_says_ready(stack: RunningStack) -> None:
    assert "the whole story" in stack.printed
    assert "failed" not in stack.printed
    assert stack.printed.index("the whole story") < stack.printed.index("ready in")


def test_the_story_can_be_told_again_to_a_stack_that_is_up(stack: RunningStack) -> None:
    tell(stack.origin, stack.env["ANON_KEY"], report=lambda _line: None)


def test_supabase_js_lives_the_whole_story(stack: RunningStack) -> None:
    reason = node.why_not()
    if reason is not None:
        pytest.skip(reason)
    printed = node.run_script("story.mjs", stack.origin, stack.env["ANON_KEY"], str(SAMPLE))
    assert printed.count(": good") == 5


def test_what_a_client_needs_is_in_a_file_only_its_owner_reads(stack: RunningStack) -> None:
    assert stat.S_IMODE((stack.folder / "env").stat().st_mode) == 0o600
    needed = {"ANON_KEY", "ADMIN_DATABASE_URL", "R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY",
              "R2_BUCKET_NAME", "STRIPE_WEBHOOK_SECRETS"}  # fmt: skip
    assert needed <= stack.env.keys()
    with psycopg2.connect(stack.env["ADMIN_DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (True,)


def test_a_browser_may_ask_from_any_origin_locally(stack: RunningStack) -> None:
    asked = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "authorization,apikey,content-type,x-client-info"}  # fmt: skip
    answer = requests.options(f"{stack.origin}/functions/v1/create-family", headers=asked, timeout=10)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "apikey" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["/", "/functions/v1/unknown", "/v1/%2e%2e/healthz", "/v1/families/%00"])
def test_whatever_is_asked_for_answers_in_the_one_shape(stack: RunningStack, path: str) -> None:
    answer = requests.get(stack.origin + path, timeout=10)
    assert answer.status_code in (401, 403, 404, 405)
    assert set(answer.json()) == {"error"}
    assert answer.headers["x-request-id"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_stack_killed_with_9_comes_up_again_with_its_data(folder: Path) -> None:
    ports = free_ports()
    with running(folder, ports) as first:
        families = _count(first, "public.families")
        voices = _count(first, "public.recordings")
        key = first.env["ANON_KEY"]
        first.stop(signal.SIGKILL)
    with running(folder, ports) as second:
        assert second.env["ANON_KEY"] == key
        # The second start has told the story once more.
        assert _count(second, "public.families") == families + 1
        assert _count(second, "public.recordings") == voices + 1
        assert second.stop() == 0


@pytest.mark.parametrize("name", ["PORT", "R2_PORT", "PG_PORT"])
def test_a_taken_port_is_one_line_that_names_it_and_its_variable(folder: Path, stack: RunningStack, name: str) -> None:
    ports = {**free_ports(), name: stack.ports[name]}
    process = launch(folder, ports)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    complaints = [line for line in printed.splitlines() if line.startswith("error: ")]
    assert len(complaints) == 1
    assert str(ports[name]) in complaints[0]
    assert f"{name}=" in complaints[0]
    assert "Traceback" not in printed


def test_ctrl_c_stops_everything_that_was_started(folder: Path) -> None:
    with running(folder) as stack:
        postmaster = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        assert stack.stop(signal.SIGINT) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(postmaster, 0)


def _count(stack: RunningStack, table: str) -> int:
    with psycopg2.connect(stack.env["ADMIN_DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
