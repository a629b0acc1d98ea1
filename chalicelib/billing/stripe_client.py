"""The way to Stripe: client, errors, customers, subscriptions. The library is imported on first use: it takes 250 ms.

Every wait ends: two seconds to connect, five for an answer, one repeat. Stripe out of reach is Unavailable("stripe");
a request that Stripe calls wrong is a fault of ours, InternalError. Never in an error or a log: keys, addresses, what
Stripe answered. No transaction is open while anything here runs. Nothing here reads or writes the database.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chalicelib import config, logs
from chalicelib.billing.entitlements import Subscription, read_subscription
from chalicelib.errors import InternalError, Unavailable

if TYPE_CHECKING:
    import stripe

APP = "stories-from-the-sun"
CONNECT_SECONDS, ANSWER_SECONDS, REPEATS = 2.0, 5.0, 1
PAGE = 100
MOST_PAGES = 10  # of one customer's subscriptions; a family has one


@dataclass(frozen=True)
class SubscriptionPage:
    """Some of the account's subscriptions, newest first; `next` is where the following page begins, None at the end."""

    subscriptions: tuple[Subscription, ...]
    next: str | None


def create_customer(family_id: UUID) -> str:
    """A Stripe customer for the family, with ids as its only data.

    Asked again within the hour Stripe answers the same customer, also when the first answer was lost. Later it would be
    another one: the database keeps the first that was written, and the other never gets a subscription.
    """
    settings = config.load(config.BillingSettings)
    key = f"customer-{settings.stage}-{family_id}-{hour()}"
    with speaking("create a customer"):
        made = client().v1.customers.create({"metadata": tags(family_id)}, {"idempotency_key": key})
    return made.id


def fetch_subscriptions(customer_id: str) -> list[Subscription]:
    """All subscriptions of a customer, of every status. None for a customer deleted at Stripe.

    A customer that Stripe does not know is an error and not "no subscriptions": the wrong key would know none at all,
    and every family would lose its plan.
    """
    found: list[Subscription] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        try:
            page = _page(customer_id, after)
        except _UnknownCustomer:
            return _none_if_deleted(customer_id)
        found += page.subscriptions
        after = page.next
        if after is None:
            return found
    raise InternalError("a customer has more subscriptions than are read")


def list_subscriptions(after: str | None = None) -> SubscriptionPage:
    """A page of all the account's subscriptions, of every status, from behind the subscription `after`."""
    return _page(None, after)


def ping(seconds: float) -> None:
    """Asks Stripe once for something that our key must be allowed, waiting `seconds` at most to connect and as long
    again for the answer. Raises Unavailable."""
    settings = config.load(config.BillingSettings)
    hasty = _client_for(settings.stripe_secret_key, settings.stripe_api_base, seconds, seconds, 0)
    with speaking("ping"):
        hasty.v1.subscriptions.list({"limit": 1})


def reset() -> None:
    """Forgets the clients, so that the next use makes them anew."""
    _client_for.cache_clear()


def client() -> stripe.StripeClient:
    """The library's client for our account, made on first use."""
    settings = config.load(config.BillingSettings)
    return _client_for(settings.stripe_secret_key, settings.stripe_api_base, CONNECT_SECONDS, ANSWER_SECONDS, REPEATS)


@functools.lru_cache(maxsize=2)
def _client_for(
    secret_key: str, api_base: str | None, connect_seconds: float, answer_seconds: float, repeats: int
) -> stripe.StripeClient:
    import stripe

    # The library tells its log every address it calls and every message of a refusal, customers' ids included.
    logging.getLogger("stripe").setLevel(logging.WARNING)
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base} if api_base else {},
        max_network_retries=repeats,
        http_client=stripe.RequestsClient(timeout=(connect_seconds, answer_seconds)),
    )


def tags(family_id: UUID) -> dict[str, str]:
    """Metadata for people at Stripe's dashboard. Never read back: only our own row says which family a customer is."""
    return {"app": APP, "stage": config.load(config.BillingSettings).stage, "family_id": str(family_id)}


def hour() -> str:
    """The present hour, a part of idempotency keys: Stripe repeats its answer to a key, an error too."""
    return datetime.now(UTC).strftime("%Y%m%dT%H")


class _UnknownCustomer(Exception):
    """Stripe knows no customer with this id."""


def _page(customer_id: str | None, after: str | None) -> SubscriptionPage:
    params: Any = {"status": "all", "limit": PAGE}
    if customer_id is not None:
        params["customer"] = customer_id
    if after is not None:
        params["starting_after"] = after
    with speaking("list subscriptions"):
        try:
            listed = client().v1.subscriptions.list(params)
        except invalid_request() as refusal:
            if refusal.code == "resource_missing" and refusal.param == "customer":
                raise _UnknownCustomer from None
            raise
    found = tuple(read_subscription(subscription.to_dict()) for subscription in listed.data)
    return SubscriptionPage(found, found[-1].id if listed.has_more and found else None)


def _none_if_deleted(customer_id: str) -> list[Subscription]:
    with speaking("retrieve a customer"):
        customer = client().v1.customers.retrieve(customer_id)
    if getattr(customer, "deleted", False):
        return []
    raise InternalError("stripe knows the customer and not its subscriptions")


def invalid_request() -> type[stripe.InvalidRequestError]:
    """The library's error for a request that Stripe calls wrong; a function, since the library is imported late."""
    import stripe

    return stripe.InvalidRequestError


@contextmanager
def speaking(intent: str) -> Iterator[None]:
    """Turns the library's errors, whose texts hold what was sent and answered, into ours, which do not."""
    import stripe

    try:
        yield
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as refusal:
        # Code and parameter are words of Stripe's own; the request's id finds the rest in Stripe's dashboard.
        param = getattr(refusal, "param", None)
        text = f"stripe refused to {intent}: {refusal.code} {param} {refusal.request_id}"
        raise InternalError(text) from None
    except (stripe.AuthenticationError, stripe.PermissionError) as refusal:
        logs.error("stripe_refuses_our_key", intent=intent, status=refusal.http_status)
        raise Unavailable("stripe") from None
    except stripe.StripeError as trouble:
        logs.warning(
            "stripe_out_of_reach",
            intent=intent,
            error=type(trouble).__name__,
            status=trouble.http_status,
            stripeRequest=trouble.request_id,
        )
        raise Unavailable("stripe") from None
