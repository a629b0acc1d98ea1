"""From what Stripe holds for a family to what the family may do: one pure function, driven by one table.

It looks at subscriptions as they are now, never at events, so order, number and age of events cannot matter. It never
takes away more than the table says: what it cannot read keeps the plan that stands, and says so in an alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from chalicelib.billing.plans import PLANS, PaidPlan, Plan, rank

Prices = Mapping[str, tuple[str, str]]
"""Price id -> (plan, interval)."""

EntitlementStatus = Literal["active", "trialing", "past_due", "paused", "incomplete"]

Alert = Literal["unknown_price", "no_items", "several_items", "several_subscriptions", "unknown_status"]
"""What an operator has to look at; the family is not made to suffer for it."""


@dataclass(frozen=True)
class Rule:
    """What a subscription in one of Stripe's statuses means. `place`: of several subscriptions the lowest counts."""

    place: int
    plan: Literal["as paid", "free"]
    status: EntitlementStatus
    subscribed: bool
    """Whether it still stands at Stripe: then the portal is the way on, not a second checkout."""


# fmt: off
RULES: Mapping[str, Rule] = {
    # Stripe's status              place  plan       status        subscribed
    "active":             Rule(    1,     "as paid", "active",     True),
    "trialing":           Rule(    1,     "as paid", "trialing",   True),
    "past_due":           Rule(    2,     "as paid", "past_due",   True),   # uploads go on for the days of grace
    "paused":             Rule(    3,     "as paid", "paused",     True),   # no uploads
    "incomplete":         Rule(    4,     "as paid", "incomplete", True),   # no uploads
    "unpaid":             Rule(    6,     "free",    "active",     True),
    "canceled":           Rule(    7,     "free",    "active",     False),
    "incomplete_expired": Rule(    7,     "free",    "active",     False),
}
# A status that Stripe invents tomorrow is not held against the family.
UNKNOWN_STATUS =          Rule(    5,     "as paid", "active",     True)
# fmt: on


@dataclass(frozen=True)
class Item:
    """One thing a subscription bills, and the end of the period it was last billed for."""

    price_id: str
    current_period_end: datetime | None


@dataclass(frozen=True)
class Subscription:
    """What is used of a subscription at Stripe. `created` is in epoch seconds."""

    id: str
    customer_id: str
    status: str
    created: int
    items: tuple[Item, ...]
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None


@dataclass(frozen=True)
class Entitlement:
    """What a family may do. None for plan, quota and seconds: what stands is kept, because Stripe's answer names no
    plan that we know."""

    plan: Plan | None
    status: EntitlementStatus
    storage_quota_bytes: int | None
    max_recording_seconds: int | None
    current_period_end: datetime | None
    cancel_at_period_end: bool
    subscription_id: str | None
    """The subscription that stands at Stripe; None where a checkout may begin."""
    subscription_status: str | None
    """That subscription's status in Stripe's words, or the one of the last that ended."""
    alerts: tuple[Alert, ...] = ()


def read_subscription(raw: Mapping[str, Any]) -> Subscription:
    """Stripe's subscription object as a Subscription. Raises KeyError or TypeError for what is none."""
    return Subscription(
        id=raw["id"],
        customer_id=_id_of(raw["customer"]),
        status=raw["status"],
        created=raw["created"],
        items=tuple(
            Item(_id_of(item["price"]), _moment(item.get("current_period_end"))) for item in raw["items"]["data"]
        ),
        cancel_at_period_end=bool(raw.get("cancel_at_period_end")),
        cancel_at=_moment(raw.get("cancel_at")),
    )


def _id_of(reference: Any) -> str:
    """Stripe names another object by its id, or expanded by the object itself."""
    return cast(str, reference["id"] if isinstance(reference, Mapping) else reference)


def _moment(epoch_seconds: int | None) -> datetime | None:
    return None if epoch_seconds is None else datetime.fromtimestamp(epoch_seconds, UTC)


