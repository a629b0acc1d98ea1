"""Stripe client: subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from chalicelib import config
from chalicelib.billing import checkout, stripe_client
from chalicelib.billing.entitlements import entitlement_of
from chalicelib.errors import Unavailable
from tests.support.stripe_server import HttpServer, StripeServer


def test_all_subscriptions_are_fetched_over_all_pages(stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_client, "PAGE", 2)
    customer = stand_in.customer()
    made = [stand_in.pay(stand_in.checkout(customer).id) for _ in range(5)]
    stand_in.post(f"subscriptions/{made[0]}", {"status": "canceled"})
    stand_in.subscription()
    found = stripe_client.fetch_subscriptions(customer)
    assert [subscription.id for subscription in found] == made[::-1]
    assert found[-1].status == "canceled"
    assert {subscription.customer_id for subscription in found} == {customer}


def test_the_whole_account_is_listed_page_by_page(stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_client, "PAGE", 2)
    made = [stand_in.subscription() for _ in range(3)]
    first = stripe_client.list_subscriptions()
    assert first.next == made[1]
    second = stripe_client.list_subscriptions(first.next)
    assert second.next is None
    assert [subscription.id for subscription in (*first.subscriptions, *second.subscriptions)] == made[::-1]


def test_a_customer_deleted_at_stripe_has_no_live_subscription(stand_in: StripeServer) -> None:
    customer = stand_in.customer()
    stand_in.pay(stand_in.checkout(customer).id)
    stand_in.client.v1.customers.delete(customer)
    assert entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices()).plan == "free"


def test_an_unknown_customer_is_trouble_and_not_no_subscriptions(stand_in: StripeServer) -> None:
    """The key of another account knows none of our customers: believed, every family would lose its plan."""
    with pytest.raises(Unavailable) as caught:
        stripe_client.fetch_subscriptions("cus_of_another_account")
    assert caught.value.trouble == "refuses us"


def test_a_customer_that_lives_but_whose_subscriptions_are_not_found_is_an_error(
    http_servers: tuple[HttpServer, HttpServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Stripe's stand-in never says; were it believed, a family that pays would lose its plan."""
    contradicting = Flask("contradicting")
    missing = {"type": "invalid_request_error", "code": "resource_missing", "param": "customer", "message": "none"}
    contradicting.add_url_rule("/v1/subscriptions", "listed", lambda: ({"error": missing}, 400))
    contradicting.add_url_rule("/v1/customers/cus_1", "found", lambda: {"id": "cus_1", "object": "customer"})
    http_servers[1].serve(contradicting)
    monkeypatch.setenv("STRIPE_API_BASE", http_servers[1].url)
    with pytest.raises(Unavailable) as caught:
        stripe_client.fetch_subscriptions("cus_1")
    assert caught.value.trouble == "unreadable answer"


def config_prices() -> Any:
    return config.load(config.BillingSettings).stripe_prices


@pytest.mark.parametrize(
    ("change", "plan", "status"),
    [
        ({}, "family", "active"),
        ({"status": "trialing"}, "family", "trialing"),
        ({"status": "past_due"}, "family", "past_due"),
        ({"status": "paused"}, "family", "paused"),
        ({"status": "incomplete"}, "family", "incomplete"),
        ({"status": "unpaid"}, "free", "active"),
        ({"status": "canceled"}, "free", "active"),
        ({"status": "incomplete_expired"}, "free", "active"),
        ({"plan": "legacy"}, "legacy", "active"),
        ({"prices": ["price_unheard_of"]}, None, "active"),
        ({"prices": []}, None, "active"),
        ({"prices": ["price_family_month", "price_legacy_month"]}, None, "active"),
    ],
)
def test_the_subscriptions_at_stripe_become_the_entitlement(
    stand_in: StripeServer, change: dict[str, Any], plan: str | None, status: str
) -> None:
    customer = stand_in.customer()
    subscription_id = stand_in.pay(stand_in.checkout(customer).id)
    if change:
        assert stand_in.post(f"subscriptions/{subscription_id}", change).status_code == 200
    found = entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices())
    assert (found.plan, found.status) == (plan, status)


def test_a_cancellation_by_flag_or_by_portal_is_seen_and_its_reversal_too(stand_in: StripeServer) -> None:
    customer = stand_in.customer()
    subscription_id = stand_in.pay(stand_in.checkout(customer).id)
    portal = checkout.create_portal_session(customer).removeprefix(stand_in.url + "/")

    def cancels() -> bool:
        return entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices()).cancel_at_period_end

    for there, back in (
        ((f"subscriptions/{subscription_id}", {"cancelAtPeriodEnd": True}),
         (f"subscriptions/{subscription_id}", {"cancelAtPeriodEnd": False})),
        ((f"{portal}/subscriptions/{subscription_id}/cancel", None),
         (f"{portal}/subscriptions/{subscription_id}/resume", None)),
    ):  # fmt: skip
        assert not cancels()
        stand_in.post(*there)
        assert cancels()
        stand_in.post(*back)
    assert not cancels()


def test_the_end_of_the_period_is_read_from_the_item(stand_in: StripeServer) -> None:
    customer = stand_in.customer()
    subscription_id = stand_in.pay(stand_in.checkout(customer).id)
    stand_in.post(f"subscriptions/{subscription_id}", {"currentPeriodEnd": "2027-01-31T12:00:00Z"})
    found = entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices())
    assert found.current_period_end == datetime(2027, 1, 31, 12, tzinfo=UTC)
