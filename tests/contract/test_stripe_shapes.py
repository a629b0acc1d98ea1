"""Every object and event of Stripe's stand-in has the shape that the stripe library declares for it."""

from __future__ import annotations

from types import NoneType
from typing import Any, Union, get_args, get_origin

import stripe
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject

from tests.support.stripe_server import KEY, StripeServer


def complaints(thing: StripeObject, kind: type[StripeObject], where: str) -> list[str]:
    """Where an object differs from the library's idea of it: missing, unknown or mistyped fields, at every depth."""
    hints = {name: hint for name, hint in _hints(kind).items() if name not in ("OBJECT_NAME", "deleted")}
    held: dict[str, Any] = thing.to_dict(recursive=False)
    found = [
        f"{where}.{name} is missing" for name, hint in hints.items() if name not in held and not _may_be_null(hint)
    ]
    for name, value in held.items():
        if name not in hints:
            found.append(f"{where}.{name} is unknown to the library")
        elif not _fits(value, hints[name]):
            found.append(f"{where}.{name} is {type(value).__name__}, not {hints[name]}")
        for number, inner in enumerate(value if isinstance(value, list) else [value]):
            inner_kind = _kind_of(inner, kind, name)
            if inner_kind is not None:
                found += complaints(inner, inner_kind, f"{where}.{name}[{number}]")
    return found


def _hints(kind: type) -> dict[str, Any]:
    return {name: hint for name, hint in kind.__annotations__.items() if not name.startswith("_")}


def _may_be_null(hint: Any) -> bool:
    return NoneType in get_args(hint) or "Optional[" in str(hint)


def _fits(value: Any, hint: Any) -> bool:
    if value is None:
        return _may_be_null(hint)
    plain = [
        member for member in (get_args(hint) if get_origin(hint) is Union else [hint]) if member in (int, str, bool)
    ]
    others = [
        member for member in (get_args(hint) if get_origin(hint) is Union else [hint]) if member not in (int, str, bool)
    ]
    return bool([member for member in others if member is not NoneType]) or type(value) in plain


def _kind_of(value: Any, parent: type[StripeObject], name: str) -> type[StripeObject] | None:
    if not isinstance(value, StripeObject):
        return None
    named = value.to_dict(recursive=False).get("object")
    if isinstance(named, str):
        return None if named == "list" else get_object_class("V1", named)
    return parent._inner_class_types.get(name)


def test_every_object_and_event_has_the_librarys_shape(stripe_server: StripeServer) -> None:
    api = stripe_server.client.v1
    customer = api.customers.create({"email": "ana@example.org", "metadata": {"a": "b"}})
    session = stripe_server.checkout(customer.id)
    subscription_id = stripe_server.pay(session.id)
    for change in ({"status": "past_due"}, {"status": "active"}, {"cancelAtPeriodEnd": True}, {"status": "canceled"}):
        assert stripe_server.post(f"subscriptions/{subscription_id}", change).status_code == 200
    subscription = api.subscriptions.retrieve(subscription_id)
    things = [
        customer,
        session,
        api.checkout.sessions.retrieve(session.id),
        subscription,
        *subscription["items"].data,
        api.billing_portal.sessions.create({"customer": customer.id}),
        api.balance.retrieve(),
    ]
    for event in api.events.list({"limit": 100}).data:
        things += [event, event.data.object]
        if event.data.object.object == "invoice":
            things += event.data.object.lines.data
    found: list[str] = []
    for thing in things:
        kind = get_object_class("V1", thing.object)
        again = kind.construct_from(thing.to_dict(), KEY)
        found += complaints(again, kind, thing.object)
    assert sorted(set(found)) == []


def test_an_event_says_what_it_is(stripe_server: StripeServer) -> None:
    stripe_server.client.v1.customers.create({})
    event = stripe_server.client.v1.events.list({"limit": 1}).data[0]
    assert event.api_version == stripe.api_version == "2026-10-28.endive"
    assert event.livemode is False
