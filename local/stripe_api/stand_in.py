"""The stand-in as one object: its records, its deliveries, its faults, and its transactions."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.faults import Faults
from local.stripe_api.deliveries import Deliveries
from local.stripe_api.idempotency import KeysInUse
from local.stripe_api.records import RecordsFile
from local.stripe_api.settings import StripeStandInSettings
from local.stripe_api.transaction import Transaction


class StripeStandIn:
    """Stripe on this machine. It answers as soon as it is made, and sends events between start() and stop().

    `faults` makes the API fail or answer late, `deliveries` controls the events, `clock` returns epoch seconds.
    """

    def __init__(self, data_dir: Path, settings: StripeStandInSettings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.clock = clock
        self.records_file = RecordsFile(data_dir)
        self.deliveries = Deliveries(self.records_file, settings, clock)
        self.faults = Faults()
        self.keys_in_use = KeysInUse()

    def start(self) -> None:
        """Begins to deliver events, with those that an earlier run did not deliver."""
        self.deliveries.start()

    def stop(self) -> None:
        """Stops delivering; open deliveries stay on disk."""
        self.deliveries.stop()

    def close(self) -> None:
        """Stops, and closes the file."""
        self.stop()
        self.records_file.close()

    @contextmanager
    def transaction(self, request_id: str | None = None, idempotency_key: str | None = None) -> Iterator[Transaction]:
        """One transaction at Stripe; its events are sent after its commit."""
        with self.records_file.opened() as records:
            yield Transaction(records, self.settings, int(self.clock()), request_id, idempotency_key)
        self.deliveries.wake()
