"""finalize-recording: an uploaded file becomes a recording of the family, and the uploader gets a receipt."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chalicelib.api.models import Timestamp, WireModel
from chalicelib.api.shapes import Recording, Title
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.database.vendor_calls import vendor_calls
from chalicelib.storage.arrivals import look_for


class FinalizeRecordingRequest(WireModel):
    family_id: UUID
    recording_id: UUID
    title: Title | None = None
    prompt_id: UUID | None = None
    recorded_at: Timestamp | None = None


class Usage(WireModel):
    used_bytes: int
    reserved_bytes: int
    quota_bytes: int


class Receipt(WireModel):
    """What the object store reports about the file. The phone keeps its file until it has a receipt."""

    recording_id: UUID
    size_bytes: int
    etag: str
    content_md5: Annotated[str | None, Field(exclude_if=lambda md5: md5 is None)] = None
    stored_at: Timestamp


class FinalizeRecordingResponse(WireModel):
    recording: Recording
    usage: Usage
    receipt: Receipt


def finalize_recording(call: Call, request: FinalizeRecordingRequest) -> FinalizeRecordingResponse:
    """Turn the caller's uploaded file into a recording.

    A repeated call returns the same recording. An upload is never refused here for quota or billing, nor for its
    waveform: one that is not there yet, or is not as documented, is left out for good.
    """
    # The store is asked only for a caller who is within their limit and has this upload: else a stranger could make us
    # ask it, and learn from the time it takes whether an object exists. It is asked between two messages, so that no
    # lock is held meanwhile.
    upload = transact(
        call,
        "upload_to_finalize",
        family_id=request.family_id,
        recording_id=request.recording_id,
    )
    with vendor_calls(call):
        found = look_for(upload) if upload["object_key"] else None
    row = transact(
        call,
        "finalize_recording_tx",
        repeatable=True,
        family_id=request.family_id,
        recording_id=request.recording_id,
        object=found,
        title=request.title or None,
        prompt_id=request.prompt_id,
        recorded_at=request.recorded_at,
    )
    return FinalizeRecordingResponse.from_row(row)
