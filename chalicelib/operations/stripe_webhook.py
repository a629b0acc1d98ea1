"""stripe-webhook: an event of Stripe's is stored with the work it asks for, and only then acknowledged."""

from __future__ import annotations

from typing import Literal

from chalicelib.api.models import WireModel
from chalicelib.billing import events
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.errors import InternalError, Unavailable
from chalicelib.queue import worker


class StripeWebhookResponse(WireModel):
    received: Literal[True] = True


def stripe_webhook(call: Call) -> StripeWebhookResponse:
    """Takes an event that Stripe signed: stored once, however often it comes. INTERNAL, and Stripe sends it again,
    only when it could not be stored. Its job is run at once when time allows, else by the queue."""
    event = events.verify_event(call.raw_body, call.headers.get("stripe-signature"))
    call.log_fields.update(eventId=event.id, eventType=event.type)
    try:
        row = transact(
            call,
            "record_stripe_event_tx",
            repeatable=True,
            event_id=event.id,
            type=event.type,
            livemode=event.livemode,
            happened_at=event.happened_at,
            customer_id=event.customer_id,
            object_id=event.object_id,
            relevant=event.relevant,
        )
    except Unavailable:
        raise InternalError("an event of Stripe's could not be stored") from None
    if row["job_id"] is not None and call.seconds_left() > worker.JOB_SECONDS:
        worker.run_one(call, row["job_id"])
    return StripeWebhookResponse()
