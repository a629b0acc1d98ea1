"""Does claiming work take longer because much of it waits? `make bench` measures it and fails above 1.5.

Two databases on one throw-away server, one with a thousand waiting jobs and one with a million, in lanes as families
make them. A worker claims five and completes them, in turn on each; the medians of one run are compared, so that a busy
machine slows both. Prints what it measured; exits 1 above the limit.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import ExitStack

from psycopg2.extensions import connection as Connection

from tests.support.database_server import Run

ROUNDS = 300
WARM_UP = 30
CLAIMED = 5
LIMIT = 1.5
SIZES = {"a thousand": 1_000, "a million": 1_000_000}

# A lane's jobs stand a second behind each other, as enqueue_job puts them: most of a busy family's are not due yet.
FILL = """
    INSERT INTO ops.jobs (kind, lane, turn_at, run_at)
    SELECT 'capture_events', 'analytics/' || lane,
           now() - interval '1 hour' + turn * interval '1 second', now() - interval '1 hour'
    FROM generate_series(1, %(lanes)s) AS lane, generate_series(1, 100) AS turn
"""


def claim(connection: Connection) -> float:
    """Milliseconds for one claim; what was claimed is completed, and as much enqueued again."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute("SELECT ops.claim_jobs_tx(%s, 300)", [CLAIMED])
        row = cursor.fetchone()
        took = (time.perf_counter() - started) * 1000
        assert row is not None and len(row[0]["jobs"]) == CLAIMED, "there was nothing to claim"
        ids = [job["id"] for job in row[0]["jobs"]]
        cursor.execute("SELECT ops.complete_jobs_tx(%s::uuid[], %s)", [ids, row[0]["lease_token"]])
        cursor.execute(
            "SELECT ops.enqueue_job('capture_events', '{}', 'analytics/' || n) FROM generate_series(1, 5) AS n"
        )
    return took


def main() -> int:
    run = Run.begin()
    try:
        with ExitStack() as stack:
            cluster = run.cluster()
            connections: dict[str, Connection] = {}
            for name, jobs in SIZES.items():
                database = stack.enter_context(cluster.database())
                started = time.monotonic()
                database.run(FILL, {"lanes": jobs // 100})
                database.run("VACUUM ANALYZE ops.jobs")
                connections[name] = database.connect()
                print(f"{name} jobs waiting: filled in {time.monotonic() - started:.1f} s", flush=True)
            times: dict[str, list[float]] = {name: [] for name in SIZES}
            for turn in range(WARM_UP + ROUNDS):
                for name, connection in connections.items():
                    took = claim(connection)
                    if turn >= WARM_UP:
                        times[name].append(took)
    finally:
        run.end()
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = medians["a million"] / medians["a thousand"]
    for name, median in medians.items():
        print(f"claiming {CLAIMED} of {name}: median {median:.3f} ms of {ROUNDS}")
    print(f"ratio {ratio:.2f}, at most {LIMIT}: {'good' if ratio <= LIMIT else 'TOO SLOW'}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
