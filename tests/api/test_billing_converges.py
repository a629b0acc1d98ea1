"""Whatever order, number and age of Stripe's events: a family ends with what Stripe shows, and each event counts once.

Stripe here is the stand-in with its real events; what overlaps is made to overlap, step by step or all at once.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import stripe as library

from chalicelib import config
from chalicelib.billing import checkout, stripe_client, stripe_http, sync
from chalicelib.billing.entitlements import Subscription, entitlement_of
from chalicelib.billing.plans import PLANS
from chalicelib.call import Call
from chalicelib.jobs import apply_stripe_event
from chalicelib.queue.job import Job
from tests.support import gateway
from tests.support.api import Api, Person, at_once
from tests.support.gateway import Response
from tests.support.stripe_server import WEBHOOK_SECRETS, StripeServer

SYSTEM = Call.system("test")


@dataclass
class Payer:
    """A family that has paid, of which the app has not heard yet."""

    api: Api
    stripe: StripeServer
    keeper: Person
    family: str
    subscription: str
    customer: str

    def change(self, **change: Any) -> None:
        """Stripe's truth moves on."""
        assert self.stripe.post(f"subscriptions/{self.subscription}", change).status_code == 200

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """The customer's events at Stripe as it would deliver them, oldest first; of these kinds, or all."""
        with self.stripe.stand_in.transaction() as transaction:
            made = list(transaction.records.newest_first("event"))[::-1]
        return [
            event
            for event in made
            if self.customer in json.dumps(event["data"]) and (not kinds or event["type"] in kinds)
        ]

    def has(self) -> tuple[Any, ...]:
        """What the app holds for the family."""
        return self.api.run(
            "SELECT plan, status, storage_quota_bytes, max_recording_seconds, current_period_end,"
            " cancel_at_period_end, customer.subscription_id, customer.subscription_status"
            " FROM public.entitlements JOIN ops.billing_customers AS customer USING (family_id) WHERE family_id = %s",
            self.family,
        )[0]

    def due(self) -> tuple[Any, ...]:
        """What Stripe shows."""
        found = entitlement_of(
            stripe_client.fetch_subscriptions(self.customer), config.load(config.BillingSettings).stripe_prices
        )
        assert found.plan is not None
        return (found.plan, found.status, found.storage_quota_bytes, found.max_recording_seconds,
                found.current_period_end, found.cancel_at_period_end, found.subscription_id,
                found.subscription_status)  # fmt: skip

    def told(self, event: str) -> int:
        """How often a product event was told of this family."""
        return sum(told["properties"]["family_id"] == self.family for told in self.api.events(event))


def payer_of(api: Api, stripe: StripeServer) -> Payer:
    keeper = api.person()
    family = api.family(keeper)
    session = check_out(keeper, family).data["sessionId"]
    customer = api.value("SELECT customer_id FROM ops.billing_customers WHERE family_id = %s", family)
    return Payer(api, stripe, keeper, family, stripe.pay(session), customer)


@pytest.fixture
def payer(module_api: Api, module_stripe: StripeServer) -> Payer:
    return payer_of(module_api, module_stripe)


def check_out(keeper: Person, family: str, plan: str = "family") -> Response:
    return keeper.ask("create-checkout-session", {"familyId": family, "plan": plan, "interval": "month"})


def store(api: Api, payer: Payer, names: list[str]) -> None:
    """Events as the webhook stores them, all of one second."""
    api.run(
        "INSERT INTO ops.stripe_events (event_id, type, livemode, customer_id, happened_at)"
        " SELECT name, 'customer.subscription.updated', false, %s, '2026-11-20T10:00:00Z' FROM unnest(%s) AS name",
        payer.customer,
        names,
    )


def forget(api: Api, payer: Payer) -> None:
    """The family holds something that Stripe does not show."""
    terms = PLANS["family"]
    api.run(
        "UPDATE public.entitlements SET plan = 'family', status = 'past_due', storage_quota_bytes = %s,"
        " max_recording_seconds = %s, current_period_end = '2026-11-01T00:00:00Z', cancel_at_period_end = true"
        " WHERE family_id = %s",
        terms.storage_quota_bytes,
        terms.max_recording_seconds,
        payer.family,
    )


