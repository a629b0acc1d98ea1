"""The three plans and what each allows. What one costs is Stripe's to know, what a family stores is the database's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Plan = Literal["free", "family", "legacy"]
PaidPlan = Literal["family", "legacy"]
Interval = Literal["month", "year"]

GIB = 1024**3
MINUTE = 60


@dataclass(frozen=True)
class Terms:
    """What a plan allows: bytes kept in all, seconds a single recording."""

    storage_quota_bytes: int
    max_recording_seconds: int


# From the smallest to the largest: of two plans the later one gives more.
PLANS: Mapping[Plan, Terms] = {
    "free": Terms(storage_quota_bytes=1 * GIB, max_recording_seconds=10 * MINUTE),
    "family": Terms(storage_quota_bytes=50 * GIB, max_recording_seconds=60 * MINUTE),
    "legacy": Terms(storage_quota_bytes=500 * GIB, max_recording_seconds=180 * MINUTE),
}


def rank(plan: Plan) -> int:
    """The plan's place among the plans; the larger plan has the larger one."""
    return list(PLANS).index(plan)