def entitlement_of(subscriptions: Iterable[Subscription], prices: Prices) -> Entitlement:
    """What a family with these subscriptions may do, all of its subscriptions given, in whatever order."""
    ordered = sorted(subscriptions, key=lambda subscription: _precedence(subscription, prices))
    if not ordered:
        return _free(None, ())
    counts = ordered[0]
    rule = _rule_of(counts)
    alerts = _alerts(ordered)
    if rule.plan == "free":
        return _free(counts, alerts)
    plan, doubt = _plan_of(counts, prices)
    terms = PLANS[plan] if plan else None
    ends = _period_end(counts)
    # Without a period's end nobody can count the days of grace: then they do not run out.
    status = "active" if rule.status == "past_due" and ends is None else rule.status
    return Entitlement(
        plan=plan,
        status=status,
        storage_quota_bytes=terms.storage_quota_bytes if terms else None,
        max_recording_seconds=terms.max_recording_seconds if terms else None,
        current_period_end=ends,
        cancel_at_period_end=_ends_with_its_period(counts, ends),
        subscription_id=counts.id,
        subscription_status=counts.status,
        alerts=(*alerts, *doubt),
    )


def pays_for_a_plan(subscription: Subscription, prices: Prices) -> bool:
    """Whether somebody has one of our plans by it: it stands at Stripe, and one of its items is ours to sell."""
    return _rule_of(subscription).subscribed and any(item.price_id in prices for item in subscription.items)


def _free(counts: Subscription | None, alerts: tuple[Alert, ...]) -> Entitlement:
    terms = PLANS["free"]
    return Entitlement(
        plan="free",
        status="active",
        storage_quota_bytes=terms.storage_quota_bytes,
        max_recording_seconds=terms.max_recording_seconds,
        current_period_end=None,
        cancel_at_period_end=False,
        subscription_id=counts.id if counts and _rule_of(counts).subscribed else None,
        subscription_status=counts.status if counts else None,
        alerts=alerts,
    )


def _rule_of(subscription: Subscription) -> Rule:
    return RULES.get(subscription.status, UNKNOWN_STATUS)


def _precedence(subscription: Subscription, prices: Prices) -> tuple[int, int, float, int, str]:
    """Of several subscriptions the first counts: the best standing, then the larger plan, the later end, the newer."""
    plan, _ = _plan_of(subscription, prices)
    ends = _period_end(subscription)
    return (
        _rule_of(subscription).place,
        -rank(plan) if plan else 0,
        -ends.timestamp() if ends else 0.0,
        -subscription.created,
        subscription.id,
    )


def _plan_of(subscription: Subscription, prices: Prices) -> tuple[PaidPlan | None, tuple[Alert, ...]]:
    """The plan its one item buys; None with the reason where it does not say."""
    if len(subscription.items) != 1:
        return None, ("several_items",) if subscription.items else ("no_items",)
    sold = prices.get(subscription.items[0].price_id)
    if sold is None:
        return None, ("unknown_price",)
    return cast(PaidPlan, sold[0]), ()


def _alerts(ordered: Sequence[Subscription]) -> tuple[Alert, ...]:
    alerts: list[Alert] = []
    if sum(_rule_of(subscription).subscribed for subscription in ordered) > 1:
        alerts.append("several_subscriptions")  # the family pays twice
    if any(subscription.status not in RULES for subscription in ordered):
        alerts.append("unknown_status")
    return tuple(alerts)


def _period_end(subscription: Subscription) -> datetime | None:
    return max((item.current_period_end for item in subscription.items if item.current_period_end), default=None)


def _ends_with_its_period(subscription: Subscription, ends: datetime | None) -> bool:
    """Stripe's portal schedules a cancellation by `cancel_at` alone and leaves the flag of this name false."""
    if subscription.cancel_at_period_end:
        return True
    return subscription.cancel_at is not None and (ends is None or subscription.cancel_at <= ends)
