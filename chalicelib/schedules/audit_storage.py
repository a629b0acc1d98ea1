"""Every night: compares the bucket, the recordings and the ledger with each other, and reports what differs.

An audit has 16 shards, by the first digit of the family's id, and is finished when all of them are. A run begins every
minute of the night and lives up to 14: each takes a shard that nobody holds, then another, so that up to 14 work at the
same time while there is something to do. Bucket and rows are read side by side in the order of their keys, a page of
each in memory, however many there are. A shard that is cut off goes on from its last page in another run. The audit
writes only its own report and when a family was last found complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from chalicelib.call import Call
from chalicelib.database.literals import Json
from chalicelib.database.messages import transact
from chalicelib.schedules.handler import handler_of
from chalicelib.schedules.slots import MINUTE, once_a_slot
from chalicelib.storage import bucket_walk
from chalicelib.storage.keys import shards
from chalicelib.storage.store import audio_store
from chalicelib.telemetry import logs

PAGE = 1000
FAMILIES = 200
LISTED = 100
"""How many findings of each kind the summary lists; the counts count all of them."""
SPARE_SECONDS = 30.0
LEASE_SECONDS = 900
"""Longer than the function lives: until then nobody else takes a shard whose worker was killed."""
DEADLINE = 15.0
"""Seconds for the message of one page: it sums up whole families, and no caller waits for it."""

_OBJECTS, _FAMILIES = "objects:", "families:"

Shard = Mapping[str, Any]


def audit_storage(call: Call) -> dict[str, Any]:
    """Compares everything. Returns counts and lists of missing, orphaned, differing, drifted, of all workers together;
    finished is false where something is left to compare."""
    return once_a_slot(call, "audit_storage", MINUTE, _audit)


def _audit(call: Call) -> dict[str, Any]:
    run_id = transact(call, "begin_audit_tx", fresh=bool(call.detail.get("byHand")), shards=Json(shards()))["run_id"]
    if run_id is None:
        return {"skipped": "done_today"}
    failures: dict[str, Exception] = {}
    while shard := transact(
        call, "claim_audit_shard_tx", run_id=run_id, lease_seconds=LEASE_SECONDS, failed=list(failures)
    )["shard"]:
        finished = False
        try:
            finished = _audit_shard(call, run_id, shard)
        except Exception as error:
            # The other shards are compared all the same. Another run tries this one again.
            logs.failure("shard_not_audited", error, call, shard=shard["shard"])
            failures[shard["shard"]] = error
        transact(call, "end_audit_shard_tx", repeatable=True, finished=finished, **_held(run_id, shard))
        if call.seconds_left() < SPARE_SECONDS:
            break
    if failures:
        raise next(iter(failures.values()))
    return transact(call, "audit_summary", repeatable=True, run_id=run_id, limit=LISTED)


def _held(run_id: str, shard: Shard) -> dict[str, Any]:
    """What shows that this worker holds the shard."""
    return {"run_id": run_id, "shard": shard["shard"], "lease_token": shard["lease_token"]}


def _audit_shard(call: Call, run_id: str, shard: Shard) -> bool:
    """Whether the whole shard has been compared."""
    position = shard["position"] or _OBJECTS + shard["keys_after"]
    if position.startswith(_OBJECTS):
        if not _audit_objects(call, run_id, shard, position.removeprefix(_OBJECTS)):
            return False
        position = _FAMILIES
    return _audit_families(call, run_id, shard, position.removeprefix(_FAMILIES) or shard["families_after"])


def _audit_objects(call: Call, run_id: str, shard: Shard, after: str) -> bool:
    """Whether the comparison reached the end of both."""
    bucket, last = audio_store(), shard["keys_up_to"]
    listed = (found for page in bucket.list_objects("", after) for found in page)
    objects = takewhile(lambda found: last is None or found.key <= last, listed)
    for page in bucket_walk.compare(objects, _recordings(call, after, last), after):
        # The page was listed a while ago and the object may have arrived since: each missing one is asked for by key.
        findings = [
            finding
            for finding in page.findings
            if not finding["kind"].endswith("missing")
            or bucket.inspect_object(finding["details"]["object_key"]) is None
        ]
        noted = transact(
            call,
            "note_findings_tx",
            deadline=DEADLINE,
            position=_FAMILIES if page.last else _OBJECTS + page.position,
            objects_seen=page.objects,
            recordings_seen=page.recordings,
            findings=Json(findings),
            **_held(run_id, shard),
        )
        if noted["lost"] or (not page.last and call.seconds_left() < SPARE_SECONDS):
            return False
    return True


def _recordings(call: Call, after: str, last: str | None) -> Iterator[dict[str, Any]]:
    while True:
        page = transact(call, "recordings_by_key", after=after, up_to=last, limit=PAGE)["recordings"]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]["object_key"]


def _audit_families(call: Call, run_id: str, shard: Shard, after: str | None) -> bool:
    while call.seconds_left() >= SPARE_SECONDS:
        page = transact(
            call,
            "verify_families_tx",
            deadline=DEADLINE,
            after=after,
            limit=FAMILIES,
            position_prefix=_FAMILIES,
            **_held(run_id, shard),
        )
        after = page["last"]
        if after is None:
            return not page["lost"]
    return False


handler = handler_of(audit_storage)
