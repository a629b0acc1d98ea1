"""Every night: compares the bucket, the recordings and the ledger with each other, and reports what differs.

Bucket and rows are read side by side in the order of their keys, a page of each in memory, however many there are. A
run that is cut off goes on from its last page in the next quarter of an hour. It writes only its own report and when a
family was last found complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.call import Call
from chalicelib.database.literals import Json
from chalicelib.database.messages import transact
from chalicelib.schedules.slots import QUARTER, once_a_slot
from chalicelib.storage import bucket_walk
from chalicelib.storage.store import audio_store

PAGE = 1000
FAMILIES = 200
LISTED = 100
"""How many findings of each kind the summary lists; the counts count all of them."""
SPARE_SECONDS = 30.0
DEADLINE = 15.0
"""Seconds for the message of one page: it sums up whole families, and no caller waits for it."""

_OBJECTS, _FAMILIES = "objects:", "families:"


def audit_storage(call: Call) -> dict[str, Any]:
    """Compares everything. Returns counts and lists of missing, orphaned, differing, drifted; finished is false where
    time ran out."""
    return once_a_slot(call, "audit_storage", QUARTER, _audit)


def _audit(call: Call) -> dict[str, Any]:
    run = transact(call, "begin_audit_tx", fresh=bool(call.detail.get("byHand")))
    run_id = run["run_id"]
    if run_id is None:
        return {"skipped": "done_today"}
    position = run["position"] or _OBJECTS
    finished = True
    if position.startswith(_OBJECTS):
        finished = _audit_objects(call, run_id, position.removeprefix(_OBJECTS))
        position = _FAMILIES
    if finished:
        finished = _audit_families(call, run_id, position.removeprefix(_FAMILIES) or None)
    return transact(call, "audit_summary_tx", repeatable=True, run_id=run_id, finished=finished, limit=LISTED)


def _audit_objects(call: Call, run_id: str, after: str) -> bool:
    """Whether the comparison reached the end of both."""
    bucket = audio_store()
    objects = (found for page in bucket.list_objects("", after) for found in page)
    for page in bucket_walk.compare(objects, _recordings(call, after), after):
        # The page was listed a while ago and the object may have arrived since: each missing one is asked for by key.
        findings = [
            finding
            for finding in page.findings
            if finding["kind"] != "missing" or bucket.inspect_object(finding["details"]["object_key"]) is None
        ]
        transact(
            call,
            "note_findings_tx",
            deadline=DEADLINE,
            run_id=run_id,
            position=_FAMILIES if page.last else _OBJECTS + page.position,
            objects_seen=page.objects,
            recordings_seen=page.recordings,
            findings=Json(findings),
        )
        if not page.last and call.seconds_left() < SPARE_SECONDS:
            return False
    return True


def _recordings(call: Call, after: str) -> Iterator[dict[str, Any]]:
    while True:
        page = transact(call, "recordings_by_key", repeatable=True, after=after, limit=PAGE)["recordings"]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]["object_key"]


def _audit_families(call: Call, run_id: str, after: str | None) -> bool:
    while call.seconds_left() >= SPARE_SECONDS:
        after = transact(
            call,
            "verify_families_tx",
            deadline=DEADLINE,
            run_id=run_id,
            after=after,
            limit=FAMILIES,
            position_prefix=_FAMILIES,
        )["last"]
        if after is None:
            return True
    return False
