"""Families, as their members see them. They are created by create-family."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api import paging
from chalicelib.api.models import WireModel
from chalicelib.api.paging import PageQuery
from chalicelib.api.shapes import Changes, Family, FamilyName, Locale, unchanged
from chalicelib.call import Call
from chalicelib.database.messages import read, transact


class FamilyResponse(WireModel):
    family: Family


class FamiliesResponse(WireModel):
    families: list[Family]
    next_cursor: str | None


class UpdateFamilyRequest(Changes):
    name: FamilyName = unchanged()
    locale: Locale = unchanged()


def list_families(call: Call, query: PageQuery) -> FamiliesResponse:
    """List the caller's families, oldest membership first. The first one is the active family."""
    page = paging.page_of(query, "families", ordered_by="joined_at")
    return FamiliesResponse.from_row(page.cut(read(call, "list_families", **page.parameters())))


def get_family(call: Call, family_id: UUID) -> FamilyResponse:
    """Return a family with its members and its entitlement."""
    return FamilyResponse.from_row(read(call, "get_family", missing="FORBIDDEN", family_id=family_id))


def update_family(call: Call, family_id: UUID, request: UpdateFamilyRequest) -> FamilyResponse:
    """Change a family's name or language. Keepers only."""
    result = transact(call, "update_family_tx", repeatable=True, family_id=family_id, changes=request.named())
    return FamilyResponse.from_row(result)
