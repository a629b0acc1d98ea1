"""A family's bytes when people, the clock and Stripe come at once: on real connections, with the waiting forced.

Proves the lock order of docs/architecture.md: whatever touches a family's bytes takes the gate (the `entitlements` row)
first, then the upload, the recording, the event or the customer, and never the other way round; people and invites
(`families`, then `invites`) are locked without the gate. So of two that meet one waits, decides by what is true after
the wait, and never are two waiting for each other. test_quota_machine.py has the same functions one after the other.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import (
    age_trash,
    become_customer,
    check,
    finalize,
    found_small_family,
    lapse,
    rescue,
    reserve,
    subscribe,
    transact,
)
from tests.support.races import join

PATIENCE = 20.0
Work = Callable[[Connection], Any]


def wait_until_blocked(database: Database, line: Connection, call: Future[Any]) -> bool:
    """Whether the call is seen to wait for a lock; false when it was done without."""
    until = time.monotonic() + PATIENCE
    while not call.done() and time.monotonic() < until:
        if database.run("SELECT cardinality(pg_blocking_pids(%s)) > 0", [line.info.backend_pid])[0][0]:
            return True
        time.sleep(0.01)
    return False


@contextmanager
def holding(database: Database, table: str, family: str) -> Iterator[None]:
    """Holds the family's row of a table for as long as the block lasts."""
    holder = database.connect(autocommit=False)
    with holder.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table} WHERE family_id = %s FOR UPDATE", [family])
    yield
    holder.close()


def at_once(database: Database, family: str, works: Sequence[Work]) -> list[Any]:
    """Starts each while the gate is held, and lets go when all of them wait (or were done without asking for it)."""
    lines = [database.connect("app_login") for _ in works]
    with ThreadPoolExecutor(len(works)) as pool:
        with holding(database, "public.entitlements", family):
            calls = [pool.submit(work, line) for work, line in zip(works, lines, strict=True)]
            for line, call in zip(lines, calls, strict=True):
                wait_until_blocked(database, line, call)
        return [call.result(PATIENCE) for call in calls]


def one_after_the_other(database: Database, first: Work, second: Work) -> tuple[Any, Any]:
    """The second begins when the first is done and not committed; it is seen to wait, and then the first commits."""
    early, late = database.connect("app_login", autocommit=False), database.connect("app_login")
    done = first(early)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(second, late)
        waited = wait_until_blocked(database, late, call)
        early.commit()
        answer = call.result(PATIENCE)
    assert waited, "the second never waited for the first"
    return done, answer


def in_a_queue(database: Database, table: str, family: str, *works: Work) -> list[Any]:
    """Starts each when the one before is seen to wait, while the family's rows of a table are held; then lets go."""
    calls: list[Future[Any]] = []
    with ThreadPoolExecutor(len(works)) as pool:
        with holding(database, table, family):
            for work in works:
                line = database.connect("app_login")
                calls.append(pool.submit(work, line))
                assert wait_until_blocked(database, line, calls[-1])
        return [call.result(PATIENCE) for call in calls]


