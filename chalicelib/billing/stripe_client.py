"""Stripe, and the only module that speaks to it. The library is imported on first use: it takes a quarter of a second.

Every wait ends: two seconds to connect, five for an answer, one repeat. Stripe out of reach is Unavailable("stripe");
a request that Stripe calls wrong is a fault of ours, InternalError. Never in an error or a log: keys, addresses, what
Stripe answered. No transaction is open while anything here runs. Nothing here reads or writes the database.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chalicelib import config, logs
from chalicelib.billing.entitlements import Subscription, read_subscription
from chalicelib.billing.events import StripeEvent, read_event
from chalicelib.billing.plans import Interval, PaidPlan
from chalicelib.errors import InternalError, MissingConfiguration, Refused, Unavailable, invalid

if TYPE_CHECKING:
    import stripe

APP = "stories-from-the-sun"
CONNECT_SECONDS, ANSWER_SECONDS, REPEATS = 2.0, 5.0, 1
PAGE = 100
MOST_STALE_SESSIONS = 5  # that one family gave up within an hour, each for the very same plan
MOST_PAGES = 10  # of one customer's subscriptions; a family has one

SIGNATURE_LIVES_SECONDS = 300
CLOCK_SKEW_SECONDS = 30
LONGEST_SIGNATURE_HEADER = 4096


@dataclass(frozen=True)
class CheckoutSession:
    """A checkout session: `status` is open, complete or expired; `url` only while it is open."""

    id: str
    status: str
    url: str | None
    customer_id: str | None
    subscription_id: str | None


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
    key = f"customer-{settings.stage}-{family_id}-{_hour()}"
    with _speaking("create a customer"):
        made = _client().v1.customers.create({"metadata": _tags(family_id)}, {"idempotency_key": key})
    return made.id


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
    tags = _tags(family_id)
    # An hour's worth of sameness: Stripe would repeat a failure it once answered for as long as the key stays the same.
    said = "\n".join([customer_id, price_id, billing_page, str(after), _hour()])
    key = "checkout-" + hashlib.sha256(said.encode()).hexdigest()[:40]
    with _speaking("create a checkout session"):
        made = _client().v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer_id,
                "client_reference_id": str(family_id),
                "line_items": [{"price": price_id, "quantity": 1}],
                "success_url": f"{billing_page}?checkout=success&session_id={{CHECKOUT_SESSION_ID}}",
                "cancel_url": f"{billing_page}?checkout=canceled",
                "metadata": tags,
                "subscription_data": {"metadata": tags},
            },
            {"idempotency_key": key},
        )
    headers: Any = made.last_response.headers if made.last_response else {}
    return _session(made), headers.get("idempotent-replayed") == "true"


def retrieve_checkout_session(session_id: str) -> CheckoutSession | None:
    """The session as it is now; None when Stripe does not know it."""
    with _speaking("retrieve a checkout session"):
        try:
            return _session(_client().v1.checkout.sessions.retrieve(session_id))
        except _invalid_request() as refusal:
            if refusal.code == "resource_missing":
                return None
            raise


def expire_checkout_session(session_id: str) -> CheckoutSession | None:
    """Makes sure nobody can pay this session any more, and answers it: complete if somebody already has."""
    with _speaking("expire a checkout session"):
        try:
            return _session(_client().v1.checkout.sessions.expire(session_id))
        except _invalid_request():
            pass  # paid, expired already or unknown: what it is now says which
    return retrieve_checkout_session(session_id)


def create_portal_session(customer_id: str) -> str:
    """The address of the billing portal for this customer, good for a few minutes."""
    with _speaking("create a portal session"):
        made = _client().v1.billing_portal.sessions.create({"customer": customer_id, "return_url": _billing_page()})
    return made.url


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


def verify_event(raw_body: bytes, signature: str | None, now: float | None = None) -> StripeEvent:
    """The event in a webhook's body, proven to come from Stripe within the last minutes and to be of this stage's mode.

    Any of the configured secrets proves it, so that they can be rotated. Raises Refused VALIDATION_FAILED for anything
    else; its note says why, for our log alone.
    """
    settings = config.load(config.BillingSettings)
    signed_at = _signed_at(raw_body, signature, settings.stripe_webhook_secrets)
    age = (time.time() if now is None else now) - signed_at
    if age > SIGNATURE_LIVES_SECONDS:
        raise _not_signed("the signature is too old")
    if age < -CLOCK_SKEW_SECONDS:
        raise _not_signed("the signature is from the future")
    event = read_event(raw_body)
    if event.livemode != settings.stripe_secret_key.startswith(("sk_live_", "rk_live_")):
        refusal = invalid(("livemode", "is not this stage's mode"))
        refusal.note = "a test event on a live stage or the reverse"
        raise refusal
    return event


def ping(seconds: float) -> None:
    """Asks Stripe once for something that our key must be allowed, waiting `seconds` at most to connect and as long
    again for the answer. Raises Unavailable."""
    settings = config.load(config.BillingSettings)
    hasty = _client_for(settings.stripe_secret_key, settings.stripe_api_base, seconds, seconds, 0)
    with _speaking("ping"):
        hasty.v1.subscriptions.list({"limit": 1})


def reset() -> None:
    """Forgets the clients, so that the next use makes them anew."""
    _client_for.cache_clear()


def _client() -> stripe.StripeClient:
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


def _tags(family_id: UUID) -> dict[str, str]:
    """Marks ours at Stripe, for people who look there. Never read back: only our own row says whose a customer is."""
    return {"app": APP, "stage": config.load(config.BillingSettings).stage, "family_id": str(family_id)}


def _billing_page() -> str:
    return config.load(config.AppSettings).app_url + "/billing"


def _hour() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H")


def _session(found: Any) -> CheckoutSession:
    return CheckoutSession(found.id, found.status, found.url, found.customer, found.subscription)


class _UnknownCustomer(Exception):
    """Stripe knows no customer with this id."""


def _page(customer_id: str | None, after: str | None) -> SubscriptionPage:
    params: Any = {"status": "all", "limit": PAGE}
    if customer_id is not None:
        params["customer"] = customer_id
    if after is not None:
        params["starting_after"] = after
    with _speaking("list subscriptions"):
        try:
            listed = _client().v1.subscriptions.list(params)
        except _invalid_request() as refusal:
            if refusal.code == "resource_missing" and refusal.param == "customer":
                raise _UnknownCustomer from None
            raise
    found = tuple(read_subscription(subscription.to_dict()) for subscription in listed.data)
    return SubscriptionPage(found, found[-1].id if listed.has_more and found else None)


def _none_if_deleted(customer_id: str) -> list[Subscription]:
    with _speaking("retrieve a customer"):
        customer = _client().v1.customers.retrieve(customer_id)
    if getattr(customer, "deleted", False):
        return []
    raise InternalError("stripe knows the customer and not its subscriptions")


def _invalid_request() -> type[stripe.InvalidRequestError]:
    import stripe

    return stripe.InvalidRequestError


@contextmanager
def _speaking(intent: str) -> Iterator[None]:
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


def _signed_at(raw_body: bytes, signature: str | None, secrets: tuple[str, ...]) -> int:
    """When the body was signed, in epoch seconds, once one of the secrets has proven that it was."""
    import stripe

    if not signature:
        raise _not_signed("no signature")
    # The library compares texts in constant time, which Python does for ASCII alone.
    if not signature.isascii() or len(signature) > LONGEST_SIGNATURE_HEADER:
        raise _not_signed("the signature header is no such header")
    try:
        body = raw_body.decode("utf-8")
    except UnicodeDecodeError:
        raise _not_signed("the body is not text") from None
    for secret in secrets:
        try:
            # Age is judged by the caller: the library would let a signature from the future pass.
            stripe.WebhookSignature.verify_header(body, signature, secret, tolerance=None)
        except stripe.SignatureVerificationError:
            continue
        return _timestamp(signature)
    raise _not_signed("no secret of ours made the signature")


def _timestamp(signature: str) -> int:
    """The first `t=` of the header: the one the library verified."""
    first = next(part for part in signature.split(",") if part.startswith("t="))
    return int(first.split("=", 2)[1])


def _not_signed(note: str) -> Refused:
    refusal = invalid(("stripe-signature", "is not valid"))
    refusal.note = note
    return refusal
