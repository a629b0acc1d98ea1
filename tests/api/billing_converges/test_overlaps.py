"""Billing converges: overlaps."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from chalicelib.billing import stripe_client
from chalicelib.billing.entitlements import Subscription
from tests.support.api import Api, at_once
from tests.support.payers import Payer, apply, deliver, store

CHANGES: tuple[dict[str, Any], ...] = (
    {"plan": "legacy"},
    {"plan": "family"},
    {"status": "past_due"},
    {"status": "active"},
    {"status": "canceled"},
    {"status": "paused"},
    {"status": "unpaid"},
    {"cancelAtPeriodEnd": True},
    {"cancelAtPeriodEnd": False},
)


class Handler:
    """One application of an event, made in three steps: it takes its ticket, it asks Stripe, it writes."""

    here = threading.local()

    def __init__(self, event_id: str) -> None:
        self._may_ask, self._may_write = threading.Event(), threading.Event()
        self._has_ticket, self._has_answer = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(event_id,))
        self.steps: Iterator[Callable[[], None]] = iter((self._take, self._ask, self._write))

    def _run(self, event_id: str) -> None:
        Handler.here.handler = self
        apply(event_id)

    @property
    def holds(self) -> bool:
        """Whether it has Stripe's answer and has not written it."""
        return self._has_answer.is_set()

    def hold(self, fetch: Callable[[str], list[Subscription]], customer: str) -> list[Subscription]:
        self._has_ticket.set()
        assert self._may_ask.wait(10)
        copy = fetch(customer)
        self._has_answer.set()
        assert self._may_write.wait(10)
        return copy

    def _take(self) -> None:
        self._thread.start()
        assert self._has_ticket.wait(10)

    def _ask(self) -> None:
        self._may_ask.set()
        assert self._has_answer.wait(10)

    def _write(self) -> None:
        self._may_write.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("seed", range(12))
def test_overlapping_handlers_never_overwrite_newer_state_with_older(
    module_api: Api, payer: Payer, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    fetch = stripe_client.fetch_subscriptions
    changes = chance.sample(CHANGES, 5)
    names = [f"evt_{seed}_{index}" for index in range(len(changes))]
    store(module_api, payer, names)
    monkeypatch.setattr(
        stripe_client, "fetch_subscriptions", lambda customer: Handler.here.handler.hold(fetch, customer)
    )
    waiting: list[Handler] = []
    while changes or waiting:
        # Stripe moves on and sends its event, at times twice; or some handler makes its next step.
        if changes and (all(each.holds for each in waiting) or chance.random() < 0.1):
            payer.change(**changes.pop())
            waiting += [Handler(names[len(changes)]) for _ in range(chance.choice((1, 1, 2)))]
            continue
        # Who holds a copy writes it when all others hold one too, or at times before: old copies are often the last.
        handler = chance.choice([each for each in waiting if not each.holds or chance.random() < 0.1] or waiting)
        step = next(handler.steps)
        step()
        if step == handler._write:
            waiting.remove(handler)
    monkeypatch.setattr(stripe_client, "fetch_subscriptions", fetch)
    assert payer.has() == payer.due()
    states = module_api.run("SELECT DISTINCT state FROM ops.stripe_events WHERE event_id = ANY (%s)", names)
    assert states == [("applied",)]


def test_an_event_delivered_ten_times_at_once_is_applied_and_reported_once(module_api: Api, payer: Payer) -> None:
    payer.change(plan="legacy")
    payer.change(status="past_due")
    payer.change(status="active")
    events = [{**event, "created": 1_700_000_000} for event in payer.events()] * 2
    random.Random(1).shuffle(events)
    while events:
        ten, events = events[:10], events[10:]
        assert {reply.status for reply in at_once([partial(deliver, event) for event in ten])} == {200}
    assert payer.has() == payer.due()
    assert payer.has()[:2] == ("legacy", "active")
    rows = module_api.run("SELECT state, attempts FROM ops.stripe_events WHERE customer_id = %s", payer.customer)
    assert set(rows) <= {("applied", 1), ("ignored", 0)}
    assert payer.told("billing_checkout_completed") == 1
    waiting = "SELECT count(*) FROM ops.jobs WHERE kind = 'apply_stripe_event' AND lane = %s"
    assert module_api.value(waiting, f"billing/{payer.customer}") == 0
