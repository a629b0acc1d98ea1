"""The people of a family: what they are in it, and their going. They come by redeem-invite."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api.models import WireModel
from chalicelib.api.shapes import Changes, Member, Role, unchanged
from chalicelib.call import Call
from chalicelib.database.messages import transact


class MemberResponse(WireModel):
    member: Member


class UpdateMemberRequest(Changes):
    role: Role = unchanged()


def update_member(call: Call, family_id: UUID, user_id: UUID, request: UpdateMemberRequest) -> MemberResponse:
    """A keeper makes a member keeper or storyteller. CONFLICT last_keeper: a family always keeps a keeper."""
    result = transact(
        call, "update_member_tx", family_id=family_id, user_id=user_id, changes=request.named(), repeatable=True
    )
    return MemberResponse.from_row(result)


def remove_member(call: Call, family_id: UUID, user_id: UUID) -> MemberResponse:
    """A keeper removes a member, or the caller leaves. CONFLICT last_keeper: a family always keeps a keeper."""
    return MemberResponse.from_row(transact(call, "remove_member_tx", family_id=family_id, user_id=user_id))
