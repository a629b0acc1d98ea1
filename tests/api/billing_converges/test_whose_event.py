"""Billing converges: whose event it is."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from tests.support.api import Api
from tests.support.payers import Payer, deliver, payer_of
from tests.support.stripe_server import StripeServer


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
