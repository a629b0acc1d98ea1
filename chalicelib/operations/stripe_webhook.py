"""stripe-webhook: a Stripe event is stored with the job that applies it, and only then acknowledged."""

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
    """Receive an event that Stripe signed.

    An event is stored once, however often Stripe sends it. INTERNAL means that it could not be stored; Stripe then
    sends it again. Its job runs at once when time allows, else by the queue.
    """
    event = events.verify_event(call.raw_body, call.headers.get("stripe-signature"))
    call.log_fields.update(eventId=event.id, eventType=event.type)
    try:
        row = transact(
            call,
            "record_stripe_event_tx",
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
