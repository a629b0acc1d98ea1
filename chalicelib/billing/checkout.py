"""Checkout sessions and the billing portal at Stripe: where a keeper pays, and where they change what they pay for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chalicelib import config
from chalicelib.billing.plans import Interval, PaidPlan
from chalicelib.billing.stripe_client import client, hour, invalid_request, speaking, tags
from chalicelib.errors import InternalError, MissingConfiguration

MOST_STALE_SESSIONS = 5
"""Sessions that one family may give up within an hour, each for the very same plan."""


@dataclass(frozen=True)
class CheckoutSession:
    """A checkout session: `status` is open, complete or expired; `url` only while it is open."""

    id: str
    status: str
    url: str | None
    customer_id: str | None
    subscription_id: str | None


def create_checkout_session(
    family_id: UUID, customer_id: str, plan: PaidPlan, interval: Interval, *, after: str | None
) -> CheckoutSession:
    """An open checkout session for a plan. `after` is the session it takes the place of, None for the first.

    Two who ask at once for the same, having seen the same session before, get one session. Addresses to return to come
    from configuration alone. Raises MissingConfiguration where the plan is not sold.
    """
    price_id = config.load(config.BillingSettings).price_of(plan, interval)
    if price_id is None:
        raise MissingConfiguration({"STRIPE_PRICES": f"has no price for {plan} by the {interval}"})
    for _ in range(MOST_STALE_SESSIONS):
        session, repeated = _ask_for_session(family_id, customer_id, price_id, after)
        if not repeated:
            return session
        # A repeated answer is as old as the first one: the session may have been paid or expired since.
        now = retrieve_checkout_session(session.id)
        if now is not None and now.status == "open":
            return now
        after = session.id
    raise InternalError("stripe repeats sessions that are no longer open")


def _ask_for_session(
    family_id: UUID, customer_id: str, price_id: str, after: str | None
) -> tuple[CheckoutSession, bool]:
    """A session, and whether Stripe only repeated what it had answered to this very request before."""
    billing_page = _billing_page()
    metadata = tags(family_id)
    # An hour's worth of sameness: Stripe would repeat a failure it once answered for as long as the key stays the same.
    said = "\n".join([customer_id, price_id, billing_page, str(after), hour()])
    key = "checkout-" + hashlib.sha256(said.encode()).hexdigest()[:40]
    with speaking("create a checkout session"):
        made = client().v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer_id,
                "client_reference_id": str(family_id),
                "line_items": [{"price": price_id, "quantity": 1}],
                "success_url": f"{billing_page}?checkout=success&session_id={{CHECKOUT_SESSION_ID}}",
                "cancel_url": f"{billing_page}?checkout=canceled",
                "metadata": metadata,
                "subscription_data": {"metadata": metadata},
            },
            {"idempotency_key": key},
        )
    headers: Any = made.last_response.headers if made.last_response else {}
    return _session(made), headers.get("idempotent-replayed") == "true"


def retrieve_checkout_session(session_id: str) -> CheckoutSession | None:
    """The session as it is now; None when Stripe does not know it."""
    with speaking("retrieve a checkout session"):
        try:
            return _session(client().v1.checkout.sessions.retrieve(session_id))
        except invalid_request() as refusal:
            if refusal.code == "resource_missing":
                return None
            raise


def expire_checkout_session(session_id: str) -> CheckoutSession | None:
    """Makes sure nobody can pay this session any more, and answers it: complete if somebody already has."""
    with speaking("expire a checkout session"):
        try:
            return _session(client().v1.checkout.sessions.expire(session_id))
        except invalid_request():
            pass  # paid, expired already or unknown: what it is now says which
    return retrieve_checkout_session(session_id)


def create_portal_session(customer_id: str) -> str:
    """The address of the billing portal for this customer, good for a few minutes."""
    with speaking("create a portal session"):
        made = client().v1.billing_portal.sessions.create({"customer": customer_id, "return_url": _billing_page()})
    return made.url


def _billing_page() -> str:
    return config.load(config.AppSettings).app_url + "/billing"


def _session(found: Any) -> CheckoutSession:
    return CheckoutSession(found.id, found.status, found.url, found.customer, found.subscription)
