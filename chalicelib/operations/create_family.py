"""create-family: a family, its first keeper, its free entitlement and its first prompts."""

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
    """The caller's name in this family. Default: the name in the profile."""


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
    """Create a family with the caller as its keeper.

    It starts on the free plan, with prompts in its language. A person can keep at most three free families.
    """
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
