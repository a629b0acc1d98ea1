"""Work ends by its deadline, whatever it waits for; and what it returns or raises comes through unchanged."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from functools import partial
from pathlib import Path

import pytest

from chalicelib import analytics, deadlines
from chalicelib.billing import stripe_http
from chalicelib.mail import resend_client
from chalicelib.queue import worker
from tests.support.in_time import in_time

ROOT = Path(__file__).parents[2]


def test_what_work_returns_and_raises_comes_through_unchanged() -> None:
    assert deadlines.within(5, lambda: 7) == 7
    error = KeyError("x")

    def fail() -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        deadlines.within(5, fail)
    assert caught.value is error


def test_work_that_takes_longer_is_left() -> None:
    go = threading.Event()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        deadlines.within(0.1, lambda: go.wait(10))
    in_time(time.monotonic() - began, at_most=0.5)
    go.set()


def test_without_time_left_no_work_begins() -> None:
    begun: list[int] = []
    with pytest.raises(TimeoutError), deadlines.at_most(0):
        deadlines.within(5, lambda: begun.append(1))
    assert begun == []


def test_of_several_deadlines_the_first_counts() -> None:
    with deadlines.at_most(0.2), deadlines.at_most(30):
        assert deadlines.left() <= 0.2
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(TimeoutError):
                deadlines.within(10, lambda: time.sleep(3))
        in_time(time.monotonic() - began, at_most=0.6)
    assert deadlines.left() == float("inf")
    assert deadlines.within(10, lambda: 1) == 1


def test_work_sees_how_long_it_has_and_the_context_of_who_waits() -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")
    name.set("somebody")
    assert deadlines.within(5, name.get) == "somebody"
    assert 4 < deadlines.within(5, deadlines.left) <= 5
    assert deadlines.left() == float("inf")


def test_a_process_ends_though_its_work_hangs() -> None:
    script = "import time; from chalicelib import deadlines; deadlines.within(0.05, lambda: time.sleep(60))"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=20)
    assert b"TimeoutError" in ended.stderr


def test_calls_one_after_another_share_a_thread_and_a_given_up_one_comes_back() -> None:
    first = deadlines.within(5, threading.get_ident)
    assert {deadlines.within(5, threading.get_ident) for _ in range(20)} == {first}
    with pytest.raises(TimeoutError):
        deadlines.within(0.05, lambda: time.sleep(0.3))
    second = deadlines.within(5, threading.get_ident)
    assert second != first
    time.sleep(0.5)
    seen = set()
    deadlines.within(5, lambda: seen.update({threading.get_ident(), deadlines.within(5, threading.get_ident)}))
    assert seen == {first, second}


def test_many_at_once_each_get_their_own_answer() -> None:
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        for turn in range(50):
            answers[number * 100 + turn] = deadlines.within(5, partial(int, number * 100 + turn))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 500
    assert all(key == value for key, value in answers.items())


class Mover:
    """Moves `step` bytes each time until `size`."""

    def __init__(self, size: int, step: int, pause: float) -> None:
        self.size, self.step, self.pause, self.moved = size, step, pause, 0

    def run(self) -> str:
        while self.moved < self.size:
            time.sleep(self.pause)
            self.moved += self.step
        return "moved"


def move(mover: Mover) -> str:
    return deadlines.while_moving(mover.run, lambda: mover.moved, window_seconds=0.2, least_bytes=100)


def test_work_that_moves_enough_may_take_long() -> None:
    began = time.monotonic()
    assert move(Mover(1_500, 50, 0.03)) == "moved"
    assert time.monotonic() - began > 0.6


@pytest.mark.parametrize("mover", [Mover(10_000, 1, 0.02), Mover(10_000, 5_000, 5)], ids=["a trickle", "a stop"])
def test_work_that_moves_too_little_is_left_at_the_end_of_its_window(mover: Mover) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        move(mover)
    took = time.monotonic() - began
    assert took > 0.15
    in_time(took, at_most=0.5)
    mover.size = 0


def test_what_stops_in_the_middle_is_left_too() -> None:
    mover = Mover(10_000, 100, 0.02)
    stop = threading.Timer(0.4, lambda: setattr(mover, "pause", 5.0))
    stop.start()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        move(mover)
    took = time.monotonic() - began
    assert took > 0.4
    in_time(took, at_most=1.2)
    mover.size = 0


def test_what_moves_enough_still_ends_by_the_deadline() -> None:
    mover = Mover(10**9, 100, 0.01)
    began = time.monotonic()
    with pytest.raises(TimeoutError), deadlines.at_most(0.5):
        move(mover)
    in_time(time.monotonic() - began, at_most=0.8)
    mover.size = 0


def test_what_a_job_asks_of_its_vendor_fits_into_the_job_s_time() -> None:
    for seconds in (resend_client.SECONDS, analytics.SECONDS, stripe_http.SECONDS):
        assert seconds < worker.JOB_SECONDS
