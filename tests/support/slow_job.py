"""Kinds of jobs for the tests of the queue, and a worker of its own process that can be frozen or killed in mid-job.

python -m tests.support.slow_job        drains once and prints its counts
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from chalicelib.call import Call
from chalicelib.errors import NotRetryable, Unavailable
from chalicelib.queue import worker
from chalicelib.queue.job import Job

KIND = worker.Kind("tests.support.slow_job")


def run(call: Call, job: Job) -> None:
    """Does what the payload says: notes that it began, waits while a file stands, fails, or is done."""
    note(f"began {job.id} {call.request_id}")
    while (gate := os.environ.get("SLEEPY_GATE")) and Path(gate).exists():
        time.sleep(0.01)
    if job.payload.get("fails") == "for_ever":
        raise NotRetryable("ForEver")
    if job.payload.get("fails") == "by_a_vendor":
        raise Unavailable("resend", trouble="too slow")
    if job.payload.get("fails"):
        raise RuntimeError("grandma@example.com is in this message")
    note(f"did {job.id}")


def note(line: str) -> None:
    with open(os.environ["SLEEPY_LOG"], "a", encoding="utf-8") as log:
        log.write(line + "\n")


if __name__ == "__main__":
    worker.KINDS["sleepy"] = KIND
    print(json.dumps(worker.drain(Call.system("test"), lambda: 60.0)), file=sys.stderr)
