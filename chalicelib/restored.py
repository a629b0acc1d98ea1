"""What a process must renew when Lambda starts it from a snapshot: all that it keeps from before its first request.

With SnapStart, a function is started once, and every process continues from what it held at that moment, days later and
as many times as there are processes. So random numbers would be the same in all of them, secrets as old as the
snapshot, and connections closed at their other ends.
"""

from __future__ import annotations

import random
from collections.abc import Callable


def on_restore(renew: Callable[[], None]) -> None:
    """Has `renew` called after each restore, before the first request. Without snapshots it is never called."""
    try:
        # Lambda's image has it; the zip does not.
        from snapshot_restore_py import register_after_restore  # type: ignore[import-untyped]
    except ImportError:
        return
    register_after_restore(renew)


# `secrets`, `uuid` and TLS ask the kernel, which is told of a restore.
on_restore(random.seed)
