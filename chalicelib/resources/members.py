"""Members of a family: their role, and their removal. They join by redeem-invite."""

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
    """Change a member's role. Keepers only. CONFLICT last_keeper: a family needs at least one keeper."""
    result = transact(call, "update_member_tx", family_id=family_id, user_id=user_id, changes=request.named())
    return MemberResponse.from_row(result)


def remove_member(call: Call, family_id: UUID, user_id: UUID) -> MemberResponse:
    """Remove a member from a family, or leave it.

    A keeper removes others, everyone may leave. CONFLICT last_keeper: a family needs at least one keeper.
    """
    return MemberResponse.from_row(transact(call, "remove_member_tx", family_id=family_id, user_id=user_id))
