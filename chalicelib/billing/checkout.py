"""Checkout sessions and the billing portal at Stripe: where a keeper pays, and where they change what they pay for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, model_validator

from chalicelib import config, deadlines
from chalicelib.billing import stripe_http
from chalicelib.billing.plans import Interval, PaidPlan
from chalicelib.billing.stripe_client import hour, tags
from chalicelib.billing.stripe_http import Id, Missing, Reference, RefusedByStripe, Shape, ask, failed, id_of
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
    with deadlines.at_most(stripe_http.SECONDS):
        for _ in range(MOST_STALE_SESSIONS):
            made = _ask_for_session(family_id, customer_id, price_id, after)
            if not made.replayed:
                return made.session()
            # A repeated answer is as old as the first one: the session may have been paid or expired since.
            now = retrieve_checkout_session(made.id)
            if now is not None and now.status == "open":
                return now
            after = made.id
    raise InternalError("stripe repeats sessions that are no longer open")


def _ask_for_session(family_id: UUID, customer_id: str, price_id: str, after: str | None) -> _Session:
    billing_page = _billing_page()
    metadata = tags(family_id)
    # An hour's worth of sameness: Stripe would repeat a failure it once answered for as long as the key stays the same.
    said = "\n".join([customer_id, price_id, billing_page, str(after), hour()])
    key = "checkout-" + hashlib.sha256(said.encode()).hexdigest()[:40]
    return ask(
        "create a checkout session",
        lambda stripe: stripe.v1.checkout.sessions.create(
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
        ),
        _Session,
    )


def retrieve_checkout_session(session_id: str) -> CheckoutSession | None:
    """The session as it is now; None when Stripe does not know it."""
    try:
        found = ask(
            "retrieve a checkout session",
            lambda stripe: stripe.v1.checkout.sessions.retrieve(session_id),
            _Session,
            may_be_missing=True,
        )
    except Missing:
        return None
    if found.id != session_id:
        raise failed("retrieve a checkout session", "unreadable answer")
    return found.session()


def expire_checkout_session(session_id: str) -> CheckoutSession | None:
    """Makes sure nobody can pay this session any more, and answers it: complete if somebody already has."""
    with deadlines.at_most(stripe_http.SECONDS):
        try:
            found = ask(
                "expire a checkout session",
                lambda stripe: stripe.v1.checkout.sessions.expire(session_id),
                _Session,
                may_be_missing=True,
            )
        except (RefusedByStripe, Missing):
            # Paid, expired already or unknown: what it is now says which.
            session = retrieve_checkout_session(session_id)
        else:
            session = found.session()
    if session is not None and (session.id != session_id or session.status == "open"):
        raise failed("expire a checkout session", "unreadable answer")
    return session


def create_portal_session(customer_id: str) -> str:
    """The address of the billing portal for this customer, good for a few minutes."""
    return_url = _billing_page()
    made = ask(
        "create a portal session",
        lambda stripe: stripe.v1.billing_portal.sessions.create({"customer": customer_id, "return_url": return_url}),
        _Portal,
    )
    return made.url


def _billing_page() -> str:
    return config.load(config.AppSettings).app_url + "/billing"


def _page_to_go_to(url: str) -> str:
    """An address that a keeper's browser may be sent to."""
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and config.load(config.AppSettings).stage == "local")
    if not secure or not parts.hostname:
        raise ValueError("not a web address")
    return url


PageUrl = Annotated[str, AfterValidator(_page_to_go_to)]


class _Portal(Shape):
    url: PageUrl


class _Session(Shape):
    id: Id
    status: Id
    url: PageUrl | None
    customer: Reference | None
    subscription: Reference | None

    @model_validator(mode="after")
    def _open_ones_can_be_paid(self) -> _Session:
        if self.status == "open" and self.url is None:
            raise ValueError("an open session has an address")
        return self

    def session(self) -> CheckoutSession:
        return CheckoutSession(self.id, self.status, self.url, id_of(self.customer), id_of(self.subscription))
