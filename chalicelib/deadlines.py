"""One deadline over all of a call to a vendor: name resolution, connecting, TLS, attempts, pauses, headers and body.

A socket's own timeout covers one read, not an answer of one byte a second, and nothing but the operating system bounds
a resolver that does not answer. So the work runs in a thread of its own, and who waits for it leaves when the time is
over. An abandoned thread ends by itself as soon as its work looks at `left()` or its socket times out; what it may
still send must be safe to send twice, as every request to a vendor here is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
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


def _wait_for(work: Callable[[], Result], patience: Callable[[], float]) -> Result:
    """Waits as long as `patience()` gives, which is asked again each time that ran out."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    seconds = patience()
    if seconds <= 0:
        raise TimeoutError
    # A daemon, so that a process can end while its resolver still hangs.
    thread = threading.Thread(target=copy_context().run, args=(guarded,), daemon=True)
    thread.start()
    while seconds > 0 and not (results or errors):
        # Without an end nobody joins: the longest wait Python knows is shorter than infinity.
        thread.join(min(seconds, threading.TIMEOUT_MAX))
        seconds = patience()
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]
