"""Upper bounds on time that hold on a busy machine too.

A test that is too slow is made again, up to twice, and nothing else is. A guard whose deadline is gone is too slow
every time; a machine that had no time for us once is not. See `pytest_collection_modifyitems` in tests/conftest.py.
"""

from __future__ import annotations


class TookTooLong(AssertionError):
    """The one failure after which a test is made again."""


def in_time(took: float, at_most: float) -> None:
    """TookTooLong when something took longer; seconds."""
    if took > at_most:
        raise TookTooLong(f"took {took:.2f} s, at most {at_most} s were expected")
