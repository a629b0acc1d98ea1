"""What can happen at Stripe: a customer appears, a session is opened and paid, a subscription changes. Each change is
written with the events Stripe would send about it. No HTTP here, neither the API's nor the controls'."""

import calendar
import copy
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local.stripe_api import shapes
from local.stripe_api.books import Books
from local.stripe_api.errors import invalid, missing_param, no_such
from local.stripe_api.settings import StripeStandInSettings

SESSION_LIVES = 24 * 3600
SHORTEST_SESSION = 30 * 60
STATUSES = (
    "active",
    "trialing",
    "past_due",
    "incomplete",
    "paused",
    "canceled",
    "unpaid",
    "incomplete_expired",
)
ENDED = ("canceled", "incomplete_expired")


class NotPayable(Exception):
    """The session cannot be paid; the text says why."""


@dataclass
class World:
    """Stripe during one transaction. `now` is in epoch seconds; `announced` collects the ids of the events made."""

    books: Books
    settings: StripeStandInSettings
    now: int
    request_id: str | None = None
    idempotency_key: str | None = None
    announced: list[str] = field(default_factory=list)

    def announce(self, kind: str, about: dict[str, Any], previous: dict[str, Any] | None = None) -> None:
        """Writes an event about the object as it is now and puts it on its way."""
        made = shapes.event(
            self.settings,
            self.now,
            kind,
            about,
            previous=previous,
            request_id=self.request_id,
            idempotency_key=self.idempotency_key,
        )
        self.books.put(made)
        self.books.dispatch(made["id"], self.now)
        self.announced.append(made["id"])


# Customers


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
    _write_change(world, customer, changed, "customer.updated")
    return changed


def delete_customer(world: World, customer: dict[str, Any]) -> dict[str, Any]:
    """The customer is gone for good and its subscriptions end at once."""
    for subscribed in list(world.books.newest_first("subscription", customer=customer["id"])):
        if subscribed["status"] not in ENDED:
            change_subscription(world, subscribed, status="canceled")
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


# Checkout


def create_checkout_session(world: World, sent: dict[str, Any]) -> dict[str, Any]:
    """An open session for one recurring price, refused wherever Stripe refuses."""
    if "mode" not in sent:
        raise missing_param("mode")
    if sent["mode"] != "subscription":
        raise invalid("This stand-in sells subscriptions only: mode must be subscription.", "mode")
    price_id, quantity = _only_line(world, sent)
    if "success_url" not in sent:
        raise missing_param("success_url")
    for param in ("success_url", "cancel_url"):
        check_url(world, sent.get(param), param)
    if "customer" in sent and "customer_email" in sent:
        raise invalid("You may only specify one of these parameters: customer, customer_email.", "customer_email")
    if "customer" in sent:
        live_customer(world, sent["customer"], "customer")
    if len(sent.get("client_reference_id", "")) > 200:
        raise invalid("Invalid string: client_reference_id; must be at most 200 characters", "client_reference_id")
    expires_at = sent.get("expires_at", world.now + SESSION_LIVES)
    if expires_at < world.now + SHORTEST_SESSION - 60:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at"
        )
    if expires_at > world.now + SESSION_LIVES:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at"
        )
    session_id = shapes.make_id("cs_live" if world.settings.livemode else "cs_test")
    line = shapes.checkout_line(world.settings, price_id, quantity)
    made = shapes.checkout_session(
        world.settings, world.now, session_id, {**sent, "expires_at": expires_at}, line["amount_total"]
    )
    world.books.put(made)
    world.books.put(
        {
            "id": f"order_of_{session_id}",
            "object": "standin.order",
            "line": line,
            "subscription_metadata": sent.get("subscription_data", {}).get("metadata", {}),
            "trial_days": sent.get("subscription_data", {}).get("trial_period_days"),
        }
    )
    return made


def _only_line(world: World, sent: dict[str, Any]) -> tuple[str, int]:
    lines = sent.get("line_items") or []
    if not lines:
        raise missing_param("line_items")
    if len(lines) > 1:
        raise invalid("This stand-in takes one line item.", "line_items")
    line = lines[0]
    if "price" not in line:
        raise missing_param("line_items[0][price]")
    if line["price"] not in world.settings.prices:
        raise no_such("price", line["price"], "line_items[0][price]")
    if "quantity" not in line:
        raise invalid("Quantity is required. Add `quantity` to `line_items[0]`", "line_items[0]")
    if line["quantity"] < 1:
        raise invalid("This value must be greater than or equal to 1.", "line_items[0][quantity]")
    return line["price"], line["quantity"]


