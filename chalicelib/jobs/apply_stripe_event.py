"""Applies one stored Stripe event: what it is about is fetched from Stripe as it is now. The payload is {event_id}."""

from __future__ import annotations

from chalicelib.billing import sync
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.queue.job import Job
from chalicelib.queue.worker import cause_of


def run(call: Call, job: Job) -> None:
    """An event of nobody of ours is ignored. What fails is noted on the event and raised, to be tried again."""
    event_id = str(job.payload["event_id"])
    try:
        outcome = sync.sync(call, event_id=event_id)
    except Exception as error:
        _settle(call, event_id, "failed", cause_of(error))
        raise
    if outcome == "nobody_of_ours":
        _settle(call, event_id, "ignored", None)


def _settle(call: Call, event_id: str, state: str, error: str | None) -> None:
    transact(call, "settle_stripe_event_tx", repeatable=True, event_id=event_id, state=state, error=error)
