"""The caller's own profile: the name they go by and the language they read."""

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
    """Who the caller is. Before they said anything about themselves: no name, and English."""
    return MeResponse.from_row(read(call, "get_me"))


def update_me(call: Call, request: UpdateMeRequest) -> MeResponse:
    """The caller's name, in all their families along, and language."""
    result = transact(call, "update_me_tx", repeatable=True, changes=request.named())
    return MeResponse.from_row(result)
