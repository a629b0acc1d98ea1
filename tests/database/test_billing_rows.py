"""What billing writes: one family's row, by the newest answer of Stripe's, and nothing that Stripe did not say."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support.database_server import Database
from tests.support.quota import transact
from tests.support.quota_family import Family
from tests.support.races import open_transaction, run_into

HAPPENED = "2026-11-20T10:00:00Z"


@pytest.fixture
def family(module_database: Database) -> Family:
    return Family(module_database)


def apply(family: Family, **said: Any) -> dict[str, Any]:
    """Writes an answer of Stripe's: that of an active family plan, but for what is given."""
    answer = {
        "plan": "family",
        "status": "active",
        "quota_bytes": 5000,
        "max_recording_seconds": 900,
        "current_period_end": "2026-12-20T10:00:00Z",
        "cancel_at_period_end": False,
        "subscription_id": "sub_1",
        "subscription_status": "active",
        "event_id": None,
    }
    ticket = said.pop("ticket", None) or family.ticket()
    return dict(
        transact(family.line, None, "apply_entitlement_tx", family_id=family.id, ticket=ticket, **{**answer, **said})
    )


def entitlement(family: Family, columns: str = "plan, storage_quota_bytes, max_recording_seconds") -> tuple[Any, ...]:
    return family.database.run(f"SELECT {columns} FROM public.entitlements WHERE family_id = %s", [family.id])[0]


def record(family: Family, event: str, relevant: bool = True) -> dict[str, Any]:
    return dict(
        transact(
            family.line,
            None,
            "record_stripe_event_tx",
            event_id=event,
            type="invoice.paid",
            livemode=False,
            happened_at=HAPPENED,
            customer_id=family.customer,
            object_id="in_1",
            relevant=relevant,
        )
    )


def states(family: Family) -> dict[str, tuple[str, str | None, int]]:
    rows = family.database.run(
        "SELECT event_id, state, last_error, attempts FROM ops.stripe_events WHERE customer_id = %s", [family.customer]
    )
    return {event: (state, error, attempts) for event, state, error, attempts in rows}


def check_out(family: Family, session: str, previous: str | None = None, customer: str | None = None) -> dict[str, Any]:
    return dict(
        transact(
            family.line,
            family.keeper,
            "record_checkout_tx",
            family_id=family.id,
            customer_id=customer or family.customer,
            previous_session_id=previous,
            session_id=session,
            plan="legacy",
            interval="year",
        )
    )


# Applying ---------------------------------------------------------------------------------------


def test_an_answer_with_an_unknown_price_keeps_plan_room_and_length(family: Family) -> None:
    apply(family)
    apply(family, plan=None, quota_bytes=None, max_recording_seconds=None, status="past_due")
    assert entitlement(family, "plan, status, storage_quota_bytes, max_recording_seconds") == (
        "family",
        "past_due",
        5000,
        900,
    )


def test_an_answer_is_written_to_its_own_family_alone(family: Family) -> None:
    other = Family(family.database)
    apply(family)
    assert entitlement(other) == ("free", 1000, 600)
    assert entitlement(family) == ("family", 5000, 900)


def test_status_period_and_cancellation_are_written_as_stripe_said_them(family: Family) -> None:
    apply(family, status="past_due", cancel_at_period_end=True)
    columns = "status, current_period_end = '2026-12-20T10:00:00Z', cancel_at_period_end"
    assert entitlement(family, columns) == ("past_due", True, True)
    apply(family, current_period_end=None)
    assert entitlement(family, "status, current_period_end, cancel_at_period_end") == ("active", None, False)


@pytest.mark.parametrize(
    "other",
    [
        {"plan": "legacy"},
        {"status": "past_due"},
        {"quota_bytes": 6000},
        {"max_recording_seconds": 901},
        {"current_period_end": "2027-01-20T10:00:00Z"},
        {"cancel_at_period_end": True},
    ],
)
def test_whatever_differs_from_what_was_written_is_a_change(family: Family, other: dict[str, Any]) -> None:
    assert apply(family)["changed"] is True
    assert apply(family)["changed"] is False
    assert apply(family, **other)["changed"] is True


def test_one_ticket_is_applied_once_and_an_older_one_never(family: Family) -> None:
    older, newer = family.ticket(), family.ticket()
    assert older < newer
    assert [apply(family, ticket=ticket)["applied"] for ticket in (newer, newer, older)] == [True, False, False]


def test_a_ticket_is_taken_for_one_customer_alone(family: Family) -> None:
    other = Family(family.database)
    record(family, event := uuid.uuid4().hex)
    taken = transact(family.line, None, "take_billing_ticket_tx", event_id=event)
    assert taken == {"family_id": family.id, "customer_id": family.customer, "ticket": 1}
    assert (family.ticket(), other.ticket()) == (2, 1)
    assert states(family)[event] == ("stored", None, 1)


# Events -----------------------------------------------------------------------------------------


