"""Calls to vendors on behalf of a call: they end before the function does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import deadlines
from chalicelib.call import Call

SPARE_SECONDS = 1.0
"""What is left to the function for its answer once a vendor was given up."""


@contextmanager
def vendor_calls(call: Call, seconds: float = float("inf")) -> Iterator[None]:
    """Calls to vendors inside take `seconds` together at most, and end before the function is cut off."""
    with deadlines.at_most(min(seconds, call.seconds_left() - SPARE_SECONDS)):
        yield
