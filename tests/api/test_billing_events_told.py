"""The product events of billing: each change of a subscription is told once, whatever events of Stripe's tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.billing import sync
from chalicelib.call import Call
from tests.support.schedules import Schedules
from tests.support.stripe_server import StripeServer
from tests.support.vendors import Vendors

NOW = datetime.now(UTC)
NEXT, AFTER_NEXT = (int((NOW + timedelta(days=days)).timestamp()) for days in (62, 93))

# What Stripe holds in turn, and what is told of each step. `paid` is a subscription to family by the month.
TABLE: dict[str, list[tuple[dict[str, Any], str]]] = {
    "renewed": [({"currentPeriodEnd": NEXT}, "renewed"), ({"currentPeriodEnd": AFTER_NEXT}, "renewed")],
    "another plan": [({"plan": "legacy"}, "changed"), ({"plan": "family"}, "changed")],
    "another plan, and so another period": [({"plan": "legacy", "currentPeriodEnd": NEXT}, "changed")],
    "ends at once": [({"status": "canceled"}, "canceled")],
    "ends with its period": [({"cancelAtPeriodEnd": True}, "canceled"), ({"status": "canceled"}, "")],
    "ends, not after all, and then does": [
        ({"cancelAtPeriodEnd": True}, "canceled"),
        ({"cancelAtPeriodEnd": False}, ""),
        ({"currentPeriodEnd": NEXT}, "renewed"),
        ({"cancelAtPeriodEnd": True}, "canceled"),
    ],
    # As Stripe does it: the period moves on first, and the payment is tried an hour later. No period is told twice.
    "the renewal's payment fails, then is made": [
        ({"currentPeriodEnd": NEXT}, "renewed"),
        ({"status": "past_due"}, ""),
        ({"status": "active"}, ""),
        ({"currentPeriodEnd": AFTER_NEXT}, "renewed"),
    ],
    "both are heard of at once": [
        ({"status": "past_due", "currentPeriodEnd": NEXT}, ""),
        ({"status": "active"}, "renewed"),
        ({"currentPeriodEnd": AFTER_NEXT}, "renewed"),
    ],
    "the renewal is never paid": [
        ({"status": "past_due", "currentPeriodEnd": NEXT}, ""),
        ({"status": "canceled"}, "canceled"),
    ],
    "unpaid, then paid after all": [({"status": "unpaid"}, "canceled"), ({"status": "active"}, "completed")],
    "paused and resumed": [({"status": "paused"}, ""), ({"status": "active"}, "")],
    "a trial is prolonged, then paid": [
        ({"status": "trialing"}, ""),
        ({"currentPeriodEnd": NEXT}, ""),
        ({"status": "active", "currentPeriodEnd": AFTER_NEXT}, "renewed"),
    ],
    "another plan that will end": [({"plan": "legacy", "cancelAtPeriodEnd": True}, "changed canceled")],
    "an unknown price": [({"prices": ["price_unheard_of"]}, "")],
}
FULL = {
    "completed": "billing_checkout_completed",
    "changed": "billing_plan_changed",
    "canceled": "billing_subscription_canceled",
    "renewed": "billing_subscription_renewed",
}


@dataclass
class Payer:
    """A family that went to pay, and what was told of it since it was last asked."""

    schedules: Schedules
    stripe: StripeServer
    family: str
    session: str
    told_before: set[str] = field(default_factory=set)

    def sync(self) -> None:
        """Twice: an event that comes again finds nothing that changed."""
        for _ in range(2):
            sync.sync(Call.system("test"), family_id=self.family)

    def told(self) -> list[str]:
        names = {name: short for short, name in FULL.items()}
        rows = self.schedules.run(
            "SELECT id::text, payload ->> 'event' FROM ops.jobs WHERE kind = 'capture_events'"
            " AND payload -> 'properties' ->> 'family_id' = %s ORDER BY created_at, payload ->> 'event' DESC",
            self.family,
        )
        new = [names[event] for key, event in rows if key not in self.told_before and event in names]
        self.told_before |= {key for key, _ in rows}
        return sorted(new)


@pytest.fixture
def payer(schedules: Schedules, stripe: StripeServer) -> Payer:
    keeper = schedules.person()
    family = schedules.family(keeper)
    body = {"familyId": family, "plan": "family", "interval": "month"}
    return Payer(schedules, stripe, family, keeper.ask("create-checkout-session", body).data["sessionId"])


@pytest.mark.parametrize("steps", TABLE.values(), ids=TABLE)
def test_each_change_of_a_subscription_sends_one_event(payer: Payer, steps: list[tuple[dict[str, Any], str]]) -> None:
    subscription = payer.stripe.pay(payer.session)
    payer.sync()
    assert payer.told() == ["completed"]
    for change, told in steps:
        assert payer.stripe.post(f"subscriptions/{subscription}", change).status_code == 200
        payer.sync()
        assert payer.told() == sorted(told.split()), change


@pytest.mark.parametrize(("then", "told"), [("active", ["completed"]), ("incomplete_expired", [])])
def test_an_unpaid_first_invoice_sends_no_checkout_completed(payer: Payer, then: str, told: list[str]) -> None:
    subscription = payer.stripe.pay(payer.session)
    payer.stripe.post(f"subscriptions/{subscription}", {"status": "incomplete"})
    payer.sync()
    assert payer.told() == []
    payer.stripe.post(f"subscriptions/{subscription}", {"status": then})
    payer.sync()
    assert payer.told() == told


def test_billing_events_arrive_once_and_hold_only_ids_and_plans(vendors: Vendors, payer: Payer) -> None:
    subscription = payer.stripe.pay(payer.session)
    payer.sync()
    payer.stripe.post(f"subscriptions/{subscription}", {"plan": "legacy"})
    payer.sync()
    for _ in range(2):
        payer.schedules.now("process_jobs")
    assert len(vendors.events("billing_checkout_started")) == 1
    (completed,) = vendors.events("billing_checkout_completed")
    (changed,) = vendors.events("billing_plan_changed")
    started = vendors.events("billing_checkout_started")[0]
    assert completed["distinct_id"] == changed["distinct_id"] == started["distinct_id"]
    own = {name: value for name, value in changed["properties"].items() if not name.startswith("$")}
    assert own == {"familyId": payer.family, "plan": "legacy", "previousPlan": "family"}
