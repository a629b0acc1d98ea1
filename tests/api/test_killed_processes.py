"""Copies and audit by processes that are killed at any moment: nothing is missed, made twice or counted twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from chalicelib.schedules import audit_storage
from chalicelib.storage.store import backup_store
from local.settings import ROOT
from tests.support.schedules import Schedules

pytestmark = pytest.mark.heavy

LATENCY = 0.03
"""Of every request to the store: most moments at which a process is killed are then in the middle of one."""


def killed_and_replaced(schedules: Schedules, name: str, done: str, chance: random.Random) -> int:
    """Runs three processes at once and kills each after a random time, until `done` is true; how many were killed."""
    killed, until = 0, time.monotonic() + 120
    while not schedules.value(done):
        assert time.monotonic() < until, "it never ends"
        command = [sys.executable, "-m", "tests.support.schedule_process", name]
        processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(3)]
        for process in processes:
            try:
                # Later each time, so that there is an end.
                process.wait(chance.uniform(0.2, 1.0 + killed / 4))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
                process.wait()
        schedules.run(
            "UPDATE ops.jobs SET run_at = least(run_at, now()), turn_at = least(turn_at, now());"
            " UPDATE ops.audit_shards SET leased_until = now() WHERE leased_until > now()"
        )
    return killed


@pytest.mark.parametrize("seed", range(3))
def test_copies_survive_workers_that_are_killed(schedules: Schedules, seed: int) -> None:
    families = [schedules.family_of_one() for _ in range(2)]
    keys = [schedules.key(family, schedules.kept(family, keeper)) for family, keeper in families for _ in range(10)]
    schedules.store.app.delay = LATENCY
    copied = "SELECT bool_and(copied_at IS NOT NULL) FROM public.recordings"
    killed = killed_and_replaced(schedules, "copy_recordings", copied, random.Random(seed))
    schedules.store.app.delay = 0.0
    assert killed > 0
    copies = [found.key for page in backup_store().list_objects("") for found in page]
    assert sorted(copies) == sorted(keys)
    assert schedules.alerts() == {}


@pytest.mark.parametrize("seed", range(3))
def test_an_audit_survives_workers_that_are_killed(schedules: Schedules, seed: int) -> None:
    families = [schedules.family_of_one() for _ in range(8)]
    for family, keeper in families:
        schedules.kept(family, keeper)
    stray = f"families/{families[0][0]}/stray"
    schedules.store.put(stray, b"x")
    schedules.store.app.delay = LATENCY
    finished = "SELECT count(*) = 1 FROM ops.audit_runs WHERE finished_at IS NOT NULL"
    killed = killed_and_replaced(schedules, "audit_storage", finished, random.Random(seed))
    assert killed > 0
    counts = "SELECT objects_seen, recordings_seen, missing, orphaned, differing, drifted FROM ops.audit_runs"
    assert schedules.run(counts) == [(9, 8, 0, 1, 0, 0)]
    orphaned = "SELECT details ->> 'object_key' FROM ops.anomalies WHERE kind = 'audit_orphaned'"
    assert schedules.run(orphaned) == [(stray,)]
    assert schedules.value("SELECT count(*) FROM public.families WHERE last_verified_at IS NULL") == 0
    assert len(audit_storage.shards()) == schedules.value("SELECT count(*) FROM ops.audit_shards")
