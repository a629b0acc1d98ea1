"""Sends product events, all of a claim in one request. The payload is {event, user_id, happened_at, properties}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib import analytics
from chalicelib.errors import NotRetryable
from chalicelib.queue.job import Job


def run_all(jobs: Sequence[Job]) -> Mapping[str, Exception]:
    """Job id -> why it can never be sent, for each such event. Raises Unavailable where all have to come again."""
    events, refused = [], dict[str, NotRetryable]()
    for job in jobs:
        try:
            event = analytics.read_event(job.id, job.payload)
        except NotRetryable as error:
            refused[job.id] = error
            continue
        if event is not None:
            events.append(event)
    return refused | analytics.send(events)
