"""Brings a family's entitlement to what Stripe says now: ticket, fetch, write.

The ticket is committed before the fetch and compared at the write, so that a slow fetch overwrites nothing newer. No
transaction is open while Stripe is asked. Which family a customer is only our own row says.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from chalicelib.billing import stripe_client
from chalicelib.billing.entitlements import entitlement_of
from chalicelib.call import Call
from chalicelib.config import BillingSettings, load
from chalicelib.database import alerts
from chalicelib.database.messages import transact

Outcome = Literal["nobody_of_ours", "changed", "unchanged", "overtaken"]


def sync(call: Call, *, event_id: str | None = None, family_id: UUID | str | None = None) -> Outcome:
    """Applies what Stripe holds for the customer an event names, or a family is. Raises Unavailable, InternalError."""
    ticket = transact(call, "take_billing_ticket_tx", event_id=event_id, family_id=family_id)
    if ticket["family_id"] is None:
        return "nobody_of_ours"
    subscriptions = stripe_client.fetch_subscriptions(ticket["customer_id"])
    entitlement = entitlement_of(subscriptions, load(BillingSettings).stripe_prices)
    applied = transact(
        call,
        "apply_entitlement_tx",
        family_id=ticket["family_id"],
        ticket=ticket["ticket"],
        plan=entitlement.plan,
        status=entitlement.status,
        quota_bytes=entitlement.storage_quota_bytes,
        max_recording_seconds=entitlement.max_recording_seconds,
        current_period_end=entitlement.current_period_end,
        cancel_at_period_end=entitlement.cancel_at_period_end,
        subscription_id=entitlement.subscription_id,
        subscription_status=entitlement.subscription_status,
        event_id=event_id,
    )
    for alert in entitlement.alerts:
        alerts.note(call, f"billing/{alert}")
    if not applied["applied"]:
        return "overtaken"
    return "changed" if applied["changed"] else "unchanged"