def check_url(world: World, url: str | None, param: str) -> None:
    """Refuses what a browser could not be sent to; a live account takes https only."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and not _has_blanks(url)
    except ValueError:
        sound = False
    if not sound:
        raise invalid("Not a valid URL", param, "url_invalid")
    if world.settings.livemode and not url.startswith("https://"):
        raise invalid("Livemode requests must always be redirected via HTTPS.", param)


def _has_blanks(url: str) -> bool:
    return any(letter.isspace() or not letter.isprintable() for letter in url)


def expire_if_due(world: World, session: dict[str, Any]) -> dict[str, Any]:
    """The session, expired by its time if that has come."""
    if session["status"] == "open" and session["expires_at"] <= world.now:
        return _expire(world, session)
    return session


def expire_session(world: World, session: dict[str, Any]) -> dict[str, Any]:
    """Expires an open session at its owner's wish."""
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    return _expire(world, session)


def _expire(world: World, session: dict[str, Any]) -> dict[str, Any]:
    expired = {**session, "status": "expired", "url": None}
    world.books.put(expired)
    world.announce("checkout.session.expired", expired)
    return expired


def pay_session(world: World, session: dict[str, Any]) -> dict[str, Any]:
    """The customer pays: answers the completed session. Paying it again changes nothing."""
    if session["status"] == "complete":
        return session
    if session["status"] == "expired":
        raise NotPayable("this checkout session has expired; create a new one")
    customer_id = session["customer"]
    if customer_id is None:
        customer_id = create_customer(world, {"email": session["customer_email"]})["id"]
    elif (world.books.get("customer", customer_id) or {"deleted": True}).get("deleted"):
        raise NotPayable("the customer of this checkout session was deleted")
    order = world.books.get("standin.order", f"order_of_{session['id']}")
    assert order is not None, "every session is written together with its order"
    subscribed, invoice_id = _subscribe(world, customer_id, order)
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
    world.books.put(completed)
    world.announce("checkout.session.completed", completed)
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


# Subscriptions


def _subscribe(world: World, customer_id: str, order: dict[str, Any]) -> tuple[dict[str, Any], str]:
    metadata = {key: value for key, value in order["subscription_metadata"].items() if value}
    subscribed = shapes.subscription(world.settings, world.now, customer_id, metadata)
    line = order["line"]
    interval = line["price"]["recurring"]["interval"]
    ends = one_interval_later(world.now, interval)
    if order["trial_days"]:
        ends = world.now + order["trial_days"] * 24 * 3600
        subscribed |= {"status": "trialing", "trial_start": world.now, "trial_end": ends, "billing_cycle_anchor": ends}
    _set_items(world, subscribed, [line["price"]["id"]], (world.now, ends), line["quantity"])
    bill = shapes.invoice(world.settings, world.now, subscribed, "subscription_create", paid=True)
    subscribed["latest_invoice"] = bill["id"]
    world.books.put(subscribed)
    world.announce("customer.subscription.created", subscribed)
    _send_invoice(world, bill)
    return subscribed, bill["id"]


def _send_invoice(world: World, bill: dict[str, Any]) -> None:
    world.books.put(bill)
    world.announce("invoice.created", bill)
    world.announce("invoice.finalized", bill)
    if bill["status"] == "paid":
        world.announce("invoice.paid", bill)
        world.announce("invoice.payment_succeeded", bill)
    else:
        world.announce("invoice.payment_failed", bill)


def _set_items(
    world: World, subscribed: dict[str, Any], price_ids: Sequence[str], period: tuple[int, int], quantity: int = 1
) -> None:
    items = [
        shapes.subscription_item(world.settings, subscribed["id"], price_id, quantity, period) for price_id in price_ids
    ]
    subscribed["items"] = {**subscribed["items"], "data": items, "total_count": len(items)}


