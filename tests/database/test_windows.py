"""Budgets that slide with time, and keys of idempotency: what is counted, when it fits again, who waits for whom.

Time stands still here: a window is so long that the present is a quarter into its second bucket, and stays there.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.races import call, run_into

# Not a whole number of seconds in any of the fractions that are asked for below.
WINDOW = int(time.time() / 1.25) // 24 * 24 + 1
BUCKET = 1


class Counter:
    """One counter of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.key = uuid.uuid4().hex

    def count(self, limit: int, calls: int = 1) -> dict[str, Any] | None:
        """The refusal of a call, or nothing for one that fits."""
        asked = [self.key, WINDOW, limit, calls]
        answer = self.database.run("SELECT ops.count_in_window(%s, %s, %s, %s)", asked)[0][0]
        return answer and dict(answer)

    def through(self, limit: int) -> int:
        """How many of twenty calls fit."""
        return sum(self.count(limit) is None for _ in range(20))

    def had(self, calls: int, bucket: int) -> None:
        self.database.run(
            "INSERT INTO ops.call_counts (key, bucket, calls) VALUES (%s, %s, %s)", [self.key, bucket, calls]
        )


@pytest.fixture
def counter(module_database: Database) -> Counter:
    return Counter(module_database)


def test_so_many_calls_fit_into_an_empty_window_as_the_limit_says(counter: Counter) -> None:
    assert counter.through(limit=3) == 3
    assert Counter(counter.database).through(limit=3) == 3, "another key is another counter"
    calls = counter.database.run("SELECT calls FROM ops.call_counts WHERE key = %s", [counter.key])
    assert calls == [(3,)], "refused calls are not counted"


def test_three_quarters_of_the_bucket_before_still_count_a_quarter_into_this_one(counter: Counter) -> None:
    counter.had(8, BUCKET - 1)
    assert counter.through(limit=10) == 4


def test_an_older_bucket_counts_no_more(counter: Counter) -> None:
    counter.had(8, BUCKET - 2)
    assert counter.through(limit=10) == 10


def test_looking_takes_nothing_from_a_budget(counter: Counter) -> None:
    for _ in range(5):
        assert counter.count(3, calls=0) is None
    assert counter.through(limit=3) == 3


@pytest.mark.parametrize(("before", "limit"), [(8, 10), (0, 3), (40, 10)])
def test_who_comes_back_when_told_fits_again_and_not_before(counter: Counter, before: int, limit: int) -> None:
    counter.had(before, BUCKET - 1)
    now = int(counter.through(limit))

    def fits(moment: float) -> bool:
        elapsed = moment / WINDOW - BUCKET
        current, previous = (now, before) if elapsed < 1 else (0, now)
        return current + previous * (1 - elapsed % 1) + 1 <= limit

    began = time.time()
    refusal = counter.count(limit)
    assert refusal is not None
    told = refusal["details"]
    assert {name: told[name] for name in ("limit", "remaining")} == {"limit": limit, "remaining": 0}
    assert fits(told["reset"]) and not fits(told["reset"] - 1)
    assert fits(time.time() + told["retry_after"]) and not fits(began + told["retry_after"] - 2)


def test_a_counter_in_use_is_not_swept(counter: Counter) -> None:
    counter.had(1, BUCKET)
    counter.database.run(
        "UPDATE ops.call_counts SET updated_at = now() - interval '9 days' WHERE key = %s", [counter.key]
    )
    counter.count(3)
    age = counter.database.run(
        "SELECT now() - updated_at < interval '1 hour' FROM ops.call_counts WHERE key = %s", [counter.key]
    )
    assert age == [(True,)]


def test_a_call_of_a_minute_ago_is_forgotten_within_the_next(counter: Counter) -> None:
    answers = [counter.database.run("SELECT ops.count_call(%s, 1)", [counter.key])[0][0] for _ in range(2)]
    assert answers[0] == ""
    assert 1 <= json.loads(answers[1])["details"]["retry_after"] <= 120


# Keys of idempotency ----------------------------------------------------------------------------

RECALL = "ops.recall_idempotent(%s, %s, 'hash')"


def somebody(database: Database, person: uuid.UUID, *, autocommit: bool = True) -> Connection:
    """A connection that acts as this person and may call every function."""
    connection = database.connect(autocommit=autocommit)
    call(connection, "set_config('request.jwt.claims', %s, false)", json.dumps({"sub": str(person)}))
    call(connection, "set_config('lock_timeout', '5s', false)")
    connection.commit()
    return connection


def test_of_two_calls_with_one_key_the_second_waits_and_finds_what_the_first_made(module_database: Database) -> None:
    person = module_database.add_user()
    first, second = (somebody(module_database, person, autocommit=False) for _ in range(2))
    assert call(first, RECALL, "make", "key") is None
    call(first, "ops.remember_idempotent('make', 'key', 'hash', '{\"made\": 1}')")
    waiting = run_into(module_database, second, RECALL, "make", "key")
    first.commit()
    assert waiting.result() == {"made": 1}


def test_a_key_is_one_person_s_and_one_operation_s(module_database: Database) -> None:
    person, other = module_database.add_user(), module_database.add_user()
    first = somebody(module_database, person, autocommit=False)
    call(first, RECALL, "make", "key")
    call(first, "ops.remember_idempotent('make', 'key', 'hash', '{\"made\": 1}')")
    for who, operation in ((other, "make"), (person, "break")):
        assert call(somebody(module_database, who), RECALL, operation, "key") is None, "nor does it wait"
    first.commit()
    for who, operation in ((other, "make"), (person, "break")):
        assert call(somebody(module_database, who), RECALL, operation, "key") is None
