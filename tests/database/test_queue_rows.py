"""The queue's functions by themselves: which rows they take, which they leave alone, and what they hand on."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support.database_server import Database
from tests.support.races import call, open_transaction

LEASE = 300


class Rows:
    """The jobs of a database, as SQL sees them. A job is called by its lane."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.lanes: dict[str, str] = {}

    def add(self, *lanes: str, **columns: Any) -> None:
        """Jobs that are due now, in this order, with these columns set."""
        for lane in lanes:
            job = str(self.value("ops.enqueue_job('sleepy', '{\"a\": 1}', %s)", lane))
            self.lanes[job] = lane
            self.set(lane, **columns)

    def set(self, lane: str, **columns: Any) -> None:
        for column, value in columns.items():
            self.database.run(f"UPDATE ops.jobs SET {column} = %s WHERE lane = %s", [value, lane])

    def named(self, lane: str) -> str:
        return next(job for job, name in self.lanes.items() if name == lane)

    def value(self, expression: str, *parameters: Any) -> Any:
        return self.database.run(f"SELECT {expression}", parameters)[0][0]

    def claim(self, limit: int = 10, job: str | None = None, kind: str | None = None) -> tuple[list[str], str]:
        """(the lanes of the claimed jobs in the order they were handed out, the token)."""
        claim = self.value("ops.claim_jobs_tx(%s, %s, %s, %s)", limit, LEASE, job, kind)
        return [self.lanes[row["id"]] for row in claim["jobs"]], claim["lease_token"]

    def later(self, seconds: int = LEASE) -> None:
        self.database.run(
            "UPDATE ops.jobs SET run_at = run_at - make_interval(secs => %s),"
            " turn_at = turn_at - make_interval(secs => %s)",
            [seconds, seconds],
        )


@pytest.fixture
def rows(module_database: Database) -> Rows:
    for table in ("jobs", "dead_jobs", "stripe_events", "alert_digest"):
        module_database.run(f"DELETE FROM ops.{table}")
    return Rows(module_database)


# Claiming ---------------------------------------------------------------------------------------


def test_a_job_whose_worker_died_is_never_claimed_beside_another(rows: Rows) -> None:
    rows.add("orphan")
    rows.claim()
    rows.add("a", "b")
    rows.later()
    rows.set("orphan", turn_at="now")
    assert rows.claim()[0] == ["a", "b"]
    assert rows.claim()[0] == ["orphan"]


def test_a_kind_with_a_function_of_its_own_is_claimed_by_its_name_alone(rows: Rows) -> None:
    rows.add(*(f"copy {number}" for number in range(4)), kind="copy_recording")
    rows.add("mail")
    # One whose turn has come, and one whose lane is busy: both ways of claiming.
    rows.set("copy 3", turn_at="infinity")
    assert rows.claim(job=rows.named("copy 0"))[0] == []
    assert rows.claim(limit=1)[0] == ["mail"], "however many copies wait before it"
    assert rows.claim()[0] == []
    rows.add("next mail", "busy mail")
    rows.set("busy mail", turn_at="infinity")
    assert rows.claim(kind="copy_recording")[0] == ["copy 0", "copy 1", "copy 2", "copy 3"]
    assert rows.claim()[0] == ["next mail", "busy mail"]


def test_a_job_whose_worker_died_goes_behind_those_that_waited_meanwhile(rows: Rows) -> None:
    rows.add("orphan")
    rows.claim()
    rows.add("waiting")
    rows.later()
    assert rows.claim(limit=1)[0] == ["waiting"]


def test_a_named_job_is_not_claimed_while_a_worker_does_it(rows: Rows) -> None:
    rows.add("a")
    job = rows.named("a")
    assert rows.claim()[0] == ["a"]
    assert rows.claim(job=job)[0] == []
    rows.later()
    assert rows.claim(job=job)[0] == ["a"]


def test_jobs_are_claimed_and_handed_out_by_their_turns(rows: Rows) -> None:
    rows.add("third", "first", "second")
    for lane, seconds in {"third": 1, "first": 3, "second": 2}.items():
        rows.set(lane, turn_at=rows.value("now() - make_interval(secs => %s)", seconds))
    rows.set("first", run_at=rows.value("now()"))
    assert rows.claim(limit=2)[0] == ["first", "second"]


