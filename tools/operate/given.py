"""The values that a command gets, as make hands them over: variables of the environment."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tools.operate.stage import Mistaken

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def uuid_of(name: str) -> UUID:
    """An id. Raises Mistaken."""
    try:
        return UUID(os.environ.get(name, ""))
    except ValueError:
        raise Mistaken(f"give an id: {name}=0c9eaf06-7c5b-4be0-a4f7-468816a411e3, for example") from None


def until() -> datetime | None:
    """UNTIL: a length of time from now such as 2h, or a time with its zone; None where it is not given."""
    text = os.environ.get("UNTIL", "").strip()
    if not text:
        return None
    length = re.fullmatch(r"(\d{1,4})([mhd])", text)
    try:
        if length:
            return datetime.now(UTC) + timedelta(**{_UNITS[length[2]]: int(length[1])})
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment <= datetime.now(UTC):
        raise Mistaken("UNTIL must lie ahead: 30m, 2h, 3d, or a time such as 2026-12-01T08:00:00Z")
    return moment
