"""create-family: a family, its first keeper, its free entitlement and the prompts it starts with."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api.models import Timestamp, WireModel, fingerprint
from chalicelib.api.responses import Answer
from chalicelib.api.shapes import DisplayName, Entitlement, FamilyName, Locale, Role
from chalicelib.billing.plans import PLANS
from chalicelib.call import Call
from chalicelib.database.messages import transact


class CreateFamilyRequest(WireModel):
    name: FamilyName
    locale: Locale = "en"
    display_name: DisplayName | None = None
    """What the family sees the keeper as; the profile's own when it is not given."""


class NewFamily(WireModel):
    id: UUID
    name: str
    locale: Locale
    role: Role
    created_at: Timestamp


class CreateFamilyResponse(WireModel):
    family: NewFamily
    entitlement: Entitlement
    prompts_seeded: int


def create_family(call: Call, request: CreateFamilyRequest) -> CreateFamilyResponse | Answer:
    """Founds a family whose keeper is the caller; a person keeps at most three free ones."""
    row = transact(
        call,
        "create_family_tx",
        name=request.name,
        locale=request.locale,
        display_name=request.display_name,
        quota_bytes=PLANS["free"].storage_quota_bytes,
        max_recording_seconds=PLANS["free"].max_recording_seconds,
        request_hash=fingerprint(request),
    )
    call.log_fields["familyId"] = row["family"]["id"]
    return Answer(CreateFamilyResponse.from_row(row), warnings=row["warnings"])
