"""Faults that a test asks a stand-in for: failures and slow answers, for a number of requests.

They are set in the process of the stand-in. Those of Stripe's stand-in can be set over HTTP as well (POST faults).
"""

import threading
import time
from dataclasses import dataclass, field


@dataclass
class Faults:
    """The faults that are still to come, in the order in which they were asked for."""

    _failures: list[int] = field(default_factory=list)
    _delays: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail_next(self, status: int, times: int = 1) -> None:
        """The next `times` requests are answered with this HTTP status and do nothing else."""
        with self._lock:
            self._failures.extend([status] * times)

    def delay(self, seconds: float, times: int = 1) -> None:
        """The next `times` requests do their work, and answer this much later."""
        with self._lock:
            self._delays.extend([seconds] * times)

    def reset(self) -> None:
        """Ends every fault."""
        with self._lock:
            self._failures.clear()
            self._delays.clear()

    def take_failure(self) -> int | None:
        """The status with which this request is to fail, given once; None when it is to succeed."""
        with self._lock:
            return self._failures.pop(0) if self._failures else None

    def delay_answer(self) -> None:
        """Sleeps as long as was asked for this request; to be called after the work, before the answer."""
        with self._lock:
            seconds = self._delays.pop(0) if self._delays else 0.0
        if seconds:
            time.sleep(seconds)
