"""get-signed-playback-url: a recording to listen to. No state of billing or quota ever stands in its way."""

from __future__ import annotations

from uuid import UUID

from chalicelib import database, storage
from chalicelib.call import Call
from chalicelib.wire import Timestamp, WireModel

REFRESH_AFTER_SECONDS = 720


class GetSignedPlaybackUrlRequest(WireModel):
    recording_id: UUID


class GetSignedPlaybackUrlResponse(WireModel):
    url: str
    expires_at: Timestamp
    expires_in_seconds: int = storage.URL_SECONDS
    refresh_after_seconds: int = REFRESH_AFTER_SECONDS
    waveform_url: str | None


def get_signed_playback_url(call: Call, request: GetSignedPlaybackUrlRequest) -> GetSignedPlaybackUrlResponse:
    """Signs a GET for a member of the recording's family; of trash, for its creator and the keepers."""
    call.notes["recordingId"] = str(request.recording_id)
    store = storage.audio_store()
    row = database.read(call, "get_playback", recording_id=request.recording_id)
    family_id = UUID(row["family_id"])
    call.notes["familyId"] = str(family_id)
    audio = store.sign_download(storage.object_key(family_id, request.recording_id))
    waveform = storage.waveform_key(family_id, request.recording_id) if row["has_waveform"] else None
    return GetSignedPlaybackUrlResponse(
        url=audio.url,
        expires_at=audio.expires_at,
        waveform_url=store.sign_download(waveform).url if waveform else None,
    )