def test_a_job_is_not_claimed_before_its_time_though_its_turn_has_come(rows: Rows) -> None:
    rows.add("later")
    rows.set("later", run_at=rows.value("now() + interval '1 minute'"))
    assert rows.claim()[0] == []


def test_a_claim_takes_no_more_jobs_than_asked_for_from_busy_lanes_too(rows: Rows) -> None:
    rows.add("due", "early", "early too")
    for lane in ("early", "early too"):
        rows.set(lane, turn_at=rows.value("now() + interval '1 minute'"))
    assert len(rows.claim(limit=2)[0]) == 2


def test_a_claim_passes_over_jobs_that_another_claim_holds(rows: Rows) -> None:
    rows.add("held", "free")
    with open_transaction(rows.database, "admin") as other:
        call(other, "ops.claim_jobs_tx(1, 300)")
        rows.database.run("SET lock_timeout = '5s'")
        assert rows.claim()[0] == ["free"]
        rows.database.run("RESET lock_timeout")


def test_a_claim_ends_no_job_but_those_it_claims(rows: Rows) -> None:
    rows.add("last attempt")
    rows.claim()
    rows.set("last attempt", attempts=20)
    rows.add("other")
    assert rows.claim()[0] == ["other"]
    assert rows.value("count(*) FROM ops.dead_jobs") == 0


def test_a_death_in_the_last_attempt_tells_the_cause_of_the_attempt_before(rows: Rows) -> None:
    rows.add("a")
    rows.claim()
    rows.set("a", attempts=20, last_error="Timeout")
    rows.later()
    assert rows.claim()[0] == []
    assert rows.value("last_error FROM ops.dead_jobs") == "Timeout"


# Settling ---------------------------------------------------------------------------------------


def test_only_the_holder_of_a_lease_releases_and_fails_its_job(rows: Rows) -> None:
    rows.add("a")
    _, old = rows.claim()
    rows.later()
    rows.claim()
    job, leased = rows.named("a"), "lease_token IS NOT NULL AND attempts = 2 FROM ops.jobs"
    assert rows.value("ops.release_jobs_tx(%s::uuid[], %s)", [job], old) == {"released": 0}
    assert rows.value("ops.fail_job_tx(%s, %s, 'x', true)", job, old) == {"outcome": "lease_lost"}
    assert rows.value(leased) is True


def test_a_worker_settles_the_jobs_it_names_and_no_other_of_its_lease(rows: Rows) -> None:
    rows.add("a", "b")
    _, token = rows.claim()
    assert rows.value("ops.complete_jobs_tx(%s::uuid[], %s)", [rows.named("a")], token) == {"completed": 1}
    assert rows.value("lane FROM ops.jobs") == "b"


def test_a_failed_job_waits_for_its_turn_without_a_lease_and_tells_why(rows: Rows) -> None:
    rows.add("a")
    _, token = rows.claim()
    rows.value("ops.fail_job_tx(%s, %s, 'Timeout', true)", rows.named("a"), token)
    state = rows.database.run("SELECT lease_token, last_error, turn_at = run_at FROM ops.jobs")
    assert state == [(None, "Timeout", True)]


@pytest.mark.parametrize(("hours", "outcome"), [(0, "retry"), (23, "retry"), (25, "dead")])
def test_a_job_that_waits_for_a_service_is_tried_for_a_day_and_tells_so(rows: Rows, hours: int, outcome: str) -> None:
    rows.add("a", attempts=19, created_at=rows.value("now() - make_interval(hours => %s)", hours))
    _, token = rows.claim()
    failed = rows.value("ops.fail_job_tx(%s, %s, 'x', true, true)", rows.named("a"), token)
    assert failed["outcome"] == outcome
    assert rows.database.run("SELECT attempts FROM ops.jobs") == ([(19,)] if outcome == "retry" else [])
    told = rows.database.run("SELECT fingerprint, severity FROM ops.alert_digest")
    assert told == [({"retry": "job-waits", "dead": "dead-job"}[outcome] + "/sleepy", "critical")]


