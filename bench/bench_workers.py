"""How much faster do two and four workers copy and audit than one? `make bench` measures it and fails below a share.

Each worker is a process, as each is a function on Lambda. They work on one throw-away Postgres and the local object
store, which answers every request LATENCY later, as a store in a network does (a page of a listing takes longest):
without it, the speed of one processor would be measured. The ratios of one run are compared, so that a busy machine
slows all of them.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from chalicelib.storage.store import backup_store
from tests.support.database_server import Database, Run
from tests.support.object_store import RunningStore, running_store, use_store, voice

LATENCY = {"copy": 0.05, "audit": 0.4}
FAMILIES, RECORDINGS = 64, 6
WORKERS = (1, 2, 4)
LEAST = {2: 1.2, 4: 1.8}
"""How many times faster than one. All of this shares a few processors, so four workers are not four times as fast."""

FILL = """
    SET session_replication_role = replica;
    INSERT INTO public.families (id, name)
    SELECT md5('family/' || n)::uuid, 'Family ' || n FROM generate_series(1, %(families)s) AS n;
    INSERT INTO public.entitlements (family_id, storage_quota_bytes, storage_used_bytes, max_recording_seconds)
    SELECT id, 1073741824, %(size)s * %(recordings)s, 600 FROM public.families;
    INSERT INTO public.recordings (id, family_id, size_bytes, duration_seconds, content_type, recorded_at,
                                   object_key, etag, stored_at)
    SELECT recording_id, family_id, %(size)s, 60, 'audio/mp4', now(),
           'families/' || family_id || '/recordings/' || recording_id || '.audio.m4a', %(etag)s, now()
    FROM (
      SELECT md5('family/' || family)::uuid AS family_id, md5(family || '/' || n)::uuid AS recording_id
      FROM generate_series(1, %(families)s) AS family, generate_series(1, %(recordings)s) AS n
    ) AS told;
    INSERT INTO public.usage_ledger (family_id, recording_id, operation, delta_bytes, used_after_bytes)
    SELECT family_id, id, 'finalize', size_bytes, size_bytes FROM public.recordings;
    SET session_replication_role = DEFAULT;
"""

WORKER = """
import sys
from chalicelib.call import Call
from chalicelib.database.messages import ping
from chalicelib.schedules import audit_storage, copy_recordings
from chalicelib.storage.store import audio_store, backup_store
work = {"copy": copy_recordings._copy_all, "audit": audit_storage._audit}[sys.argv[1]]
# What a first request imports and connects takes its time, and is not the work.
ping()
audio_store().inspect_object("none"), backup_store().inspect_object("none")
print("ready", flush=True)
sys.stdin.readline()
work(Call.system("bench", seconds=300))
"""


def seconds_of(work: str, workers: int) -> float:
    """How long so many processes took together, from the moment when all of them were ready."""
    command = [sys.executable, "-c", WORKER, work]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    started = time.monotonic()
    for process in processes:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    for process in processes:
        process.communicate()
        assert process.returncode == 0, f"a worker of {work} failed"
    return time.monotonic() - started


def prepare(database: Database, store: RunningStore) -> None:
    body = voice()
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    database.run(FILL, {"families": FAMILIES, "recordings": RECORDINGS, "size": len(body), "etag": etag})
    for (key,) in database.run("SELECT object_key FROM public.recordings"):
        store.put(key, body)


def measure(database: Database, store: RunningStore) -> dict[str, dict[int, float]]:
    """Work -> number of workers -> objects a second."""
    objects = FAMILIES * RECORDINGS
    rates: dict[str, dict[int, float]] = {"copy": {}, "audit": {}}
    for workers in WORKERS:
        database.run("UPDATE public.recordings SET copied_at = NULL")
        database.run("DELETE FROM ops.audit_runs")
        store.app.delay = 0.0
        empty_backups()
        for work, measured in rates.items():
            store.app.delay = LATENCY[work]
            measured[workers] = objects / seconds_of(work, workers)
        done = "SELECT count(*) FILTER (WHERE copied_at IS NULL) FROM public.recordings"
        assert database.run(done) == [(0,)], "some were not copied"
        audit = database.run("SELECT objects_seen, missing + orphaned + differing + drifted FROM ops.audit_runs")
        assert audit == [(objects, 0)], f"the audit saw {audit}"
    return rates


def empty_backups() -> None:
    for page in list(backup_store().list_objects("")):
        for found in page:
            backup_store().delete_object(found.key)


def main() -> int:
    run = Run.begin()
    try:
        with (
            pytest.MonkeyPatch.context() as patch,
            tempfile.TemporaryDirectory() as folder,
            run.cluster().database() as database,
            running_store(Path(folder) / "r2") as store,
        ):
            patch.setenv("DATABASE_URL", database.url("app_login"))
            use_store(patch, store.url)
            prepare(database, store)
            rates = measure(database, store)
    finally:
        run.end()
    bad = False
    for work, measured in rates.items():
        for workers, rate in measured.items():
            ratio = rate / measured[1]
            slow_down = ratio < LEAST.get(workers, 0)
            bad |= slow_down
            verdict = "TOO SLOW" if slow_down else "good"
            print(f"{work}: {workers} workers, {rate:.0f} objects a second, {ratio:.2f} times one: {verdict}")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
