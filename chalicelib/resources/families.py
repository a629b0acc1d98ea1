"""Families, as their members see them. Founding one is an operation, create-family."""

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
    """The caller's families, the one they joined first leading: it is the active one."""
    page = paging.page_of(query, "families", ordered_by="joined_at")
    return FamiliesResponse.from_row(page.cut(read(call, "list_families", **page.parameters())))


def get_family(call: Call, family_id: UUID) -> FamilyResponse:
    """One family of the caller's, with its people and what it may store."""
    return FamilyResponse.from_row(read(call, "get_family", missing="FORBIDDEN", family_id=family_id))


def update_family(call: Call, family_id: UUID, request: UpdateFamilyRequest) -> FamilyResponse:
    """A keeper renames the family or changes its language."""
    result = transact(call, "update_family_tx", repeatable=True, family_id=family_id, changes=request.named())
    return FamilyResponse.from_row(result)
