"""What the tests of stripe client share."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from chalicelib import config
from chalicelib.billing import events
from chalicelib.errors import Refused
from chalicelib.telemetry import logs

SOLD = {"price_family_month": "family:month", "price_family_year": "family:year", "price_legacy_month": "legacy:month"}


def _forget() -> None:
    config.reset()
    logs.reset()


def family() -> UUID:
    return uuid4()


def refused(body: bytes, signature: str | None, now: float | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        events.verify_event(body, signature, now)
    assert caught.value.code == "VALIDATION_FAILED"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value
