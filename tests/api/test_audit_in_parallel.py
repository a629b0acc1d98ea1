"""The audit by several workers: each object and row looked at once, whoever is killed and whichever shard fails."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.errors import InternalError, Unavailable
from chalicelib.schedules import audit_storage
from chalicelib.storage import bucket_walk
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import ListedObject, Store, audio_store
from tests.support.object_store import voice
from tests.support.schedules import Schedules

BROKEN = ("missing", "orphaned", "differing", "drifted")


class Killed(BaseException):
    """A worker that is gone: nothing of it catches this, and nothing is put in order behind it."""


class Bucket:
    """The bucket, and who lists it from where; `strike` may kill a worker there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.listed: list[tuple[str, int]] = []
        self.strike: Any = lambda start_after: None
        self._list_objects = Store.list_objects
        bucket = self

        def list_objects(store: Store, prefix: str, start_after: str = "") -> Iterator[list[ListedObject]]:
            bucket.listed.append((start_after, threading.get_ident()))
            bucket.strike(start_after)
            for page in bucket._list_objects(store, prefix, start_after):
                yield page
                bucket.strike(start_after)

        monkeypatch.setattr(Store, "list_objects", list_objects)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return Bucket(monkeypatch)


class Broken:
    """Families with something wrong in them, and what an audit must say of it."""

    def __init__(self, schedules: Schedules, families: int) -> None:
        self.schedules = schedules
        self.whole: list[str] = []
        self.ill: list[str] = []
        self.found: dict[str, set[str]] = {kind: set() for kind in BROKEN}
        for number in range(families):
            family, keeper = schedules.family_of_one()
            kept = [schedules.kept(family, keeper) for _ in range(2)]
            (self.whole if number % 3 else self.ill).append(family)
            if number % 3 == 0:
                delete_object(audio_store(), schedules.key(family, kept[0]))
                self.found["missing"].add(kept[0])
            if number % 4 == 0:
                stray = f"families/{family}/recordings/{family}.audio.m4a"
                schedules.store.put(stray, voice())
                self.found["orphaned"].add(stray)
        # Before, between and behind the families' keys, and on the edges of shards.
        for stray in ("a", "families/1", "families/8", "families/z", "z"):
            schedules.store.put(stray, b"x")
            self.found["orphaned"].add(stray)
        self.objects, self.recordings = len(schedules.stored()), 2 * families

    def check(self, summary: dict[str, Any]) -> None:
        assert summary["finished"] is True
        names = {"missing": "recordingId", "orphaned": "objectKey", "differing": "recordingId", "drifted": "familyId"}
        for kind, name in names.items():
            found = [finding[name] for finding in summary[kind]]
            assert Counter(found) == Counter(self.found[kind]), kind
        counts = {kind: len(self.found[kind]) for kind in BROKEN}
        assert summary["counts"] == {"objects": self.objects, "recordings": self.recordings, **counts}
        verified = self.schedules.run("SELECT id::text FROM public.families WHERE last_verified_at IS NOT NULL")
        assert sorted(row[0] for row in verified) == sorted(self.whole)
        last = "SELECT objects_seen, recordings_seen, missing, orphaned, differing, drifted FROM ops.audit_runs"
        assert self.schedules.run(last) == [(self.objects, self.recordings, *counts.values())]


def next_minute(schedules: Schedules) -> None:
    schedules.run("UPDATE ops.schedule_runs SET slot = slot - interval '1 minute'")


def last_finished(schedules: Schedules) -> Any:
    return schedules.value("SELECT ops.status_overview() -> 'audit' ->> 'id'")


def test_workers_side_by_side_look_at_everything_once(
    schedules: Schedules, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken(schedules, 9)
    everybody, waited = threading.Barrier(3, timeout=30), threading.local()

    def wait_for_the_others(_: str) -> None:
        if not getattr(waited, "done", False):
            waited.done = True
            everybody.wait()

    bucket.strike, bucket.listed = wait_for_the_others, []
    # Each fires in a minute of its own; here all of them at once.
    monkeypatch.setattr(audit_storage, "once_a_slot", lambda call, name, seconds, work: work(call))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: schedules.tick("audit_storage"), range(3)))
    assert sorted(start for start, _ in bucket.listed) == sorted(["", *(f"families/{d}" for d in "123456789abcdef")])
    assert len({worker for _, worker in bucket.listed}) == 3
    assert schedules.tick("audit_storage") == {"skipped": "done_today"}
    assert schedules.value("SELECT count(*) FROM ops.audit_runs") == 1
    run = schedules.value("SELECT id::text FROM ops.audit_runs")
    broken.check(schedules.value("SELECT ops.audit_summary(%s, 100)", run) | camelised(schedules, run))


