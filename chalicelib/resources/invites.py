"""Invites after their creation: list, revoke, resend. A code is returned when it is made, and never again."""

from __future__ import annotations

from uuid import UUID

from chalicelib import invite_codes
from chalicelib.api import paging
from chalicelib.api.models import WireModel
from chalicelib.api.paging import PageQuery
from chalicelib.api.shapes import Invite, IssuedInvite
from chalicelib.call import Call
from chalicelib.database.messages import read, transact
from chalicelib.errors import InternalError

_ATTEMPTS = 5


class InviteResponse(WireModel):
    invite: Invite


class InvitesResponse(WireModel):
    invites: list[Invite]
    next_cursor: str | None


class IssuedInviteResponse(WireModel):
    invite: IssuedInvite


def list_invites(call: Call, family_id: UUID, query: PageQuery) -> InvitesResponse:
    """List a family's invites, newest first. Keepers only. Expired, revoked and used-up invites are included."""
    page = paging.page_of(query, "invites", family_id)
    result = read(call, "list_invites", missing="FORBIDDEN", family_id=family_id, **page.parameters())
    return InvitesResponse.from_row(page.cut(result))


def revoke_invite(call: Call, invite_id: UUID) -> InviteResponse:
    """Revoke an invite. Keepers only. Its code stops working at once."""
    return InviteResponse.from_row(transact(call, "revoke_invite_tx", repeatable=True, invite_id=invite_id))


def resend_invite(call: Call, invite_id: UUID) -> IssuedInviteResponse:
    """Replace an invite's code and queue its mail again.

    Keepers only. The old code stops working at once; the new one is valid for as many days as the first one was.
    """
    # Most invites are resent once: the second generation is offered unasked, and another one if that is taken.
    generation = 2
    for _ in range(_ATTEMPTS):
        code, code_hash = invite_codes.make(invite_id, generation)
        made = transact(
            call,
            "resend_invite_tx",
            invite_id=invite_id,
            generation=generation,
            code_hash=code_hash,
        )
        if "next_generation" not in made:
            shown = {**made, "code": invite_codes.shown(code), "join_url": invite_codes.join_url(code)}
            return IssuedInviteResponse(invite=IssuedInvite.from_row(shown))
        generation = made["next_generation"]
    raise InternalError("resend_invite: no generation was free")
