"""Uploads of former members: stored after their uploader had left the family, kept only if a keeper accepts them."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api import paging
from chalicelib.api.models import WireModel
from chalicelib.api.paging import PageQuery
from chalicelib.api.shapes import ParkedUpload, Recording
from chalicelib.call import Call
from chalicelib.database.messages import transact


class ParkedUploadsResponse(WireModel):
    uploads: list[ParkedUpload]
    next_cursor: str | None


class AcceptedUploadResponse(WireModel):
    recording: Recording


class DeclinedUploadResponse(WireModel):
    upload: ParkedUpload


def list_parked_uploads(call: Call, family_id: UUID, query: PageQuery) -> ParkedUploadsResponse:
    """List the uploads that wait for a keeper's decision, newest first. Keepers only."""
    page = paging.page_of(query, "uploads", family_id)
    result = transact(call, "parked_uploads", family_id=family_id, **page.parameters())
    return ParkedUploadsResponse.from_row(page.cut(result))


def accept_parked_upload(call: Call, upload_id: UUID) -> AcceptedUploadResponse:
    """Accept a former member's upload as their recording. Keepers only, within 30 days."""
    return AcceptedUploadResponse.from_row(transact(call, "accept_parked_upload_tx", upload_id=upload_id))


def decline_parked_upload(call: Call, upload_id: UUID) -> DeclinedUploadResponse:
    """Decline a former member's upload. Keepers only. The file is deleted within the hour."""
    return DeclinedUploadResponse.from_row(transact(call, "decline_parked_upload_tx", upload_id=upload_id))
