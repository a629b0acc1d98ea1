"""Fixtures of the tests of stripe client."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chalicelib.billing import stripe_http
from tests.support.stripe_calls import SOLD, _forget
from tests.support.stripe_server import KEY, WEBHOOK_SECRETS, StripeServer


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "STAGE": "local",
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRETS": ",".join(WEBHOOK_SECRETS),
        "STRIPE_PRICES": json.dumps(SOLD),
        "APP_URL": "http://localhost:3000/",
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield
    _forget()


@pytest.fixture
def stand_in(own_stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch) -> StripeServer:
    monkeypatch.setenv("STRIPE_API_BASE", own_stripe_server.url)
    return own_stripe_server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives up on an answer early, so that a test of a slow Stripe is not slow itself."""
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", 0.4)
