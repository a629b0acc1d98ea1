"""What holds for every schedule: it stands on the map, runs once a slot, and says what it did."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import config
from chalicelib.errors import InternalError
from chalicelib.queue.worker import KINDS
from chalicelib.schedules import audit_storage, slots
from chalicelib.storage.store import Store
from tests.support.schedules import Schedules
from tools.template.functions import FUNCTIONS


@pytest.mark.parametrize("schedule", ["settle_uploads", "reconcile_billing"])
def test_a_function_is_cut_off_before_its_next_slot_begins(schedule: str) -> None:
    assert FUNCTIONS[schedule].seconds < slots.QUARTER


def test_copies_and_shards_are_given_to_nobody_else_while_their_function_may_live() -> None:
    assert FUNCTIONS["copy_recordings"].seconds < KINDS["copy_recording"].lease_seconds
    assert FUNCTIONS["audit_storage"].seconds < audit_storage.LEASE_SECONDS


def test_a_schedule_that_fires_twice_runs_once(schedules: Schedules) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: schedules.tick("cleanup_media"), range(2)))
    assert sorted("skipped" in answer for answer in answers) == [False, True]
    runs = schedules.run("SELECT schedule, finished_at IS NOT NULL, summary -> 'planned' FROM ops.schedule_runs")
    assert runs == [("cleanup_media", True, 0)]


def test_the_next_slot_runs_again(schedules: Schedules) -> None:
    schedules.tick("settle_uploads")
    schedules.run("UPDATE ops.schedule_runs SET slot = slot - interval '15 minutes'")
    assert "skipped" not in schedules.tick("settle_uploads")


def test_a_schedule_run_by_hand_runs_now_whatever_its_slot(schedules: Schedules) -> None:
    for _ in range(2):
        assert "skipped" not in schedules.now("settle_uploads")
    assert schedules.run("SELECT count(*) FROM ops.schedule_runs") == [(0,)]


def test_a_failed_run_reveals_no_reason_and_leaves_its_slot_unfinished(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Store:
        raise RuntimeError("grandma@example.com")

    monkeypatch.setattr(audit_storage, "audio_store", broken)
    with pytest.raises(InternalError, match=r"^audit_storage failed$"):
        schedules.tick("audit_storage")
    assert schedules.run("SELECT finished_at FROM ops.schedule_runs") == [(None,)]


def test_a_probe_says_that_a_run_would_find_all_it_needs_and_runs_nothing(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert schedules.tick("settle_uploads", probe=True) == {"ready": True}
    assert schedules.run("SELECT count(*) FROM ops.schedule_runs") == [(0,)]
    monkeypatch.delenv("R2_BUCKET_NAME")
    config.reset()
    with pytest.raises(InternalError, match=r"^settle_uploads is not ready$"):
        schedules.tick("settle_uploads", probe=True)
    # Nobody is woken for a version that serves nobody.
    assert schedules.run("SELECT count(*) FROM ops.alert_digest") == [(0,)]


def test_sweeping_deletes_only_expired_rows(schedules: Schedules) -> None:
    person = schedules.person()
    for age in ("23 hours 59 minutes", "24 hours 1 minute"):
        schedules.run(
            "INSERT INTO ops.idempotency_keys (user_id, operation, key, request_hash, result, created_at)"
            " VALUES (%s, 'x', %s, '', '{}', now() - %s::interval)",
            person.id,
            age,
            age,
        )
    for age in ("1 hour", "3 days"):
        schedules.run(
            "INSERT INTO ops.call_counts (key, bucket, calls, updated_at) VALUES (%s, 1, 1, now() - %s::interval)",
            age,
            age,
        )
    for age in ("29 days", "31 days"):
        schedules.run(
            "INSERT INTO ops.schedule_runs (schedule, slot, started_at) VALUES ('x', now() - %s::interval,"
            " now() - %s::interval)",
            age,
            age,
        )
    schedules.run("SELECT ops.enqueue_job('sleepy', '{}', 'lane')")
    schedules.run("UPDATE ops.jobs SET created_at = now() - interval '10 years'")
    for age in ("89 days", "91 days"):
        schedules.run(
            "INSERT INTO ops.dead_jobs (id, kind, payload, payload_version, lane, attempts, max_attempts, last_error,"
            " enqueued_at, died_at) VALUES (gen_random_uuid(), 'sleepy', '{}', 1, 'x', 1, 1, 'x', now(),"
            " now() - %s::interval)",
            age,
        )
    swept = schedules.value("SELECT ops.sweep_tx()")
    assert swept == {"idempotency_keys": 1, "call_counts": 1, "schedule_runs": 1, "dead_jobs": 1}
    assert schedules.value("SELECT ops.sweep_tx()") == {}
    assert schedules.value("SELECT count(*) FROM ops.jobs") == 1


def test_the_schedule_of_the_queue_sweeps_once_an_hour(schedules: Schedules) -> None:
    schedules.run(
        "INSERT INTO ops.call_counts (key, bucket, calls, updated_at) VALUES ('x', 1, 1, now() - interval '9 days')"
    )
    assert schedules.now("process_jobs") == {"swept": {"callCounts": 1}}
    schedules.run(
        "INSERT INTO ops.call_counts (key, bucket, calls, updated_at) VALUES ('x', 1, 1, now() - interval '9 days')"
    )
    assert schedules.now("process_jobs") == {}
