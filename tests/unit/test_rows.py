"""The loop of the schedules: each row once, and never past the end of the function."""

from __future__ import annotations

import time

from chalicelib.call import Call
from chalicelib.schedules.rows import Row, work_through


def test_a_run_begins_no_row_for_which_the_function_has_no_time() -> None:
    call = Call.system("test", seconds=600)

    def work(row: Row) -> str:
        if row["id"] == 2:
            call.ends_at = time.monotonic() + 19
        return "done"

    rows = [{"id": number} for number in range(1, 5)]
    assert work_through(call, rows, work, failed="x", ids={}, spare_seconds=20) == ({"done": 2}, False)
    call.ends_at = time.monotonic() + 600
    assert work_through(call, rows[2:], work, failed="x", ids={}, spare_seconds=20) == ({"done": 2}, True)
