"""The queue: claimed under a lease, settled with a token, fair between lanes, and never lost with its worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.queue import worker
from tests.support import slow_job
from tests.support.database_server import Database
from tests.support.sentry_server import running_sentry
from tools.template.functions import FUNCTIONS

LEASE = worker.LEASE_SECONDS
ROOT = Path(__file__).resolve().parents[2]


class Queue:
    """The queue of a database, with a kind of jobs that only tests have."""

    def __init__(self, database: Database, log: Path, gate: Path) -> None:
        self.database = database
        self.log = log
        self.gate = gate
        self.call = Call.system("test")

    def add(self, kind: str = "sleepy", lane: str = "a", dedupe: str | None = None, **payload: Any) -> str | None:
        statement = (
            "SELECT set_config('sun.request_id', 'the-request', true);"
            " SELECT ops.enqueue_job(%s, %s::jsonb, %s, %s)::text"
        )
        job_id = self.database.run(statement, [kind, json.dumps(payload), lane, dedupe])[0][0]
        return None if job_id is None else str(job_id)

    def claim(self, limit: int = 10) -> tuple[list[str], str]:
        claim = transact(self.call, "claim_jobs_tx", limit=limit, lease_seconds=LEASE)
        return [job["id"] for job in claim["jobs"]], claim["lease_token"]

    def complete(self, job_ids: list[str], token: str) -> int:
        return int(transact(self.call, "complete_jobs_tx", job_ids=job_ids, lease_token=token)["completed"])

    def fail(self, job_id: str, token: str, retryable: bool = True) -> dict[str, Any]:
        return transact(self.call, "fail_job_tx", job_id=job_id, lease_token=token, error="Broken", retryable=retryable)

    def requeue(self, job_id: str) -> bool:
        return bool(transact(self.call, "requeue_job_tx", job_id=job_id)["requeued"])

    def drain(self) -> dict[str, int]:
        return worker.drain(self.call, lambda: 60.0)

    def later(self, seconds: float) -> None:
        """Lets time pass for every waiting job."""
        self.database.run(
            "UPDATE ops.jobs SET run_at = run_at - make_interval(secs => %s),"
            " turn_at = turn_at - make_interval(secs => %s)",
            [seconds, seconds],
        )

    def waiting(self) -> int:
        return int(self.database.run("SELECT count(*) FROM ops.jobs")[0][0])

    def dead(self) -> list[tuple[Any, ...]]:
        return self.database.run("SELECT id::text, last_error, attempts FROM ops.dead_jobs ORDER BY died_at, id")

    def lines(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines() if self.log.exists() else []

    def worker_process(self) -> subprocess.Popen[str]:
        """A worker in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.slow_job"],
            cwd=ROOT,
            env={**os.environ, "SLEEPY_GATE": str(self.gate)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, line: str) -> None:
        until = time.monotonic() + 20
        while not any(found.startswith(line) for found in self.lines()):
            assert time.monotonic() < until, f"never saw {line}"
            time.sleep(0.02)