def test_a_job_that_waits_for_a_service_is_tried_again_after_an_eighth_of_its_age(rows: Rows) -> None:
    rows.add("a", created_at=rows.value("now() - interval '4 hours'"))
    _, token = rows.claim()
    rows.value("ops.fail_job_tx(%s, %s, 'x', true, true)", rows.named("a"), token)
    assert 0.7 * 1800 - 5 <= rows.value("extract(epoch FROM run_at - now())::float8 FROM ops.jobs") <= 1.3 * 1800 + 5


# The dead ---------------------------------------------------------------------------------------


def die(rows: Rows, lane: str) -> str:
    job = rows.named(lane)
    _, token = rows.claim(job=job)
    assert rows.value("ops.fail_job_tx(%s, %s, 'Broken', false)", job, token) == {"outcome": "dead"}
    return job


def test_a_job_comes_back_from_the_dead_as_it_was(rows: Rows) -> None:
    rows.add("a", max_attempts=3, payload_version=7, dedupe_key="key", request_id="request")
    kept = "id::text, kind, payload, payload_version, lane, max_attempts, dedupe_key, request_id"
    before = rows.database.run(f"SELECT {kept} FROM ops.jobs")
    job = die(rows, "a")
    assert rows.value("ops.requeue_job_tx(%s)", job) == {"requeued": True}
    assert rows.database.run(f"SELECT {kept} FROM ops.jobs") == before
    assert rows.claim()[0] == ["a"], "it is due at once"


@pytest.mark.parametrize(("state", "after"), [("stored", "dead"), ("failed", "dead"), ("applied", "applied")])
def test_the_event_of_a_dead_job_is_dead_unless_it_was_applied(rows: Rows, state: str, after: str) -> None:
    rows.database.run(
        "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, state)"
        " VALUES ('evt_1', 't', false, now(), %s), ('evt_2', 't', false, now(), 'stored')",
        [state],
    )
    rows.add("a", kind="apply_stripe_event", payload='{"event_id": "evt_1"}')
    die(rows, "a")
    assert rows.database.run("SELECT state FROM ops.stripe_events ORDER BY event_id") == [(after,), ("stored",)]


# Enqueueing -------------------------------------------------------------------------------------


def test_the_turns_of_a_lane_are_a_second_apart_and_those_of_another_are_not_moved(rows: Rows) -> None:
    for _ in range(3):
        rows.value("ops.enqueue_job('sleepy', '{}', 'busy')")
    rows.value("ops.enqueue_job('sleepy', '{}', 'quiet')")
    apart = (
        "SELECT lane, round(extract(epoch FROM turn_at - min(turn_at) OVER ()))::integer FROM ops.jobs ORDER BY turn_at"
    )
    assert sorted(rows.database.run(apart)) == [("busy", 0), ("busy", 1), ("busy", 2), ("quiet", 0)]


def test_a_job_for_later_is_not_due_before(rows: Rows) -> None:
    rows.value("ops.enqueue_job('sleepy', '{}', 'a', NULL, now() + interval '1 hour')")
    assert rows.claim()[0] == []
    assert rows.value("turn_at > now() + interval '59 minutes' FROM ops.jobs") is True


# The overview -----------------------------------------------------------------------------------


def test_the_overview_tells_what_waits_runs_was_tried_and_died(rows: Rows) -> None:
    rows.add("leased", "orphan")
    rows.claim()
    rows.set("orphan", run_at=rows.value("now() - interval '1 second'"))
    rows.add("waiting", created_at=rows.value("now() - interval '1 hour'"))
    for died in (1, 3, 2):
        rows.database.run(
            "INSERT INTO ops.dead_jobs (id, kind, payload, payload_version, lane, attempts, max_attempts, enqueued_at,"
            " died_at) VALUES (%s, 'sleepy', '{}', 1, 'a', 20, 20, now(), now() - make_interval(days => %s))",
            [str(uuid.UUID(int=died)), died],
        )
    overview = rows.value("ops.jobs_overview(2)")
    (kind,) = overview["kinds"]
    assert {name: kind[name] for name in ("kind", "waiting", "running", "tried", "dead")} == {
        "kind": "sleepy",
        "waiting": 2,
        "running": 1,
        "tried": 2,
        "dead": 3,
    }
    assert 3600 <= kind["oldest_seconds"] < 3700
    assert [job["id"] for job in overview["dead"]] == [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))]
