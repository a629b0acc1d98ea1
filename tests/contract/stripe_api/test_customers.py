"""Stripe api: customers."""

from __future__ import annotations

import pytest
import stripe

from tests.support.stripe_objects import plain
from tests.support.stripe_server import (
    StripeServer,
)


def test_a_customer_is_kept_with_its_metadata(stripe_server: StripeServer) -> None:
    made = stripe_server.client.v1.customers.create(
        {"email": "ana@example.org", "metadata": {"family_id": "f1", "stage": "x"}}
    )
    found = stripe_server.client.v1.customers.retrieve(made.id)
    assert found.email == "ana@example.org"
    assert plain(found.metadata) == {"family_id": "f1", "stage": "x"}
    assert found.livemode is False


def test_metadata_is_merged_and_an_empty_value_removes_its_key(stripe_server: StripeServer) -> None:
    made = stripe_server.client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    changed = stripe_server.client.v1.customers.update(made.id, {"metadata": {"b": "", "c": "3"}})
    assert plain(changed.metadata) == {"a": "1", "c": "3"}
    assert plain(stripe_server.client.v1.customers.update(made.id, {"metadata": ""}).metadata) == {}


def test_an_unknown_customer_is_404_in_the_path(stripe_server: StripeServer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_server.client.v1.customers.retrieve("cus_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_deleted_customer_is_marked_deleted_and_cannot_be_used(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    customer_id = stripe_server.client.v1.subscriptions.retrieve(subscription_id).customer
    assert isinstance(customer_id, str)
    stripe_server.client.v1.customers.delete(customer_id)
    assert stripe_server.client.v1.customers.retrieve(customer_id).deleted is True
    assert stripe_server.client.v1.subscriptions.retrieve(subscription_id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        stripe_server.checkout(customer_id)


def test_an_invalid_email_is_refused(stripe_server: StripeServer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid email"):
        stripe_server.client.v1.customers.create({"email": "nobody"})
