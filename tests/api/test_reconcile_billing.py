"""reconcile_billing, apply_stripe_event: what no event told is repaired, a slow fetch overwrites nothing newer."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.billing import stripe_client, sync
from chalicelib.billing.entitlements import Subscription
from chalicelib.call import Call
from chalicelib.errors import Unavailable
from tests.support.api import Person
from tests.support.schedules import Schedules
from tests.support.stripe_server import StripeServer

SYSTEM = Call.system("test")


def paid(schedules: Schedules, stripe: StripeServer) -> tuple[str, str]:
    """A family that paid, of which no event ever came: its id and its subscription."""
    keeper: Person = schedules.person()
    family = schedules.family(keeper)
    body = {"familyId": family, "plan": "family", "interval": "month"}
    subscription = stripe.pay(keeper.ask("create-checkout-session", body).data["sessionId"])
    return family, subscription


def plan(schedules: Schedules, family: str) -> str:
    return str(schedules.value("SELECT plan FROM public.entitlements WHERE family_id = %s", family))


def test_a_change_without_an_event_is_repaired_and_reported(stripe: StripeServer, schedules: Schedules) -> None:
    family, _ = paid(schedules, stripe)
    assert schedules.now("reconcile_billing") == {
        "customers": 1,
        "repaired": 1,
        "failed": 0,
        "strangers": 0,
        "repairedFamilies": [family],
        "strangeSubscriptions": [],
        "finished": True,
    }
    assert plan(schedules, family) == "family"
    again = schedules.now("reconcile_billing")
    assert (again["customers"], again["repaired"]) == (1, 0)


def test_each_customer_is_checked_once_a_night(stripe: StripeServer, schedules: Schedules) -> None:
    family, _ = paid(schedules, stripe)
    assert schedules.tick("reconcile_billing")["customers"] == 0, "looked at within the day already"
    schedules.run("ALTER TABLE ops.billing_customers DISABLE TRIGGER set_updated_at")
    schedules.run("UPDATE ops.billing_customers SET updated_at = now() - interval '21 hours'")
    schedules.run("ALTER TABLE ops.billing_customers ENABLE TRIGGER set_updated_at")
    schedules.run("DELETE FROM ops.schedule_runs")
    assert schedules.tick("reconcile_billing")["repairedFamilies"] == [family]
    schedules.run("DELETE FROM ops.schedule_runs")
    assert schedules.tick("reconcile_billing")["customers"] == 0


def test_one_failed_customer_does_not_stop_the_others(stripe: StripeServer, schedules: Schedules) -> None:
    broken, _ = paid(schedules, stripe)
    schedules.run("UPDATE ops.billing_customers SET customer_id = 'cus_unheard_of' WHERE family_id = %s", broken)
    family, _ = paid(schedules, stripe)
    summary = schedules.now("reconcile_billing")
    assert (summary["failed"], summary["repairedFamilies"]) == (1, [family])
    assert plan(schedules, broken) == "free"


def test_when_stripe_is_down_the_run_stops_asking(
    stripe: StripeServer, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        paid(schedules, stripe)

    def down(customer_id: str) -> list[Subscription]:
        raise RuntimeError

    monkeypatch.setattr(stripe_client, "fetch_subscriptions", down)
    summary = schedules.now("reconcile_billing")
    assert (summary["failed"], summary["finished"]) == (5, False)


def test_a_slow_fetch_overwrites_nothing_newer(
    stripe: StripeServer, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, subscription = paid(schedules, stripe)
    fetch = stripe_client.fetch_subscriptions

    def slow(customer_id: str) -> list[Subscription]:
        old = fetch(customer_id)
        monkeypatch.setattr(stripe_client, "fetch_subscriptions", fetch)
        stripe.post(f"subscriptions/{subscription}", {"status": "canceled"})
        assert sync.sync(SYSTEM, family_id=family) in ("changed", "unchanged")
        return old

    monkeypatch.setattr(stripe_client, "fetch_subscriptions", slow)
    assert sync.sync(SYSTEM, family_id=family) == "overtaken"
    assert plan(schedules, family) == "free"


def test_no_transaction_is_open_while_stripe_is_asked(
    stripe: StripeServer, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, _ = paid(schedules, stripe)
    fetch, seen = stripe_client.fetch_subscriptions, list[Any]()

    def watched(customer_id: str) -> list[Subscription]:
        seen.extend(
            schedules.run(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND usename = 'app_login'"
                " AND xact_start IS NOT NULL"
            )
        )
        return fetch(customer_id)

    monkeypatch.setattr(stripe_client, "fetch_subscriptions", watched)
    sync.sync(SYSTEM, family_id=family)
    assert seen == []


def test_what_an_operator_must_decide_is_reported_and_the_plan_is_kept(
    stripe: StripeServer, schedules: Schedules
) -> None:
    family, subscription = paid(schedules, stripe)
    schedules.now("reconcile_billing")
    stripe.post(f"subscriptions/{subscription}", {"prices": ["price_unheard_of"]})
    schedules.now("reconcile_billing")
    assert plan(schedules, family) == "family"
    assert schedules.alerts() == {"billing/unknown_price": "error"}


def test_a_paid_subscription_without_a_family_is_reported(
    stripe: StripeServer, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, _ = paid(schedules, stripe)
    stranger = stripe.subscription()
    over = stripe.subscription()
    stripe.post(f"subscriptions/{over}", {"status": "canceled"})
    stripe.subscription("price_unheard_of")  # the account sells other things as well
    monkeypatch.setattr(stripe_client, "PAGE", 1)
    summary = schedules.now("reconcile_billing")
    assert (summary["strangers"], summary["strangeSubscriptions"]) == (1, [stranger])
    assert (summary["repairedFamilies"], summary["finished"]) == ([family], True)
    assert schedules.alerts() == {"billing/unknown_customer": "error"}


def test_repairs_are_reported_even_when_stripe_cannot_list_subscriptions(
    stripe: StripeServer, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, _ = paid(schedules, stripe)

    def down(after: str | None) -> stripe_client.SubscriptionPage:
        raise Unavailable("stripe")

    monkeypatch.setattr(stripe_client, "list_subscriptions", down)
    summary = schedules.now("reconcile_billing")
    assert (summary["repairedFamilies"], summary["finished"]) == ([family], False)


def test_an_event_whose_job_failed_is_marked_failed_and_applied_when_it_comes_again(
    stripe: StripeServer, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, _ = paid(schedules, stripe)
    customer = schedules.value("SELECT customer_id FROM ops.billing_customers")
    schedules.value(
        "SELECT ops.record_stripe_event_tx('evt_1', 'invoice.paid', false, now(), %s, 'in_1', true)", customer
    )
    schedules.run("DELETE FROM ops.jobs WHERE kind = 'capture_events'")
    stripe.stand_in.faults.fail_next(500, times=2)
    assert schedules.now("process_jobs") == {"retry": 1}
    assert schedules.run("SELECT state, last_error FROM ops.stripe_events") == [
        ("failed", "Unavailable(stripe: in trouble)")
    ]
    schedules.run("UPDATE ops.jobs SET run_at = now(), turn_at = now()")
    # The event that this application makes is let go: no key of PostHog's is configured here.
    assert schedules.now("process_jobs") == {"done": 2}
    assert schedules.run("SELECT state, attempts FROM ops.stripe_events") == [("applied", 2)]
    assert plan(schedules, family) == "family"


def test_an_event_whose_job_is_dead_is_marked_dead_and_alerts(stripe: StripeServer, schedules: Schedules) -> None:
    paid(schedules, stripe)
    customer = schedules.value("SELECT customer_id FROM ops.billing_customers")
    schedules.value(
        "SELECT ops.record_stripe_event_tx('evt_1', 'invoice.paid', false, now(), %s, 'in_1', true)", customer
    )
    schedules.run("DELETE FROM ops.jobs WHERE kind = 'capture_events'")
    schedules.run("UPDATE ops.jobs SET max_attempts = 1, created_at = now() - interval '25 hours'")
    stripe.stand_in.faults.fail_next(500, times=2)
    assert schedules.now("process_jobs") == {"dead": 1}
    assert schedules.value("SELECT state FROM ops.stripe_events") == "dead"
    assert schedules.alerts() == {"dead-job/apply_stripe_event": "critical"}
