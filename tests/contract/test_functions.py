"""The processes of a function behind the local gateway: each serves one call at a time, and a dead one is replaced."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app import app
from local.functions import BadWorkers, Functions, own_variables, workers_from
from local.functions.pool import Code, NoneFree, Pool, StartFailed
from local.functions.runtime_api import FunctionFailed, ProcessEnded

pytest.importorskip("awslambdaric", reason="Lambda's runtime client is for Linux alone")

SECONDS = 60.0

FUNCTION = """
import os, pathlib, time

def handler(event, context):
    if "fail" in event:
        raise ValueError("wrong")
    if "says" in event:
        pathlib.Path(event["says"]).write_text(str(os.getpid()))
    while "until" in event and not pathlib.Path(event["until"]).exists():
        time.sleep(0.01)
    return {"pid": os.getpid(), "left": context.get_remaining_time_in_millis(), "id": context.aws_request_id}
"""


@pytest.fixture
def pools(tmp_path: Path) -> Iterator[Callable[..., Pool]]:
    """Makes pools of FUNCTION, or of another module's text."""
    made = []

    def make(size: int = 1, text: str = FUNCTION) -> Pool:
        (tmp_path / "function.py").write_text(text)
        pool = Pool(Code(tmp_path), "function", "function.handler", {}, tmp_path / "log", size)
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pool.stop()


def wait_for(holds: Callable[[], Any]) -> None:
    until = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_slow_call_keeps_one_process_busy_and_no_other(pools: Callable[..., Pool], tmp_path: Path) -> None:
    pool = pools(size=2)
    pool.start()
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(pool.invoke, {"until": str(tmp_path / "end"), "says": str(tmp_path / "begun")}, SECONDS)
        wait_for((tmp_path / "begun").exists)
        answers = [pool.invoke({}, SECONDS) for _ in range(3)]
        (other,) = {answer["pid"] for answer in answers}
        assert len({answer["id"] for answer in answers}) == 3
        assert not slow.done()
        (tmp_path / "end").touch()
        assert {slow.result()["pid"], other} == set(pool.pids)
    assert 0 < answers[0]["left"] <= SECONDS * 1000


def test_where_all_are_busy_a_call_waits_and_then_fails(pools: Callable[..., Pool], tmp_path: Path) -> None:
    pool = pools()
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(pool.invoke, {"until": str(tmp_path / "end"), "says": str(tmp_path / "begun")}, SECONDS)
        wait_for((tmp_path / "begun").exists)
        with pytest.raises(NoneFree):
            pool.invoke({}, 0.1)
        (tmp_path / "end").touch()
        assert slow.result()["pid"] == pool.invoke({}, SECONDS)["pid"]


@pytest.mark.parametrize("size", [1, 2])
def test_a_process_that_is_killed_while_it_is_idle_fails_no_call(pools: Callable[..., Pool], size: int) -> None:
    pool = pools(size)
    first = pool.invoke({}, SECONDS)["pid"]
    os.kill(first, signal.SIGKILL)
    # A dying process may still take a call, which then fails with it.
    wait_for(lambda: first not in pool.pids)
    assert pool.invoke({}, SECONDS)["pid"] != first


def test_a_process_that_is_killed_while_it_works_fails_its_call_alone(
    pools: Callable[..., Pool], tmp_path: Path
) -> None:
    pool = pools()
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(pool.invoke, {"until": "never", "says": str(tmp_path / "begun")}, SECONDS)
        wait_for(lambda: (tmp_path / "begun").exists() and (tmp_path / "begun").read_text())
        os.kill(int((tmp_path / "begun").read_text()), signal.SIGKILL)
        with pytest.raises(ProcessEnded):
            slow.result(SECONDS)
    assert pool.invoke({}, SECONDS)["pid"] == pool.pids[0]


def test_a_call_that_takes_too_long_ends_with_its_process(pools: Callable[..., Pool], tmp_path: Path) -> None:
    pool = pools()
    pool.start()
    (before,) = pool.pids
    with pytest.raises(TimeoutError):
        pool.invoke({"until": "never"}, 0.2)
    assert pool.invoke({}, SECONDS)["pid"] != before


def test_an_error_of_the_function_is_told_and_its_process_serves_on(pools: Callable[..., Pool]) -> None:
    pool = pools()
    with pytest.raises(FunctionFailed, match="ValueError: wrong"):
        pool.invoke({"fail": True}, SECONDS)
    (pid,) = pool.pids
    assert pool.invoke({}, SECONDS)["pid"] == pid


def test_a_function_that_cannot_be_imported_says_so_and_is_not_started_without_end(
    pools: Callable[..., Pool], tmp_path: Path
) -> None:
    pool = pools(text="import nothing_of_this_name")
    with pytest.raises(StartFailed, match=f"{tmp_path}/log ends with the reason"):
        pool.start()
    assert "nothing_of_this_name" in (tmp_path / "log").read_text()


def test_nothing_runs_after_the_stop(pools: Callable[..., Pool]) -> None:
    pool = pools(size=2)
    pool.start()
    pids = pool.pids
    pool.stop()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not any(thread.name == "function-function" for thread in threading.enumerate())


def test_where_the_function_gives_no_answer_a_client_gets_503_in_our_shape(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def app(event, context): raise SystemExit")
    functions = Functions(app, 1, {}, tmp_path / "log", Code(tmp_path))
    try:
        answer = functions.serve({}, None)
    finally:
        functions.stop()
    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"] == "2"
    assert '"SERVICE_UNAVAILABLE"' in answer["body"]


@pytest.mark.parametrize("given", ["0", "-1", "two", "33", "1.5", " "])
def test_a_wrong_number_of_workers_is_refused(given: str) -> None:
    with pytest.raises(BadWorkers, match="from 1 to 32"):
        workers_from({"WORKERS": given})


def test_without_workers_the_app_runs_in_the_stacks_own_process() -> None:
    assert workers_from({}) == workers_from({"WORKERS": ""}) == 0
    assert workers_from({"WORKERS": "4"}) == 4


def test_a_function_sees_its_own_variables_and_no_secret_of_another() -> None:
    environment = {
        "STAGE": "local",
        "DATABASE_URL": "a",
        "R2_SECRET_ACCESS_KEY": "b",
        "RESEND_API_KEY": "c",
        "HOME": "d",
    }
    assert own_variables("settle_uploads", environment).keys() == {"STAGE", "DATABASE_URL", "R2_SECRET_ACCESS_KEY"}
    assert own_variables("process_jobs", environment).keys() == {"STAGE", "DATABASE_URL", "RESEND_API_KEY"}
