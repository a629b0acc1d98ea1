"""The caller's own profile: display name and language."""

from __future__ import annotations

from chalicelib.api.models import WireModel
from chalicelib.api.shapes import Changes, DisplayName, Locale, Me, unchanged
from chalicelib.call import Call
from chalicelib.database.messages import read, transact


class MeResponse(WireModel):
    me: Me


class UpdateMeRequest(Changes):
    display_name: DisplayName | None = None
    locale: Locale = unchanged()


def get_me(call: Call) -> MeResponse:
    """Return the caller's profile. Before the first change it has no name, and English."""
    return MeResponse.from_row(read(call, "get_me"))


def update_me(call: Call, request: UpdateMeRequest) -> MeResponse:
    """Change the caller's display name or language. The name changes in all their families."""
    result = transact(call, "update_me_tx", repeatable=True, changes=request.named())
    return MeResponse.from_row(result)
