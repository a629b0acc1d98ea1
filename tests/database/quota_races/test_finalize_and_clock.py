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


def rescuing(upload: str, size: int | None = 600) -> Work:
    return lambda line: rescue(line, upload, size)


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
