"""The endpoints of Stripe's stand-in: for each its parameters, its refusals and its work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe.params
import stripe.params.billing_portal
import stripe.params.checkout

from local.stripe_api import checkout, customers, shapes, subscriptions
from local.stripe_api.errors import invalid, missing_param, no_such
from local.stripe_api.lists import Sent, page, walk
from local.stripe_api.transaction import Transaction


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API: its parameters' type in stripe-python, those implemented here, and the work."""

    method: str
    path: str
    kind: Any
    implemented: frozenset[str]
    work: Callable[..., dict[str, Any]]


# Customers


def _customer(transaction: Transaction, customer_id: str) -> dict[str, Any]:
    customer = transaction.records.get("customer", customer_id)
    if customer is None:
        raise no_such("customer", customer_id, "id", 404)
    return customer


def _create_customer(transaction: Transaction, sent: Sent) -> dict[str, Any]:
    _check_email(sent)
    return customers.create_customer(transaction, sent)


def _retrieve_customer(transaction: Transaction, _sent: Sent, customer_id: str) -> dict[str, Any]:
    return _customer(transaction, customer_id)


def _update_customer(transaction: Transaction, sent: Sent, customer_id: str) -> dict[str, Any]:
    customer = _customer(transaction, customer_id)
    if customer.get("deleted"):
        raise no_such("customer", customer_id, "id", 404)
    _check_email(sent)
    return customers.update_customer(transaction, customer, sent)


def _delete_customer(transaction: Transaction, _sent: Sent, customer_id: str) -> dict[str, Any]:
    customer = _customer(transaction, customer_id)
    if customer.get("deleted"):
        raise no_such("customer", customer_id, "id", 404)
    return customers.delete_customer(transaction, customer)


def _check_email(sent: Sent) -> None:
    email = sent.get("email")
    if email is not None and not ("@" in email[1:-1] and email.isprintable() and " " not in email):
        raise invalid(f"Invalid email address: {email}", "email", "email_invalid")


# Checkout and portal


def _session(transaction: Transaction, session_id: str) -> dict[str, Any]:
    session = transaction.records.get("checkout.session", session_id)
    if session is None:
        raise no_such("checkout.session", session_id, "id", 404)
    return checkout.expire_if_due(transaction, session)


def _create_session(transaction: Transaction, sent: Sent) -> dict[str, Any]:
    if "customer_email" in sent:
        _check_email({"email": sent["customer_email"]})
    return checkout.create_checkout_session(transaction, sent)


def _retrieve_session(transaction: Transaction, _sent: Sent, session_id: str) -> dict[str, Any]:
    return _session(transaction, session_id)


def _expire_session(transaction: Transaction, _sent: Sent, session_id: str) -> dict[str, Any]:
    return checkout.expire_session(transaction, _session(transaction, session_id))


def _list_sessions(transaction: Transaction, sent: Sent) -> dict[str, Any]:
    def wanted(session: dict[str, Any]) -> bool:
        return all(session[name] == sent[name] for name in ("status", "subscription") if name in sent)

    current = (
        checkout.expire_if_due(transaction, session) for session in list(walk(transaction, "checkout.session", sent))
    )
    return page(filter(wanted, current), sent, "/v1/checkout/sessions")


def _create_portal_session(transaction: Transaction, sent: Sent) -> dict[str, Any]:
    if "customer" not in sent:
        raise missing_param("customer")
    customers.live_customer(transaction, sent["customer"], "customer")
    checkout.check_url(transaction, sent.get("return_url"), "return_url")
    made = shapes.portal_session(
        transaction.settings, transaction.now, sent["customer"], sent.get("return_url"), sent.get("locale")
    )
    transaction.records.put(made)
    return made


# Subscriptions, events, account


def _retrieve_subscription(transaction: Transaction, _sent: Sent, subscription_id: str) -> dict[str, Any]:
    subscribed = transaction.records.get("subscription", subscription_id)
    if subscribed is None:
        raise no_such("subscription", subscription_id, "id", 404)
    return subscribed


