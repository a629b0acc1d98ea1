"""Quota races: uploads against billing."""

from __future__ import annotations

import uuid

from tests.support.database_server import Database
from tests.support.quota import (
    reserve,
    subscribe,
    transact,
)
from tests.support.quota_family import Family, in_a_queue, one_after_the_other


def test_a_finalize_that_waited_for_a_downgrade_is_kept_over_quota_and_reported(database: Database) -> None:
    family = Family(database)
    upload = family.reserve()
    downgrade = family.subscribing(family.ticket(), 100)
    applied, made = one_after_the_other(database, downgrade, family.finalizing(upload))
    assert applied["applied"] is True
    assert made["usage"] == {"used_bytes": 600, "reserved_bytes": 0, "quota_bytes": 100}
    assert family.books()["anomalies"] == {"admitted_over_quota": 1}


def test_a_downgrade_that_waited_for_the_finalize_touches_nothing_that_is_kept(database: Database) -> None:
    family = Family(database)
    upload = family.reserve()
    downgrade = family.subscribing(family.ticket(), 100)
    made, applied = one_after_the_other(database, family.finalizing(upload), downgrade)
    assert (made["usage"]["quota_bytes"], applied["applied"]) == (1000, True)
    books = family.books()
    assert (books["used"], books["quota"], books["anomalies"]) == (600, 100, {})
    assert reserve(family.line, family.keeper, family.id, 1)["refused"] == "QUOTA_EXCEEDED"


def test_a_reservation_is_judged_by_the_quota_as_it_is_after_the_wait(database: Database) -> None:
    family = Family(database)
    down, up = family.ticket(), family.ticket()
    _, refused = one_after_the_other(database, family.subscribing(down, 100), family.reserving(600))
    assert (refused["refused"], refused["details"]["quota_bytes"]) == ("QUOTA_EXCEEDED", 100)
    _, made = one_after_the_other(database, family.subscribing(up, 1000), family.reserving(600))
    assert made["reserved_bytes"] == 600
    assert family.books()["reserved"] == 600


def test_an_older_answer_of_stripe_that_waited_for_a_newer_one_changes_nothing(database: Database) -> None:
    family = Family(database)
    older, newer = family.ticket(), family.ticket()
    first, second = one_after_the_other(database, family.subscribing(newer, 3000), family.subscribing(older, 100))
    assert (first["applied"], second["applied"]) == (True, False)
    assert family.books()["quota"] == 3000


def test_one_change_of_a_subscription_sends_one_event_though_stripe_is_asked_twice_at_once(database: Database) -> None:
    family = Family(database)
    tickets = [family.ticket() for _ in range(2)]
    first, second = one_after_the_other(database, *(family.subscribing(ticket, 3000) for ticket in tickets))
    assert (first, second) == ({"applied": True, "changed": True}, {"applied": True, "changed": False})
    told = database.run("SELECT count(*) FROM ops.jobs WHERE payload ->> 'event' = 'billing_checkout_completed'")
    assert told == [(1,)]


def test_one_event_applied_while_it_is_taken_up_again_waits_and_deadlocks_with_nobody(database: Database) -> None:
    family = Family(database)
    event = f"evt {uuid.uuid4()}"
    database.run(
        "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, customer_id)"
        " VALUES (%s, 'customer.subscription.updated', false, now(), %s)",
        [event, family.customer],
    )
    ticket = family.ticket()
    # The customer's row is held until both wait; whoever applies was there first, and goes on to the event.
    applied, taken = in_a_queue(
        database,
        "ops.billing_customers",
        family.id,
        lambda line: subscribe(line, family.id, ticket, 3000, event=event),
        lambda line: transact(line, None, "take_billing_ticket_tx", event_id=event),
    )
    assert (applied["applied"], taken["ticket"]) == (True, ticket + 1)
