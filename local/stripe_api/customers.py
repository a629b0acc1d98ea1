"""Customers at Stripe, each change with its event."""

from typing import Any

from local.stripe_api import shapes, subscriptions
from local.stripe_api.errors import no_such
from local.stripe_api.world import World


def create_customer(world: World, sent: dict[str, Any]) -> dict[str, Any]:
    """A new customer; Stripe never asks whether there is one like it already."""
    made = shapes.customer(world.settings, world.now, sent)
    world.books.put(made)
    world.announce("customer.created", made)
    return made


def update_customer(world: World, customer: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Metadata is merged key by key, an empty value removes its key; everything else is replaced."""
    changed = {**customer, **{name: value or None for name, value in sent.items() if name != "metadata"}}
    if sent.get("metadata") == "":
        changed["metadata"] = {}
    elif "metadata" in sent:
        merged = {**customer["metadata"], **sent["metadata"]}
        changed["metadata"] = {key: value for key, value in merged.items() if value}
    world.write_change(customer, changed, "customer.updated")
    return changed


def delete_customer(world: World, customer: dict[str, Any]) -> dict[str, Any]:
    """The customer is gone for good and its subscriptions end at once."""
    for subscribed in list(world.books.newest_first("subscription", customer=customer["id"])):
        if subscribed["status"] not in subscriptions.ENDED:
            subscriptions.change_subscription(world, subscribed, status="canceled")
    gone = shapes.deleted_customer(customer["id"])
    world.books.put(gone)
    world.announce("customer.deleted", customer)
    return gone


def live_customer(world: World, customer_id: str, param: str) -> dict[str, Any]:
    """The customer an API parameter names, refused when unknown or deleted."""
    customer = world.books.get("customer", customer_id)
    if customer is None or customer.get("deleted"):
        raise no_such("customer", customer_id, param)
    return customer
