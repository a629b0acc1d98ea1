"""Brings events to the app as Stripe does: signed, several at a time and so in no promised order, again and again with
growing pauses until the app answers 2xx. What is on its way is on disk and goes on after a restart.

Tests steer it: hold and release in an order of their choice, send twice, send late, send again.
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

from local.stripe_api.books import BookShelf, Delivery
from local.stripe_api.settings import StripeStandInSettings

log = logging.getLogger(__name__)

SENDERS = 4
_LOOK_SECONDS = 0.2


@dataclass
class _Run:
    """What belongs to one start: a sender that outlives its stop keeps to the queue of its own run."""

    outbox: "queue.Queue[str | None]" = field(default_factory=queue.Queue)
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    in_flight: set[str] = field(default_factory=set)


class Deliveries:
    """The events' way to the app. Nothing is sent before start(), save what a caller sends itself."""

    def __init__(self, shelf: BookShelf, settings: StripeStandInSettings, clock: Callable[[], float]) -> None:
        self._shelf = shelf
        self._settings = settings
        self._clock = clock
        self._run: _Run | None = None
        self._changed = threading.Condition()
        self._held = False
        self._in_flight: set[str] = set()
        self.copies = 1
        """How often each event is sent per attempt; 2 is the vendor's occasional duplicate."""
        self.late_seconds = 0.0
        """How long a new event waits before its first attempt."""
        self._session = requests.Session()
        self._session.trust_env = False  # the app is on this machine: no proxy stands in between

    def start(self) -> None:
        """Begins to send, with what an earlier run left over."""
        if self._run is not None:
            raise RuntimeError("deliveries run already")
        run = self._run = _Run()
        for job in [self._dispatch, *[self._send_from_outbox] * SENDERS]:
            thread = threading.Thread(target=job, args=(run,), name="stripe-events", daemon=True)
            run.threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stops within a moment; an attempt under way then is made again after the next start."""
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
        """Whether events are sent without anybody asking."""
        return self._run is not None and not self._held

    def wake(self) -> None:
        """There may be something to send."""
        with self._changed:
            self._changed.notify_all()

    def hold(self) -> None:
        """From now on events pile up."""
        self._held = True

    def release(self, order: Iterable[str] = ()) -> list[int]:
        """Sends the events of `order` one after another, answers the HTTP statuses, then lets the rest go."""
        statuses = [self.redeliver(event_id) for event_id in order]
        self._held = False
        self.wake()
        return statuses

    def redeliver(self, event_id: str) -> int:
        """Sends an event now, whatever became of it before; answers the app's HTTP status, 0 for none. KeyError when
        there is no such event."""
        return self._attempt(event_id)

    def waiting(self) -> list[str]:
        """The events the app has not taken yet, oldest first."""
        with self._shelf.opened() as books:
            return books.waiting()

    def progress(self, event_id: str) -> Delivery:
        """How far an event has come; KeyError when there is none."""
        with self._shelf.opened() as books:
            delivery = books.delivery(event_id)
        if delivery is None:
            raise KeyError(event_id)
        return delivery

    def wait_for(self, event_ids: Iterable[str], timeout: float) -> bool:
        """Waits until each of these was tried at least once; False when time ran out first."""
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
        with self._shelf.opened() as books:
            due = [
                event_id
                for event_id in books.due(self._clock())
                if event_id not in run.in_flight and not self._is_late(books.delivery(event_id))
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
                return  # the file was closed while the app was slow to answer: the event is still waiting in it
            finally:
                run.in_flight.discard(event_id)

    def _attempt(self, event_id: str) -> int:
        with self._shelf.opened() as books:
            event = books.get("event", event_id)
        if event is None:
            raise KeyError(event_id)
        status = self._post(event)
        with self._shelf.opened() as books:
            delivery = books.delivery(event_id)
            assert delivery is not None, "every event is written together with its delivery"
            state, due_at = self._after(delivery, status)
            books.record_attempt(event_id, state=state, due_at=due_at, status=status)
            if state == "delivered":
                books.put({**event, "pending_webhooks": 0})
        self.wake()
        return status

    def _after(self, delivery: Delivery, status: int) -> tuple[str, float]:
        """What becomes of an event after an attempt: its state and when it is due again."""
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
