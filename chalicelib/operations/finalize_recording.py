"""finalize-recording: what was uploaded becomes a recording of the family's, and its uploader gets a receipt."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chalicelib.api.models import Timestamp, WireModel
from chalicelib.api.shapes import Recording, Title
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.database.vendor_calls import vendor_calls
from chalicelib.storage.keys import object_key
from chalicelib.storage.store import audio_store


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
    """What the store took, by its own word. While a phone has none of these, it keeps its file."""

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
    """Keeps the caller's own upload, once: asked again it answers the same. Never refused for quota or billing."""
    call.log_fields["recordingId"] = str(request.recording_id)
    # Looked at before the message, so that no lock is held while the store takes its time.
    with vendor_calls(call):
        found = audio_store().inspect_object(object_key(request.family_id, request.recording_id))
    row = transact(
        call,
        "finalize_recording_tx",
        repeatable=True,
        family_id=request.family_id,
        recording_id=request.recording_id,
        object=None if found is None else found.facts(),
        title=request.title or None,
        prompt_id=request.prompt_id,
        recorded_at=request.recorded_at,
    )
    return FinalizeRecordingResponse.from_row(row)
