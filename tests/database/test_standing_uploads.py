"""Uploads that stand for fourteen days: which are looked at first, how seldom the rest, how many a person may have."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import finalize, found_small_family, lapse, rescue, reserve, transact
from tests.support.races import join

ABANDONED = 10_000
MOST_WATCHED = 100
GIB = 1024**3

FILL = """
INSERT INTO ops.upload_reservations (family_id, object_key, size_bytes, duration_seconds, content_type, url_expires_at,
                                     live_until, watch_until, looks, next_look_at)
SELECT %s, 'audio/' || n, 1, 1, 'audio/mp4', now() - interval '1 day', now(), now() + interval '13 days', 6,
       now() + (n - 100) * interval '1 second'
FROM generate_series(1, %s) AS n
"""
AGE = """
UPDATE ops.upload_reservations
SET url_expires_at = url_expires_at - older, live_until = live_until - older, watch_until = watch_until - older
FROM CAST(%s AS interval) AS older
WHERE user_id = %s
"""


@pytest.fixture
def line(module_database: Database) -> Connection:
    return module_database.connect("app_login")


@pytest.fixture
def keeper(module_database: Database) -> Any:
    return module_database.add_user()


@pytest.fixture
def family(line: Connection, keeper: Any) -> str:
    return found_small_family(line, keeper, GIB)


def due(line: Connection, limit: int) -> list[str]:
    found = transact(line, None, "uploads_to_settle", before=None, limit=limit)
    return [upload["id"] for upload in found["uploads"]]


def seconds_to_next_look(database: Database, upload: str) -> int:
    rows = database.run(
        "SELECT extract(epoch FROM next_look_at - updated_at) FROM ops.upload_reservations WHERE id = %s", [upload]
    )
    return round(rows[0][0])


# Who is looked at ----------------------------------------------------------------------------------


def test_of_ten_thousand_that_never_came_none_is_looked_at_before_a_new_one(database: Database) -> None:
    line, keeper = database.connect("app_login"), database.add_user()
    family = found_small_family(line, keeper, GIB)
    database.run(FILL, [family, ABANDONED])
    database.run("ANALYZE ops.upload_reservations")
    new = str(reserve(line, keeper, family, 1)["recording_id"])
    lapse(database, [new])

    reader = database.connect(autocommit=False)
    with reader.cursor() as cursor:
        cursor.execute("SELECT ops.uploads_to_settle(NULL, 20) -> 'uploads'")
        row = cursor.fetchone()
        cursor.execute(
            "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'upload_reservations'"
        )
        read = cursor.fetchone()
    reader.rollback()
    assert row is not None and read is not None
    assert [upload["id"] for upload in row[0]].index(new) == 0
    assert len(row[0]) == 20
    assert read[0] == 0, "the table is read from end to end"
    assert read[1] <= 21, f"{read[1]} rows are read for 20"
    # And of the ten thousand only those whose time has come.
    assert len(due(line, ABANDONED)) < 1_000


def test_the_next_look_comes_later_each_time_and_within_hours(
    module_database: Database, line: Connection, keeper: Any, family: str
) -> None:
    upload = str(reserve(line, keeper, family, 1)["recording_id"])
    lapse(module_database, [upload])
    minutes = []
    for _ in range(40):
        assert rescue(line, upload, None) == "waiting"
        minutes.append(seconds_to_next_look(module_database, upload) // 60)
    assert minutes == [10, 20, 40, 80, 160] + [240] * 35


def test_nothing_is_looked_at_twice_in_a_run_nor_before_its_time(
    module_database: Database, line: Connection, keeper: Any, family: str
) -> None:
    uploads = {str(reserve(line, keeper, family, 1)["recording_id"]) for _ in range(3)}
    assert not uploads & set(due(line, 1_000)), "their URLs are valid"
    lapse(module_database, uploads)
    assert uploads <= set(due(line, 1_000))
    for upload in uploads:
        rescue(line, upload, None)
    assert not uploads & set(due(line, 1_000))


def test_a_renewed_url_is_looked_at_first_again(
    module_database: Database, line: Connection, keeper: Any, family: str
) -> None:
    upload = str(reserve(line, keeper, family, 1, key="again")["recording_id"])
    for _ in range(6):
        lapse(module_database, [upload])
        rescue(line, upload, None)
    reserve(line, keeper, family, 1, key="again")
    lapse(module_database, [upload])
    assert upload in due(line, ABANDONED)
    rescue(line, upload, None)
    assert seconds_to_next_look(module_database, upload) == 600


# How many a person may have ------------------------------------------------------------------------


def fill_up(database: Database, line: Connection, person: Any, families: list[str]) -> tuple[list[str], Any]:
    """The uploads a person gets by letting each lapse, in one family after the other; and the refusal that ends it."""
    made: list[str] = []
    while len(made) < 2 * MOST_WATCHED:
        answer = reserve(line, person, families[len(made) % len(families)], 1)
        if "refused" in answer:
            return made, answer
        made.append(str(answer["recording_id"]))
        if len(made) % 20 == 0:
            database.run(AGE, ["3 hours", str(person)])
    return made, None


def test_a_person_who_lets_each_upload_lapse_has_a_hundred_of_all_families_at_most(
    module_database: Database, line: Connection, keeper: Any, family: str
) -> None:
    other = found_small_family(line, module_database.add_user(), GIB)
    join(module_database, other, keeper)
    made, refused = fill_up(module_database, line, keeper, [family, other])
    assert len(made) == MOST_WATCHED
    assert (refused["refused"], refused["details"]) == ("CONFLICT", {"reason": "too_many_uploads"})
    # Whoever leaves takes them along: the looks go on.
    transact(line, keeper, "remove_member_tx", family_id=other, user_id=str(keeper))
    assert reserve(line, keeper, family, 1)["refused"] == "CONFLICT"
    # Another person of the family has room of their own.
    teller = module_database.add_user()
    join(module_database, family, teller)
    assert "refused" not in reserve(line, teller, family, 1)


@pytest.mark.parametrize("end", ["finalized", "rescued", "abandoned", "watched no more"])
def test_an_upload_that_ended_makes_room_for_another(
    module_database: Database, line: Connection, keeper: Any, family: str, end: str
) -> None:
    made, _ = fill_up(module_database, line, keeper, [family])
    if end == "finalized":
        assert "refused" not in finalize(line, keeper, family, made[0], 1)
    elif end == "rescued":
        assert rescue(line, made[0], 1) == "rescued"
    else:
        lapse(module_database, made[:1], watch=True)
        # What differs from what was declared is kept for good, and must not keep its uploader from uploading for good.
        assert rescue(line, made[0], None if end == "abandoned" else 2) in ("abandoned", "mismatch")
    assert "refused" not in reserve(line, keeper, family, 1)
    assert reserve(line, keeper, family, 1)["refused"] == "CONFLICT"


def test_the_same_upload_is_renewed_also_at_the_limit(
    module_database: Database, line: Connection, keeper: Any, family: str
) -> None:
    first = reserve(line, keeper, family, 1, str(uuid.uuid4()), key="mine")
    fill_up(module_database, line, keeper, [family])
    assert reserve(line, keeper, family, 1, key="mine")["recording_id"] == first["recording_id"]
