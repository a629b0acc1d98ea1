"""Delivers events to the app as Stripe does: signed, several at a time and so in no fixed order, and repeated with
growing pauses until the app answers 2xx. Open deliveries are on disk and go on after a restart.

Tests can hold events back, release them in an order of their choice, and have them sent twice, late or again.
"""

import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import requests
import stripe

from local.stripe_api.records import Delivery, RecordsFile
from local.stripe_api.settings import StripeStandInSettings

log = logging.getLogger(__name__)

SENDERS = 4
_LOOK_SECONDS = 0.2


@dataclass
class _Run:
    """What belongs to one start: a sender thread that ends late uses the queue of its own run."""

    outbox: "queue.Queue[str | None]" = field(default_factory=queue.Queue)
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    in_flight: set[str] = field(default_factory=set)


class Deliveries:
    """The sender of events. Before start(), only redeliver() sends anything."""

    def __init__(self, records_file: RecordsFile, settings: StripeStandInSettings, clock: Callable[[], float]) -> None:
        self._records_file = records_file
        self._settings = settings
        self._clock = clock
        self._run: _Run | None = None
        self._changed = threading.Condition()
        self._held = False
        self._in_flight: set[str] = set()
        self.copies = 1
        """How often each event is sent per attempt; Stripe sometimes sends one twice."""
        self.late_seconds = 0.0
        """How long a new event waits before its first attempt."""
        self._session = requests.Session()
        self._session.trust_env = False  # the app is on this machine: no proxy is needed

    def start(self) -> None:
        """Begins to send, with the events that an earlier run did not deliver."""
        if self._run is not None:
            raise RuntimeError("deliveries run already")
        run = self._run = _Run()
        for job in [self._dispatch, *[self._send_from_outbox] * SENDERS]:
            thread = threading.Thread(target=job, args=(run,), name="stripe-events", daemon=True)
            run.threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stops within a second per thread; an attempt that was running is made again after the next start."""
        run, self._run = self._run, None
        if run is None:
            return
        run.stopping.set()
        for _ in range(SENDERS):
            run.outbox.put(None)
        self.wake()
        for thread in run.threads:
            thread.join(timeout=1)

    @property
    def running(self) -> bool:
        """Whether new events are sent at once: started, and not held."""
        return self._run is not None and not self._held

    def wake(self) -> None:
        """Makes the sender look for due events."""
        with self._changed:
            self._changed.notify_all()

    def hold(self) -> None:
        """Sends no event until release()."""
        self._held = True

    def release(self, order: Iterable[str] = ()) -> list[int]:
        """Sends the events of `order` one after another, returns the HTTP statuses, then lets the others be sent."""
        statuses = [self.redeliver(event_id) for event_id in order]
        self._held = False
        self.wake()
        return statuses

    def redeliver(self, event_id: str) -> int:
        """Sends an event now, delivered before or not; returns the app's HTTP status, 0 for no answer. KeyError when
        there is no such event."""
        return self._attempt(event_id)

    def waiting(self) -> list[str]:
        """The events that the app has not accepted yet, oldest first."""
        with self._records_file.opened() as records:
            return records.waiting()

    def progress(self, event_id: str) -> Delivery:
        """The state of an event's delivery; KeyError when there is no such event."""
        with self._records_file.opened() as records:
            delivery = records.delivery(event_id)
        if delivery is None:
            raise KeyError(event_id)
        return delivery

    def wait_for(self, event_ids: Iterable[str], timeout: float) -> bool:
        """Waits until each of these was sent at least once; False when the time-out comes first."""
        deadline = time.monotonic() + timeout
        missing = list(event_ids)
        while missing := [event_id for event_id in missing if not self.progress(event_id).attempts]:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                self._changed.wait(min(left, _LOOK_SECONDS))
        return True

    def _dispatch(self, run: _Run) -> None:
        while not run.stopping.is_set():
            if not self._held:
                for event_id in self._take_due(run):
                    run.outbox.put(event_id)
            with self._changed:
                self._changed.wait(_LOOK_SECONDS)

    def _take_due(self, run: _Run) -> list[str]:
        with self._records_file.opened() as records:
            due = [
                event_id
                for event_id in records.due(self._clock())
                if event_id not in run.in_flight and not self._is_late(records.delivery(event_id))
            ]
        run.in_flight.update(due)
        return due

    def _is_late(self, delivery: Delivery | None) -> bool:
        return bool(delivery and not delivery.attempts and delivery.first_at + self.late_seconds > self._clock())

    def _send_from_outbox(self, run: _Run) -> None:
        while (event_id := run.outbox.get()) is not None and not run.stopping.is_set():
            try:
                for _ in range(self.copies):
                    self._attempt(event_id)
            except sqlite3.ProgrammingError:
                if not run.stopping.is_set():
                    raise
                return  # the file was closed while the app had not answered yet: the event still waits in it
            finally:
                run.in_flight.discard(event_id)

    def _attempt(self, event_id: str) -> int:
        with self._records_file.opened() as records:
            event = records.get("event", event_id)
        if event is None:
            raise KeyError(event_id)
        status = self._post(event)
        with self._records_file.opened() as records:
            delivery = records.delivery(event_id)
            assert delivery is not None, "every event is written together with its delivery"
            state, due_at = self._after(delivery, status)
            records.record_attempt(event_id, state=state, due_at=due_at, status=status)
            if state == "delivered":
                records.put({**event, "pending_webhooks": 0})
        self.wake()
        return status

    def _after(self, delivery: Delivery, status: int) -> tuple[str, float]:
        """The state of an event after an attempt, and when it is due again."""
        now = self._clock()
        if 200 <= status < 300 or delivery.state == "delivered":
            return "delivered", delivery.due_at
        if now - delivery.first_at > self._settings.give_up_after_seconds:
            return "given_up", delivery.due_at
        pause = self._settings.first_retry_seconds * 2.0 ** min(delivery.attempts, 30)
        return "waiting", now + min(pause, self._settings.longest_retry_seconds)

    def _post(self, event: dict[str, Any]) -> int:
        body = json.dumps({**event, "pending_webhooks": 1}, indent=2)
        signature = stripe.WebhookSignature.generate_signature_header(
            body, self._settings.webhook_secrets[0], timestamp=int(self._clock())
        )
        try:
            answer = self._session.post(
                self._settings.webhook_url,
                data=body.encode(),
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "Stripe-Signature": signature,
                    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                },
                timeout=self._settings.delivery_timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as trouble:
            log.debug("event %s not delivered: %s", event["id"], type(trouble).__name__)
            return 0
        return answer.status_code
