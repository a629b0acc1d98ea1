"""The clock of the local stack: starts each schedule at the times at which EventBridge starts its function.

The times stand in app.py alone: Chalice keeps the cron expression of each `@app.schedule`, and this module reads it. As
on AWS, times are UTC, a schedule that failed runs again at its next time, and a time that passed while the stack was
down is not made up for. Unlike on AWS, a schedule whose run is still going on is not started a second time.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]  # it ships no types; we call one method of it
from chalice.app import ScheduledEventConfig, ScheduleExpression
from chalice.local import LambdaContext

# The one schedule with a second pace. Every minute it runs as on AWS. A developer who has just sent an invite looks
# into the inbox at once: here, a run by hand every 2 seconds drains the queue too.
QUEUE = "process_jobs"
QUEUE_PACE = timedelta(seconds=2)

FUNCTION_SECONDS = 300
_LONGEST_WAIT = 30.0  # seconds; a machine that was suspended notices within them that its clock has moved on


Invoke = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Calls the handler of a schedule with an event, and returns its summary."""


def event_of(at: datetime, **detail: bool) -> dict[str, Any]:
    """The event that EventBridge sends to a schedule's function, all of which Chalice wants to see."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "local",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [],
        "detail": detail,
    }


class Clock:
    """Runs the schedules of `app`, each in a thread of its own so that a slow one delays no other.

    `now` gives the time in UTC; tests give a clock of their own. `invoke` runs a handler elsewhere than here. Raises
    ValueError for a schedule that is no cron expression: rate(...) counts from a deployment, which a local stack does
    not have.
    """

    def __init__(
        self, app: Any, now: Callable[[], datetime] = lambda: datetime.now(UTC), invoke: Invoke | None = None
    ) -> None:
        self._invoke = invoke or _in_this_process(app)
        self._now = now
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._times = {
            source.name: _parse(source.name, source.schedule_expression)
            for source in app.event_sources
            if isinstance(source, ScheduledEventConfig)
        }
        self.schedules: dict[str, Callable[[], dict[str, Any]]] = {
            name: partial(self._run, name, by_hand=True) for name in self._times
        }
        """Name of a schedule -> a function that runs it now, whatever its slot, and returns its summary."""

    def next_run(self, name: str, after: datetime) -> datetime:
        """When the schedule starts next, after this time."""
        found: datetime | None = self._times[name].get_next(after)[0]
        return found or datetime.max.replace(tzinfo=UTC)  # an expression that names a year which is over

    def start(self) -> None:
        """Begins to run the schedules."""
        for name in self.schedules:
            self._start(name, partial(self.next_run, name), by_hand=False)
        if QUEUE in self.schedules:
            self._start(QUEUE, lambda after: after + QUEUE_PACE, by_hand=True)

    def stop(self) -> None:
        """Starts no further run, and waits 2 seconds at most for those that are going on."""
        self._stopping.set()
        until = time.monotonic() + 2
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _start(self, name: str, next_run: Callable[[datetime], datetime], *, by_hand: bool) -> None:
        thread = threading.Thread(
            target=self._keep_time, args=(name, next_run, by_hand), name=f"clock-{name}", daemon=True
        )
        thread.start()
        self._threads.append(thread)

    def _keep_time(self, name: str, next_run: Callable[[datetime], datetime], by_hand: bool) -> None:
        while self._wait_until(next_run(self._now())):
            try:
                self._run(name, by_hand=by_hand)
            except Exception:
                # The app has logged it where it happened. The schedule runs again at its next time.
                continue

    def _wait_until(self, due: datetime) -> bool:
        """Waits for a time; False when the clock is stopped first."""
        while (left := (due - self._now()).total_seconds()) > 0:
            if self._stopping.wait(min(left, _LONGEST_WAIT)):
                return False
        return not self._stopping.is_set()

    def _run(self, name: str, *, by_hand: bool) -> dict[str, Any]:
        """Calls a schedule's handler with the event that EventBridge would send."""
        event = event_of(self._now(), byHand=by_hand)
        return self._invoke(name, event)


def _in_this_process(app: Any) -> Invoke:
    def invoke(name: str, event: dict[str, Any]) -> dict[str, Any]:
        summary: dict[str, Any] = app.handler_map[name](event, LambdaContext(name, 512, FUNCTION_SECONDS * 1000))
        return summary

    return invoke


def _parse(name: str, expression: Any) -> AwsCroniter:
    text = expression.to_string() if isinstance(expression, ScheduleExpression) else str(expression)
    if not text.startswith("cron(") or not text.endswith(")"):
        raise ValueError(f"{name}: the local clock reads cron(...) expressions only, not {text}")
    return AwsCroniter(text.removeprefix("cron(").removesuffix(")"))
