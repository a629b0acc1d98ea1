"""From outside, as a client: the stack passes its smoke test, serves supabase-js and HTTP, and survives a kill."""

from __future__ import annotations

import os
import re
import signal
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest
import requests

from local import pooler
from local.ports import is_taken
from local.smoke_test import SAMPLE, run_smoke_test
from tests.support.local_stack import RunningStack, free_ports, launch, running
from tests.support.reaps_nobody import kill_all_below
from tools import node


def test_the_stack_says_ready_after_its_smoke_test_passed(stack: RunningStack) -> None:
    assert "failed" not in stack.printed
    assert stack.printed.index("the smoke test passed") < stack.printed.index("ready in")


def test_the_smoke_test_passes_again_on_a_stack_that_is_up(stack: RunningStack) -> None:
    run_smoke_test(stack.origin, stack.env["ANON_KEY"], report=lambda _line: None)


def test_supabase_js_does_what_a_client_does(stack: RunningStack) -> None:
    reason = node.why_not()
    if reason is not None:
        pytest.skip(reason)
    printed = node.run_script("supabase_js.mjs", stack.origin, stack.env["ANON_KEY"], str(SAMPLE))
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
def test_every_unknown_path_is_answered_in_the_documented_shape(stack: RunningStack, path: str) -> None:
    answer = requests.get(stack.origin + path, timeout=10)
    assert answer.status_code in (401, 403, 404, 405)
    assert set(answer.json()) == {"error"}
    assert answer.headers["x-request-id"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process stand for the first one")
def test_a_stack_killed_with_9_in_a_container_that_reaps_nobody_comes_up_again_with_its_data(folder: Path) -> None:
    ports = free_ports()
    with running(folder, ports, below=(sys.executable, "-m", "tests.support.reaps_nobody")) as first:
        families = _count(first, "public.families")
        recordings = _count(first, "public.recordings")
        key = first.env["ANON_KEY"]
        postmaster = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        kill_all_below(first.process.pid)
        with running(folder, ports) as second:
            assert psutil.Process(postmaster).status() == psutil.STATUS_ZOMBIE, "the state that this test is about"
            assert second.env["ANON_KEY"] == key
            # The second smoke test has added its own.
            assert _count(second, "public.families") == families + 1
            assert _count(second, "public.recordings") == recordings + 1
            assert second.stop() == 0


def test_a_second_start_in_the_same_folder_says_that_the_stack_is_up_and_where(stack: RunningStack) -> None:
    printed = _refused(stack.folder, free_ports())
    assert "already" in printed
    assert stack.origin in printed
    assert f"process {stack.process.pid}," in printed
    assert requests.get(f"{stack.origin}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize("names", [["R2_PORT"], ["PORT", "R2_PORT", "PG_PORT"]])
def test_taken_ports_are_one_line_that_names_them_and_ports_to_use_instead(
    folder: Path, stack: RunningStack, names: list[str]
) -> None:
    ports = {**free_ports(), **{name: stack.ports[name] for name in names}}
    printed = _refused(folder, ports)
    for name in names:
        assert f"port {ports[name]}" in printed
    other = {name: int(port) for name, port in re.findall(r"(\w+)=(\d+)", printed)}
    assert sorted(other) == sorted(names)
    assert not set(other.values()) & set(ports.values())


def test_two_parts_on_one_port_are_refused(folder: Path) -> None:
    assert "PORT=9000, R2_PORT=9000" in _refused(folder, {"PORT": 9000, "PG_PORT": 9001})


def _refused(folder: Path, ports: Mapping[str, object]) -> str:
    """The one line with which a start ends that cannot succeed."""
    process = launch(folder, ports)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    (complaint,) = [line for line in printed.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in printed
    return complaint


def test_behind_a_pooler_the_smoke_test_passes_and_ctrl_c_stops_everything_that_was_started(folder: Path) -> None:
    workers = {"WORKERS": "2"} if sys.platform == "linux" else {}
    with running(folder, POOLER="no" if pooler.WHY_NOT else "yes", **workers) as stack:
        below = psutil.Process(stack.process.pid).children(recursive=True)
        apps = [process for process in below if "app.app" in process.cmdline()]
        assert len(apps) == len(workers) * 2
        postmaster = int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        ports = {urlsplit(stack.env[name]).port for name in ("DATABASE_URL", "MIGRATIONS_DATABASE_URL")}
        assert len(ports) == (1 if pooler.WHY_NOT else 2)
        assert stack.stop(signal.SIGINT) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(postmaster, 0)
    assert not any(is_taken(port) for port in ports if port)
    assert not any(process.is_running() for process in apps)


def _count(stack: RunningStack, table: str) -> int:
    with psycopg2.connect(stack.env["ADMIN_DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
