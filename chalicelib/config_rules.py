"""The rules a configured value keeps: what an address, an origin, a secret, a price list is, and what is local.

A rule raises ValueError with words of its own; it never repeats the value.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

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


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or any(c.isspace() for c in value):
        raise ValueError("must be an http(s) address")
    return value.rstrip("/")


def _origin(value: str) -> str:
    if value == "*":
        return value
    parts = urlsplit(value)
    if not parts.scheme or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != value or parts.username:
        raise ValueError("must be origins such as https://app.example.org, or *")
    return value


def _database_address(value: str) -> str:
    if urlsplit(value).scheme not in ("postgres", "postgresql") or not urlsplit(value).hostname:
        raise ValueError("must be a postgresql:// address")
    return value


Address = Annotated[str, AfterValidator(_web_address)]
Origin = Annotated[str, AfterValidator(_origin)]
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]


def is_local_host(host: str) -> bool:
    """Whether a host name means this machine."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_local_secret(value: str) -> bool:
    """Whether a secret is one the local stack made or everybody knows."""
    return value in _WELL_KNOWN or bool(_LOCAL_SECRET.search(value))


def local_problems(stage: str, settings: Iterable[tuple[str, Any]]) -> None:
    """Raises ValueError for the first thing of the local stack, or test key, where it has no place."""
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
    if "://" in text:
        parts = urlsplit(text)
        if parts.scheme == "http":
            return "must not be a plain-http address outside the local stack"
        if is_local_host(parts.hostname or ""):
            return "must not be an address of this machine outside the local stack"
        if name == "database_url" and re.search(r"[?&]sslmode=(disable|allow|prefer)\b", text):
            return "must not allow an unencrypted connection outside the local stack"
    if is_local_secret(text):
        return "must not be a secret of the local stack outside it"
    if name == "stripe_secret_key" and stage == "prod" and "_test_" in text:
        return "must not be a test key on prod"
    return None