@pytest.fixture
def queue(database_environment: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setenv("SLEEPY_LOG", str(tmp_path / "log"))
    monkeypatch.setitem(worker.KINDS, "sleepy", slow_job.KIND)
    yield Queue(database_environment, tmp_path / "log", tmp_path / "gate")


# Leases and tokens


def test_a_claimed_job_is_claimed_by_nobody_else_until_its_lease_runs_out(queue: Queue) -> None:
    job = queue.add()
    assert queue.claim()[0] == [job]
    queue.later(LEASE - 1)
    assert queue.claim()[0] == []
    queue.later(1)
    assert queue.claim()[0] == [job]


def test_only_the_holder_of_the_lease_settles_a_job(queue: Queue) -> None:
    job = queue.add()
    _, old = queue.claim()
    queue.later(LEASE)
    _, new = queue.claim()
    assert job is not None
    assert queue.complete([job], old) == 0
    assert queue.fail(job, old) == {"outcome": "lease_lost"}
    assert queue.waiting() == 1
    assert queue.complete([job], new) == 1
    assert queue.waiting() == 0


def test_a_worker_killed_in_mid_job_costs_an_attempt_and_nothing_else(queue: Queue) -> None:
    job = queue.add()
    queue.gate.touch()
    dying = queue.worker_process()
    queue.wait_for("began")
    os.kill(dying.pid, signal.SIGKILL)
    dying.communicate()
    queue.gate.unlink()
    assert queue.drain() == {}, "the lease of the dead still holds"
    queue.later(LEASE)
    assert queue.drain() == {"done": 1}
    assert [line for line in queue.lines() if line.startswith("did")] == [f"did {job}"]
    assert queue.waiting() == 0


def test_a_worker_that_lost_its_lease_completes_nothing(queue: Queue) -> None:
    queue.add()
    queue.gate.touch()
    frozen = queue.worker_process()
    queue.wait_for("began")
    os.kill(frozen.pid, signal.SIGSTOP)
    queue.later(LEASE)
    job, token = queue.claim()
    queue.gate.unlink()
    os.kill(frozen.pid, signal.SIGCONT)
    _, said = frozen.communicate(timeout=20)
    assert json.loads(said.splitlines()[-1]) == {"lease_lost": 1}
    assert queue.waiting() == 1, "the job belongs to whoever claimed it last"
    assert queue.complete(job, token) == 1


def test_a_job_whose_last_worker_died_too_is_moved_to_dead_jobs_and_stops_no_other(queue: Queue) -> None:
    job = queue.add()
    queue.claim()
    queue.database.run("UPDATE ops.jobs SET attempts = max_attempts")
    queue.later(LEASE)
    queue.add(lane="another")
    assert queue.drain() == {"dead": 1, "done": 1}
    assert queue.dead() == [(job, "the worker died", 20)]


def test_a_job_that_kills_its_workers_harms_no_other_job(queue: Queue) -> None:
    queue.add(lane="a")
    queue.add(lane="b")
    queue.claim()
    queue.later(LEASE)
    first, _ = queue.claim()
    second, _ = queue.claim()
    assert (len(first), len(second)) == (1, 1), "after a death each is tried alone"
    assert first != second


def test_jobs_not_begun_are_released_without_counting_an_attempt(queue: Queue) -> None:
    for lane in "abc":
        queue.add(lane=lane)
    seconds = iter([60.0, 60.0, 60.0, 5.0, 5.0])
    assert worker.drain(queue.call, lambda: next(seconds)) == {"done": 1, "released": 2}
    attempts = "SELECT attempts, lease_token FROM ops.jobs WHERE run_at <= clock_timestamp()"
    assert queue.database.run(attempts) == [(0, None), (0, None)]


def test_nothing_is_claimed_when_less_than_a_job_could_need_is_left(queue: Queue) -> None:
    queue.add()
    assert worker.drain(queue.call, lambda: worker.JOB_SECONDS - 0.1) == {}
    assert queue.database.run("SELECT attempts FROM ops.jobs") == [(0,)]


def test_a_job_that_has_just_enough_time_is_run(queue: Queue) -> None:
    queue.add()
    assert worker.drain(queue.call, lambda: worker.JOB_SECONDS) == {"done": 1}


def test_twenty_jobs_are_claimed_by_one_message(queue: Queue) -> None:
    for number in range(20):
        queue.add(lane=str(number))
    assert queue.drain() == {"done": 20}
    # One claims them, each is completed by one, and one finds that there are no more.
    assert queue.call.messages == 1 + 20 + 1


def test_the_lease_is_longer_than_any_function_that_runs_jobs_lives() -> None:
    for name in ("process_jobs", "stripe_webhook"):
        assert FUNCTIONS[name].seconds < LEASE


# Failing


def test_a_failed_job_comes_back_after_a_doubling_jittered_wait_of_at_most_an_hour(queue: Queue) -> None:
    job = queue.add(fails="once")
    assert job is not None
    for attempt in range(1, 20):
        _, token = queue.claim()
        queue.fail(job, token)
        wait = "SELECT extract(epoch FROM run_at - clock_timestamp())::float8, attempts FROM ops.jobs"
        seconds, attempts = queue.database.run(wait)[0]
        expected = min(3600, 2 ** (attempt - 1))
        assert 0.7 * expected - 1 <= seconds <= 1.3 * expected
        assert attempts == attempt
        queue.later(5000)


def test_twenty_failed_jobs_do_not_come_back_at_once(queue: Queue) -> None:
    for lane in range(20):
        queue.add(lane=str(lane))
    jobs, token = queue.claim(20)
    again = {queue.fail(job, token)["run_at"][:22] for job in jobs}
    assert len(again) > 10


def test_a_job_out_of_attempts_moves_to_the_dead_and_alerts(queue: Queue) -> None:
    job = queue.add(fails="once")
    queue.database.run("UPDATE ops.jobs SET max_attempts = 2")
    assert queue.drain() == {"retry": 1}
    queue.later(10)
    assert queue.drain() == {"dead": 1}
    assert queue.dead() == [(job, "RuntimeError", 2)]
    assert queue.waiting() == 0
    alerts = queue.database.run("SELECT fingerprint, severity, last_request_id FROM ops.alert_digest")
    assert set(alerts) == {
        ("job-failed/sleepy/RuntimeError", "critical", job),
        ("dead-job/sleepy", "critical", job),
    }, "the job's id: its request's may be one that a caller chose"


def test_a_job_that_can_never_succeed_is_dead_at_once(queue: Queue) -> None:
    job = queue.add(fails="for_ever")
    assert queue.drain() == {"dead": 1}
    assert queue.dead() == [(job, "NotRetryable(ForEver)", 1)]


def test_a_job_of_an_unknown_kind_or_version_is_dead_at_once(queue: Queue) -> None:
    unknown, future = queue.add(kind="unheard_of"), queue.add()
    queue.database.run("UPDATE ops.jobs SET payload_version = 99 WHERE id = %s", [future])
    assert queue.drain() == {"dead": 2}
    causes = {job: cause for job, cause, _ in queue.dead()}
    assert causes == {unknown: "NotRetryable(UnknownKind)", future: "NotRetryable(UnknownPayloadVersion)"}


def test_the_message_of_an_error_is_stored_nowhere(queue: Queue, capsys: pytest.CaptureFixture[str]) -> None:
    queue.add(fails="once")
    queue.drain()
    assert queue.database.run("SELECT last_error FROM ops.jobs") == [("RuntimeError",)]
    assert "grandma" not in capsys.readouterr().out


def test_a_fault_of_ours_is_logged_and_sent_to_sentry_and_a_vendor_s_slow_day_is_neither(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_sentry(tmp_path) as sentry:
        monkeypatch.setenv("SENTRY_DSN", sentry.dsn)
        queue.add(fails="by_a_vendor")
        broken = queue.add(fails="once")
        assert queue.drain() == {"retry": 2}
        logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["jobId"] for line in logged if line["message"] == "job_failed"] == [broken]
        assert [event["tags"]["jobId"] for event in sentry.events()] == [broken]


def test_a_job_runs_under_the_id_of_the_request_that_enqueued_it(
    queue: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    job = queue.add(secret="of-the-payload")
    queue.drain()
    assert queue.lines()[0] == f"began {job} the-request"
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    line = next(entry for entry in logged if entry["message"] == "job")
    assert (line["requestId"], line["jobId"], line["outcome"]) == ("the-request", job, "done")
    assert "of-the-payload" not in json.dumps(logged)


# Once, and fairly


def test_a_job_with_the_same_dedupe_key_waits_once(queue: Queue) -> None:
    assert queue.add(dedupe="one") is not None
    assert queue.add(dedupe="one") is None
    assert queue.drain() == {"done": 1}
    assert queue.add(dedupe="one") is not None, "done jobs are gone, and their keys with them"


def test_a_dead_job_requeued_twice_is_one_job(queue: Queue) -> None:
    job = queue.add(fails="for_ever")
    assert job is not None
    queue.drain()
    assert [queue.requeue(job), queue.requeue(job)] == [True, False]
    assert (queue.waiting(), queue.dead()) == (1, [])
    attempts = queue.database.run("SELECT id::text, attempts, last_error FROM ops.jobs")
    assert attempts == [(job, 0, "NotRetryable(ForEver)")]


def test_a_thousand_jobs_of_one_lane_do_not_delay_the_first_of_another(queue: Queue) -> None:
    queue.database.run(
        "SELECT count(ops.enqueue_job('sleepy', '{}', 'busy')) FROM generate_series(1, 1000)",
    )
    job = queue.add(lane="quiet")
    assert job in queue.claim(2)[0]


def test_an_idle_worker_takes_a_busy_lane_s_jobs_before_their_turn(queue: Queue) -> None:
    for _ in range(30):
        queue.add(lane="busy")
    assert queue.drain() == {"done": 30}


def test_a_job_that_always_fails_delays_no_other(queue: Queue) -> None:
    queue.add(fails="once", lane="a")
    queue.add(fails="for_ever", lane="a")
    queue.add(lane="a")
    assert queue.drain() == {"retry": 1, "dead": 1, "done": 1}


def test_the_named_job_alone_is_run_at_once(queue: Queue) -> None:
    queue.add(lane="a")
    named = queue.add(lane="a")
    assert named is not None
    assert worker.run_one(queue.call, named) == "done"
    assert queue.waiting() == 1
    assert worker.run_one(queue.call, named) == "not_claimed"


def test_running_one_job_never_raises(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    job = queue.add()
    assert job is not None
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    from chalicelib import config
    from chalicelib.database import connections

    config.reset()
    connections.reset()
    assert worker.run_one(queue.call, job) == "not_claimed"
