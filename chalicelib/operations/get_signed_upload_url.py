"""get-signed-upload-url: bytes are reserved for a recording, and a URL is signed to upload it to the object store."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.api.models import Timestamp, WireModel, fingerprint
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.storage import waveforms
from chalicelib.storage.keys import object_key, waveform_key
from chalicelib.storage.store import URL_SECONDS, WAVEFORM_TYPE, audio_store

MAX_AUDIO_BYTES = 512 * 1024**2
# For the OpenAPI document: what _md5 takes.
MD5_PATTERN = "^[A-Za-z0-9+/]{21}[AQgw]==$"


def _md5(value: str) -> str:
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    # Spelled as it will be signed and sent: a client that spelled it otherwise would be refused by the store.
    if len(digest) != 16 or base64.b64encode(digest).decode() != value:
        raise PydanticCustomError("content_md5", "must be the base64 of the 16 bytes of an MD5")
    return value


class GetSignedUploadUrlRequest(WireModel):
    family_id: UUID
    file_size_bytes: Annotated[int, Field(ge=1, le=MAX_AUDIO_BYTES)]
    duration_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    content_type: Literal["audio/mp4"]
    content_md5: Annotated[str, AfterValidator(_md5), Field(json_schema_extra={"pattern": MD5_PATTERN})] | None = None
    waveform_size_bytes: Annotated[int, Field(ge=1, le=waveforms.MAX_BYTES)] | None = None
    """Of a JSON array of 1 to 65,536 numbers from -32768 to 32768, uploaded before finalizing."""


class GetSignedUploadUrlResponse(WireModel):
    recording_id: UUID
    upload_url: str
    upload_headers: dict[str, str]
    """Send them unchanged. The client's HTTP stack adds host and content-length."""
    waveform_upload_url: str | None
    waveform_upload_headers: dict[str, str] | None
    object_key: str
    expires_at: Timestamp
    expires_in_seconds: int = URL_SECONDS
    reserved_bytes: int
    """Of the audio and the waveform together."""


def get_signed_upload_url(call: Call, request: GetSignedUploadUrlRequest) -> GetSignedUploadUrlResponse:
    """Reserve storage for a recording and return a signed upload URL.

    The URL accepts one PUT of exactly this size, type and, with `contentMd5`, content. Membership, subscription, quota
    and duration are checked in this order.
    """
    bucket, recording_id = audio_store(), uuid4()
    with_waveform = request.waveform_size_bytes is not None
    row = transact(
        call,
        "get_signed_upload_url_tx",
        family_id=request.family_id,
        recording_id=recording_id,
        object_key=object_key(request.family_id, recording_id),
        waveform_key=waveform_key(request.family_id, recording_id) if with_waveform else None,
        size_bytes=request.file_size_bytes,
        duration_seconds=request.duration_seconds,
        content_type=request.content_type,
        content_md5=request.content_md5,
        waveform_size_bytes=request.waveform_size_bytes,
        url_seconds=URL_SECONDS,
        request_hash=fingerprint(request),
    )
    call.log_fields["recordingId"] = row["recording_id"]
    # The keys as they are kept: an Idempotency-Key may have brought back an upload that was reserved before.
    audio = bucket.sign_upload(row["object_key"], request.file_size_bytes, request.content_type, request.content_md5)
    waveform = None
    if request.waveform_size_bytes is not None:
        waveform = bucket.sign_upload(row["waveform_key"], request.waveform_size_bytes, WAVEFORM_TYPE)
    return GetSignedUploadUrlResponse(
        recording_id=UUID(row["recording_id"]),
        upload_url=audio.url,
        upload_headers=dict(audio.headers),
        waveform_upload_url=waveform.url if waveform else None,
        waveform_upload_headers=dict(waveform.headers) if waveform else None,
        object_key=row["object_key"],
        expires_at=row["expires_at"],
        reserved_bytes=row["reserved_bytes"],
    )
