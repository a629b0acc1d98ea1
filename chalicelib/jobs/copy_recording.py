"""Makes the second copy of one recording and its waveform, in another bucket of another account.

The payload is {recording_id}. Objects are streamed from store to store in constant memory, and never written over
another object. A recording counts as copied only when the copied object has the ETag of the recording. Nothing is
deleted from the second bucket here.
"""

from __future__ import annotations

from chalicelib.call import Call
from chalicelib.database import alerts
from chalicelib.database.messages import transact
from chalicelib.errors import Unavailable
from chalicelib.queue.job import Job
from chalicelib.storage.copying import copy_to_backup
from chalicelib.telemetry import logs

# What copying found -> the reason in the alarm.
_TROUBLE = {"missing": "missing", "changed": "changed", "differs": "differing"}


def run(call: Call, job: Job) -> str:
    """Returns copied, already_there, missing, changed, differs, not_needed or failed.

    A store that is down ends the job too: the next run of copy_recordings enqueues the recording again, for as long as
    it takes, and the queue alone would give it up after a day. Anything else that fails goes the way of every job.
    """
    recording_id = job.payload["recording_id"]
    recording = transact(call, "recording_to_copy", recording_id=recording_id)["recording"]
    if recording is None:
        return "not_needed"
    try:
        outcome = copy_to_backup(recording["object_key"], recording["etag"])
        if outcome not in _TROUBLE and recording["waveform_key"] is not None:
            _copy_waveform(call, recording["waveform_key"])
    except Unavailable as error:
        alerts.note_error(call, error)
        logs.failure("recording_not_copied", error, call)
        return "failed"
    if outcome in _TROUBLE:
        transact(call, "note_copy_trouble_tx", recording_id=recording_id, reason=_TROUBLE[outcome])
    else:
        transact(call, "note_copied_tx", repeatable=True, recording_id=recording_id, etag=recording["etag"])
    return outcome


def _copy_waveform(call: Call, key: str) -> None:
    """A waveform that is not there, or is another, never keeps the voice from counting as copied."""
    outcome = copy_to_backup(key)
    if outcome in _TROUBLE:
        logs.error("waveform_not_copied", call, outcome=outcome)