class Family:
    """A small family with one keeper, its books checked by whoever asks."""

    def __init__(self, database: Database, quota: int = 1000, tellers: int = 0) -> None:
        self.database = database
        self.line = database.connect("app_login")
        self.keeper = database.add_user()
        self.tellers = [database.add_user() for _ in range(tellers)]
        self.id = found_small_family(self.line, self.keeper, quota)
        for teller in self.tellers:
            join(database, self.id, teller)
        self.customer = become_customer(database, self.id)

    def reserve(self, size: int = 600, person: Any = None) -> str:
        return str(reserve(self.line, person or self.keeper, self.id, size)["recording_id"])

    def keep(self, size: int = 600) -> str:
        upload = self.reserve(size)
        assert "refused" not in finalize(self.line, self.keeper, self.id, upload, size)
        return upload

    def trash_for_a_month(self) -> str:
        recording = self.keep()
        transact(self.line, self.keeper, "delete_recording_tx", recording_id=recording)
        age_trash(self.database, recording)
        return recording

    def ticket(self) -> int:
        return int(transact(self.line, None, "take_billing_ticket_tx", family_id=self.id)["ticket"])

    def reserving(self, size: int, person: Any = None, **how: str) -> Work:
        return lambda line: reserve(line, person or self.keeper, self.id, size, **how)

    def finalizing(self, upload: str, size: int | None = 600, person: Any = None) -> Work:
        return lambda line: finalize(line, person or self.keeper, self.id, upload, size)

    def subscribing(self, ticket: int, quota: int) -> Work:
        return lambda line: subscribe(line, self.id, ticket, quota)

    def changing(self, function: str, recording: str, person: Any = None) -> Work:
        """delete_recording_tx or restore_recording_tx."""
        return lambda line: transact(line, person or self.keeper, function, recording_id=recording)

    def removing(self, person: Any) -> Work:
        return lambda line: transact(line, self.keeper, "remove_member_tx", family_id=self.id, user_id=str(person))

    def books(self) -> dict[str, Any]:
        return check(self.database, self.id)


def rescuing(upload: str, size: int | None = 600) -> Work:
    return lambda line: rescue(line, upload, size)


def cleaning(function: str, recording: str) -> Work:
    """mark_purging_tx, finish_purge_tx, check_abandoned or drop_abandoned_tx."""
    return lambda line: transact(line, None, function, recording_id=recording)


# Many at once ----------------------------------------------------------------------------------


def test_of_twenty_reservations_at_once_where_one_has_room_one_is_made(database: Database) -> None:
    # Twenty people, since one person's uploads wait for each other anyway.
    family = Family(database, quota=1099, tellers=20)
    family.keep(500)
    answers = at_once(database, family.id, [family.reserving(300, teller) for teller in family.tellers])
    assert sorted(answer.get("refused", "") for answer in answers) == [""] + ["QUOTA_EXCEEDED"] * 19
    assert {answer["details"]["reserved_bytes"] for answer in answers if "refused" in answer} == {300}
    assert (family.books()["used"], family.books()["reserved"]) == (500, 300)


def test_one_person_has_twenty_uploads_pending_and_no_more_though_two_families_ask_at_once(database: Database) -> None:
    here, there = (Family(database, quota=10**6) for _ in range(2))
    join(database, there.id, here.keeper)
    for _ in range(19):
        here.reserve(10)
    # Two families, two gates: what counts a person's uploads is a lock of the person's own.
    made, refused = one_after_the_other(database, here.reserving(10), there.reserving(10, here.keeper))
    assert made["reserved_bytes"] == 10
    assert refused == {"refused": "CONFLICT", "details": {"reason": "too_many_uploads"}}


def test_twenty_finalizes_at_once_up_to_one_byte_below_the_quota_are_all_kept(database: Database) -> None:
    family = Family(database, quota=1001)
    uploads = [family.reserve(50) for _ in range(20)]
    answers = at_once(database, family.id, [family.finalizing(upload, 50) for upload in uploads])
    # Each saw those before it: no figure twice, none left out.
    assert sorted(answer["usage"]["used_bytes"] for answer in answers) == list(range(50, 1001, 50))
    books = family.books()
    assert (books["used"], books["reserved"], books["anomalies"]) == (1000, 0, {})
    assert reserve(family.line, family.keeper, family.id, 2)["refused"] == "QUOTA_EXCEEDED"
    assert "refused" not in reserve(family.line, family.keeper, family.id, 1)


def test_twenty_finalizes_at_once_after_a_downgrade_are_kept_and_reported(database: Database) -> None:
    family = Family(database)
    uploads = [family.reserve(50) for _ in range(20)]
    subscribe(family.line, family.id, family.ticket(), 999)
    answers = at_once(database, family.id, [family.finalizing(upload, 50) for upload in uploads])
    assert not any("refused" in answer for answer in answers)
    # Nineteen fitted, in whatever order they came.
    assert (family.books()["used"], family.books()["anomalies"]) == (1000, {"admitted_over_quota": 1})


