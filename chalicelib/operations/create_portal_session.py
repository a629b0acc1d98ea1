"""create-portal-session: a keeper is sent to Stripe's portal, to change or end what the family pays for."""

from __future__ import annotations

from uuid import UUID

from chalicelib.api.models import WireModel
from chalicelib.billing import checkout
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.database.vendor_calls import vendor_calls
from chalicelib.errors import Refused


class CreatePortalSessionRequest(WireModel):
    family_id: UUID


class CreatePortalSessionResponse(WireModel):
    url: str


def create_portal_session(call: Call, request: CreatePortalSessionRequest) -> CreatePortalSessionResponse:
    """The portal's address, good for a few minutes. CONFLICT no_customer for a family that never began to pay."""
    facts = transact(call, "billing_facts", repeatable=True, family_id=request.family_id)
    if facts["customer_id"] is None:
        raise Refused("CONFLICT", {"reason": "no_customer"})
    with vendor_calls(call):
        return CreatePortalSessionResponse(url=checkout.create_portal_session(facts["customer_id"]))
