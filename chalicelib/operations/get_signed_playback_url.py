"""get-signed-playback-url: a URL to play a recording. Billing and quota never block it."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api.models import Timestamp, WireModel
from chalicelib.call import Call
from chalicelib.database.messages import read
from chalicelib.storage.keys import object_key, waveform_key
from chalicelib.storage.store import URL_SECONDS, audio_store

REFRESH_AFTER_SECONDS = 720


class GetSignedPlaybackUrlRequest(WireModel):
    recording_id: UUID


class GetSignedPlaybackUrlResponse(WireModel):
    url: str
    expires_at: Timestamp
    expires_in_seconds: int = URL_SECONDS
    refresh_after_seconds: int = REFRESH_AFTER_SECONDS
    waveform_url: str | None
    """Null where no waveform was there, or none as documented, when the recording was made."""


def get_signed_playback_url(call: Call, request: GetSignedPlaybackUrlRequest) -> GetSignedPlaybackUrlResponse:
    """Return a signed URL to play a recording.

    For members of its family; from the trash, for its creator and keepers only. The URL is valid for 15 minutes.
    """
    bucket = audio_store()
    row = read(call, "get_playback", recording_id=request.recording_id)
    family_id = UUID(row["family_id"])
    call.log_fields["familyId"] = str(family_id)
    audio = bucket.sign_download(object_key(family_id, request.recording_id))
    waveform = waveform_key(family_id, request.recording_id) if row["has_waveform"] else None
    return GetSignedPlaybackUrlResponse(
        url=audio.url,
        expires_at=audio.expires_at,
        waveform_url=bucket.sign_download(waveform).url if waveform else None,
    )
