"""Which part of the product a call belongs to: the tag by which Sentry's errors are told apart."""

from __future__ import annotations

import re

_FEATURES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("billing", re.compile("checkout|portal|stripe|billing")),
    ("invites", re.compile("invite")),
    ("recordings", re.compile("recording|upload|playback|media|storage")),
    ("members", re.compile("member")),
    ("prompts", re.compile("prompt")),
    ("families", re.compile("famil")),
    ("profile", re.compile("_me$")),
    ("queue", re.compile("jobs")),
    ("analytics", re.compile("events")),
    ("operations", re.compile("digest|health|readyz|openapi")),
)
"""What a call belongs to, by a word in its action; the first that fits."""


def feature_of(action: str) -> str:
    """The part of the product that an action belongs to: `create_invite` to invites."""
    return next((feature for feature, word in _FEATURES if word.search(action)), "other")
