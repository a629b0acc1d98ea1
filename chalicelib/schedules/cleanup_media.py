"""Every hour: deletes recordings that were in the trash for thirty days, and objects of uploads that became none.

An object is deleted only where a row condemns it by its key, never because a bucket lists it, and only by the
database's clock. A purge commits that it has begun, deletes the objects with no lock held, then deletes the row and
releases its bytes: killed anywhere, the next run goes on. While deleting is disarmed, as after a restore, nothing is
deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from chalicelib.call import Call
from chalicelib.database import alerts
from chalicelib.database.messages import transact
from chalicelib.schedules.handler import handler_of
from chalicelib.schedules.rows import work_through
from chalicelib.schedules.slots import HOUR, once_a_slot
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import audio_store

MOST = 500
"""How many steps one run may take. More than that at once is unusual, so an operator is alerted (cleanup-capped)."""
SPARE_SECONDS = 20.0


def cleanup_media(call: Call) -> dict[str, Any]:
    """Deletes what is due. Returns how many steps were purged, dropped, skipped, failed. {"dryRun": true}: the plan."""
    return once_a_slot(call, "cleanup_media", HOUR, _clean_up)


def _clean_up(call: Call) -> dict[str, Any]:
    plan = transact(call, "plan_cleanup", limit=MOST)
    if call.detail.get("dryRun"):
        return {**plan, "dry_run": True}
    if not plan["armed"]:
        return {"armed": False, "planned": len(plan["steps"])}
    if plan["capped"]:
        alerts.note(call, "cleanup-capped")
    # A step that fails is still named by its row, and the next run takes it up.
    outcomes, finished = work_through(
        call,
        plan["steps"],
        lambda step: _STEPS[step["step"]](call, step["recording_id"]),
        failed="cleanup_step_failed",
        ids={"step": "step", "recordingId": "recording_id"},
        spare_seconds=SPARE_SECONDS,
    )
    finished = finished and not plan["capped"]
    return {"armed": True, "planned": len(plan["steps"]), "capped": plan["capped"], **outcomes, "finished": finished}


def _delete(call: Call, recording_id: str, *, look: str, finish: str, outcome: str) -> str:
    """Deletes the objects whose keys `look` gives, then lets `finish` end the row: `outcome` where it did."""
    keys = transact(call, look, repeatable=True, recording_id=recording_id)["keys"]
    if not keys:
        return "skipped"
    for key in keys:
        delete_object(audio_store(), key)
    finished = transact(call, finish, recording_id=recording_id)
    return outcome if finished[outcome] else "skipped"


_STEPS: Mapping[str, Callable[[Call, str], str]] = {
    "purge": partial(_delete, look="mark_purging_tx", finish="finish_purge_tx", outcome="purged"),
    "abandon": partial(_delete, look="check_abandoned", finish="drop_abandoned_tx", outcome="dropped"),
    "stray_waveform": partial(_delete, look="check_stray_waveform", finish="drop_stray_waveform_tx", outcome="dropped"),
}


handler = handler_of(cleanup_media)
