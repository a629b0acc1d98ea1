"""What the tests of billing converges share."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import stripe as library

from chalicelib import config
from chalicelib.billing import stripe_client
from chalicelib.billing.entitlements import entitlement_of
from chalicelib.call import Call
from chalicelib.jobs import apply_stripe_event
from chalicelib.queue.job import Job
from tests.support import gateway
from tests.support.api import Api, Person
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


def apply(event_id: str) -> None:
    """The queue's job for one event."""
    job = Job(str(uuid4()), "apply_stripe_event", {"event_id": event_id}, 1, 1, 8, None)
    apply_stripe_event.run(SYSTEM, job)


def deliver(event: dict[str, Any]) -> Response:
    text = json.dumps(event)
    signature = library.WebhookSignature.generate_signature_header(text, WEBHOOK_SECRETS[0], timestamp=int(time.time()))
    return gateway.call("POST", "/functions/v1/stripe-webhook", {"stripe-signature": signature}, text)