def test_ten_finalizes_of_one_upload_make_one_recording_and_give_one_answer(database: Database) -> None:
    family = Family(database)
    upload = family.reserve()
    answers = at_once(database, family.id, [family.finalizing(upload)] * 10)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["receipt"]["recording_id"] == upload
    assert family.books()["used"] == 600


def test_ten_purges_of_one_recording_release_it_once(database: Database) -> None:
    family = Family(database)
    family.keep(100)
    recording = family.trash_for_a_month()
    transact(family.line, None, "mark_purging_tx", recording_id=recording)
    answers = at_once(database, family.id, [cleaning("finish_purge_tx", recording)] * 10)
    assert sorted(answer["purged"] for answer in answers) == [False] * 9 + [True]
    assert (family.books()["used"], family.books()["anomalies"]) == (100, {})


def test_of_many_answers_of_stripe_at_once_the_newest_ticket_stands(database: Database) -> None:
    family = Family(database)
    tickets = [family.ticket() for _ in range(8)]
    works = [family.subscribing(ticket, 1000 + ticket) for ticket in [*tickets[4:], *tickets[:4], *tickets]]
    answers = at_once(database, family.id, works)
    assert family.books()["quota"] == 1000 + max(tickets)
    assert sum(answer["applied"] for answer in answers) <= len(tickets)


# Finalize against the clock --------------------------------------------------------------------


@pytest.mark.parametrize("seen", [600, None])
def test_a_rescue_that_waited_for_the_finalize_finds_it_settled_whatever_it_saw(
    database: Database, seen: int | None
) -> None:
    family = Family(database)
    upload = family.reserve()
    lapse(database, [upload], watch=True)
    made, outcome = one_after_the_other(database, family.finalizing(upload), rescuing(upload, seen))
    assert (made["recording"]["rescued"], outcome) == (False, "settled")
    assert family.books()["used"] == 600


def test_a_finalize_that_waited_for_the_rescue_answers_what_was_rescued(database: Database) -> None:
    family = Family(database)
    upload = family.reserve()
    lapse(database, [upload])
    outcome, made = one_after_the_other(database, rescuing(upload), family.finalizing(upload))
    assert outcome == "rescued"
    assert (made["recording"]["id"], made["recording"]["rescued"]) == (upload, True)
    assert made["usage"] == {"used_bytes": 600, "reserved_bytes": 0, "quota_bytes": 1000}
    assert family.books()["used"] == 600


@pytest.mark.parametrize("clock_first", [True, False])
def test_rescue_and_finalize_of_one_upload_deadlock_with_nobody(database: Database, clock_first: bool) -> None:
    family = Family(database)
    upload = family.reserve()
    lapse(database, [upload])
    # The upload's row is held until both wait: whoever had it before the gate would now wait for the other one's gate.
    works = [family.finalizing(upload), rescuing(upload)]
    answers = in_a_queue(database, "ops.upload_reservations", family.id, *works[:: -1 if clock_first else 1])
    made, outcome = answers[:: -1 if clock_first else 1]
    assert (made["recording"]["rescued"], outcome) == ((True, "rescued") if clock_first else (False, "settled"))
    assert family.books()["used"] == 600


def test_a_finalize_that_waited_for_the_end_of_the_watch_finds_nothing(database: Database) -> None:
    family = Family(database)
    upload = family.reserve()
    lapse(database, [upload], watch=True)
    outcome, made = one_after_the_other(database, rescuing(upload, None), family.finalizing(upload))
    assert outcome == "abandoned"
    assert made == {"refused": "NOT_FOUND", "details": {}}
    assert (family.books()["used"], family.books()["reserved"]) == (0, 0)


