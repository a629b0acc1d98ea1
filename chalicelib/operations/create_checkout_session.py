"""create-checkout-session: a keeper goes to Stripe to pay for a plan. A family has at most one open session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chalicelib import config
from chalicelib.api.models import WireModel
from chalicelib.billing import checkout, stripe_client
from chalicelib.billing.checkout import CheckoutSession
from chalicelib.billing.entitlements import entitlement_of
from chalicelib.billing.plans import Interval, PaidPlan
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.database.vendor_calls import vendor_calls
from chalicelib.errors import Refused

SUBSCRIBED = {"reason": "subscribed"}
IN_PROGRESS = {"reason": "in_progress"}
CHECKOUT_SECONDS = 10.0
"""For all that one checkout asks of Stripe: as a rule two requests, at most five."""


class CreateCheckoutSessionRequest(WireModel):
    family_id: UUID
    plan: PaidPlan
    interval: Interval


class CreateCheckoutSessionResponse(WireModel):
    session_id: str
    url: str


def create_checkout_session(call: Call, request: CreateCheckoutSessionRequest) -> CreateCheckoutSessionResponse:
    """Start a Stripe checkout for a plan of the family.

    Keepers only. Returns the family's open session for this plan and interval; otherwise creates one and expires any
    other. CONFLICT subscribed: change the plan in the portal. CONFLICT in_progress: another request was faster.
    """
    facts = transact(call, "billing_facts", family_id=request.family_id)
    if facts["subscribed"]:
        raise Refused("CONFLICT", SUBSCRIBED)
    customer_id = facts["customer_id"]
    with vendor_calls(call, CHECKOUT_SECONDS):
        session = standing = _standing(facts, request)
        if session is None:
            customer_id = customer_id or stripe_client.create_customer(request.family_id)
            session = checkout.create_checkout_session(
                request.family_id, customer_id, request.plan, request.interval, after=facts["checkout_session_id"]
            )
    if standing is None:
        _record(call, request, facts, customer_id, session)
    if session.url is None:
        raise Refused("CONFLICT", IN_PROGRESS)
    return CreateCheckoutSessionResponse(session_id=session.id, url=session.url)


def _standing(facts: Mapping[str, Any], request: CreateCheckoutSessionRequest) -> CheckoutSession | None:
    """The family's session, if it is open and sells just this; one that sells anything else is made unpayable."""
    if facts["checkout_session_id"] is None:
        return None
    wanted = (facts["checkout_plan"], facts["checkout_interval"]) == (request.plan, request.interval)
    look = checkout.retrieve_checkout_session if wanted else checkout.expire_checkout_session
    session = look(facts["checkout_session_id"])
    if session is not None and session.status == "complete":
        # Paid: a moment ago, and its event is on its way; or long ago, and what it bought has ended since.
        prices = config.load(config.BillingSettings).stripe_prices
        if entitlement_of(stripe_client.fetch_subscriptions(facts["customer_id"]), prices).subscription_id is not None:
            raise Refused("CONFLICT", SUBSCRIBED)
    return session if session is not None and session.status == "open" else None


def _record(
    call: Call,
    request: CreateCheckoutSessionRequest,
    facts: Mapping[str, Any],
    customer_id: str,
    session: CheckoutSession,
) -> None:
    """Makes a new session the family's. One that does not become it is made unpayable: nobody knows of it."""
    try:
        row = transact(
            call,
            "record_checkout_tx",
            repeatable=True,
            family_id=request.family_id,
            customer_id=customer_id,
            previous_session_id=facts["checkout_session_id"],
            session_id=session.id,
            plan=request.plan,
            interval=request.interval,
        )
        if row["checkout_session_id"] != session.id:
            raise Refused("CONFLICT", IN_PROGRESS)
    except Refused:
        # Not within what is left of the time before: this session must not stay.
        with vendor_calls(call):
            checkout.expire_checkout_session(session.id)
        raise