def camelised(schedules: Schedules, run: str) -> dict[str, Any]:
    """The lists of a summary, with the names that a schedule's summary has."""
    lists = schedules.value("SELECT ops.audit_summary(%s, 100)", run)
    names = {"recording_id": "recordingId", "object_key": "objectKey", "family_id": "familyId"}
    return {
        kind: [{names.get(name, name): value for name, value in found.items()} for found in lists[kind]]
        for kind in BROKEN
    }


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in range(2, 30))])
def test_an_audit_whose_workers_are_killed_at_random_points_finds_the_same(
    schedules: Schedules, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    broken, chance, killed = Broken(schedules, 7), random.Random(seed), list[str]()
    monkeypatch.setattr(bucket_walk, "STEPS_A_PAGE", 2)
    transact = audit_storage.transact

    def message(call: Any, name: str, **parameters: Any) -> Any:
        """A worker may die before any of its messages, and after it."""
        for moment in ("before", "after"):
            if moment == "after":
                answer = transact(call, name, **parameters)
            if len(killed) < 12 and chance.random() < 0.12:
                killed.append(f"{moment} {name}")
                raise Killed
        return answer

    monkeypatch.setattr(audit_storage, "transact", message)
    monkeypatch.setattr(audit_storage, "once_a_slot", lambda call, name, seconds, work: work(call))

    def run(_: int) -> dict[str, Any]:
        with suppress(Killed):
            return schedules.tick("audit_storage")
        return {}

    rounds = 0
    while last_finished(schedules) is None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, range(2)))
        schedules.run("UPDATE ops.audit_shards SET leased_until = now() WHERE leased_until IS NOT NULL")
        rounds += 1
        assert rounds < 40
    assert len(killed) > 3
    audit = schedules.value("SELECT id::text FROM ops.audit_runs")
    broken.check(schedules.value("SELECT ops.audit_summary(%s, 100)", audit) | camelised(schedules, audit))


def test_a_shard_that_fails_alone_delays_no_other_and_keeps_the_audit_open(
    schedules: Schedules, bucket: Bucket
) -> None:
    broken = Broken(schedules, 6)
    # A whole family's shard, so that the difference shows.
    shard = broken.whole[0][0]

    def fail(start_after: str) -> None:
        if start_after == ("" if shard == "0" else f"families/{shard}"):
            raise Unavailable("storage", trouble="too slow")

    bucket.strike = fail
    with pytest.raises(InternalError):
        schedules.tick("audit_storage")
    assert schedules.run("SELECT shard FROM ops.audit_shards WHERE finished_at IS NULL") == [(shard,)]
    assert last_finished(schedules) is None
    verified = "SELECT count(*) FROM public.families WHERE last_verified_at IS NOT NULL"
    assert schedules.value(verified) == sum(family[0] != shard for family in broken.whole)
    bucket.strike, bucket.listed = (lambda start_after: None), []
    next_minute(schedules)
    broken.check(schedules.tick("audit_storage"))
    assert len(bucket.listed) == 1, "the others are not looked at again"
    assert last_finished(schedules) is not None


def test_an_audit_by_hand_begins_anew_and_is_complete_by_itself(schedules: Schedules, bucket: Bucket) -> None:
    broken = Broken(schedules, 3)
    for number in (1, 2):
        summary = schedules.now("audit_storage")
        assert (summary["finished"], summary["counts"]["objects"]) == (True, broken.objects)
        assert schedules.value("SELECT count(*) FROM ops.audit_runs WHERE finished_at IS NOT NULL") == number


def test_a_shard_is_free_again_when_its_worker_s_lease_ran_out(schedules: Schedules, bucket: Bucket) -> None:
    def kill(start_after: str) -> None:
        raise Killed

    bucket.strike = kill
    with pytest.raises(Killed):
        schedules.tick("audit_storage")
    bucket.strike = lambda start_after: None
    next_minute(schedules)
    assert schedules.tick("audit_storage")["finished"] is False
    assert schedules.run("SELECT shard FROM ops.audit_shards WHERE finished_at IS NULL") == [("0",)]
    schedules.run("UPDATE ops.audit_shards SET leased_until = now() WHERE leased_until IS NOT NULL")
    next_minute(schedules)
    assert schedules.tick("audit_storage")["finished"] is True
