"""The clock of the local stack: starts each schedule at its own pace, as EventBridge would start its function.

process_jobs runs every two seconds here, so that mail arrives while one looks; the others run at the pace of a
deployed stage. A schedule that fails is logged by the app and comes again at its next turn.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from chalice.local import LambdaContext

# Seconds between two runs.
PACE = {
    "process_jobs": 2,
    "settle_uploads": 15 * 60,
    "copy_recordings": 15 * 60,
    "cleanup_media": 24 * 3600,
    "audit_storage": 24 * 3600,
    "reconcile_billing": 24 * 3600,
    "send_error_digest": 300,
}
FUNCTION_SECONDS = 300


class Clock:
    """Runs the schedules of `app`, each in a thread of its own so that a slow one delays no other."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.schedules: dict[str, Callable[[], dict[str, Any]]] = {
            name: partial(self._run, name, by_hand=True) for name in PACE if name in app.handler_map
        }
        """What each schedule is called -> a function that runs it now, whatever its slot, and gives its summary."""

    def start(self) -> None:
        """Begins to run the schedules; the first run of each comes after one pace."""
        for name in self.schedules:
            thread = threading.Thread(target=self._keep_pace, args=(name,), name=f"clock-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Starts nothing any more and waits a little for what is running."""
        self._stopping.set()
        until = time.monotonic() + 2
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _keep_pace(self, name: str) -> None:
        while not self._stopping.wait(PACE[name]):
            try:
                # process_jobs as if by hand: it then drains once and comes back, instead of waiting for second 30.
                self._run(name, by_hand=name == "process_jobs")
            except Exception:
                # Logged by the app where it happened; the clock goes on.
                continue

    def _run(self, name: str, *, by_hand: bool) -> dict[str, Any]:
        """Starts a schedule's handler with the event EventBridge would send."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "local",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "region": "local",
            "resources": [],
            "detail": {"byHand": by_hand},
        }
        answer: dict[str, Any] = self._app.handler_map[name](event, LambdaContext(name, 512, FUNCTION_SECONDS * 1000))
        return answer
