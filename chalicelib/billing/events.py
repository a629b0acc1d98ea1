"""Reads a Stripe event that has been proven genuine: ids and a type, nothing else of it is kept or believed.

What changed is fetched from Stripe when the event is applied; what the event says about it may be old by then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chalicelib.errors import invalid

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
    subscription_id: str | None
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
        subscription_id=_subscription_of(about),
        object_id=_id(about.get("id")),
    )


def _customer_of(about: Mapping[str, Any]) -> str | None:
    return _id(about if about.get("object") == "customer" else about.get("customer"))


def _subscription_of(about: Mapping[str, Any]) -> str | None:
    if about.get("object") == "subscription":
        return _id(about)
    if about.get("object") == "invoice":
        return _id(_inside(_inside(about, "parent"), "subscription_details").get("subscription"))
    return _id(about.get("subscription"))


def _inside(about: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    held = about.get(name)
    return held if isinstance(held, Mapping) else {}


def _id(reference: Any) -> str | None:
    """An id, or the id of the object that stands where an id may stand; None for anything else."""
    value = reference.get("id") if isinstance(reference, Mapping) else reference
    if isinstance(value, str) and 1 <= len(value) <= 255 and value.isascii() and value.replace("_", "").isalnum():
        return value
    return None
