"""Stripe api: portal."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import stripe

from tests.support.stripe_server import (
    StripeServer,
)


def test_a_portal_session_belongs_to_a_customer(stripe_server: StripeServer) -> None:
    portal = stripe_server.client.v1.billing_portal.sessions.create(
        {"customer": stripe_server.customer(), "return_url": "https://app.example/billing"}
    )
    assert urlsplit(portal.url).path.endswith(f"/portal/{portal.id}")
    assert "https://app.example/billing" in requests.get(portal.url, timeout=5).text


@pytest.mark.parametrize(
    "wrong", [{}, {"customer": "cus_nobody"}, {"return_url": "evil"}, {"configuration": "bpc_other"}]
)
def test_a_wrong_portal_session_is_refused(stripe_server: StripeServer, wrong: dict[str, Any]) -> None:
    params = wrong if not wrong or "customer" in wrong else {"customer": stripe_server.customer(), **wrong}
    with pytest.raises(stripe.InvalidRequestError):
        stripe_server.client.v1.billing_portal.sessions.create(params)  # type: ignore[arg-type]


def test_the_portal_cancels_by_cancel_at_only_and_can_undo_it(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    customer = str(stripe_server.client.v1.subscriptions.retrieve(subscription_id).customer)
    portal = stripe_server.client.v1.billing_portal.sessions.create({"customer": customer})
    assert stripe_server.post(f"portal/{portal.id}/subscriptions/{subscription_id}/cancel").status_code == 200
    canceled = stripe_server.client.v1.subscriptions.retrieve(subscription_id)
    assert canceled.cancel_at_period_end is False
    assert canceled.cancel_at == canceled["items"].data[0].current_period_end
    assert stripe_server.post(f"portal/{portal.id}/subscriptions/{subscription_id}/resume").status_code == 200
    assert stripe_server.client.v1.subscriptions.retrieve(subscription_id).cancel_at is None


def test_the_portal_shows_and_changes_its_own_customer_alone(stripe_server: StripeServer) -> None:
    other = stripe_server.subscription()
    portal = stripe_server.client.v1.billing_portal.sessions.create({"customer": stripe_server.customer()})
    assert other not in requests.get(portal.url, timeout=5).text
    assert stripe_server.post(f"portal/{portal.id}/subscriptions/{other}/cancel").status_code == 404
