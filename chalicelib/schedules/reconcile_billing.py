"""Every night: asks Stripe about each customer and repairs what a lost event left wrong; then lists Stripe's
subscriptions and reports those that belong to no family.

A customer is applied in the same way as an event, with a ticket, so this may run beside events. It begins with the
customer that was not checked for longest, so a run that is cut off goes on there. Stripe lists the newest subscriptions
first: those that a run does not reach were checked when they were new.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.billing import stripe_client, sync
from chalicelib.billing.entitlements import pays_for_a_plan
from chalicelib.call import Call
from chalicelib.config import BillingSettings, load
from chalicelib.database import alerts
from chalicelib.database.messages import transact
from chalicelib.errors import Unavailable
from chalicelib.schedules.handler import handler_of
from chalicelib.schedules.rows import Row, work_through
from chalicelib.schedules.slots import QUARTER, once_a_slot

PAGE = 100
IDLE_HOURS = 20
"""A customer that was checked within these hours is skipped: so the runs of one night share the work."""
SPARE_SECONDS = 25.0
LISTED = 100
MOST_FAILURES = 5
"""When Stripe is out of reach all customers fail alike: then the next run goes on."""


def reconcile_billing(call: Call) -> dict[str, Any]:
    """Repairs entitlements. Returns how many customers were checked, repaired, failed, how many subscriptions belong to
    no family, and the first 100 ids of both."""
    return once_a_slot(call, "reconcile_billing", QUARTER, _reconcile)


def _reconcile(call: Call) -> dict[str, Any]:
    repaired: list[str] = []
    strangers: list[str] = []

    def sync_one(customer: Row) -> str:
        outcome = sync.sync(call, family_id=customer["family_id"])
        if outcome == "changed":
            repaired.append(customer["family_id"])
        return outcome

    outcomes, finished = work_through(
        call,
        _customers(call),
        sync_one,
        failed="family_not_reconciled",
        ids={"familyId": "family_id"},
        spare_seconds=SPARE_SECONDS,
        most_failures=MOST_FAILURES,
    )
    finished = finished and _find_strangers(call, strangers)
    if strangers:
        alerts.note(call, "billing/unknown_customer")
    return {
        "customers": outcomes.total(),
        "repaired": outcomes["changed"],
        "failed": outcomes["failed"],
        "strangers": len(strangers),
        "repaired_families": repaired[:LISTED],
        "strange_subscriptions": strangers[:LISTED],
        "finished": finished,
    }


def _customers(call: Call) -> Iterator[Row]:
    """Our customers, each once: the one that was not looked at for longest comes first."""
    idle_hours = 0 if call.detail.get("byHand") else IDLE_HOURS
    before = None
    while True:
        page = transact(call, "customers_to_reconcile", before=before, idle_hours=idle_hours, limit=PAGE)
        before = page["before"]
        if not page["family_ids"]:
            return
        for family_id in page["family_ids"]:
            yield {"family_id": family_id}


def _find_strangers(call: Call, strangers: list[str]) -> bool:
    """Whether all of Stripe's subscriptions were checked. Subscriptions to anything but our plans are ignored."""
    prices = load(BillingSettings).stripe_prices
    after: str | None = None
    while call.seconds_left() >= SPARE_SECONDS:
        try:
            page = stripe_client.list_subscriptions(after)
        except Unavailable as trouble:
            alerts.note_error(call, trouble)
            return False
        paid = [each for each in page.subscriptions if pays_for_a_plan(each, prices)]
        customers = list({each.customer_id for each in paid})
        unknown = transact(call, "unknown_customers", customer_ids=customers)["customer_ids"]
        strangers += [each.id for each in paid if each.customer_id in unknown]
        after = page.next
        if after is None:
            return True
    return False


handler = handler_of(reconcile_billing)
