"""Stripe's webhook: proves that an event comes from Stripe, and reads its ids and its type.

Nothing else of an event is kept or believed. What changed is fetched from Stripe when the event is applied, because
what the event says about it may be old by then.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chalicelib import config
from chalicelib.errors import NotSigned, invalid

SIGNATURE_LIVES_SECONDS = 300
CLOCK_SKEW_SECONDS = 30
LONGEST_SIGNATURE_HEADER = 4096

# Any of these may mean that a family's subscription is not what it was. Every other type is stored and left alone.
RELEVANT = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.subscription.",
    "customer.deleted",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.marked_uncollectible",
    "invoice.voided",
)

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,255}$")]


@dataclass(frozen=True)
class StripeEvent:
    """One event. `created` is in epoch seconds, whole ones: events of one second have no order."""

    id: str
    type: str
    created: int
    livemode: bool
    customer_id: str | None
    object_id: str | None

    @property
    def happened_at(self) -> datetime:
        return datetime.fromtimestamp(self.created, UTC)

    @property
    def relevant(self) -> bool:
        """Whether it can concern a family's subscription: then it is applied, else only acknowledged."""
        return self.customer_id is not None and self.type.startswith(RELEVANT)


class _Data(BaseModel):
    object: dict[str, Any]


class _Event(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", defer_build=True)

    id: Id
    object: Literal["event"]
    type: Id
    created: int = Field(ge=0, lt=2**33)
    livemode: bool
    data: _Data


def verify_event(raw_body: bytes, signature: str | None, now: float | None = None) -> StripeEvent:
    """The event in a webhook's body, proven to come from Stripe within the last minutes and to be of this stage's mode.

    Any of the configured secrets proves it, so that they can be rotated. Raises NotSigned, or Refused VALIDATION_FAILED
    for anything else; its note says why, for our log alone.
    """
    signed_at = _signed_at(raw_body, signature, config.load(config.WebhookSettings).stripe_webhook_secrets)
    age = (time.time() if now is None else now) - signed_at
    if age > SIGNATURE_LIVES_SECONDS:
        raise NotSigned("the signature is too old")
    if age < -CLOCK_SKEW_SECONDS:
        raise NotSigned("the signature is from the future")
    event = read_event(raw_body)
    stripe_key = config.load(config.BillingSettings).stripe_secret_key
    if event.livemode != stripe_key.startswith(("sk_live_", "rk_live_")):
        refusal = invalid(("livemode", "is not this stage's mode"))
        refusal.note = "a test event on a live stage or the reverse"
        raise refusal
    return event


def _signed_at(raw_body: bytes, signature: str | None, secrets: tuple[str, ...]) -> int:
    """When the body was signed, in epoch seconds, once one of the secrets has proven that it was."""
    import stripe

    if not signature:
        raise NotSigned("no signature")
    # The library compares texts in constant time, which Python does for ASCII alone.
    if not signature.isascii() or len(signature) > LONGEST_SIGNATURE_HEADER:
        raise NotSigned("the signature header is no such header")
    try:
        body = raw_body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotSigned("the body is not text") from None
    for secret in secrets:
        try:
            # Age is judged by the caller: the library would let a signature from the future pass.
            stripe.WebhookSignature.verify_header(body, signature, secret, tolerance=None)
        except stripe.SignatureVerificationError:
            continue
        return _timestamp(signature)
    raise NotSigned("no secret of ours made the signature")


def _timestamp(signature: str) -> int:
    """The first `t=` of the header: the one the library verified."""
    first = next(part for part in signature.split(",") if part.startswith("t="))
    return int(first.split("=", 2)[1])


def read_event(raw_body: bytes) -> StripeEvent:
    """The event in a webhook's body. Raises Refused VALIDATION_FAILED for anything else."""
    try:
        # Text first: json would take bytes with a byte order mark, and in UTF-16.
        event = _Event.model_validate(json.loads(raw_body.decode("utf-8")))
    except (ValueError, RecursionError, ValidationError):
        raise invalid(("body", "is not a Stripe event")) from None
    about = event.data.object
    return StripeEvent(
        id=event.id,
        type=event.type,
        created=event.created,
        livemode=event.livemode,
        customer_id=_customer_of(about),
        object_id=_id(about.get("id")),
    )


def _customer_of(about: Mapping[str, Any]) -> str | None:
    return _id(about if about.get("object") == "customer" else about.get("customer"))


def _id(reference: Any) -> str | None:
    """An id, or the id of the object that stands where an id may stand; None for anything else."""
    value = reference.get("id") if isinstance(reference, Mapping) else reference
    if isinstance(value, str) and 1 <= len(value) <= 255 and value.isascii() and value.replace("_", "").isalnum():
        return value
    return None
