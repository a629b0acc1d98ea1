"""Customers and subscriptions at Stripe. How Stripe is asked, and what its failures are, stands in stripe_http."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from chalicelib import config, deadlines
from chalicelib.billing import stripe_http
from chalicelib.billing.entitlements import Subscription, read_subscription
from chalicelib.billing.stripe_http import Id, Reference, RefusedByStripe, Shape, ask, failed

APP = "stories-from-the-sun"
PAGE = 100
MOST_PAGES = 10
"""Of one customer's subscriptions; a family has one."""

Moment = Annotated[int, Field(ge=0, lt=2**33)]
"""Epoch seconds."""


@dataclass(frozen=True)
class SubscriptionPage:
    """Some of the account's subscriptions, newest first; `next` is where the following page begins, None at the end."""

    subscriptions: tuple[Subscription, ...]
    next: str | None


class _Customer(Shape):
    id: Id
    deleted: bool = False


class _Item(Shape):
    price: Reference
    current_period_end: Moment | None = None


class _Items(Shape):
    data: list[_Item]


class _Subscription(Shape):
    id: Id
    customer: Reference
    status: Id
    created: Moment
    items: _Items
    cancel_at_period_end: bool | None = None
    cancel_at: Moment | None = None


class _Page(Shape):
    data: list[_Subscription]
    has_more: bool


def create_customer(family_id: UUID) -> str:
    """A Stripe customer for the family, with ids as its only data.

    Asked again within the hour Stripe answers the same customer, also when the first answer was lost. Later it would be
    another one: the database keeps the first that was written, and the other never gets a subscription.
    """
    settings = config.load(config.BillingSettings)
    key = f"customer-{settings.stage}-{family_id}-{hour()}"
    made = ask(
        "create a customer",
        lambda stripe: stripe.v1.customers.create({"metadata": tags(family_id)}, {"idempotency_key": key}),
        _Customer,
    )
    return made.id


def fetch_subscriptions(customer_id: str) -> list[Subscription]:
    """All subscriptions of a customer, of every status. None for a customer deleted at Stripe.

    A customer that Stripe does not know is an error and not "no subscriptions": the wrong key would know none at all,
    and every family would lose its plan.
    """
    found: list[Subscription] = []
    after: str | None = None
    with deadlines.at_most(stripe_http.SECONDS):
        for _ in range(MOST_PAGES):
            try:
                page = _page(customer_id, after)
            except RefusedByStripe as refusal:
                if refusal.code == "resource_missing" and refusal.param == "customer":
                    return _none_if_deleted(customer_id)
                raise
            found += page.subscriptions
            after = page.next
            if after is None:
                return found
    raise failed("list subscriptions", "unreadable answer")


def list_subscriptions(after: str | None = None) -> SubscriptionPage:
    """A page of all the account's subscriptions, of every status, from behind the subscription `after`."""
    return _page(None, after)


def ping(seconds: float) -> None:
    """Asks Stripe once for something that our key must be allowed, within `seconds`. Raises Unavailable."""
    ask("ping", lambda stripe: stripe.v1.subscriptions.list({"limit": 1}), _Page, seconds=seconds, repeats=0)


def tags(family_id: UUID) -> dict[str, str]:
    """Metadata for people at Stripe's dashboard. Never read back: only our own row says which family a customer is."""
    return {"app": APP, "stage": config.load(config.BillingSettings).stage, "family_id": str(family_id)}


def hour() -> str:
    """The present hour, a part of idempotency keys: Stripe repeats its answer to a key, an error too."""
    return datetime.now(UTC).strftime("%Y%m%dT%H")


def _page(customer_id: str | None, after: str | None) -> SubscriptionPage:
    params: Any = {"status": "all", "limit": PAGE}
    if customer_id is not None:
        params["customer"] = customer_id
    if after is not None:
        params["starting_after"] = after
    listed = ask("list subscriptions", lambda stripe: stripe.v1.subscriptions.list(params), _Page)
    found = tuple(read_subscription(subscription.model_dump()) for subscription in listed.data)
    following = found[-1].id if found and listed.has_more else None
    # More after nothing, the same page again, or another customer's: believed, a family could lose its plan by it.
    strange = listed.has_more and following in (None, after)
    if strange or (customer_id is not None and any(each.customer_id != customer_id for each in found)):
        raise failed("list subscriptions", "unreadable answer")
    return SubscriptionPage(found, following)


def _none_if_deleted(customer_id: str) -> list[Subscription]:
    customer = ask("retrieve a customer", lambda stripe: stripe.v1.customers.retrieve(customer_id), _Customer)
    if customer.deleted:
        return []
    raise failed("list subscriptions", "unreadable answer")
