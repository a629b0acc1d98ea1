"""The queue: what waits, what is dead, and how dead jobs come back."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelib.call import Call
from chalicelib.database.messages import transact
from tools.operate.given import uuid_of
from tools.operate.stage import Mistaken

SHOWN = 20
MOST_AT_ONCE = 1000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def jobs(call: Call) -> None:
    """Prints each kind of job, those that failed and wait, and the dead ones."""
    overview = transact(call, "jobs_overview", limit=SHOWN)
    print(f"{'kind':<24}{'waiting':>9}{'running':>9}{'tried':>9}{'dead':>9}{'oldest':>16}")
    for row in overview["kinds"]:
        oldest = "" if row["oldest_seconds"] is None else str(timedelta(seconds=row["oldest_seconds"]))
        counts = "".join(f"{row[name]:>9}" for name in ("waiting", "running", "tried", "dead"))
        print(f"{row['kind']:<24}{counts}{oldest:>16}{'  PAUSED' if row['paused'] else ''}")
    if not overview["kinds"]:
        print("nothing is waiting, nothing is dead")
    if overview["tried"]:
        print("\nfailed, and will be tried again")
        for job in overview["tried"]:
            tries = f"{job['attempts']} of {job['max_attempts']} tries"
            print(f"  {job['id']}  {job['kind']}  {tries}, next {job['run_at'][:19]}  {job['last_error']}{_ids(job)}")
    if overview["dead"]:
        print("\ndead, the newest")
        for job in overview["dead"]:
            tries = f"{job['attempts']} tries, died {job['died_at'][:19]}"
            print(f"  {job['id']}  {job['kind']}  {tries}  {job['last_error']}{_ids(job)}")
        print("\nto put them back into the queue: make requeue ID=... or make requeue KIND=...")


def requeue(call: Call) -> None:
    """Puts one dead job, or all dead jobs of a kind, back into the queue."""
    kind = os.environ.get("KIND", "")
    if kind and os.environ.get("ID"):
        raise Mistaken("give ID=... for one job or KIND=... for all of a kind, not both")
    if kind:
        moved = transact(call, "requeue_kind_tx", kind=kind, limit=MOST_AT_ONCE, deadline=30.0)
        more = f"; {moved['left']} are still dead: run it again" if moved["left"] else ""
        print(f"{moved['requeued']} jobs of kind {kind} are in the queue again{more}")
        return
    moved = transact(call, "requeue_job_tx", job_id=uuid_of("ID"))["requeued"]
    print("the job is in the queue again" if moved else "there is no dead job with this id")


def _ids(job: Mapping[str, Any]) -> str:
    """A line more: the job's request id and the ids in its payload, and nothing else of it."""
    named = {"request": job["request_id"], **_ids_in(job["payload"])}
    found = "  ".join(f"{name}={value}" for name, value in named.items() if value)
    return f"\n      {found}" if found else ""


def _ids_in(payload: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in payload.items():
        if isinstance(value, Mapping):
            found |= _ids_in(value)
        elif name.endswith("_id") and isinstance(value, str) and _ID.fullmatch(value):
            found[name] = value
    return found
