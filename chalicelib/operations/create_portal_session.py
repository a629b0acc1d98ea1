"""create-portal-session: a keeper goes to Stripe's billing portal, to change or cancel the subscription."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from chalicelib.api.models import WireModel
from chalicelib.billing import checkout
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.database.vendor_calls import vendor_calls
from chalicelib.errors import Refused, Unavailable


class CreatePortalSessionRequest(WireModel):
    family_id: UUID


class CreatePortalSessionResponse(WireModel):
    url: str


def create_portal_session(call: Call, request: CreatePortalSessionRequest) -> CreatePortalSessionResponse:
    """Return a URL of the family's Stripe billing portal.

    Keepers only. The URL is valid for a few minutes. CONFLICT no_customer: the family never started a checkout.
    """
    facts = transact(call, "billing_facts", family_id=request.family_id)
    if facts["customer_id"] is None:
        raise Refused("CONFLICT", {"reason": "no_customer"})
    with vendor_calls(call):
        url = checkout.create_portal_session(facts["customer_id"])
    with suppress(Unavailable):
        # Logged already. The keeper gets the portal also where its product event is lost.
        transact(call, "note_portal_opened_tx", family_id=request.family_id)
    return CreatePortalSessionResponse(url=url)