def one_interval_later(moment: int, interval: str) -> int:
    """The same day and time a month or a year later, or the month's last day where that day is missing."""
    then = dt.datetime.fromtimestamp(moment, dt.UTC)
    months = then.year * 12 + then.month - 1 + (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(then.day, calendar.monthrange(year, month + 1)[1])
    return int(then.replace(year=year, month=month + 1, day=day).timestamp())


def change_subscription(
    world: World,
    was: dict[str, Any],
    *,
    status: str | None = None,
    cancel_at_period_end: bool | None = None,
    current_period_end: int | None = None,
    price_ids: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Changes what is given, sends the events of each change, and answers the subscription as it is now.

    Setting what is set already is no change and sends nothing. A finished subscription may be set alive again, which
    Stripe itself never does: so that one subscription can be walked through all its states.
    """
    became = copy.deepcopy(was)
    if current_period_end is not None:
        _move_period(became, current_period_end)
    if price_ids is not None:
        _replace_items(world, became, price_ids)
    if cancel_at_period_end is not None:
        _schedule_cancellation(world, became, wanted=cancel_at_period_end)
    if status is not None and status != was["status"]:
        _enter_status(world, became, status)
    if became["cancel_at_period_end"]:
        became["cancel_at"] = _period_end(became)
    bill = _bill_for(world, was, became)
    if bill is not None:
        became["latest_invoice"] = bill["id"]
    _write_change(world, was, became, *_subscription_events(was["status"], became["status"]))
    if bill is not None:
        _send_invoice(world, bill)
    return became


def cancel_in_portal(world: World, was: dict[str, Any], *, cancel: bool) -> dict[str, Any]:
    """What the portal's buttons do. With flexible billing, which new subscriptions have, the portal writes only
    `cancel_at` and leaves `cancel_at_period_end` false: whoever reads the flag alone misses the cancellation."""
    became = copy.deepcopy(was)
    _schedule_cancellation(world, became, wanted=cancel)
    became["cancel_at_period_end"] = False
    _write_change(world, was, became, "customer.subscription.updated")
    return became


def _subscription_events(was: str, became: str) -> tuple[str, ...]:
    if became == "canceled" != was:
        return ("customer.subscription.deleted",)
    if became == "paused" != was:
        return ("customer.subscription.updated", "customer.subscription.paused")
    if was == "paused" != became:
        return ("customer.subscription.updated", "customer.subscription.resumed")
    return ("customer.subscription.updated",)


def _period_end(subscribed: dict[str, Any]) -> int | None:
    return max((item["current_period_end"] for item in subscribed["items"]["data"]), default=None)


def _move_period(became: dict[str, Any], ends: int) -> None:
    for item in became["items"]["data"]:
        length = item["current_period_end"] - item["current_period_start"]
        if ends > item["current_period_end"]:
            item["current_period_start"] = item["current_period_end"]
        elif ends <= item["current_period_start"]:
            item["current_period_start"] = ends - length
        item["current_period_end"] = ends


def _replace_items(world: World, became: dict[str, Any], price_ids: Sequence[str]) -> None:
    items = became["items"]["data"]
    if [item["price"]["id"] for item in items] == list(price_ids):
        return
    starts = items[0]["current_period_start"] if items else world.now
    ends = items[0]["current_period_end"] if items else one_interval_later(world.now, "month")
    _set_items(world, became, price_ids, (starts, ends))


def _schedule_cancellation(world: World, became: dict[str, Any], *, wanted: bool) -> None:
    if wanted == (became["cancel_at"] is not None) == became["cancel_at_period_end"]:
        return
    became["cancel_at_period_end"] = wanted
    became["cancel_at"] = _period_end(became) if wanted else None
    became["canceled_at"] = world.now if wanted else None
    became["cancellation_details"]["reason"] = "cancellation_requested" if wanted else None


def _enter_status(world: World, became: dict[str, Any], status: str) -> None:
    unpaid_before = became["status"] in ("past_due", "unpaid")
    if became["status"] in ENDED:
        became |= {"ended_at": None, "canceled_at": None}
    if status in ENDED:
        became["ended_at"] = world.now
    if status == "canceled":
        became["canceled_at"] = became["canceled_at"] or world.now
        became["cancellation_details"]["reason"] = "payment_failed" if unpaid_before else "cancellation_requested"
    if status == "trialing":
        became |= {"trial_start": world.now, "trial_end": _period_end(became)}
    became["status"] = status


def _bill_for(world: World, was: dict[str, Any], became: dict[str, Any]) -> dict[str, Any] | None:
    """The invoice a change brings: a failed one on the way into past_due, a paid one for a renewal or on the way out."""
    starts, ends = _period_end(was), _period_end(became)
    failed = became["status"] == "past_due" != was["status"]
    renewed = starts is not None and ends is not None and ends > starts
    paid = became["status"] == "active" and (renewed or was["status"] != "active")
    if not failed and not paid:
        return None
    return shapes.invoice(world.settings, world.now, became, "subscription_cycle", paid=paid)


def _write_change(world: World, was: dict[str, Any], became: dict[str, Any], *kinds: str) -> None:
    if was == became:
        return
    world.books.put(became)
    previous = {name: was.get(name) for name in became if became[name] != was.get(name)}
    for kind in kinds:
        told = previous if kind.endswith(".updated") else None
        world.announce(kind, became, told)
