"""Stripe api: events as the API shows them."""

from __future__ import annotations

from tests.support.stripe_server import (
    PRICES,
    StripeServer,
)


def test_events_are_found_by_id_and_by_type(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    newest = stripe_server.client.v1.events.list({"type": "customer.subscription.*", "limit": 1}).data[0]
    assert (newest.type, newest.data.object.id) == ("customer.subscription.created", subscription_id)
    assert stripe_server.client.v1.events.retrieve(newest.id).id == newest.id
    kinds = {event.type for event in stripe_server.client.v1.events.list({"types": ["invoice.paid"], "limit": 3}).data}
    assert kinds == {"invoice.paid"}
    future = int(stripe_server.clock()) + 60
    assert stripe_server.client.v1.events.list({"created": {"gte": future}}).data == []


def test_prices_the_app_does_not_know_can_be_sold(stripe_server: StripeServer) -> None:
    assert "price_unheard_of" in PRICES
    subscription = stripe_server.client.v1.subscriptions.retrieve(stripe_server.subscription("price_unheard_of"))
    assert subscription["items"].data[0].price.id == "price_unheard_of"
