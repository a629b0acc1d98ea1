"""Billing converges: one customer, one session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib.billing import checkout, stripe_http, sync
from tests.support.api import Api, at_once
from tests.support.gateway import Response
from tests.support.payers import SYSTEM, Payer, check_out
from tests.support.stripe_server import StripeServer


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
    # Who asks while Stripe still works on the same request is told to ask again.
    refused = [reply for reply in replies if reply.status != 200]
    assert all(reply.code == "SERVICE_UNAVAILABLE" or reply.reason == "in_progress" for reply in refused)
    assert len(refused) < len(replies)
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
