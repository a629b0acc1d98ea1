"""One deadline over all of a call to a vendor: name resolution, connecting, TLS, attempts, pauses, headers and body.

A socket's own timeout covers one read, not an answer of one byte a second, and nothing but the operating system bounds
a resolver that does not answer. So the work runs in another thread, and who waits for it leaves when the time is over.
Abandoned work ends by itself as soon as it looks at `left()` or its socket times out; what it may still send must be
safe to send twice, as every request to a vendor here is.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from queue import SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")

_until: ContextVar[float] = ContextVar("until", default=float("inf"))
"""On the monotonic clock, in seconds: when whatever runs in this context must be over."""


def left() -> float:
    """Seconds until the deadline of the present context; infinite where there is none."""
    return _until.get() - time.monotonic()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Every `within` inside ends after this many seconds, counted from here. It never lengthens a deadline."""
    token = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work()` returns, or raises. Raises TimeoutError when it takes longer than this, or than `left()`.

    `work` runs in another thread, in a copy of the caller's context; there `left()` counts down to this deadline.
    """
    with at_most(seconds):
        return _wait_for(work, left)


def while_moving(
    work: Callable[[], Result], moved: Callable[[], int], *, window_seconds: float, least_bytes: int
) -> Result:
    """As `within`, for work that may take long but moves bytes: `moved()` says how many until now.

    Raises TimeoutError at the end of the first `window_seconds` in which fewer than `least_bytes` moved, and when
    `left()` is over.
    """
    window = [time.monotonic() + window_seconds, 0.0]

    def patience() -> float:
        now = time.monotonic()
        if now >= window[0] and moved() - window[1] >= least_bytes:
            window[:] = [now + window_seconds, moved()]
        return min(window[0] - now, left())

    return _wait_for(work, patience)


class _Helper:
    """A thread that does one piece of work after another: to start one for each call costs more than to keep it."""

    def __init__(self) -> None:
        self.tasks = SimpleQueue[Callable[[], None]]()
        # A daemon, so that a process can end while its resolver still hangs.
        threading.Thread(target=self._run, name="deadlines", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.tasks.get()()


_idle: deque[_Helper] = deque()


def _wait_for(work: Callable[[], Result], patience: Callable[[], float]) -> Result:
    """Waits as long as `patience()` gives, which is asked again each time that ran out."""
    seconds = patience()
    if seconds <= 0:
        raise TimeoutError
    results: list[Result] = []
    errors: list[BaseException] = []
    ended = threading.Lock()
    ended.acquire()
    context = copy_context()
    try:
        helper = _idle.pop()
    except IndexError:
        helper = _Helper()

    def task() -> None:
        try:
            results.append(context.run(work))
        except BaseException as error:
            errors.append(error)
        # Also the helper that was given up comes back, once its work has ended.
        _idle.append(helper)
        ended.release()

    helper.tasks.put(task)
    while seconds > 0 and not ended.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
        seconds = patience()
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]
