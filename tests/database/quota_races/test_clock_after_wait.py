"""Quota races: the clock after the wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.database_server import Database
from tests.support.quota import (
    reserve,
    subscribe,
)
from tests.support.quota_family import PATIENCE, Family, holding, wait_until_blocked


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
