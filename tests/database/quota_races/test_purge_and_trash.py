"""Quota races: the purge against the trash."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import (
    transact,
)
from tests.support.quota_family import Family, cleaning, one_after_the_other


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
