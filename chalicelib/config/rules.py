"""The rules that a configured value keeps: lists, price lists, and secrets of the local stack.

A rule raises ValueError with a text of its own, which never repeats the value.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

# What Supabase's own local stack ships with, known to everybody.
_WELL_KNOWN = frozenset({"super-secret-jwt-token-with-at-least-32-characters-long"})
_LOCAL_SECRET = re.compile(r"(?:^|[_-])local[_-]", re.IGNORECASE)
"""The local stack marks every secret it makes: `local-…`, `sk_test_local_…`, `whsec_local_…`."""


def split(value: Any) -> Any:
    """A comma-separated text as a tuple, blanks and empty parts dropped."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def parse_prices(value: Any) -> Any:
    """{"price_x": "family:month"} as {price id: (plan, interval)}."""
    if not isinstance(value, str):
        return value
    try:
        prices = json.loads(value)
        parsed = {str(price): tuple(str(sold).split(":")) for price, sold in prices.items()}
    except (ValueError, AttributeError):
        raise ValueError("must be a JSON object of price id to plan:interval") from None
    for sold in parsed.values():
        if len(sold) != 2 or sold[0] not in ("family", "legacy") or sold[1] not in ("month", "year"):
            raise ValueError("must map each price to family or legacy, month or year, as in family:month")
    if len(set(parsed.values())) != len(parsed):
        raise ValueError("must name one price for each plan and interval")
    return parsed


def is_local_secret(value: str) -> bool:
    """Whether a secret is one the local stack made or everybody knows."""
    return value in _WELL_KNOWN or bool(_LOCAL_SECRET.search(value))


def local_problems(stage: str, settings: Iterable[tuple[str, Any]]) -> None:
    """Raises ValueError for the first secret of the local stack, or test key, where it has no place."""
    if stage == "local":
        # Lambda sets this itself; a deployed function that calls itself local would accept everything below.
        if "LAMBDA_TASK_ROOT" in os.environ:
            raise ValueError("STAGE: local is for the local stack alone")
        return
    for name, value in settings:
        for text in _texts(value):
            reason = _problem(name, text, stage)
            if reason:
                raise ValueError(f"{name.upper()}: {reason}")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for text in value if isinstance(text, str)]
    if isinstance(value, Mapping):
        return [text for text in value if isinstance(text, str)]
    return []


def _problem(name: str, text: str, stage: str) -> str | None:
    if is_local_secret(text):
        return "must not be a secret of the local stack outside it"
    if name == "stripe_secret_key" and stage == "prod" and "_test_" in text:
        return "must not be a test key on prod"
    return None
