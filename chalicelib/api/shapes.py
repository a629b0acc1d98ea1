"""The shapes of what the API shows, one model each, used wherever the thing appears.

The views of schema wire (sql/views) return their rows.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from chalicelib.api.models import NOT_BLANK_TEXT, Line, Timestamp, WireModel
from chalicelib.api.names import Name

Locale = Literal["en", "es", "fr"]
Role = Literal["keeper", "storyteller"]

FamilyName = Name
DisplayName = Name
Title = Annotated[Line, Field(max_length=200)]
PromptText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(json_schema_extra={"pattern": NOT_BLANK_TEXT}),
]


class Member(WireModel):
    user_id: UUID
    display_name: str | None
    role: Role
    joined_at: Timestamp


class Entitlement(WireModel):
    """What a family may store and what it stores; sizes in bytes, lengths in seconds."""

    plan: Literal["free", "family", "legacy"]
    status: Literal["active", "trialing", "past_due", "incomplete", "paused", "suspended"]
    storage_quota_bytes: int
    storage_used_bytes: int
    storage_reserved_bytes: int
    max_recording_seconds: int
    current_period_end: Timestamp | None
    """Null on the free plan."""
    cancel_at_period_end: bool


class Features(WireModel):
    """What is on for a family. A flag that the app knows and that is not here is off."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, bool] = Field(init=False)

    uploads: bool
    """Off: get-signed-upload-url answers UPLOADS_PAUSED. Keep what was recorded, and upload later."""
    writes: bool
    """Off: the family is suspended, and whatever would change it answers FAMILY_SUSPENDED."""


class Family(WireModel):
    id: UUID
    name: str
    locale: Locale
    role: Role
    """The caller's own."""
    created_at: Timestamp
    last_verified_at: Timestamp | None
    """When the nightly audit last found every recording of the family complete."""
    members: list[Member]
    entitlement: Entitlement
    features: Features


class Recording(WireModel):
    id: UUID
    family_id: UUID
    prompt_id: UUID | None
    title: str | None
    size_bytes: int
    duration_seconds: float
    content_type: str
    recorded_at: Timestamp
    created_by: UUID | None
    created_at: Timestamp
    deleted_at: Timestamp | None
    rescued: bool
    """Kept by the server itself: the phone uploaded it and never sent finalize-recording."""
    days_left: Annotated[int | None, Field(exclude_if=lambda days: days is None)] = None
    """Days until it is deleted for good; absent outside the trash."""


class ParkedUpload(WireModel):
    """An upload that arrived after its uploader had left the family."""

    id: UUID
    """The id of the recording that it becomes when a keeper accepts it."""
    family_id: UUID
    size_bytes: int
    duration_seconds: float
    content_type: str
    created_by: UUID | None
    """The former member who uploaded it; null when their account is gone."""
    created_at: Timestamp
    stored_at: Timestamp
    decide_until: Timestamp
    """When it is deleted unless a keeper accepts it."""


class Prompt(WireModel):
    id: UUID
    family_id: UUID
    text: str
    locale: Locale
    created_by: UUID | None
    """Null for the prompts a family starts with."""
    created_at: Timestamp


class Invite(WireModel):
    """An invite as its keepers may read it later: never its code."""

    id: UUID
    family_id: UUID
    email: str | None
    role: Literal["storyteller"]
    max_uses: int
    used_count: int
    expires_at: Timestamp
    revoked_at: Timestamp | None
    mail_refused_at: Timestamp | None
    """When no mail server took the invite's mail, because of its address; the code works all the same."""
    created_by: UUID | None
    """The keeper who made its present code, by inviting or resending; null when their account is gone."""
    created_at: Timestamp


class IssuedInvite(WireModel):
    """An invite with its code: shown once, to the keeper who made or resent it."""

    id: UUID
    code: str
    join_url: str
    expires_at: Timestamp
    max_uses: int
    email_queued: bool


class Me(WireModel):
    user_id: UUID
    display_name: str | None
    locale: Locale


class Changes(WireModel):
    """Base of what PATCH takes: only fields that are sent are changed, and null is not the same as absent."""

    def named(self) -> dict[str, Any]:
        """The fields that were sent, as `_tx` functions take them: snake_case, nulls kept. Empty changes nothing."""
        return self.model_dump(mode="json", by_alias=False, exclude_unset=True)


def unchanged() -> Any:
    """The default of a field that may be absent but not null. Its value is never read."""
    return Field(default_factory=lambda: None)
