"""Copies by several workers: each recording by one of them, none missed, whoever is killed and whatever is poisoned."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.jobs import copy_recording
from chalicelib.queue import worker
from chalicelib.storage.copying import copy_to_backup
from chalicelib.storage.store import backup_store
from tests.support.schedules import Schedules

LEASE = worker.KINDS["copy_recording"].lease_seconds


class Killed(BaseException):
    """A worker that is gone: nothing of it catches this, and nothing is put in order behind it."""


class Copying:
    """Every copy that is begun, by key; `before` and `after` it a test may strike."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = Counter[str]()
        self.before: Callable[[str], Any] = lambda key: None
        self.after: Callable[[str], Any] = lambda key: None
        monkeypatch.setattr(copy_recording, "copy_to_backup", self._copy)

    def _copy(self, key: str, etag: str | None = None) -> Any:
        self.begun[key] += 1
        self.before(key)
        outcome = copy_to_backup(key, etag)
        self.after(key)
        return outcome


@pytest.fixture
def copying(monkeypatch: pytest.MonkeyPatch) -> Copying:
    monkeypatch.setattr(worker, "BATCH", 2)
    return Copying(monkeypatch)


def keep(schedules: Schedules, count: int) -> list[str]:
    """The keys of new recordings of two families."""
    families = [schedules.family_of_one() for _ in range(2)]
    return [
        schedules.key(family, schedules.kept(family, keeper, 1_000 + number))
        for number in range(count // 2)
        for family, keeper in families
    ]


def copies() -> list[str]:
    return [found.key for page in backup_store().list_objects("") for found in page]


def uncopied(schedules: Schedules) -> int:
    return int(schedules.value("SELECT count(*) FROM public.recordings WHERE copied_at IS NULL"))


def pass_leases(schedules: Schedules) -> None:
    """Lets the leases of the dead run out."""
    schedules.run(
        "UPDATE ops.jobs SET run_at = run_at - lease, turn_at = turn_at - lease"
        " FROM make_interval(secs => %s) AS lease",
        LEASE,
    )


def test_workers_side_by_side_copy_each_recording_once_and_miss_none(schedules: Schedules, copying: Copying) -> None:
    keys = keep(schedules, 12)
    everybody = threading.Barrier(3, timeout=30)
    waited = threading.local()

    def wait_for_the_others(key: str) -> None:
        if not getattr(waited, "done", False):
            waited.done = True
            everybody.wait()

    copying.before = wait_for_the_others
    with ThreadPoolExecutor(3) as pool:
        summaries = list(pool.map(lambda _: schedules.now("copy_recordings"), range(3)))
    assert copying.begun == Counter(keys)
    assert sum(summary["copied"] for summary in summaries) == 12
    assert all(summary["copied"] >= 2 for summary in summaries), "all three worked"
    assert sorted(copies()) == sorted(keys)
    assert (uncopied(schedules), schedules.value("SELECT count(*) FROM ops.jobs WHERE kind = 'copy_recording'")) == (
        0,
        0,
    )


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in range(2, 40))])
def test_workers_killed_at_random_points_lose_no_copy_and_make_none_twice(
    schedules: Schedules, copying: Copying, seed: int
) -> None:
    keys, chance, killed = keep(schedules, 8), random.Random(seed), list[str]()

    def strike(key: str) -> None:
        if len(killed) < 6 and chance.random() < 0.3:
            killed.append(key)
            raise Killed

    def run(_: int) -> None:
        with suppress(Killed):
            schedules.now("copy_recordings")

    copying.before = copying.after = strike
    rounds = 0
    while uncopied(schedules):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, range(2)))
        pass_leases(schedules)
        rounds += 1
        assert rounds < 20
    assert killed
    assert sorted(copies()) == sorted(keys)
    assert copying.begun == Counter(keys) + Counter(killed), "begun again only where a worker was killed at it"
    assert schedules.value("SELECT count(*) FROM ops.dead_jobs") == 0


def test_a_recording_that_kills_its_workers_is_given_up_and_stops_no_other(
    schedules: Schedules, copying: Copying
) -> None:
    keys = keep(schedules, 4)
    poison = keys[0]

    def strike(key: str) -> None:
        if key == poison:
            raise Killed

    copying.before = strike
    schedules.value("SELECT ops.enqueue_copies_tx(NULL, NULL, 10)")
    schedules.run("UPDATE ops.jobs SET max_attempts = 3 WHERE kind = 'copy_recording'")
    for _ in range(3):
        with pytest.raises(Killed):
            schedules.now("copy_recordings")
        pass_leases(schedules)
    assert sorted(copies()) == sorted(keys[1:])
    assert schedules.now("copy_recordings")["dead"] == 1
    assert schedules.now("copy_recordings") == {"configured": True, "late": 0, "finished": True}
    assert schedules.alerts() == {"dead-job/copy_recording": "critical"}
    schedules.run("UPDATE public.recordings SET created_at = created_at - interval '25 hours'")
    assert schedules.now("copy_recordings")["late"] == 1, "it has no second copy, and that is still an alarm"
    copying.before = lambda key: None
    schedules.value("SELECT ops.requeue_kind_tx('copy_recording', 10)")
    assert schedules.now("copy_recordings")["copied"] == 1


def test_only_the_function_with_the_second_bucket_s_secrets_copies(schedules: Schedules, copying: Copying) -> None:
    keys = keep(schedules, 2)
    schedules.value("SELECT ops.enqueue_copies_tx(NULL, NULL, 10)")
    schedules.now("process_jobs")
    assert copying.begun == Counter()
    assert schedules.value("SELECT array_agg(DISTINCT attempts) FROM ops.jobs WHERE kind = 'copy_recording'") == [0]
    assert schedules.now("copy_recordings")["copied"] == len(keys)


def test_a_copy_without_time_waits_and_costs_no_attempt(schedules: Schedules, copying: Copying) -> None:
    keep(schedules, 2)
    schedules.value("SELECT ops.enqueue_copies_tx(NULL, NULL, 10)")
    summary = schedules.tick("copy_recordings", seconds=44)
    assert (summary["finished"], copying.begun) == (False, Counter())
    assert schedules.value("SELECT max(attempts) FROM ops.jobs WHERE kind = 'copy_recording'") == 0


def test_paused_copies_wait_and_then_are_made(schedules: Schedules, copying: Copying) -> None:
    keep(schedules, 2)
    schedules.run(
        "INSERT INTO ops.feature_flags (name, source, enabled, changed_by, note)"
        " VALUES ('job:copy_recording', 'operator', false, 'test', 'A test.')"
    )
    assert schedules.now("copy_recordings") == {"configured": True, "late": 0, "finished": True}
    assert copying.begun == Counter()
    schedules.run("DELETE FROM ops.feature_flags WHERE name = 'job:copy_recording'")
    assert schedules.now("copy_recordings")["copied"] == 2


def test_a_recording_copied_or_purged_since_its_job_was_enqueued_is_left_alone(
    schedules: Schedules, copying: Copying
) -> None:
    keep(schedules, 2)
    schedules.value("SELECT ops.enqueue_copies_tx(NULL, NULL, 10)")
    schedules.run("UPDATE public.recordings SET copied_at = now()")
    assert schedules.now("copy_recordings")["notNeeded"] == 2
    assert copying.begun == Counter()
