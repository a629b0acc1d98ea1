"""The suite's own gate: what a route does not declare fails the test that got it, what no test saw fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT

SUITE = """
from chalicelib.api.application import SunApi
from chalicelib.api.responses import Answer
from chalicelib.api.models import WireModel
from chalicelib.call import Call
from chalicelib.errors import Refused
from tests.support.gateway import event_of, serve

class Empty(WireModel):
    pass

def declared(call: Call) -> Empty:
    raise Refused("CONFLICT", {"reason": "revoked"})

def another_reason(call: Call) -> Empty:
    raise Refused("CONFLICT", {"reason": "used_up"})

def another_code(call: Call) -> Empty:
    raise Refused("NOT_FOUND")

def get_me(call: Call) -> Answer:
    return Answer(Empty(), warnings=["moon"])

app = SunApi("stories-from-the-sun")
for function in (declared, another_reason, another_code, get_me):
    app.public(f"/{function.__name__}", function, refuses=["CONFLICT revoked"])

def ask(name):
    path = f"/{name}"
    return serve(event_of("GET", path) | {"requestContext": {"httpMethod": "GET", "resourcePath": path}}, app)

def test_declared(): ask("declared")
def test_another_reason(): ask("another_reason")
def test_another_code(): ask("another_code")
def test_a_warning(): ask("get_me")
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = folder / "test_suite.py"
    path.write_text(SUITE, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.declared_refusals", f"--rootdir={folder}"]
    return subprocess.run(
        [*command, str(path), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


def test_an_answer_that_is_not_declared_fails_the_test_that_got_it(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert "3 failed, 1 passed" in done.stdout
    assert 'declare refuses=["CONFLICT used_up"] for GET /another_reason in app.py' in done.stdout
    assert 'declare refuses=["NOT_FOUND"] for GET /another_code in app.py' in done.stdout
    assert "declare the warning 'moon' in the example for get_me in tools/api_docs/examples.py" in done.stdout


def test_a_refusal_that_no_worker_has_seen_fails_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, "--all-refusals", "-k", "test_declared", "-p", "xdist", "-n", "1")
    assert "1 passed" in done.stdout and done.returncode == 1
    assert "POST /functions/v1/create-invite: provoke CONFLICT too_many_invites in a test" in done.stdout
