"""Recordings: list, change, trash, restore. They are created by finalize-recording and purged by a schedule."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from chalicelib.api import paging
from chalicelib.api.models import Timestamp, WireModel
from chalicelib.api.paging import PageQuery
from chalicelib.api.shapes import Changes, Recording, Title, unchanged
from chalicelib.call import Call
from chalicelib.database.messages import read, transact


class RecordingResponse(WireModel):
    recording: Recording


class RecordingsResponse(WireModel):
    recordings: list[Recording]
    next_cursor: str | None


def _true_or_false(value: Any) -> Any:
    """pydantic would also take "1", "on" and "yes"."""
    if not isinstance(value, str):
        return value
    if value not in ("true", "false"):
        raise PydanticCustomError("true_or_false", "must be true or false")
    return value == "true"


class RecordingsQuery(PageQuery):
    prompt_id: UUID | None = None
    trashed: Annotated[bool, BeforeValidator(_true_or_false)] = False


class UpdateRecordingRequest(Changes):
    title: Title | None = None
    prompt_id: UUID | None = None
    recorded_at: Timestamp = unchanged()


def list_recordings(call: Call, family_id: UUID, query: RecordingsQuery) -> RecordingsResponse:
    """List a family's recordings, newest first. `promptId` selects the answers to a prompt, `trashed` the trash."""
    page = paging.page_of(query, "recordings", family_id, query.prompt_id, query.trashed)
    result = read(
        call,
        "list_recordings",
        missing="FORBIDDEN",
        family_id=family_id,
        prompt_id=query.prompt_id,
        trashed=query.trashed,
        **page.parameters(),
    )
    return RecordingsResponse.from_row(page.cut(result))


def update_recording(call: Call, recording_id: UUID, request: UpdateRecordingRequest) -> RecordingResponse:
    """Change a recording's title, prompt or date.

    Its creator and keepers only. Null clears the title or the prompt.
    """
    result = transact(call, "update_recording_tx", repeatable=True, recording_id=recording_id, changes=request.named())
    return RecordingResponse.from_row(result)


def delete_recording(call: Call, recording_id: UUID) -> RecordingResponse:
    """Move a recording to the trash. Its creator and keepers only. It can be restored for 30 days."""
    result = transact(call, "delete_recording_tx", repeatable=True, recording_id=recording_id)
    return RecordingResponse.from_row(result)


def restore_recording(call: Call, recording_id: UUID) -> RecordingResponse:
    """Restore a recording from the trash.

    Its creator and keepers only. CONFLICT purging: its 30 days are over.
    """
    result = transact(call, "restore_recording_tx", repeatable=True, recording_id=recording_id)
    return RecordingResponse.from_row(result)
