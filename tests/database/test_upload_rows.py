"""Uploads as SQL decides them: what fits, whose upload it is, what a fresh URL renews, what the ledger then says."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support.database_server import Database
from tests.support.quota import STORED, finalize, lapse, rescue, reserve, stored, transact
from tests.support.quota_family import Family, holding
from tests.support.races import join

NOT_FOUND = {"refused": "NOT_FOUND", "details": {}}


@pytest.fixture
def family(module_database: Database) -> Family:
    return Family(module_database, tellers=1)


def upload(family: Family, row: str, columns: str = "state") -> tuple[Any, ...] | None:
    found = family.database.run(f"SELECT {columns} FROM ops.upload_reservations WHERE id = %s", [row])
    return found[0] if found else None


def set_state(family: Family, row: str, state: str) -> None:
    lapse(family.database, [row], hold=True)
    family.database.run(
        "UPDATE ops.upload_reservations SET state = %s, parked_object = '{}' WHERE id = %s", [state, row]
    )


def recording(family: Family, row: str, columns: str) -> tuple[Any, ...]:
    return family.database.run(f"SELECT {columns} FROM public.recordings WHERE id = %s", [row])[0]


# Reserving --------------------------------------------------------------------------------------


def test_room_is_what_is_neither_used_nor_held_by_live_uploads_of_this_family(family: Family) -> None:
    Family(family.database).reserve(900)
    family.keep(100)
    held, lapsed = family.reserve(300), family.reserve(500)
    lapse(family.database, [lapsed], hold=True)
    refused = reserve(family.line, family.keeper, family.id, 601)
    assert refused["details"] == {
        "quota_bytes": 1000,
        "used_bytes": 100,
        "reserved_bytes": 300,
        "requested_bytes": 601,
    }
    assert family.reserve(600) and upload(family, held)


@pytest.mark.parametrize(("seconds", "fits"), [(600, True), (600.5, False)])
def test_a_recording_is_as_long_as_the_plan_allows_to_the_second(family: Family, seconds: float, fits: bool) -> None:
    row = str(uuid.uuid4())
    asked = "ops.get_signed_upload_url_tx(%s, %s, %s, NULL, 10, %s, 'audio/mp4', NULL, NULL, 900)"
    service = family.database.connect_as("app_service", family.keeper)
    with service.cursor() as cursor:
        cursor.execute(f"SELECT {asked}", [family.id, row, row, seconds])
        found = cursor.fetchone()
    assert found is not None and ("refused" not in found[0]) is fits


def test_what_has_lapsed_or_ended_keeps_nobody_from_uploading(family: Family) -> None:
    rows = [family.reserve(1) for _ in range(20)]
    assert reserve(family.line, family.keeper, family.id, 1)["details"] == {"reason": "too_many_uploads"}
    lapse(family.database, rows[:1], hold=True)
    rows.append(family.reserve(1))
    for row in rows[1:]:
        set_state(family, row, "abandoned")
    family.database.run(
        "INSERT INTO ops.upload_reservations (family_id, user_id, object_key, size_bytes, duration_seconds,"
        " content_type, state, url_expires_at, live_until, watch_until) SELECT %s, %s, gen_random_uuid(), 1, 1,"
        " 'audio/mp4', 'abandoned', now(), now(), now() + interval '1 day' FROM generate_series(1, 100)",
        [family.id, str(family.keeper)],
    )
    assert family.reserve(1)


def test_a_fresh_url_renews_one_upload_for_its_whole_time(family: Family) -> None:
    key, row, other = uuid.uuid4().hex, str(uuid.uuid4()), family.reserve(100)
    made = reserve(family.line, family.keeper, family.id, 700, row, key)
    lapse(family.database, [row, other], hold=True)
    family.database.run(
        "UPDATE ops.upload_reservations SET watch_until = now() + interval '1 day' WHERE id = %s", [row]
    )
    # Its own bytes, which fit once and not twice, are not held against it.
    for _ in range(2):
        again = reserve(family.line, family.keeper, family.id, 700, str(uuid.uuid4()), key)
        assert again["recording_id"] == made["recording_id"] == row
    left = (
        "round(extract(epoch FROM url_expires_at - now()) / 60)::integer,"
        " round(extract(epoch FROM live_until - now()) / 60)::integer,"
        " round(extract(epoch FROM watch_until - now()) / 3600)::integer"
    )
    assert upload(family, row, left) == (15, 120, 14 * 24)
    assert upload(family, other, "live_until < now()") == (True,)
    assert upload(family, row, "user_id::text") == (str(family.keeper),)


@pytest.mark.parametrize("state", ["abandoned", "parked"])
def test_an_upload_that_has_ended_gets_no_fresh_url_and_is_not_finalized(family: Family, state: str) -> None:
    key, row = uuid.uuid4().hex, str(uuid.uuid4())
    reserve(family.line, family.keeper, family.id, 700, row, key)
    set_state(family, row, state)
    again = reserve(family.line, family.keeper, family.id, 700, str(uuid.uuid4()), key)
    assert again == {"refused": "CONFLICT", "details": {"reason": "already_finalized"}}
    assert finalize(family.line, family.keeper, family.id, row, 700) == NOT_FOUND
    seen = transact(family.line, family.keeper, "upload_to_finalize", family_id=family.id, recording_id=row)
    assert seen == NOT_FOUND
    assert rescue(family.line, row, 700) == "settled"
    assert upload(family, row) == (state,)


# Finalizing -------------------------------------------------------------------------------------


def test_an_upload_is_finalized_into_the_family_it_was_reserved_in(family: Family) -> None:
    other, row = Family(family.database), family.reserve(100)
    join(family.database, other.id, family.keeper)
    assert finalize(family.line, family.keeper, other.id, row, 100) == NOT_FOUND
    made = finalize(family.line, family.keeper, family.id, row, 100)
    assert made["recording"]["created_by"] == str(family.keeper)


def test_a_finalized_upload_is_counted_once_and_ends_no_other(family: Family) -> None:
    other, stranger = family.reserve(100), Family(family.database)
    stranger.keep(77)
    family.keep(200)
    books = family.books()
    assert (books["used"], books["reserved"]) == (200, 100)
    assert stranger.books()["used"] == 77
    assert upload(family, other) == ("pending",)


def test_a_recording_of_somebody_else_is_not_confirmed_as_one_s_own(family: Family) -> None:
    row = family.keep(100)
    (teller,) = family.tellers
    assert finalize(family.line, teller, family.id, row, 100) == NOT_FOUND


def late(family: Family, row: str, **told: Any) -> Any:
    return transact(
        family.line, family.keeper, "finalize_recording_tx", family_id=family.id, recording_id=row, object=None, **told
    )


def test_only_a_rescued_recording_that_nobody_named_takes_a_late_title_and_prompt(family: Family) -> None:
    prompt = family.database.run("SELECT id::text FROM public.prompts WHERE family_id = %s LIMIT 1", [family.id])[0][0]
    kept, row = family.keep(100), family.reserve(100)
    lapse(family.database, [row])
    assert rescue(family.line, row, 100) == "rescued"
    before = recording(family, row, "recorded_at")
    late(family, kept, title="Mine")
    late(family, row, title="The boat", prompt_id=prompt)
    assert recording(family, kept, "title") == (None,)
    assert recording(family, row, "title, prompt_id::text") == ("The boat", prompt)
    assert recording(family, row, "recorded_at") == before
    late(family, row, title="Undone")
    assert recording(family, row, "title") == ("The boat",)
    ledger = "SELECT description FROM public.usage_ledger WHERE recording_id = %s"
    assert family.database.run(ledger, [row]) == [("rescued",)]


def test_a_recording_keeps_the_day_that_its_app_told(family: Family) -> None:
    row = family.reserve(100)
    made = transact(
        family.line,
        family.keeper,
        "finalize_recording_tx",
        family_id=family.id,
        recording_id=row,
        object=stored(100),
        recorded_at="1969-07-20T20:17:40Z",
    )
    assert made["recording"]["recorded_at"].startswith("1969-07-20")


def test_nobody_finalizes_the_upload_of_another_member(family: Family) -> None:
    row = family.reserve(100)
    assert finalize(family.line, family.tellers[0], family.id, row, 100) == NOT_FOUND
    assert upload(family, row) == ("pending",)


@pytest.mark.parametrize("attempt", ["reserve", "finalize"])
def test_a_stranger_never_waits_at_a_family_s_gate(family: Family, attempt: str) -> None:
    stranger, waits, row = family.database.add_user(), family.database.connect("app_login"), family.reserve(100)
    with waits.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    with holding(family.database, "public.entitlements", family.id):
        if attempt == "reserve":
            answer = reserve(waits, stranger, family.id, 100)
        else:
            answer = finalize(waits, stranger, family.id, row, 100)
    assert answer == {"refused": "FORBIDDEN", "details": {}}


# Rescuing ---------------------------------------------------------------------------------------


def test_what_was_stored_at_the_very_moment_of_a_removal_is_kept(family: Family) -> None:
    row = family.reserve(100, family.tellers[0])
    family.removing(family.tellers[0])(family.line)
    family.database.run(
        "UPDATE ops.upload_reservations SET uploader_left_at = %s WHERE id = %s", [STORED["stored_at"], row]
    )
    assert rescue(family.line, row, 100) == "rescued"


def test_each_upload_that_differs_is_told_once(family: Family) -> None:
    rows = [family.reserve(100) for _ in range(2)]
    lapse(family.database, rows)
    for row in (*rows, *rows):
        assert rescue(family.line, row, 99) == "mismatch"
    told = "SELECT recording_id::text FROM ops.anomalies WHERE family_id = %s AND kind = %s ORDER BY created_at"
    assert family.database.run(told, [family.id, "upload_mismatch"]) == [(rows[0],), (rows[1],)]


def test_uploads_are_looked_for_after_their_url_the_oldest_first_a_page_at_a_time(family: Family) -> None:
    family.database.run("DELETE FROM ops.upload_reservations")
    family.reserve(1)
    rows = [family.reserve(1) for _ in range(4)]
    lapse(family.database, rows, hold=True)
    for minutes, row in zip((10, 30, 20), rows, strict=False):
        family.database.run(
            "UPDATE ops.upload_reservations SET url_expires_at = now() - make_interval(mins => %s) WHERE id = %s",
            [minutes, row],
        )
    set_state(family, rows[3], "abandoned")

    def page(limit: int) -> list[str]:
        found = transact(family.line, None, "uploads_to_settle", before=None, limit=limit)["uploads"]
        return [each["id"] for each in found]

    assert page(2) == [rows[1], rows[2]]
    assert page(9) == [rows[1], rows[2], rows[0]]
    rescue(family.line, rows[1], None)
    rescue(family.line, rows[2], None)
    assert page(9) == [rows[0]]
    family.database.run("UPDATE ops.upload_reservations SET next_look_at = now() - interval '1 hour' WHERE looks > 0")
    assert page(2) == [rows[0], min(rows[1], rows[2])], "those never looked for and the others share a page"


# Used bytes -------------------------------------------------------------------------------------


def change(family: Family, delta: int, admitted: bool = True) -> None:
    row = str(uuid.uuid4())
    operation = "purge" if delta < 0 else "finalize"
    family.database.run(
        "SELECT ops.update_storage_quota(%s, %s, %s, %s, NULL, %s)", [family.id, delta, operation, row, admitted]
    )


def test_using_all_and_releasing_all_is_no_anomaly_and_a_release_is_never_refused(family: Family) -> None:
    for delta in (1000, -1000):
        change(family, delta, admitted=False)
    kinds = "SELECT kind FROM ops.anomalies WHERE family_id = %s"
    assert family.database.run(kinds, [family.id]) == []
    change(family, 1500)
    change(family, -100, admitted=False)
    assert family.database.run(kinds, [family.id]) == [("admitted_over_quota",)]
    ledger = "SELECT delta_bytes, used_after_bytes FROM public.usage_ledger WHERE family_id = %s ORDER BY created_at"
    assert family.database.run(ledger, [family.id]) == [(1000, 1000), (-1000, 0), (1500, 1500), (-100, 1400)]


# Stray waveforms --------------------------------------------------------------------------------


def test_a_stray_waveform_is_looked_up_and_forgotten_alone_after_its_time_and_while_deleting_is_armed(
    family: Family,
) -> None:
    first, second, early = (str(uuid.uuid4()) for _ in range(3))
    for row, after in ((first, "1 day ago"), (second, "1 day ago"), (early, "1 day")):
        family.database.run(
            "INSERT INTO ops.stray_waveforms (recording_id, family_id, waveform_key, delete_after)"
            " VALUES (%s, %s, %s, now() + %s::interval)",
            [row, family.id, row, after],
        )

    def keys(row: str) -> list[str]:
        return list(transact(family.line, None, "check_stray_waveform", recording_id=row)["keys"])

    def drop(row: str) -> bool:
        return bool(transact(family.line, None, "drop_stray_waveform_tx", recording_id=row)["dropped"])

    family.database.run("SELECT ops.arm_deleting_tx(false)")
    assert (keys(first), drop(first)) == ([], False)
    family.database.run("SELECT ops.arm_deleting_tx(true)")
    assert (keys(early), keys(first), keys(second)) == ([], [first], [second])
    assert (drop(early), drop(first)) == (False, True)
    left = "SELECT recording_id::text FROM ops.stray_waveforms WHERE family_id = %s"
    assert {row for (row,) in family.database.run(left, [family.id])} == {second, early}
