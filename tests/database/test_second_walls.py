"""What the tables themselves refuse, should a function ever forget to: constraints, policies, and figures in views."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from tests.support.database_server import Database
from tests.support.quota import lapse
from tests.support.quota_family import Family
from tests.support.races import join, make_invite


@pytest.fixture
def family(module_database: Database) -> Family:
    return Family(module_database, quota=100_000)


def refused(family: Family, error: type[psycopg2.Error], statement: str, *parameters: Any) -> None:
    with pytest.raises(error):
        family.database.run(statement, parameters)


def test_a_recording_is_in_the_ledger_once_for_each_operation(family: Family) -> None:
    row = family.keep(100)
    refused(
        family,
        errors.UniqueViolation,
        "INSERT INTO public.usage_ledger (family_id, recording_id, operation, delta_bytes, used_after_bytes)"
        " VALUES (%s, %s, 'finalize', 100, 200)",
        family.id,
        row,
    )


def test_used_bytes_are_never_below_nothing(family: Family) -> None:
    below = "UPDATE public.entitlements SET storage_used_bytes = -1 WHERE family_id = %s"
    refused(family, errors.CheckViolation, below, family.id)


def test_an_object_is_one_recording_s(family: Family) -> None:
    first, second = family.keep(100), family.keep(100)
    same = "UPDATE public.recordings SET object_key = %s WHERE id = %s"
    refused(family, errors.UniqueViolation, same, f"audio/{first}", second)


def test_no_bytes_are_counted_for_a_waveform_that_there_is_not(family: Family) -> None:
    row = family.keep(100)
    counted = "UPDATE public.recordings SET waveform_size_bytes = 1 WHERE id = %s"
    refused(family, errors.CheckViolation, counted, row)


def test_an_object_is_one_stray_waveform_s(family: Family) -> None:
    stray = (
        "INSERT INTO ops.stray_waveforms (recording_id, family_id, waveform_key, delete_after)"
        " VALUES (gen_random_uuid(), %s, 'one', now())"
    )
    family.database.run(stray, [family.id])
    refused(family, errors.UniqueViolation, stray, family.id)


def test_only_what_is_in_the_trash_is_purged(family: Family) -> None:
    row = family.keep(100)
    refused(family, errors.CheckViolation, "UPDATE public.recordings SET purging_at = now() WHERE id = %s", row)


def test_a_recording_answers_no_prompt_of_another_family(family: Family) -> None:
    row, other = family.keep(100), Family(family.database)
    foreign = (
        "UPDATE public.recordings SET prompt_id ="
        " (SELECT id FROM public.prompts WHERE family_id = %s LIMIT 1) WHERE id = %s"
    )
    refused(family, errors.ForeignKeyViolation, foreign, other.id, row)


def test_a_family_with_recordings_cannot_be_deleted(family: Family) -> None:
    family.database.run("DELETE FROM ops.billing_customers WHERE family_id = %s", [family.id])
    # Without its line in the ledger, which would keep the family too.
    family.database.run(
        "INSERT INTO public.recordings (family_id, size_bytes, duration_seconds, content_type, recorded_at, object_key,"
        " etag, stored_at) VALUES (%s, 1, 1, 'audio/mp4', now(), %s, 'e', now())",
        [family.id, family.id],
    )
    refused(family, psycopg2.IntegrityError, "DELETE FROM public.families WHERE id = %s", family.id)


def test_a_family_shows_its_own_people_to_somebody_who_is_in_two(module_database: Database) -> None:
    family = Family(module_database, tellers=1)
    other = Family(module_database)
    join(module_database, other.id, family.keeper)
    line = module_database.connect_as("authenticated", family.keeper)
    with line.cursor() as cursor:
        cursor.execute("SELECT id::text, jsonb_path_query_array(members, '$[*].user_id') FROM wire.families")
        shown = {family_id: set(people) for family_id, people in cursor.fetchall()}
    assert shown == {
        family.id: {str(family.keeper), str(family.tellers[0])},
        other.id: {str(other.keeper), str(family.keeper)},
    }


def test_an_account_that_ends_leaves_its_recordings_to_the_family(module_database: Database) -> None:
    family = Family(module_database, tellers=1)
    (teller,) = family.tellers
    upload = family.reserve(100, teller)
    family.finalizing(upload, 100, teller)(family.line)
    module_database.run("DELETE FROM public.family_members WHERE user_id = %s", [str(teller)])
    module_database.run("DELETE FROM auth.users WHERE id = %s", [str(teller)])
    assert module_database.run("SELECT created_by FROM public.recordings WHERE id = %s", [upload]) == [(None,)]


@pytest.mark.parametrize("change", ["used_count = max_uses + 1", "role = 'keeper'"])
def test_an_invite_has_no_more_uses_than_it_allows_and_makes_nobody_keeper(family: Family, change: str) -> None:
    invite = make_invite(family.database, family.id, family.keeper, family.id.encode())
    refused(family, errors.CheckViolation, f"UPDATE public.invites SET {change} WHERE id = %s", invite)


def test_who_left_puts_nothing_into_the_trash_without_naming_a_row_either(module_database: Database) -> None:
    """An UPDATE that reads no column is not under the policy for reading."""
    family = Family(module_database, tellers=1)
    (teller,) = family.tellers
    upload = family.reserve(100, teller)
    family.finalizing(upload, 100, teller)(family.line)
    family.removing(teller)(family.line)
    line = module_database.connect_as("authenticated", teller)
    with line.cursor() as cursor:
        cursor.execute("UPDATE public.recordings SET deleted_at = now()")
        assert cursor.rowcount == 0


def test_a_family_s_reserved_bytes_are_those_of_its_own_live_uploads(family: Family) -> None:
    other = Family(family.database)
    other.reserve(500)
    family.reserve(7)
    lapsed, parked = family.reserve(100), family.reserve(100)
    lapse(family.database, [lapsed], hold=True)
    family.database.run(
        "UPDATE ops.upload_reservations SET state = 'parked', parked_object = '{}' WHERE id = %s", [parked]
    )
    line = family.database.connect_as("authenticated", family.keeper)
    with line.cursor() as cursor:
        cursor.execute("SELECT storage_reserved_bytes FROM wire.entitlements")
        assert cursor.fetchall() == [(7,)]


@pytest.mark.parametrize(
    ("age", "left"),
    [("-1 hour", 30), ("1 second", 30), ("29 days 23 hours", 1), ("30 days", 0), ("33 days", 0)],
)
def test_the_days_that_are_left_in_the_trash_are_whole_ones_from_thirty_to_none(
    family: Family, age: str, left: int
) -> None:
    row = family.keep(100)
    for value in ("now()", f"now() - interval '{age}'"):
        family.database.run(f"UPDATE public.recordings SET deleted_at = {value} WHERE id = %s", [row])
    assert family.database.run("SELECT days_left FROM wire.recordings WHERE id = %s", [row]) == [(left,)]


def test_two_databases_of_one_server_have_two_identities(family: Family) -> None:
    identity = "SELECT ops.database_identity()"
    with family.database.cluster.database() as other:
        assert other.run(identity) != family.database.run(identity)
