"""Every night: asks Stripe about each of our customers and repairs what an event that never came has left wrong; then
walks through what Stripe has, for plans that are paid for by a customer no family is.

Each customer goes the way an event goes, ticket and all, so it may run beside them. It begins with whoever was not
looked at for longest: cut off, the next run goes on there. Stripe lists the newest first: what a run does not reach was
looked at in the nights when it was new.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib import logs
from chalicelib.billing import stripe_client, sync
from chalicelib.billing.entitlements import pays_for_a_plan
from chalicelib.call import Call
from chalicelib.config import BillingSettings, load
from chalicelib.database.messages import transact
from chalicelib.errors import Unavailable
from chalicelib.schedules.slots import QUARTER, once_a_slot

PAGE = 100
IDLE_HOURS = 20
"""Who was looked at since last night needs no look: so the runs of one night share the work."""
SPARE_SECONDS = 25.0
LISTED = 100
MOST_FAILURES = 5


def reconcile_billing(call: Call) -> dict[str, Any]:
    """How many customers were looked at, repaired, failed, and how many subscriptions are nobody's of ours; at most 100
    families repaired and 100 such subscriptions by id."""
    return once_a_slot(call, "reconcile_billing", QUARTER, _reconcile)


def _reconcile(call: Call) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    repaired: list[str] = []
    strangers: list[str] = []
    finished = _repair_families(call, outcomes, repaired) and _find_strangers(call, strangers)
    if strangers:
        transact(
            call,
            "note_alert_tx",
            fingerprint="billing/unknown_customer",
            severity="error",
            message="Somebody pays for a plan and no family has it: reconcile_billing names the subscriptions.",
        )
    return {
        "customers": sum(outcomes.values()),
        "repaired": outcomes["changed"],
        "failed": outcomes["failed"],
        "strangers": len(strangers),
        "repaired_families": repaired[:LISTED],
        "strange_subscriptions": strangers[:LISTED],
        "finished": finished,
    }


def _repair_families(call: Call, outcomes: Counter[str], repaired: list[str]) -> bool:
    """Whether all were looked at."""
    idle_hours = 0 if call.detail.get("byHand") else IDLE_HOURS
    before = None
    while True:
        page = transact(
            call,
            "customers_to_reconcile",
            repeatable=True,
            before=before,
            idle_hours=idle_hours,
            limit=PAGE,
        )
        before = page["before"]
        for family_id in page["family_ids"]:
            outcome = _sync_one(call, family_id)
            outcomes[outcome] += 1
            if outcome == "changed":
                repaired.append(family_id)
            # Stripe being down fails them all alike: better to come back than to knock a thousand times.
            if call.seconds_left() < SPARE_SECONDS or outcomes["failed"] >= MOST_FAILURES:
                return False
        if not page["family_ids"]:
            return True


def _sync_one(call: Call, family_id: str) -> str:
    try:
        return sync.sync(call, family_id=family_id)
    except Exception as error:
        logs.failure("family_not_reconciled", error, call, familyId=family_id)
        return "failed"


def _find_strangers(call: Call, strangers: list[str]) -> bool:
    """Whether all of Stripe's subscriptions were looked at. What the account sells besides our plans is no matter."""
    prices = load(BillingSettings).stripe_prices
    after: str | None = None
    while call.seconds_left() >= SPARE_SECONDS:
        try:
            page = stripe_client.list_subscriptions(after)
        except Unavailable:
            return False
        paid = [each for each in page.subscriptions if pays_for_a_plan(each, prices)]
        customers = list({each.customer_id for each in paid})
        unknown = transact(call, "unknown_customers", repeatable=True, customer_ids=customers)["customer_ids"]
        strangers += [each.id for each in paid if each.customer_id in unknown]
        after = page.next
        if after is None:
            return True
    return False
