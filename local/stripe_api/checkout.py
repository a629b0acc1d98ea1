"""Checkout sessions: open, then paid or expired, with the events that Stripe sends about them."""

from typing import Any
from urllib.parse import urlsplit

from local.stripe_api import billing_shapes, customers, shapes, subscriptions
from local.stripe_api.errors import invalid, missing_param, no_such
from local.stripe_api.transaction import Transaction

SESSION_LIVES = 24 * 3600
SHORTEST_SESSION = 30 * 60


class NotPayable(Exception):
    """The session cannot be paid; the text says why."""


def create_checkout_session(transaction: Transaction, sent: dict[str, Any]) -> dict[str, Any]:
    """An open session for one recurring price; refuses what Stripe refuses."""
    if "mode" not in sent:
        raise missing_param("mode")
    if sent["mode"] != "subscription":
        raise invalid("This stand-in sells subscriptions only: mode must be subscription.", "mode")
    price_id, quantity = _only_line(transaction, sent)
    if "success_url" not in sent:
        raise missing_param("success_url")
    for param in ("success_url", "cancel_url"):
        check_url(transaction, sent.get(param), param)
    if "customer" in sent and "customer_email" in sent:
        raise invalid("You may only specify one of these parameters: customer, customer_email.", "customer_email")
    if "customer" in sent:
        customers.live_customer(transaction, sent["customer"], "customer")
    if len(sent.get("client_reference_id", "")) > 200:
        raise invalid("Invalid string: client_reference_id; must be at most 200 characters", "client_reference_id")
    expires_at = sent.get("expires_at", transaction.now + SESSION_LIVES)
    if expires_at < transaction.now + SHORTEST_SESSION - 60:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at"
        )
    if expires_at > transaction.now + SESSION_LIVES:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at"
        )
    session_id = shapes.make_id("cs_live" if transaction.settings.livemode else "cs_test")
    plan, _ = transaction.settings.plan_of(price_id)
    line = shapes.checkout_line(billing_shapes.price(transaction.settings, price_id), plan, quantity)
    made = shapes.checkout_session(
        transaction.settings, transaction.now, session_id, {**sent, "expires_at": expires_at}, line["amount_total"]
    )
    transaction.records.put(made)
    transaction.records.put(
        {
            "id": f"order_of_{session_id}",
            "object": "standin.order",
            "line": line,
            "subscription_metadata": sent.get("subscription_data", {}).get("metadata", {}),
            "trial_days": sent.get("subscription_data", {}).get("trial_period_days"),
        }
    )
    return made


def _only_line(transaction: Transaction, sent: dict[str, Any]) -> tuple[str, int]:
    lines = sent.get("line_items") or []
    if not lines:
        raise missing_param("line_items")
    if len(lines) > 1:
        raise invalid("This stand-in takes one line item.", "line_items")
    line = lines[0]
    if "price" not in line:
        raise missing_param("line_items[0][price]")
    if line["price"] not in transaction.settings.prices:
        raise no_such("price", line["price"], "line_items[0][price]")
    if "quantity" not in line:
        raise invalid("Quantity is required. Add `quantity` to `line_items[0]`", "line_items[0]")
    if line["quantity"] < 1:
        raise invalid("This value must be greater than or equal to 1.", "line_items[0][quantity]")
    return line["price"], line["quantity"]


def check_url(transaction: Transaction, url: str | None, param: str) -> None:
    """Refuses an address that no browser can open; a live account accepts https alone."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and not _has_blanks(url)
    except ValueError:
        sound = False
    if not sound:
        raise invalid("Not a valid URL", param, "url_invalid")
    if transaction.settings.livemode and not url.startswith("https://"):
        raise invalid("Livemode requests must always be redirected via HTTPS.", param)


def _has_blanks(url: str) -> bool:
    return any(letter.isspace() or not letter.isprintable() for letter in url)


def expire_if_due(transaction: Transaction, session: dict[str, Any]) -> dict[str, Any]:
    """The session, expired if its time is over."""
    if session["status"] == "open" and session["expires_at"] <= transaction.now:
        return _expire(transaction, session)
    return session


def expire_session(transaction: Transaction, session: dict[str, Any]) -> dict[str, Any]:
    """Expires an open session, as the API's caller asked."""
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    return _expire(transaction, session)


def _expire(transaction: Transaction, session: dict[str, Any]) -> dict[str, Any]:
    expired = {**session, "status": "expired", "url": None}
    transaction.records.put(expired)
    transaction.announce("checkout.session.expired", expired)
    return expired


def pay_session(transaction: Transaction, session: dict[str, Any]) -> dict[str, Any]:
    """The customer pays: returns the completed session. Paying it again changes nothing."""
    if session["status"] == "complete":
        return session
    if session["status"] == "expired":
        raise NotPayable("this checkout session has expired; create a new one")
    customer_id = session["customer"]
    if customer_id is None:
        customer_id = customers.create_customer(transaction, {"email": session["customer_email"]})["id"]
    elif (transaction.records.get("customer", customer_id) or {"deleted": True}).get("deleted"):
        raise NotPayable("the customer of this checkout session was deleted")
    order = transaction.records.get("standin.order", f"order_of_{session['id']}")
    assert order is not None, "every session is written together with its order"
    subscribed, invoice_id = subscriptions.subscribe(transaction, customer_id, order)
    completed = {
        **session,
        "customer": customer_id,
        "customer_details": _customer_details(session["customer_email"]),
        "invoice": invoice_id,
        "payment_status": "paid" if subscribed["status"] == "active" else "no_payment_required",
        "status": "complete",
        "subscription": subscribed["id"],
        "url": None,
    }
    transaction.records.put(completed)
    transaction.announce("checkout.session.completed", completed)
    return completed


def _customer_details(email: str | None) -> dict[str, Any]:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