def test_an_upload_finalized_while_the_cleanup_planned_is_not_deleted(database: Database) -> None:
    family = Family(database)
    upload = family.reserve()
    lapse(database, [upload], watch=True)
    early = database.connect("app_login", autocommit=False)
    made = finalize(early, family.keeper, family.id, upload, 600)
    # Clean-up takes no lock here: what it may delete was abandoned, and nothing abandoned is ever finalized.
    assert cleaning("check_abandoned", upload)(family.line) == {"keys": []}
    assert cleaning("drop_abandoned_tx", upload)(family.line) == {"dropped": False}
    early.commit()
    assert cleaning("check_abandoned", upload)(family.line) == {"keys": []}
    assert made["receipt"]["recording_id"] == upload
    assert family.books()["used"] == 600


def test_a_finalize_in_the_middle_of_the_clean_up_makes_nothing(database: Database) -> None:
    family = Family(database)
    upload = family.reserve()
    lapse(database, [upload], watch=True)
    assert rescue(family.line, upload, None) == "abandoned"
    early = database.connect("app_login", autocommit=False)
    assert len(cleaning("check_abandoned", upload)(early)["keys"]) == 1
    assert cleaning("drop_abandoned_tx", upload)(early) == {"dropped": True}
    assert finalize(family.line, family.keeper, family.id, upload, 600)["refused"] == "NOT_FOUND"
    early.commit()
    assert finalize(family.line, family.keeper, family.id, upload, 600)["refused"] == "NOT_FOUND"
    assert family.books()["used"] == 0


# Uploads against billing -----------------------------------------------------------------------


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


# The purge against the trash -------------------------------------------------------------------


def test_a_restore_that_waited_for_the_mark_comes_too_late(database: Database) -> None:
    family = Family(database)
    recording = family.trash_for_a_month()
    marked, answer = one_after_the_other(
        database, cleaning("mark_purging_tx", recording), family.changing("restore_recording_tx", recording)
    )
    assert len(marked["keys"]) == 1
    assert answer == {"refused": "CONFLICT", "details": {"reason": "purging"}}
    assert family.books()["used"] == 600


def test_a_restore_that_waited_for_the_last_of_the_purge_finds_nothing(database: Database) -> None:
    family = Family(database)
    recording = family.trash_for_a_month()
    transact(family.line, None, "mark_purging_tx", recording_id=recording)
    purged, answer = one_after_the_other(
        database, cleaning("finish_purge_tx", recording), family.changing("restore_recording_tx", recording)
    )
    assert purged == {"purged": True}
    assert answer == {"refused": "NOT_FOUND", "details": {}}
    assert family.books()["used"] == 0


def test_a_restore_first_leaves_the_purge_nothing_to_mark_or_finish(database: Database) -> None:
    family = Family(database)
    recording = family.keep()
    transact(family.line, family.keeper, "delete_recording_tx", recording_id=recording)
    for function, nothing in (("mark_purging_tx", {"keys": []}), ("finish_purge_tx", {"purged": False})):
        restored, answer = one_after_the_other(
            database, family.changing("restore_recording_tx", recording), cleaning(function, recording)
        )
        assert restored["recording"]["deleted_at"] is None
        assert answer == nothing
    assert family.books()["used"] == 600


def test_a_finalize_repeated_while_its_recording_is_purged_finds_nothing(database: Database) -> None:
    family = Family(database)
    recording = family.trash_for_a_month()
    marked, answer = one_after_the_other(database, cleaning("mark_purging_tx", recording), family.finalizing(recording))
    assert (len(marked["keys"]), answer["refused"]) == (1, "NOT_FOUND")
    assert family.books()["used"] == 600


