"""Stripe api: subscriptions."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.support.stripe_objects import plain
from tests.support.stripe_server import (
    StripeServer,
    at_once,
)


def test_paying_makes_the_subscription_that_was_ordered(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    session = stripe_server.checkout(customer, "price_family_year", subscription_data={"metadata": {"family_id": "f1"}})
    subscription = stripe_server.client.v1.subscriptions.retrieve(stripe_server.pay(session.id))
    item = subscription["items"].data[0]
    assert (subscription.status, subscription.customer, plain(subscription.metadata)) == (
        "active",
        customer,
        {"family_id": "f1"},
    )
    assert (item.price.id, item.quantity) == ("price_family_year", 1)
    assert 365 * 86400 <= item.current_period_end - item.current_period_start <= 366 * 86400
    assert "current_period_end" not in plain(subscription)


def test_paying_twice_even_at_once_is_one_subscription(stripe_server: StripeServer) -> None:
    session = stripe_server.checkout()
    answers = at_once(8, lambda _: stripe_server.pay(session.id))
    assert len(set(answers)) == 1
    customer = str(session.customer)
    assert len(stripe_server.client.v1.subscriptions.list({"customer": customer}).data) == 1


def test_two_sessions_of_a_customer_can_both_be_paid_as_at_stripe(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    first, second = (stripe_server.pay(stripe_server.checkout(customer).id) for _ in range(2))
    assert first != second


def test_a_trial_begins_without_payment(stripe_server: StripeServer) -> None:
    session = stripe_server.checkout(subscription_data={"trial_period_days": 14})
    subscription = stripe_server.client.v1.subscriptions.retrieve(stripe_server.pay(session.id))
    assert subscription.status == "trialing"
    assert subscription.trial_end == subscription["items"].data[0].current_period_end


def test_subscriptions_are_paged_newest_first_without_gaps(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    made = [stripe_server.pay(stripe_server.checkout(customer).id) for _ in range(5)]
    pages = stripe_server.client.v1.subscriptions.list({"customer": customer, "status": "all", "limit": 2})
    assert [subscription.id for subscription in pages.auto_paging_iter()] == made[::-1]
    before = stripe_server.client.v1.subscriptions.list({"customer": customer, "ending_before": made[0], "limit": 2})
    assert [subscription.id for subscription in before.data] == [made[2], made[1]]
    assert before.has_more is True


def test_a_canceled_subscription_is_listed_only_when_asked_for(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    customer = str(stripe_server.client.v1.subscriptions.retrieve(subscription_id).customer)
    stripe_server.post(f"subscriptions/{subscription_id}", {"status": "canceled"})

    def listed(**more: Any) -> list[str]:
        params: Any = {"customer": customer, **more}
        return [found.id for found in stripe_server.client.v1.subscriptions.list(params).data]

    assert listed() == []
    assert listed(status="all") == listed(status="ended") == listed(status="canceled") == [subscription_id]
    assert listed(status="active") == []
    assert listed(status="all", price="price_legacy_month") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 101},
        {"status": "dead"},
        {"starting_after": "sub_none"},
        {"customer": "cus_nobody"},
        {"family": "f1"},
    ],
)
def test_a_wrong_list_is_refused(stripe_server: StripeServer, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_server.client.v1.subscriptions.list(wrong)  # type: ignore[arg-type]
    assert caught.value.http_status == 400
