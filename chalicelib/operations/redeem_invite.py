"""redeem-invite: somebody types a code, or follows its link, and belongs to the family."""

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
    """As it was typed: case, blanks and dashes do not matter."""
    display_name: DisplayName | None = None


class JoinedFamily(WireModel):
    id: UUID
    name: str
    role: Role


class RedeemInviteResponse(WireModel):
    family: JoinedFamily
    already_member: bool


def redeem_invite(call: Call, request: RedeemInviteRequest) -> RedeemInviteResponse:
    """Joins the caller to the invite's family. Every way a code can be wrong is one answer, and is counted."""
    row = transact(
        call,
        "redeem_invite_tx",
        # A member who redeems again stays what they are and costs no use.
        repeatable=True,
        # A text that cannot be a code has no hashes: it matches nothing, and counts as a wrong one like any other.
        code_hashes=invite_codes.hashes_of(request.code),
        display_name=request.display_name,
        address=rate_limits.address_key(call.source_ip) if call.source_ip else None,
    )
    call.log_fields["familyId"] = row["family"]["id"]
    return RedeemInviteResponse.from_row(row)
