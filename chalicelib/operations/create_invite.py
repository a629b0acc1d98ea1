"""create-invite: a keeper invites people by a code, and by mail where an address is given."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import Field

from chalicelib import invite_codes
from chalicelib.api.models import WireModel, fingerprint
from chalicelib.api.responses import Answer
from chalicelib.api.shapes import IssuedInvite
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.errors import InternalError
from chalicelib.mail.addresses import EmailAddress

ATTEMPTS = 3


class CreateInviteRequest(WireModel):
    family_id: UUID
    email: EmailAddress | None = None
    max_uses: Annotated[int, Field(ge=1, le=20)] = 1
    expires_in_days: Annotated[int, Field(ge=1, le=30)] = 7


class CreateInviteResponse(WireModel):
    invite: IssuedInvite


def create_invite(call: Call, request: CreateInviteRequest) -> CreateInviteResponse | Answer:
    """Create an invite to the family.

    Keepers only. Only this response contains the code. With `email` a mail is queued, unless the mails that the family
    or the address may get in a day are used up: then `metadata.warnings` has mail_limit_reached.
    """
    row = _store(call, request)
    stored_hash = bytes.fromhex(row["code_hash"])
    # Made again from what is stored: an Idempotency-Key may have brought back an invite that was made long ago.
    code = invite_codes.code_for(UUID(row["id"]), row["generation"], stored_hash)
    if code is None:
        raise InternalError("the secret that made an invite's code is configured no more")
    shown = {**row, "code": invite_codes.shown(code), "join_url": invite_codes.join_url(code)}
    response = CreateInviteResponse(invite=IssuedInvite.from_row(shown))
    not_mailed = request.email is not None and not row["email_queued"]
    return Answer(response, warnings=["mail_limit_reached"] if not_mailed else [])


def _store(call: Call, request: CreateInviteRequest) -> dict[str, Any]:
    for _ in range(ATTEMPTS):
        invite_id = uuid4()
        _code, code_hash = invite_codes.make(invite_id, 1)
        row = transact(
            call,
            "create_invite_tx",
            family_id=request.family_id,
            invite_id=invite_id,
            code_hash=code_hash,
            email=request.email,
            max_uses=request.max_uses,
            expires_in_days=request.expires_in_days,
            request_hash=fingerprint(request),
        )
        # One code in two and a half million million is another invite's already: another id makes another code.
        if not row.get("collided"):
            return row
    raise InternalError("an invite's code collided three times over: the secret or the ids cannot be random")