def apply(event_id: str) -> None:
    """The queue's job for one event."""
    job = Job(str(uuid4()), "apply_stripe_event", {"event_id": event_id}, 1, 1, 8, None)
    apply_stripe_event.run(SYSTEM, job)


def deliver(event: dict[str, Any]) -> Response:
    text = json.dumps(event)
    signature = library.WebhookSignature.generate_signature_header(text, WEBHOOK_SECRETS[0], timestamp=int(time.time()))
    return gateway.call("POST", "/functions/v1/stripe-webhook", {"stripe-signature": signature}, text)


# Orders ------------------------------------------------------------------------------------------

KINDS = (
    "customer.subscription.created",
    "invoice.paid",
    "customer.subscription.updated",
    "invoice.payment_failed",
    "customer.subscription.deleted",
)


def test_five_events_of_one_second_end_in_what_stripe_shows_in_any_order(module_api: Api, payer: Payer) -> None:
    payer.change(plan="legacy")
    payer.change(status="past_due")
    payer.change(status="canceled")
    assert {event["type"] for event in payer.events(*KINDS)} == set(KINDS)
    # Bought again: the deletion of the first subscription, come last, takes nothing from the second.
    again = payer.stripe.pay(check_out(payer.keeper, payer.family, "legacy").data["sessionId"])
    due = payer.due()
    assert (due[0], due[1], due[6]) == ("legacy", "active", again)
    orders = list(itertools.permutations(KINDS))
    assert len(orders) == 120
    for number, order in enumerate(orders):
        names = [f"evt_{number}_{kind}" for kind in order]
        store(module_api, payer, names)
        forget(module_api, payer)
        for name in names:
            apply(name)
        assert payer.has() == due, order
    attempts = module_api.run(
        "SELECT state, attempts, count(*)::integer FROM ops.stripe_events WHERE customer_id = %s GROUP BY 1, 2",
        payer.customer,
    )
    assert attempts == [("applied", 1, 600)]


@pytest.mark.parametrize("order", list(itertools.permutations((0, 2, 4))), ids=str)
def test_an_ended_subscription_gives_no_plan_in_any_order_of_its_events(
    module_api: Api, payer: Payer, order: tuple[int, ...]
) -> None:
    payer.change(plan="legacy")
    payer.change(status="canceled")
    events = [payer.events(KINDS[index])[-1] for index in order]
    forget(module_api, payer)
    assert {deliver(event).status for event in [*events, *events, *reversed(events)]} == {200}
    assert payer.has() == payer.due()
    assert payer.has()[:2] == ("free", "active")


# Overlaps ----------------------------------------------------------------------------------------

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


# Whose event it is -------------------------------------------------------------------------------


def everything(api: Api) -> list[tuple[Any, ...]]:
    return api.run("SELECT family_id, plan, status, storage_quota_bytes FROM public.entitlements ORDER BY family_id")


def about(customer: str, family: str) -> dict[str, Any]:
    """A paid subscription's event that claims to be a family's."""
    claims = {"app": "stories-from-the-sun", "family_id": family}
    subscription = {
        "id": "sub_claimed",
        "object": "subscription",
        "customer": customer,
        "status": "active",
        "metadata": claims,
        "client_reference_id": family,
        "items": {"data": [{"price": {"id": "price_legacy_month"}}]},
    }
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "customer.subscription.updated",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": subscription},
    }


def test_an_event_belongs_to_its_customer_whatever_family_it_names(
    module_api: Api, payer: Payer, module_stripe: StripeServer
) -> None:
    keeper = module_api.person()
    victim = module_api.family(keeper)
    # The metadata is the same lie at Stripe itself.
    with module_stripe.stand_in.transaction() as transaction:
        held = transaction.records.get("subscription", payer.subscription)
        assert held is not None
        transaction.records.put({**held, "metadata": {**held["metadata"], "family_id": victim}})
    others = [row for row in everything(module_api) if str(row[0]) != payer.family]
    assert deliver(about(payer.customer, victim)).status == 200
    assert [row for row in everything(module_api) if str(row[0]) != payer.family] == others
    assert payer.has()[:2] == ("family", "active"), "what was paid and not what the event says"


