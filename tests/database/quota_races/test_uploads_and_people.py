"""Quota races: uploads against people."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.database_server import Database
from tests.support.quota import (
    finalize,
    rescue,
    reserve,
)
from tests.support.quota_family import PATIENCE, Family, wait_until_blocked


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
