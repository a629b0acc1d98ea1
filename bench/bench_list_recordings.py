"""Does a list take longer because others have recordings too? `make bench` measures it and fails above 1.2.

Two databases on one throw-away server, one of a thousand recordings and one of a million, hold the same family of 500.
Its keeper reads the first page from each in turn, in the message the app sends, over the app's own login; the medians
of one run are compared, so that a busy machine slows both. Prints what it measured; exits 1 above the limit.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from contextlib import ExitStack

from psycopg2.extensions import connection as Connection

from bench.generate import fill, identity
from tests.support.database_server import Run

ROUNDS = 2_000
WARM_UP = 200
LIMIT = 1.2
SIZES = {"a thousand": (100, 1_000), "a million": (100_000, 1_000_000)}

MESSAGE = (
    "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', %(claims)s, true);"
    " SELECT wire.list_recordings(%(family_id)s, %(trashed)s, %(prompt_id)s, %(limit)s, %(after_at)s, %(after_id)s)"
)
PERSON = str(identity("person", 1))
PARAMETERS = {
    "claims": json.dumps({"sub": PERSON, "role": "authenticated"}),
    "family_id": str(identity("family", 1)),
    "trashed": False,
    "prompt_id": None,
    "after_at": None,
    "after_id": None,
    "limit": 20,
}


def read_page(connection: Connection) -> float:
    """Milliseconds for one page of the list."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(MESSAGE, PARAMETERS)
        row = cursor.fetchone()
        took = (time.perf_counter() - started) * 1000
    assert row is not None and len(row[0]["recordings"]) == 21, "the page is not what it should be"
    return took


def main() -> int:
    run = Run.begin()
    try:
        with ExitStack() as stack:
            connections = {}
            for name, (families, recordings) in SIZES.items():
                database = stack.enter_context(run.cluster().database())
                seconds = fill(database.connect(), families, recordings)
                print(f"{name}: {families} families and {recordings} recordings made in {seconds:.1f} s", flush=True)
                database.run("CHECKPOINT")
                connections[name] = database.connect("app_login")
            times: dict[str, list[float]] = {name: [] for name in connections}
            for turn in range(WARM_UP + ROUNDS):
                for name, connection in connections.items():
                    took = read_page(connection)
                    if turn >= WARM_UP:
                        times[name].append(took)
    finally:
        run.end()
    for name, measured in times.items():
        median, p99 = statistics.median(measured), statistics.quantiles(measured, n=100)[98]
        print(f"{name}: median {median:.3f} ms, p99 {p99:.3f} ms of {len(measured)} pages")
    small, large = (statistics.median(measured) for measured in times.values())
    print(f"ratio of the medians {large / small:.2f} (limit {LIMIT})")
    return 0 if large / small <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
