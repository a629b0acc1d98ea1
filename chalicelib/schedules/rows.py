"""The loop of the schedules that work through rows: one row at a time, and never past the end of the function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.call import Call
from chalicelib.database import alerts
from chalicelib.telemetry import logs

Row = Mapping[str, Any]


def work_through(
    call: Call,
    rows: Iterable[Row],
    work: Callable[[Row], str],
    *,
    failed: str,
    ids: Mapping[str, str],
    spare_seconds: float,
    most: float = float("inf"),
    most_failures: float = float("inf"),
) -> tuple[Counter[str], bool]:
    """How many rows ended how, and whether all of them were worked on.

    `work(row)` returns the row's outcome in a word. A row that raises counts as "failed" and is logged under the name
    `failed`, so that it keeps no other row from being worked on; `ids` are the fields of its log line, each with the
    row's key that holds it. Stops early with less than `spare_seconds` left, after `most` rows, or after
    `most_failures`: the next run goes on there.
    """
    outcomes: Counter[str] = Counter()
    for row in rows:
        if call.seconds_left() < spare_seconds or outcomes.total() >= most or outcomes["failed"] >= most_failures:
            return +outcomes, False
        try:
            outcomes[work(row)] += 1
        except Exception as error:
            alerts.note_error(call, error)
            logs.failure(failed, error, call, **{field: row[key] for field, key in ids.items()})
            outcomes["failed"] += 1
    return +outcomes, True
