"""Every quarter of an hour: keeps uploads that arrived and were never finalized, for instance because a phone died.

A complete object becomes its uploader's recording, however late. A missing object is looked for until the reservation's
watch ends. An object that differs from what was declared is kept and reported. Nothing is deleted, and no lock is held
while the object store is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.schedules.handler import handler_of
from chalicelib.schedules.rows import Row, work_through
from chalicelib.schedules.slots import QUARTER, once_a_slot
from chalicelib.storage.arrivals import look_for

PAGE = 100
MOST = 5000
SPARE_SECONDS = 15.0
"""The longest that one upload may take; with less time left, the rest waits for the next run."""


def settle_uploads(call: Call) -> dict[str, Any]:
    """Keeps what arrived. Returns how many uploads were rescued, waiting, abandoned, mismatch, settled, failed."""
    return once_a_slot(call, "settle_uploads", QUARTER, _settle)


def _settle(call: Call) -> dict[str, Any]:
    outcomes, finished = work_through(
        call,
        _due(call),
        lambda upload: _settle_one(call, upload),
        failed="upload_not_settled",
        ids={"recordingId": "id"},
        spare_seconds=SPARE_SECONDS,
        most=MOST,
    )
    return {**outcomes, "finished": finished}


def _due(call: Call) -> Iterator[dict[str, Any]]:
    """The uploads to check, each once: those never looked for come first, then those whose next look is due."""
    before, seen = None, set[str]()
    while True:
        page = transact(call, "uploads_to_settle", before=before, limit=PAGE + len(seen))
        before = page["before"]
        # One that failed was not stamped, and is due again in the next page.
        fresh = [upload for upload in page["uploads"] if upload["id"] not in seen]
        if not fresh:
            return
        for upload in fresh:
            seen.add(upload["id"])
            yield upload
        seen.intersection_update({upload["id"] for upload in page["uploads"]})


def _settle_one(call: Call, upload: Row) -> str:
    found = look_for(upload)
    settled = transact(call, "rescue_recording_tx", recording_id=upload["id"], object=found)
    return str(settled["outcome"])


handler = handler_of(settle_uploads)
