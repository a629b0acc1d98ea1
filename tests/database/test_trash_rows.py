"""The trash and clean-up as SQL decides them: a function changes the row it was asked for, in its state, or nothing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support.database_server import Database
from tests.support.quota import lapse, transact
from tests.support.quota_family import Family, one_after_the_other
from tests.support.races import join, open_transaction, run_into

NOT_FOUND = {"refused": "NOT_FOUND", "details": {}}
NO_KEYS: dict[str, list[str]] = {"keys": []}


@pytest.fixture
def family(module_database: Database) -> Family:
    module_database.run("SELECT ops.arm_deleting_tx(true)")
    return Family(module_database, quota=100_000)


def system(family: Family, function: str, row: str) -> Any:
    return transact(family.line, None, function, recording_id=row)


def as_keeper(family: Family, function: str, **parameters: Any) -> Any:
    return transact(family.line, family.keeper, function, **parameters)


def recording(family: Family, row: str, columns: str) -> tuple[Any, ...]:
    return family.database.run(f"SELECT {columns} FROM public.recordings WHERE id = %s", [row])[0]


def upload(family: Family, row: str, columns: str = "state") -> Any:
    found = family.database.run(f"SELECT {columns} FROM ops.upload_reservations WHERE id = %s", [row])
    return found[0][0] if found else None


def abandoned(family: Family, state: str = "abandoned") -> str:
    """An upload that is no longer watched."""
    row = family.reserve(600)
    lapse(family.database, [row], watch=True)
    family.database.run("UPDATE ops.upload_reservations SET state = %s WHERE id = %s", [state, row])
    return row


def parked(family: Family) -> str:
    row = family.reserve(600)
    lapse(family.database, [row], hold=True)
    family.database.run(
        "UPDATE ops.upload_reservations SET state = 'parked', watch_until = now() + interval '30 days',"
        ' parked_object = \'{"etag": "e", "stored_at": "2026-11-20T10:00:00Z"}\' WHERE id = %s',
        [row],
    )
    return row


def planned(family: Family, limit: int = 1000) -> list[str]:
    plan = transact(family.line, None, "plan_cleanup", limit=limit)
    return [step["recording_id"] for step in plan["steps"] if step["family_id"] == family.id]


# The trash --------------------------------------------------------------------------------------


def test_deleting_restoring_and_renaming_change_one_recording(family: Family) -> None:
    first, second, live = (family.keep(100) for _ in range(3))
    for row in (first, second):
        as_keeper(family, "delete_recording_tx", recording_id=row)
    assert recording(family, live, "deleted_at") == (None,)
    as_keeper(family, "restore_recording_tx", recording_id=first)
    assert [recording(family, row, "deleted_at IS NULL") for row in (first, second)] == [(True,), (False,)]
    as_keeper(family, "update_recording_tx", recording_id=first, changes={"title": "The boat"})
    assert [recording(family, row, "title") for row in (first, live)] == [("The boat",), (None,)]


def test_a_purge_marks_and_ends_one_recording_of_the_trash(family: Family) -> None:
    first, second = family.trash_for_a_month(), family.trash_for_a_month()
    assert system(family, "mark_purging_tx", first) == {"keys": [f"audio/{first}"]}
    assert recording(family, second, "purging_at") == (None,)
    assert system(family, "mark_purging_tx", second) == {"keys": [f"audio/{second}"]}
    assert system(family, "finish_purge_tx", first) == {"purged": True}
    assert recording(family, second, "id::text") == (second,)
    assert family.books()["used"] == 600


def test_a_purge_that_has_begun_is_finished_and_keeps_its_date(family: Family) -> None:
    row = family.trash_for_a_month()
    system(family, "mark_purging_tx", row)
    family.database.run(
        "UPDATE public.recordings SET deleted_at = now(), purging_at = now() - interval '1 hour' WHERE id = %s", [row]
    )
    assert planned(family) == [row]
    assert system(family, "mark_purging_tx", row) == {"keys": [f"audio/{row}"]}
    assert recording(family, row, "purging_at < now() - interval '59 minutes'") == (True,)


def test_deleted_again_a_recording_keeps_its_date(family: Family) -> None:
    row = family.trash_for_a_month()
    as_keeper(family, "delete_recording_tx", recording_id=row)
    assert recording(family, row, "deleted_at < now() - interval '30 days'") == (True,)


# Clean-up ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["flag", "another database"])
def test_disarmed_nothing_is_planned_as_deletable_marked_looked_up_or_dropped(family: Family, how: str) -> None:
    row, gone = family.trash_for_a_month(), abandoned(family)
    if how == "flag":
        assert family.database.run("SELECT ops.arm_deleting_tx(false)") == [({"armed": False},)]
    else:
        family.database.run("UPDATE ops.feature_flags SET bound_to = 'another' WHERE name = 'deleting_armed'")
    assert transact(family.line, None, "plan_cleanup", limit=9)["armed"] is False
    assert system(family, "mark_purging_tx", row) == NO_KEYS
    assert system(family, "check_abandoned", gone) == NO_KEYS
    assert system(family, "drop_abandoned_tx", gone) == {"dropped": False}
    keys = family.database.run("SELECT ops.unclaimed_keys(ARRAY['a'])")
    assert keys == [({"armed": False, "keys": ["a"]},)]


def test_a_pending_upload_is_not_planned_looked_up_or_dropped_though_its_watch_is_over(family: Family) -> None:
    row = abandoned(family, "pending")
    assert planned(family) == []
    assert system(family, "check_abandoned", row) == NO_KEYS
    assert system(family, "drop_abandoned_tx", row) == {"dropped": False}


def test_an_upload_still_watched_is_not_looked_up_or_dropped(family: Family) -> None:
    row = parked(family)
    assert system(family, "check_abandoned", row) == NO_KEYS
    assert system(family, "drop_abandoned_tx", row) == {"dropped": False}


def test_an_abandoned_upload_is_looked_up_and_dropped_alone(family: Family) -> None:
    other, row = abandoned(family), abandoned(family)
    assert system(family, "check_abandoned", row) == {"keys": [f"audio/{row}"]}
    assert system(family, "check_abandoned", other) == {"keys": [f"audio/{other}"]}
    assert system(family, "drop_abandoned_tx", row) == {"dropped": True}
    assert (upload(family, row), upload(family, other)) == (None, "abandoned")


def test_an_object_that_a_recording_of_another_id_has_is_not_looked_up(family: Family) -> None:
    row, kept = abandoned(family), family.keep(100)
    family.database.run("UPDATE public.recordings SET object_key = %s WHERE id = %s", [f"audio/{row}", kept])
    assert system(family, "check_abandoned", row) == NO_KEYS


def test_what_is_due_longest_is_planned_first(family: Family) -> None:
    rows = [family.trash_for_a_month() for _ in range(3)]
    for days, row in zip((40, 60, 50), rows, strict=True):
        aged = "UPDATE public.recordings SET deleted_at = now() - make_interval(years => 9, days => %s) WHERE id = %s"
        family.database.run(aged, [days, row])
    assert planned(family, limit=2) == [rows[1], rows[2]]


# Parked uploads ---------------------------------------------------------------------------------


def test_a_decision_is_about_one_parked_upload(family: Family) -> None:
    rows = [parked(family) for _ in range(3)]
    as_keeper(family, "decline_parked_upload_tx", upload_id=rows[0])
    as_keeper(family, "accept_parked_upload_tx", upload_id=rows[1])
    assert [upload(family, row) for row in rows] == ["abandoned", None, "parked"]


@pytest.mark.parametrize("decision", ["accept_parked_upload_tx", "decline_parked_upload_tx"])
def test_an_upload_that_is_not_parked_is_not_decided_on(family: Family, decision: str) -> None:
    row = family.reserve(600)
    assert as_keeper(family, decision, upload_id=row) == NOT_FOUND
    assert upload(family, row) == "pending"


def test_a_keeper_removed_while_waiting_decides_nothing(family: Family) -> None:
    other, row = family.database.add_user(), parked(family)
    join(family.database, family.id, other, "keeper")
    _, answer = one_after_the_other(
        family.database,
        family.removing(other),
        lambda line: transact(line, other, "accept_parked_upload_tx", upload_id=row),
    )
    assert answer == NOT_FOUND
    assert upload(family, row) == "parked"


def test_a_keeper_pages_through_what_is_parked_in_their_family_and_can_still_be_decided(family: Family) -> None:
    rows = [parked(family) for _ in range(3)]
    over = parked(family)
    family.database.run("UPDATE ops.upload_reservations SET watch_until = now() WHERE id = %s", [over])
    family.reserve(600)
    parked(Family(family.database))
    seen: list[str] = []
    after: dict[str, Any] = {"created_at": None, "id": None}
    for _ in range(4):
        page = as_keeper(
            family, "parked_uploads", family_id=family.id, limit=1, after_at=after["created_at"], after_id=after["id"]
        )["uploads"]
        if not page:
            break
        after = page[0]
        seen.append(after["id"])
    assert seen == rows[::-1]


# Whoever waits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "parameter"),
    [("delete_recording_tx", "recording_id"), ("accept_parked_upload_tx", "upload_id")],
)
def test_a_stranger_never_waits_for_a_family(family: Family, function: str, parameter: str) -> None:
    """Else anybody who knows an id could delay a family's work, or see by the wait that it is at work."""
    row = family.keep(100) if parameter == "recording_id" else parked(family)
    stranger, teller = family.database.add_user(), family.database.add_user()
    join(family.database, family.id, teller)
    late = family.database.connect("app_login")
    with late.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    with family.database.connect(autocommit=False) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT FROM public.entitlements WHERE family_id = %s FOR UPDATE", [family.id])
        people = [stranger] if parameter == "recording_id" else [stranger, teller]
        for person in people:
            assert transact(late, person, function, **{parameter: row}) == NOT_FOUND


def test_the_last_step_of_a_purge_waits_at_the_gate_before_it_touches_the_recording(family: Family) -> None:
    """Else a restore, which waits for the recording while it holds the gate, would deadlock with it."""
    row = family.trash_for_a_month()
    system(family, "mark_purging_tx", row)
    late = family.database.connect_as("app_service")
    with open_transaction(family.database, "admin") as early, early.cursor() as cursor:
        cursor.execute("SELECT FROM public.entitlements WHERE family_id = %s FOR NO KEY UPDATE", [family.id])
        waiting = run_into(family.database, late, "ops.finish_purge_tx(%s)", row)
        cursor.execute("SELECT FROM public.recordings WHERE id = %s FOR NO KEY UPDATE NOWAIT", [row])
    assert waiting.result() == {"purged": True}


def test_ids_that_nobody_has_change_nothing(family: Family) -> None:
    nobody = str(uuid.uuid4())
    assert system(family, "mark_purging_tx", nobody) == NO_KEYS
    assert system(family, "finish_purge_tx", nobody) == {"purged": False}
