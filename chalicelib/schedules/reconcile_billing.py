"""Every night: asks Stripe about each of our customers and repairs what an event that never came has left wrong.

Each customer goes the way an event goes, ticket and all, so it may run beside them. It begins with whoever was not
looked at for longest: cut off, the next run goes on there.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib import billing_sync, logs
from chalicelib.call import Call
from chalicelib.database import transact
from chalicelib.slots import QUARTER, once_a_slot

PAGE = 100
IDLE_HOURS = 20
"""Who was looked at since last night needs no look: so the runs of one night share the work."""
SPARE_SECONDS = 25.0
LISTED = 100
MOST_FAILURES = 5


def reconcile_billing(call: Call) -> dict[str, Any]:
    """How many customers were as they should be, repaired, failed; and the families repaired, at most 100 by id."""
    return once_a_slot(call, "reconcile_billing", QUARTER, _reconcile)


def _reconcile(call: Call) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    repaired: list[str] = []
    idle_hours = 0 if call.detail.get("byHand") else IDLE_HOURS
    before = None
    while True:
        page = transact(
            call,
            "customers_to_reconcile_tx",
            repeatable=True,
            p_before=before,
            p_idle_hours=idle_hours,
            p_limit=PAGE,
        )
        before = page["before"]
        for family_id in page["family_ids"]:
            outcome = _sync_one(call, family_id)
            outcomes[outcome] += 1
            if outcome == "changed" and len(repaired) < LISTED:
                repaired.append(family_id)
            # Stripe being down fails them all alike: better to come back than to knock a thousand times.
            if call.seconds_left() < SPARE_SECONDS or outcomes["failed"] >= MOST_FAILURES:
                return _summary(outcomes, repaired, False)
        if not page["family_ids"]:
            return _summary(outcomes, repaired, True)


def _sync_one(call: Call, family_id: str) -> str:
    try:
        return billing_sync.sync(call, family_id=family_id)
    except Exception as error:
        logs.failure("family_not_reconciled", error, call, familyId=family_id)
        return "failed"


def _summary(outcomes: Counter[str], repaired: list[str], finished: bool) -> dict[str, Any]:
    counts = {"repaired": outcomes["changed"], "failed": outcomes["failed"]}
    looked_at = sum(outcomes.values())
    return {"customers": looked_at, **counts, "repaired_families": repaired, "finished": finished}
