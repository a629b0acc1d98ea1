"""Customers at Stripe, each change with its event."""

from typing import Any

from local.stripe_api import shapes, subscriptions
from local.stripe_api.errors import no_such
from local.stripe_api.transaction import Transaction


def create_customer(transaction: Transaction, sent: dict[str, Any]) -> dict[str, Any]:
    """A new customer; Stripe makes another one for the same address, too."""
    made = shapes.customer(transaction.settings, transaction.now, sent)
    transaction.records.put(made)
    transaction.announce("customer.created", made)
    return made


def update_customer(transaction: Transaction, customer: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Metadata is merged key by key, an empty value removes its key; everything else is replaced."""
    changed = {**customer, **{name: value or None for name, value in sent.items() if name != "metadata"}}
    if sent.get("metadata") == "":
        changed["metadata"] = {}
    elif "metadata" in sent:
        merged = {**customer["metadata"], **sent["metadata"]}
        changed["metadata"] = {key: value for key, value in merged.items() if value}
    transaction.write_change(customer, changed, "customer.updated")
    return changed


def delete_customer(transaction: Transaction, customer: dict[str, Any]) -> dict[str, Any]:
    """Deletes the customer; its subscriptions end at once."""
    for subscribed in list(transaction.records.newest_first("subscription", customer=customer["id"])):
        if subscribed["status"] not in subscriptions.ENDED:
            subscriptions.change_subscription(transaction, subscribed, status="canceled")
    gone = shapes.deleted_customer(customer["id"])
    transaction.records.put(gone)
    transaction.announce("customer.deleted", customer)
    return gone


def live_customer(transaction: Transaction, customer_id: str, param: str) -> dict[str, Any]:
    """The customer an API parameter names, refused when unknown or deleted."""
    customer = transaction.records.get("customer", customer_id)
    if customer is None or customer.get("deleted"):
        raise no_such("customer", customer_id, param)
    return customer
