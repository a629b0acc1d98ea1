"""Calls to vendors on behalf of a call: they end before the function does, and what needs a person is alerted.

A vendor that is slow or down comes back by itself. One that refuses our key or address, or answers what cannot be read,
may not: the operator's digest says so, once a UTC day and vendor.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import deadlines
from chalicelib.call import Call
from chalicelib.database import alerts
from chalicelib.errors import Unavailable

SPARE_SECONDS = 1.0
"""What is left to the function for its answer once a vendor was given up."""


@contextmanager
def vendor_calls(call: Call, seconds: float = float("inf")) -> Iterator[None]:
    """Calls to vendors inside take `seconds` together at most, and end before the function is cut off.

    An Unavailable that leaves the block is alerted where an operator must act.
    """
    started = time.monotonic()
    try:
        with deadlines.at_most(min(seconds, call.seconds_left() - SPARE_SECONDS)):
            yield
    except Unavailable as trouble:
        alerts.note_error(call, trouble)
        raise
    finally:
        call.add_span("vendor", "vendor_calls", time.monotonic() - started)
