"""Billing converges: orders."""

from __future__ import annotations

import itertools

import pytest

from chalicelib.billing.plans import PLANS
from tests.support.api import Api
from tests.support.payers import Payer, apply, check_out, deliver, store


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


KINDS = (
    "customer.subscription.created",
    "invoice.paid",
    "customer.subscription.updated",
    "invoice.payment_failed",
    "customer.subscription.deleted",
)


@pytest.mark.parametrize("step", [pytest.param(5, id="24"), pytest.param(1, id="all", marks=pytest.mark.heavy)])
def test_five_events_of_one_second_end_in_what_stripe_shows_in_any_order(
    module_api: Api, payer: Payer, step: int
) -> None:
    payer.change(plan="legacy")
    payer.change(status="past_due")
    payer.change(status="canceled")
    assert {event["type"] for event in payer.events(*KINDS)} == set(KINDS)
    # Bought again: the deletion of the first subscription, come last, takes nothing from the second.
    again = payer.stripe.pay(check_out(payer.keeper, payer.family, "legacy").data["sessionId"])
    due = payer.due()
    assert (due[0], due[1], due[6]) == ("legacy", "active", again)
    orders = list(itertools.permutations(KINDS))[::step]
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
    assert attempts == [("applied", 1, 5 * len(orders))]


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