def test_an_event_is_settled_alone_with_its_cause_and_never_after_it_was_applied(family: Family) -> None:
    applied, failed, other = (uuid.uuid4().hex for _ in range(3))
    for event in (applied, failed, other):
        record(family, event)
    apply(family, event_id=applied)
    for event in (applied, failed):
        transact(family.line, None, "settle_stripe_event_tx", event_id=event, state="failed", error="Timeout")
    assert states(family) == {
        applied: ("applied", None, 0),
        failed: ("failed", "Timeout", 0),
        other: ("stored", None, 0),
    }


def test_an_event_is_stored_once_with_its_job_in_its_customer_s_lane(family: Family) -> None:
    event, ignored = uuid.uuid4().hex, uuid.uuid4().hex
    assert record(family, event)["stored"] is True
    assert record(family, event) == {"stored": False, "job_id": None}
    assert record(family, ignored, relevant=False)["job_id"] is None
    jobs = "SELECT payload ->> 'event_id', lane FROM ops.jobs WHERE payload ->> 'event_id' = ANY (%s)"
    assert family.database.run(jobs, [[event, ignored]]) == [(event, f"billing/{family.customer}")]
    assert {name: state for name, (state, _, _) in states(family).items()} == {event: "stored", ignored: "ignored"}
    family.database.run("DELETE FROM ops.jobs WHERE payload ->> 'event_id' = %s", [event])
    assert record(family, event)["job_id"] is None, "nor after its job was done"


def test_an_event_names_the_request_that_brought_it(family: Family) -> None:
    with family.line.cursor() as cursor:
        cursor.execute("SELECT set_config('sun.request_id', 'the-request', false)")
    record(family, event := uuid.uuid4().hex)
    request = "SELECT request_id FROM ops.stripe_events WHERE event_id = %s"
    assert family.database.run(request, [event]) == [("the-request",)]


# Checkout ---------------------------------------------------------------------------------------


def test_of_two_sessions_that_replace_the_same_one_the_first_stands(family: Family) -> None:
    other = Family(family.database)
    check_out(other, "cs_of_another")
    assert check_out(family, "cs_1")["checkout_session_id"] == "cs_1"
    assert check_out(family, "cs_2")["checkout_session_id"] == "cs_1"
    assert check_out(family, "cs_2", previous="cs_1")["checkout_session_id"] == "cs_2"
    row = "SELECT checkout_session_id, checkout_plan, checkout_interval FROM ops.billing_customers WHERE family_id = %s"
    assert family.database.run(row, [family.id]) == [("cs_2", "legacy", "year")]
    assert family.database.run(row, [other.id])[0][0] == "cs_of_another"


def test_a_session_that_waited_for_another_finds_it_standing(family: Family) -> None:
    customer = "FROM ops.billing_customers WHERE family_id = %s FOR NO KEY UPDATE"
    with open_transaction(family.database, "admin") as early, early.cursor() as cursor:
        cursor.execute(f"SELECT {customer}", [family.id])
        late = family.database.connect_as("app_service", family.keeper)
        asked = [family.id, family.customer, None, "cs_late", "family", "month"]
        waiting = run_into(family.database, late, "ops.record_checkout_tx(%s, %s, %s, %s, %s, %s)", *asked)
        cursor.execute(
            "UPDATE ops.billing_customers SET checkout_session_id = 'cs_1' WHERE family_id = %s", [family.id]
        )
    assert waiting.result()["checkout_session_id"] == "cs_1"


def test_a_session_of_another_customer_is_not_kept(family: Family) -> None:
    assert check_out(family, "cs_1", customer="cus_stray") == {
        "customer_id": family.customer,
        "checkout_session_id": None,
    }


def test_a_family_that_is_subscribed_gets_no_session(family: Family) -> None:
    apply(family)
    assert check_out(family, "cs_1") == {"refused": "CONFLICT", "details": {"reason": "subscribed"}}


def test_a_storyteller_neither_pays_nor_reads_what_is_paid(module_database: Database) -> None:
    family = Family(module_database, tellers=1)
    forbidden = {"refused": "FORBIDDEN", "details": {}}
    assert transact(family.line, family.tellers[0], "billing_facts", family_id=family.id) == forbidden
    family.keeper = family.tellers[0]
    assert check_out(family, "cs_1") == forbidden


# Comparing --------------------------------------------------------------------------------------


def test_the_families_that_were_not_compared_for_longest_come_first(family: Family) -> None:
    database = family.database
    families = [Family(database) for _ in range(3)]
    database.run("ALTER TABLE ops.billing_customers DISABLE TRIGGER set_updated_at")
    for days, each in zip((3, 5, 4), families, strict=True):
        aged = "UPDATE ops.billing_customers SET updated_at = now() - make_interval(days => %s) WHERE family_id = %s"
        database.run(aged, [days, each.id])
    database.run("ALTER TABLE ops.billing_customers ENABLE TRIGGER set_updated_at")
    page = database.run("SELECT ops.customers_to_reconcile(NULL, 20, 2)")[0][0]
    assert page["family_ids"] == [families[1].id, families[2].id]
    rest = database.run("SELECT ops.customers_to_reconcile(NULL, 20, 100)")[0][0]
    assert set(rest["family_ids"]) == {each.id for each in families}, "and none that was compared today"
