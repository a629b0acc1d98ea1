"""The stand-in as one thing: its books, its deliveries, its faults, and the one way to do work inside it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.faults import Faults
from local.stripe_api.books import BookShelf
from local.stripe_api.deliveries import Deliveries
from local.stripe_api.idempotency import KeysInUse
from local.stripe_api.settings import StripeStandInSettings
from local.stripe_api.world import World


class StripeStandIn:
    """Stripe on this machine. It answers as soon as it is made; events go out between start() and stop().

    `faults` makes the API fail or dawdle, `deliveries` steers the events, `clock` (epoch seconds) can be a test's own.
    """

    def __init__(self, data_dir: Path, settings: StripeStandInSettings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.clock = clock
        self.shelf = BookShelf(data_dir)
        self.deliveries = Deliveries(self.shelf, settings, clock)
        self.faults = Faults()
        self.keys_in_use = KeysInUse()

    def start(self) -> None:
        """Begins to deliver events, with those an earlier run left over."""
        self.deliveries.start()

    def stop(self) -> None:
        """Stops delivering; what is on its way stays on disk."""
        self.deliveries.stop()

    def close(self) -> None:
        """Stops and lets go of the file."""
        self.stop()
        self.shelf.close()

    @contextmanager
    def world(self, request_id: str | None = None, idempotency_key: str | None = None) -> Iterator[World]:
        """One transaction at Stripe; its events start on their way once it is committed."""
        with self.shelf.opened() as books:
            yield World(books, self.settings, int(self.clock()), request_id, idempotency_key)
        self.deliveries.wake()
