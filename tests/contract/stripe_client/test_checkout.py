"""Stripe client: customers and checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.billing import checkout, stripe_client, stripe_http
from chalicelib.errors import MissingConfiguration, Unavailable
from tests.support.stripe_calls import family
from tests.support.stripe_server import StripeServer, at_once


def test_the_library_is_not_imported_before_it_is_needed() -> None:
    script = "import sys, chalicelib.billing; sys.exit('stripe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3]).returncode == 0


def test_a_customer_is_made_once_and_holds_only_ids(stand_in: StripeServer) -> None:
    family_id = family()
    customer_id = stripe_client.create_customer(family_id)
    assert stripe_client.create_customer(family_id) == customer_id
    assert stripe_client.create_customer(family()) != customer_id
    made = stand_in.client.v1.customers.retrieve(customer_id).to_dict()
    assert made["metadata"] == {"app": "stories-from-the-sun", "stage": "local", "family_id": str(family_id)}
    assert (made["email"], made["name"]) == (None, None)


def test_many_requests_at_once_make_one_customer_and_one_session(stand_in: StripeServer) -> None:
    family_id = family()
    # A key in use is asked again by the library, once; whoever is unlucky twice is told to come again.
    answers = at_once(4, lambda _: stripe_client.create_customer(family_id))
    customers = {answer for answer in answers if not isinstance(answer, Unavailable)}
    assert len(customers) == 1
    customer = customers.pop()
    answers = at_once(4, lambda _: checkout.create_checkout_session(family_id, customer, "family", "month", after=None))
    assert len({answer.id for answer in answers if not isinstance(answer, Unavailable)}) == 1


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_was_lost_does_not_make_a_second_customer(
    stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    family_id = family()
    stand_in.stand_in.faults.delay(1.0, times=2)
    with pytest.raises(Unavailable):
        stripe_client.create_customer(family_id)
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", 5.0)
    stripe_client.create_customer(family_id)
    made = stand_in.client.v1.events.list({"type": "customer.created"}).data
    assert len(made) == 1


def test_a_checkout_is_for_the_plans_price_and_comes_back_to_the_configured_app(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    session = checkout.create_checkout_session(family_id, customer, "legacy", "month", after=None)
    assert (session.status, session.customer_id, session.subscription_id) == ("open", customer, None)
    made = stand_in.client.v1.checkout.sessions.retrieve(session.id)
    assert made.success_url == "http://localhost:3000/billing?checkout=success&session_id={CHECKOUT_SESSION_ID}"
    assert made.cancel_url == "http://localhost:3000/billing?checkout=canceled"
    subscription = stand_in.client.v1.subscriptions.retrieve(stand_in.pay(session.id))
    assert subscription["items"].data[0].price.id == "price_legacy_month"
    assert subscription.metadata.to_dict()["family_id"] == str(family_id)


def test_a_session_is_the_same_until_another_replaced_it(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    first = checkout.create_checkout_session(family_id, customer, "family", "month", after=None)
    assert checkout.create_checkout_session(family_id, customer, "family", "month", after=None) == first
    second = checkout.create_checkout_session(family_id, customer, "family", "month", after=first.id)
    other_plan = checkout.create_checkout_session(family_id, customer, "legacy", "month", after=None)
    assert len({first.id, second.id, other_plan.id}) == 3


def test_a_repeated_answer_never_hands_out_a_session_that_is_over(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    seen = set()
    for end in (checkout.expire_checkout_session, stand_in.pay, checkout.expire_checkout_session):
        session = checkout.create_checkout_session(family_id, customer, "family", "month", after=None)
        now = checkout.retrieve_checkout_session(session.id)
        assert now is not None and now.status == "open"
        seen.add(session.id)
        end(session.id)
    assert len(seen) == 3


def test_a_plan_without_a_price_is_a_configuration_error(stand_in: StripeServer) -> None:
    with pytest.raises(MissingConfiguration, match="STRIPE_PRICES"):
        checkout.create_checkout_session(family(), "cus_1", "legacy", "year", after=None)


def test_a_session_is_seen_as_it_is_now(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    session = checkout.create_checkout_session(family_id, customer, "family", "year", after=None)
    assert checkout.retrieve_checkout_session(session.id) == session
    subscription_id = stand_in.pay(session.id)
    paid = checkout.retrieve_checkout_session(session.id)
    assert paid is not None
    assert (paid.status, paid.url, paid.subscription_id) == ("complete", None, subscription_id)
    assert checkout.retrieve_checkout_session("cs_test_none") is None


def test_expiring_ends_an_open_session_and_returns_a_paid_one(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    first = checkout.create_checkout_session(family_id, customer, "family", "month", after=None)
    for _ in range(2):
        expired = checkout.expire_checkout_session(first.id)
        assert expired is not None and expired.status == "expired"
    second = checkout.create_checkout_session(family_id, customer, "family", "month", after=first.id)
    stand_in.pay(second.id)
    paid = checkout.expire_checkout_session(second.id)
    assert paid is not None and paid.status == "complete"
    assert checkout.expire_checkout_session("cs_test_none") is None


def test_the_portal_comes_back_to_the_configured_app(stand_in: StripeServer) -> None:
    url = checkout.create_portal_session(stripe_client.create_customer(family()))
    assert url.startswith(f"{stand_in.url}/portal/bps_")
    with stand_in.stand_in.transaction() as transaction:
        found = transaction.records.get("billing_portal.session", url.rsplit("/", 1)[1])
    assert found is not None and found["return_url"] == "http://localhost:3000/billing"
