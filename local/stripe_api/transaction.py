"""One transaction at Stripe: its records, its time, and the events that it makes."""

from dataclasses import dataclass, field
from typing import Any

from local.stripe_api import shapes
from local.stripe_api.records import Records
from local.stripe_api.settings import StripeStandInSettings


@dataclass
class Transaction:
    """One transaction at Stripe. `now` is in epoch seconds; `announced` collects the ids of its events."""

    records: Records
    settings: StripeStandInSettings
    now: int
    request_id: str | None = None
    idempotency_key: str | None = None
    announced: list[str] = field(default_factory=list)

    def announce(self, kind: str, about: dict[str, Any], previous: dict[str, Any] | None = None) -> None:
        """Writes an event about the object as it is now, and its delivery."""
        made = shapes.event(
            self.settings,
            self.now,
            kind,
            about,
            previous=previous,
            request_id=self.request_id,
            idempotency_key=self.idempotency_key,
        )
        self.records.put(made)
        self.records.dispatch(made["id"], self.now)
        self.announced.append(made["id"])

    def write_change(self, was: dict[str, Any], became: dict[str, Any], *kinds: str) -> None:
        """Writes a changed object with its events; writes nothing where nothing has changed."""
        if was == became:
            return
        self.records.put(became)
        previous = {name: was.get(name) for name in became if became[name] != was.get(name)}
        for kind in kinds:
            self.announce(kind, became, previous if kind.endswith(".updated") else None)
