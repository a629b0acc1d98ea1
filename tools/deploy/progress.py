"""The lines of a deployment: each step with the time, and at a failure what was done, what was not, what comes next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class Progress:
    """Prints the steps as they begin and end."""

    def __init__(self, steps: list[str]) -> None:
        self._left = steps
        self.done: list[str] = []
        self.current = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step. Its name stands in the list of steps that the deployment began with."""
        self.current = name
        started = time.monotonic()
        self.say(f"{name} ...")
        yield
        self._left.remove(name)
        self.done.append(name)
        self.current = ""
        self.say(f"{name}: done in {time.monotonic() - started:.1f} s")

    def say(self, line: str) -> None:
        # Flushed, so that a log of CI shows where it stands.
        print(f"{datetime.now(UTC):%H:%M:%S}  {line}", flush=True)

    def detail(self, line: str) -> None:
        print(f"          {line}", flush=True)

    def failed(self, why: str) -> None:
        """What was done, and what was not."""
        print(f"\nerror: {self.current or 'before the first step'}: {why}", flush=True)
        print(f"done:     {', '.join(self.done) or 'nothing'}", flush=True)
        print(f"not done: {', '.join(self._left)}", flush=True)