def _list_subscriptions(transaction: Transaction, sent: Sent) -> dict[str, Any]:
    status = sent.get("status")
    if "customer" in sent and transaction.records.get("customer", sent["customer"]) is None:
        raise no_such("customer", sent["customer"], "customer")

    def wanted(subscribed: dict[str, Any]) -> bool:
        if status == "ended":
            right_status = subscribed["status"] in subscriptions.ENDED
        elif status == "all":
            right_status = True
        else:
            right_status = subscribed["status"] == status if status else subscribed["status"] != "canceled"
        prices = [item["price"]["id"] for item in subscribed["items"]["data"]]
        return right_status and ("price" not in sent or sent["price"] in prices)

    return page(filter(wanted, walk(transaction, "subscription", sent)), sent, "/v1/subscriptions")


def _retrieve_event(transaction: Transaction, _sent: Sent, event_id: str) -> dict[str, Any]:
    event = transaction.records.get("event", event_id)
    if event is None:
        raise no_such("event", event_id, "id", 404)
    return event


def _list_events(transaction: Transaction, sent: Sent) -> dict[str, Any]:
    if "type" in sent and "types" in sent:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    named = sent.get("types") or ([sent["type"]] if "type" in sent else [])

    def wanted(event: dict[str, Any]) -> bool:
        kind: str = event["type"]
        return not named or any(kind == name or (name[-1] == "*" and kind.startswith(name[:-1])) for name in named)

    return page(filter(wanted, walk(transaction, "event", sent)), sent, "/v1/events")


def _retrieve_balance(transaction: Transaction, _sent: Sent) -> dict[str, Any]:
    return shapes.balance(transaction.settings)


_PAGING = frozenset({"limit", "starting_after", "ending_before", "created"})
_ABOUT_CUSTOMER = frozenset({"email", "name", "phone", "description", "metadata", "preferred_locales"})
_CHECKOUT = frozenset(
    {
        "mode",
        "customer",
        "customer_email",
        "line_items",
        "success_url",
        "cancel_url",
        "client_reference_id",
        "metadata",
        "subscription_data",
        "allow_promotion_codes",
        "expires_at",
        "locale",
        "payment_method_types",
        "payment_method_collection",
        "billing_address_collection",
    }
)
INSIDE = {"line_items": {"price", "quantity"}, "subscription_data": {"metadata", "trial_period_days"}}
_NOTHING: frozenset[str] = frozenset()
_p = stripe.params

ENDPOINTS = (
    Endpoint("POST", "/customers", _p.CustomerCreateParams, _ABOUT_CUSTOMER, _create_customer),
    Endpoint("GET", "/customers/<customer_id>", _p.CustomerRetrieveParams, _NOTHING, _retrieve_customer),
    Endpoint("POST", "/customers/<customer_id>", _p.CustomerUpdateParams, _ABOUT_CUSTOMER, _update_customer),
    Endpoint("DELETE", "/customers/<customer_id>", _p.CustomerDeleteParams, _NOTHING, _delete_customer),
    Endpoint("POST", "/checkout/sessions", _p.checkout.SessionCreateParams, _CHECKOUT, _create_session),
    Endpoint(
        "GET",
        "/checkout/sessions",
        _p.checkout.SessionListParams,
        _PAGING | {"customer", "status", "subscription"},
        _list_sessions,
    ),
    Endpoint("GET", "/checkout/sessions/<session_id>", _p.checkout.SessionRetrieveParams, _NOTHING, _retrieve_session),
    Endpoint(
        "POST", "/checkout/sessions/<session_id>/expire", _p.checkout.SessionExpireParams, _NOTHING, _expire_session
    ),
    Endpoint(
        "POST",
        "/billing_portal/sessions",
        _p.billing_portal.SessionCreateParams,
        frozenset({"customer", "return_url", "locale"}),
        _create_portal_session,
    ),
    Endpoint(
        "GET",
        "/subscriptions",
        _p.SubscriptionListParams,
        _PAGING | {"customer", "status", "price"},
        _list_subscriptions,
    ),
    Endpoint(
        "GET", "/subscriptions/<subscription_id>", _p.SubscriptionRetrieveParams, _NOTHING, _retrieve_subscription
    ),
    Endpoint("GET", "/events", _p.EventListParams, _PAGING | {"type", "types"}, _list_events),
    Endpoint("GET", "/events/<event_id>", _p.EventRetrieveParams, _NOTHING, _retrieve_event),
    Endpoint("GET", "/balance", _p.BalanceRetrieveParams, _NOTHING, _retrieve_balance),
)
