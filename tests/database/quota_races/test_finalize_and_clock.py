"""Quota races: finalize against the clock."""

from __future__ import annotations

import pytest

from tests.support.database_server import Database
from tests.support.quota import (
    finalize,
    lapse,
    rescue,
)
from tests.support.quota_family import Family, Work, cleaning, in_a_queue, one_after_the_other


def rescuing(upload: str, size: int | None = 600, waveform: int = 0) -> Work:
    return lambda line: rescue(line, upload, size, waveform)


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


@pytest.mark.parametrize("finalized_first", [True, False])
@pytest.mark.parametrize("seen_by_the_first", [True, False])
def test_a_waveform_is_counted_once_and_as_the_first_of_the_two_saw_it(
    database: Database, finalized_first: bool, seen_by_the_first: bool
) -> None:
    family = Family(database)
    upload = family.reserve(waveform=30)
    lapse(database, [upload])
    seen = [30, 0] if seen_by_the_first else [0, 30]
    works = [family.finalizing(upload, waveform=seen[0]), rescuing(upload, waveform=seen[1])]
    if not finalized_first:
        works = [rescuing(upload, waveform=seen[0]), family.finalizing(upload, waveform=seen[1])]
    one_after_the_other(database, *works)
    assert family.books()["used"] == (630 if seen_by_the_first else 600)
    strays = database.run("SELECT count(*) FROM ops.stray_waveforms WHERE recording_id = %s", [upload])
    assert strays == [(0 if seen_by_the_first else 1,)]


def test_of_two_uploads_at_once_that_fit_but_for_their_waveforms_one_is_refused(database: Database) -> None:
    family = Family(database)
    works = family.reserving(490, waveform=11), family.reserving(490, waveform=10)
    first, second = one_after_the_other(database, *works)
    assert (first["reserved_bytes"], second["refused"]) == (501, "QUOTA_EXCEEDED")
    assert family.books()["reserved"] == 501


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
