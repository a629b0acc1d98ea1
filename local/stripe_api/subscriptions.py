"""Subscriptions: made by a paid checkout, changed by a control or in the portal, with the events that Stripe sends
about them."""

import calendar
import copy
import datetime as dt
from collections.abc import Sequence
from typing import Any

from local.stripe_api import billing_shapes
from local.stripe_api.transaction import Transaction

ENDED = ("canceled", "incomplete_expired")


def subscribe(transaction: Transaction, customer_id: str, order: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A new, paid subscription as it was ordered at checkout, and the id of its invoice."""
    metadata = {key: value for key, value in order["subscription_metadata"].items() if value}
    subscribed = billing_shapes.subscription(transaction.settings, transaction.now, customer_id, metadata)
    line = order["line"]
    interval = line["price"]["recurring"]["interval"]
    ends = one_interval_later(transaction.now, interval)
    if order["trial_days"]:
        ends = transaction.now + order["trial_days"] * 24 * 3600
        subscribed |= {
            "status": "trialing",
            "trial_start": transaction.now,
            "trial_end": ends,
            "billing_cycle_anchor": ends,
        }
    _set_items(transaction, subscribed, [line["price"]["id"]], (transaction.now, ends), line["quantity"])
    bill = billing_shapes.invoice(transaction.settings, transaction.now, subscribed, "subscription_create", paid=True)
    subscribed["latest_invoice"] = bill["id"]
    transaction.records.put(subscribed)
    transaction.announce("customer.subscription.created", subscribed)
    _send_invoice(transaction, bill)
    return subscribed, bill["id"]


def _send_invoice(transaction: Transaction, bill: dict[str, Any]) -> None:
    transaction.records.put(bill)
    transaction.announce("invoice.created", bill)
    transaction.announce("invoice.finalized", bill)
    if bill["status"] == "paid":
        transaction.announce("invoice.paid", bill)
        transaction.announce("invoice.payment_succeeded", bill)
    else:
        transaction.announce("invoice.payment_failed", bill)


def _set_items(
    transaction: Transaction,
    subscribed: dict[str, Any],
    price_ids: Sequence[str],
    period: tuple[int, int],
    quantity: int = 1,
) -> None:
    items = [
        billing_shapes.subscription_item(transaction.settings, subscribed["id"], price_id, quantity, period)
        for price_id in price_ids
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
    transaction: Transaction,
    was: dict[str, Any],
    *,
    status: str | None = None,
    cancel_at_period_end: bool | None = None,
    current_period_end: int | None = None,
    price_ids: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Changes what is given, sends the events of each change, and returns the subscription as it is now.

    A value that is set already is no change and sends nothing. A subscription that has ended may become active again,
    which Stripe never does: so that a test can bring one subscription into every state.
    """
    became = copy.deepcopy(was)
    if current_period_end is not None:
        _move_period(became, current_period_end)
    if price_ids is not None:
        _replace_items(transaction, became, price_ids)
    if cancel_at_period_end is not None:
        _schedule_cancellation(transaction, became, wanted=cancel_at_period_end)
    if status is not None and status != was["status"]:
        _enter_status(transaction, became, status)
    if became["cancel_at_period_end"]:
        became["cancel_at"] = _period_end(became)
    bill = _bill_for(transaction, was, became)
    if bill is not None:
        became["latest_invoice"] = bill["id"]
    transaction.write_change(was, became, *_subscription_events(was["status"], became["status"]))
    if bill is not None:
        _send_invoice(transaction, bill)
    return became


def cancel_in_portal(transaction: Transaction, was: dict[str, Any], *, cancel: bool) -> dict[str, Any]:
    """What the portal's buttons do. With flexible billing, which new subscriptions have, the portal writes only
    `cancel_at` and leaves `cancel_at_period_end` false: code that reads the flag alone misses the cancellation."""
    became = copy.deepcopy(was)
    _schedule_cancellation(transaction, became, wanted=cancel)
    became["cancel_at_period_end"] = False
    transaction.write_change(was, became, "customer.subscription.updated")
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


def _replace_items(transaction: Transaction, became: dict[str, Any], price_ids: Sequence[str]) -> None:
    items = became["items"]["data"]
    if [item["price"]["id"] for item in items] == list(price_ids):
        return
    starts = items[0]["current_period_start"] if items else transaction.now
    ends = items[0]["current_period_end"] if items else one_interval_later(transaction.now, "month")
    _set_items(transaction, became, price_ids, (starts, ends))


def _schedule_cancellation(transaction: Transaction, became: dict[str, Any], *, wanted: bool) -> None:
    if wanted == (became["cancel_at"] is not None) == became["cancel_at_period_end"]:
        return
    became["cancel_at_period_end"] = wanted
    became["cancel_at"] = _period_end(became) if wanted else None
    became["canceled_at"] = transaction.now if wanted else None
    became["cancellation_details"]["reason"] = "cancellation_requested" if wanted else None


def _enter_status(transaction: Transaction, became: dict[str, Any], status: str) -> None:
    unpaid_before = became["status"] in ("past_due", "unpaid")
    if became["status"] in ENDED:
        became |= {"ended_at": None, "canceled_at": None}
    if status in ENDED:
        became["ended_at"] = transaction.now
    if status == "canceled":
        became["canceled_at"] = became["canceled_at"] or transaction.now
        became["cancellation_details"]["reason"] = "payment_failed" if unpaid_before else "cancellation_requested"
    if status == "trialing":
        became |= {"trial_start": transaction.now, "trial_end": _period_end(became)}
    became["status"] = status


def _bill_for(transaction: Transaction, was: dict[str, Any], became: dict[str, Any]) -> dict[str, Any] | None:
    """The invoice of a change: a failed one when it becomes past_due, a paid one for a renewal or when it recovers."""
    starts, ends = _period_end(was), _period_end(became)
    failed = became["status"] == "past_due" != was["status"]
    renewed = starts is not None and ends is not None and ends > starts
    paid = became["status"] == "active" and (renewed or was["status"] != "active")
    if not failed and not paid:
        return None
    return billing_shapes.invoice(transaction.settings, transaction.now, became, "subscription_cycle", paid=paid)
