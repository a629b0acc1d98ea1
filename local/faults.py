"""Trouble on demand: a test tells a stand-in to fail or to dawdle, the way the vendor does on a bad day.

It works in the process of the stand-in. Stripe's alone can be switched from outside as well (POST faults), and only for
a number of requests: whoever forgets it has Stripe back.
"""

import threading
import time
from dataclasses import dataclass, field


@dataclass
class Faults:
    """The trouble still to come, in the order in which it was asked for."""

    _failures: list[int] = field(default_factory=list)
    _delays: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail_next(self, status: int, times: int = 1) -> None:
        """The next `times` requests are answered with this HTTP status and do nothing else."""
        with self._lock:
            self._failures.extend([status] * times)

    def delay(self, seconds: float, times: int = 1) -> None:
        """The next `times` requests do their work, then keep the caller waiting for its answer."""
        with self._lock:
            self._delays.extend([seconds] * times)

    def reset(self) -> None:
        """No more trouble."""
        with self._lock:
            self._failures.clear()
            self._delays.clear()

    def take_failure(self) -> int | None:
        """The status to fail this request with, used up by asking; None when it may go on."""
        with self._lock:
            return self._failures.pop(0) if self._failures else None

    def dawdle(self) -> None:
        """Sleeps as long as was asked for this request; call it once the work is done, before answering."""
        with self._lock:
            seconds = self._delays.pop(0) if self._delays else 0.0
        if seconds:
            time.sleep(seconds)