def test_an_event_of_an_unknown_customer_changes_nothing(
    module_api: Api, payer: Payer, module_stripe: StripeServer
) -> None:
    before = everything(module_api)
    stranger = module_stripe.customer()
    module_stripe.pay(module_stripe.checkout(stranger, metadata={"family_id": payer.family}).id)
    event = about(stranger, payer.family)
    assert deliver(event).status == 200
    assert everything(module_api) == before
    assert module_api.run("SELECT state, attempts FROM ops.stripe_events WHERE event_id = %s", event["id"]) == [
        ("ignored", 1)
    ]


def test_an_event_of_a_deleted_family_changes_nothing_and_is_settled(module_api: Api, payer: Payer) -> None:
    gone = payer_of(module_api, payer.stripe)
    module_api.run("DELETE FROM ops.billing_customers WHERE family_id = %s", gone.family)
    module_api.run("DELETE FROM public.families WHERE id = %s", gone.family)
    before = everything(module_api)
    gone.change(plan="legacy")
    statuses = {deliver(event).status for event in gone.events()}
    assert statuses == {200}
    assert everything(module_api) == before
    assert module_api.value("SELECT count(*) FROM ops.jobs WHERE lane = %s", f"billing/{gone.customer}") == 0


# One customer, one session -----------------------------------------------------------------------


def customers_of(stripe: StripeServer, family: str) -> list[str]:
    """All customers that were ever made for a family."""
    with stripe.stand_in.transaction() as transaction:
        return [
            made["id"]
            for made in transaction.records.newest_first("customer")
            if made["metadata"].get("family_id") == family
        ]


def open_sessions_of(stripe: StripeServer, customers: list[str]) -> list[str]:
    return [
        session.id
        for customer in customers
        for session in stripe.client.v1.checkout.sessions.list({"customer": customer, "status": "open"}).data
    ]


def test_two_keepers_asking_for_two_plans_at_once_are_one_customer_and_one_session(
    module_api: Api, module_stripe: StripeServer
) -> None:
    keeper = module_api.person()
    family = module_api.family(keeper)
    other = module_api.member(family, "keeper")
    clicks: list[Callable[[], Response]] = [
        partial(check_out, who, family, plan) for who in (keeper, other) for plan in ("family", "legacy")
    ]
    replies = at_once(clicks)
    assert {reply.reason for reply in replies if reply.status != 200} <= {"in_progress"}
    customers = customers_of(module_stripe, family)
    assert len(customers) == 1
    (standing,) = open_sessions_of(module_stripe, customers)
    assert module_api.run(
        "SELECT customer_id, checkout_session_id FROM ops.billing_customers WHERE family_id = %s", family
    ) == [(customers[0], standing)]
    module_stripe.pay(standing)
    assert {check_out(keeper, family, plan).reason for plan in ("family", "legacy")} == {"subscribed"}


def test_a_customer_made_by_a_request_without_an_answer_is_used_by_the_next(
    module_api: Api, module_stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = module_api.person()
    family = module_api.family(keeper)
    patience = stripe_http.ANSWER_SECONDS
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", 0.2)
    module_stripe.stand_in.faults.delay(0.6, times=2)
    assert check_out(keeper, family).code == "SERVICE_UNAVAILABLE"
    made = customers_of(module_stripe, family)
    assert len(made) == 1
    assert module_api.value("SELECT count(*) FROM ops.billing_customers WHERE family_id = %s", family) == 0
    module_stripe.stand_in.faults.reset()
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", patience)
    assert check_out(keeper, family).status == 200
    assert customers_of(module_stripe, family) == made
    assert module_api.run("SELECT customer_id FROM ops.billing_customers WHERE family_id = %s", family) == [(made[0],)]


def test_a_function_that_died_between_customer_and_session_leaves_one_customer(
    module_api: Api, module_stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = module_api.person()
    family = module_api.family(keeper)
    create = checkout.create_checkout_session

    def die(*args: Any, **kwargs: Any) -> checkout.CheckoutSession:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkout, "create_checkout_session", die)
    with pytest.raises(KeyboardInterrupt):
        check_out(keeper, family)
    monkeypatch.setattr(checkout, "create_checkout_session", create)
    assert check_out(keeper, family).status == 200
    assert len(customers_of(module_stripe, family)) == 1


def test_reconciling_a_correct_family_changes_nothing(payer: Payer) -> None:
    assert sync.sync(SYSTEM, family_id=payer.family) == "changed"
    assert sync.sync(SYSTEM, family_id=payer.family) == "unchanged"
