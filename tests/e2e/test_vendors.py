"""`make verify-vendors` against the local stack: every assumption holds at the stand-ins, and nothing is left."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from chalicelib.storage.deletion import delete_object
from chalicelib.storage.s3_http import S3Http
from chalicelib.storage.store import Store
from local.settings import ROOT
from tests.e2e.test_operate import operate
from tests.support.local_stack import RunningStack
from tools.vendors import scratch
from tools.vendors.every import CHECKS

NOT_AT_THE_STAND_INS = {
    "store-multipart-once",
    "store-lock",
    "supabase-realtime-columns",
    "supabase-data-api",
    "supabase-tls",
    "supabase-jwks",
}


def bucket_of(stack: RunningStack) -> Store:
    env = stack.env
    keys = [(env["R2_ACCESS_KEY_ID"], env["R2_SECRET_ACCESS_KEY"])]
    return Store(S3Http("r2", env["R2_ENDPOINT_URL"], env["R2_BUCKET_NAME"], keys))


def left_in(stack: RunningStack) -> list[object]:
    listed = [found.key for page in bucket_of(stack).list_objects(f"{scratch.PREFIX}/") for found in page]
    return [*listed, *stack.folder.glob("verify-vendors-*")]


def test_every_assumption_holds_at_the_stand_ins_and_nothing_is_left(stack: RunningStack) -> None:
    done = operate(stack, "tools.vendors")
    outcomes = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()[1:-1]}
    assert outcomes == {name: "skip" if name in NOT_AT_THE_STAND_INS else "ok" for name in CHECKS}, done.stdout
    assert done.returncode == 0
    assert done.stdout.startswith("stage local, store localhost:")
    assert left_in(stack) == []


STOPS_AFTER_ITS_FIRST_CHECK = """
import time
from tools.vendors import __main__ as run

def one(vendors):
    run.CHECKS["store-etag-md5"].run(vendors)
    print("made", flush=True)
    time.sleep(60)

run.tried = one
raise SystemExit(run.main())
"""


def stopped(stack: RunningStack, number: signal.Signals) -> int:
    """A run that is sent a signal when it has made something; its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-c", STOPS_AFTER_ITS_FIRST_CHECK],
        cwd=ROOT,
        env={"LOCAL_DIR": str(stack.folder), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        while process.stdout.readline().strip() != "made":
            assert process.poll() is None
        process.send_signal(number)
        return process.wait()


def test_a_run_that_is_stopped_cleans_up(stack: RunningStack) -> None:
    assert stopped(stack, signal.SIGTERM) == 1
    assert left_in(stack) == []


def test_a_run_that_is_killed_is_cleaned_up_by_the_next(stack: RunningStack) -> None:
    stopped(stack, signal.SIGKILL)
    key, path = left_in(stack)
    assert isinstance(path, Path)
    made = scratch.clean_up_after_others(stack.folder, lambda _kind, name: delete_object(bucket_of(stack), name))
    assert made == ([key], [])
    assert left_in(stack) == []
