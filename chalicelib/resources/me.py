"""The caller's own profile: the name they go by and the language they read."""

from __future__ import annotations

from chalicelib import database
from chalicelib.call import Call
from chalicelib.shapes import Changes, DisplayName, Locale, Me, unchanged
from chalicelib.wire import WireModel


class MeResponse(WireModel):
    me: Me


class UpdateMeRequest(Changes):
    display_name: DisplayName | None = None
    locale: Locale = unchanged()


def get_me(call: Call) -> MeResponse:
    """Who the caller is. Before they said anything about themselves: no name, and English."""
    return MeResponse.from_row(database.read(call, "get_me"))


def update_me(call: Call, request: UpdateMeRequest) -> MeResponse:
    """The caller's name, in all their families along, and language."""
    result = database.transact(
        call, "update_me_tx", repeatable=True, p_changes=request.named(), p_request_id=call.request_id
    )
    return MeResponse.from_row(result)
