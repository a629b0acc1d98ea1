"""redeem-invite: the caller enters an invite code, or follows its link, and joins the family."""

from __future__ import annotations

from uuid import UUID

from chalicelib import invite_codes
from chalicelib.api import rate_limits
from chalicelib.api.models import WireModel
from chalicelib.api.shapes import DisplayName, Role
from chalicelib.call import Call
from chalicelib.database.messages import transact


class RedeemInviteRequest(WireModel):
    code: str
    """Upper and lower case, spaces and dashes make no difference."""
    display_name: DisplayName | None = None


class JoinedFamily(WireModel):
    id: UUID
    name: str
    role: Role


class RedeemInviteResponse(WireModel):
    family: JoinedFamily
    already_member: bool


def redeem_invite(call: Call, request: RedeemInviteRequest) -> RedeemInviteResponse:
    """Join the family of an invite code.

    A caller who is a member already gets `alreadyMember`, and the invite keeps its uses. Every invalid code gets the
    same response, and counts towards the limits of wrong codes.
    """
    row = transact(
        call,
        "redeem_invite_tx",
        # A text that cannot be a code has no hashes: it matches nothing, and counts as a wrong one like any other.
        code_hashes=invite_codes.hashes_of(request.code),
        display_name=request.display_name,
        address=rate_limits.address_key(call.source_ip) if call.source_ip else None,
    )
    call.log_fields["familyId"] = row["family"]["id"]
    return RedeemInviteResponse.from_row(row)
