"""Quota races: many at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.database_server import Database
from tests.support.quota import (
    reserve,
    subscribe,
    transact,
)
from tests.support.quota_family import (
    PATIENCE,
    Family,
    Work,
    cleaning,
    holding,
    one_after_the_other,
    wait_until_blocked,
)
from tests.support.races import join


def at_once(database: Database, family: str, works: Sequence[Work]) -> list[Any]:
    """Starts each while the gate is held, and lets go when all of them wait (or were done without asking for it)."""
    lines = [database.connect("app_login") for _ in works]
    with ThreadPoolExecutor(len(works)) as pool:
        with holding(database, "public.entitlements", family):
            calls = [pool.submit(work, line) for work, line in zip(works, lines, strict=True)]
            for line, call in zip(lines, calls, strict=True):
                wait_until_blocked(database, line, call)
        return [call.result(PATIENCE) for call in calls]


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