def test_a_change_that_waited_for_a_deletion_by_a_client_finds_it_deleted(database: Database) -> None:
    family = Family(database)
    recording = family.keep()

    # Under row-level security a client may write deleted_at without any function, so without the gate.
    def delete_directly(line: Connection) -> None:
        with line.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true);"
                " UPDATE public.recordings SET deleted_at = now() WHERE id = %s",
                [f'{{"sub": "{family.keeper}"}}', recording],
            )
            assert cursor.rowcount == 1

    def rename(line: Connection) -> Any:
        return transact(line, family.keeper, "update_recording_tx", recording_id=recording, changes={"title": "New"})

    _, answer = one_after_the_other(database, delete_directly, rename)
    assert answer == {"refused": "CONFLICT", "details": {"reason": "deleted"}}
    assert database.run("SELECT title FROM public.recordings WHERE id = %s", [recording]) == [(None,)]


# Uploads against people ------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["reserve", "renew", "finalize"])
def test_a_member_removed_while_waiting_neither_reserves_nor_finalizes(database: Database, step: str) -> None:
    family = Family(database, tellers=1)
    teller = family.tellers[0]
    reserve(family.line, teller, family.id, 100, upload := str(uuid.uuid4()), "key")
    works = {
        "reserve": family.reserving(100, teller),
        "renew": family.reserving(100, teller, key="key"),
        "finalize": family.finalizing(upload, 100, teller),
    }

    early, late = database.connect("app_login", autocommit=False), database.connect("app_login")
    family.removing(teller)(early)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(works[step], late)
        assert wait_until_blocked(database, late, call)
        early.commit()
        assert call.result(PATIENCE)["refused"] == "FORBIDDEN"
    assert (family.books()["used"], family.books()["reserved"]) == (0, 0)


def test_what_was_stored_before_the_removal_is_rescued_after_it(database: Database) -> None:
    family = Family(database, tellers=1)
    teller = family.tellers[0]
    upload = family.reserve(100, teller)
    family.removing(teller)(family.line)
    assert finalize(family.line, teller, family.id, upload, 100)["refused"] == "FORBIDDEN"
    assert rescue(family.line, upload, 100) == "rescued"
    assert family.books()["used"] == 100


# The clock after the wait ----------------------------------------------------------------------


def test_a_renewal_whose_hold_ended_while_waiting_must_fit_again(database: Database) -> None:
    family = Family(database, tellers=1)
    upload = reserve(family.line, family.keeper, family.id, 1000, key="key")["recording_id"]
    early, late = database.connect("app_login", autocommit=False), database.connect("app_login")
    database.run(
        "UPDATE ops.upload_reservations SET url_expires_at = now(), live_until = clock_timestamp() + interval '0.4 s'"
        " WHERE id = %s",
        [upload],
    )
    # Whoever is before it at the gate takes the room when the hold has lapsed.
    ticket = family.ticket()
    subscribe(early, family.id, ticket, 1000)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(family.reserving(1000, key="key"), late)
        assert wait_until_blocked(database, late, call)
        database.run("SELECT pg_sleep(0.5)")
        assert "refused" not in reserve(early, family.tellers[0], family.id, 900)
        early.commit()
    answer = call.result(PATIENCE)
    assert (answer["refused"], answer["details"]["reserved_bytes"]) == ("QUOTA_EXCEEDED", 900)
    assert family.books()["reserved"] == 900


def test_a_hold_that_ran_out_while_a_reservation_waited_at_the_gate_leaves_its_room_to_it(database: Database) -> None:
    family = Family(database)
    upload = family.reserve(600)
    late = database.connect("app_login")
    with ThreadPoolExecutor(1) as pool:
        with holding(database, "public.entitlements", family.id):
            database.run(
                "UPDATE ops.upload_reservations SET url_expires_at = now(),"
                " live_until = clock_timestamp() + interval '0.4 s' WHERE id = %s",
                [upload],
            )
            call = pool.submit(family.reserving(600), late)
            assert wait_until_blocked(database, late, call)
            database.run("SELECT pg_sleep(0.5)")
        answer = call.result(PATIENCE)
    assert "refused" not in answer, answer
