"""What each of Stripe's answers means: whose fault it is, and whether it is asked again."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib import config
from chalicelib.billing import stripe_client, stripe_http
from chalicelib.errors import Unavailable
from chalicelib.telemetry import logs
from tests.support import rubbish
from tests.support.rubbish import Vendor, says, silence

NO_SUBSCRIPTIONS = {"object": "list", "data": [], "has_more": False}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        for name, value in {
            "STAGE": "local",
            "STRIPE_SECRET_KEY": "sk_test_local_answers",
            "STRIPE_WEBHOOK_SECRETS": "whsec_local_answers",
            "STRIPE_PRICES": json.dumps({"price_family_month": "family:month"}),
            "STRIPE_API_BASE": vendor.url,
        }.items():
            monkeypatch.setenv(name, value)
        config.reset()
        logs.reset()
        yield vendor


def one_after_the_other(vendor: Vendor, *answers: Callable[[socket.socket], Any]) -> None:
    """The first request gets the first answer, and so on."""
    vendor.answer = lambda connection: answers[len(vendor.requests) - 1](connection)


def said(status: int, document: dict[str, Any]) -> Callable[[socket.socket], Any]:
    return says(status, json.dumps(document).encode())


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        ({"type": "invalid_request_error", "code": "rate_limit"}, "in trouble"),
        ({"type": "api_error"}, "unreadable answer"),
        ({"type": "card_error"}, "unreadable answer"),
    ],
)
def test_a_400_that_is_not_about_the_request_is_stripes_trouble(
    vendor: Vendor, error: dict[str, str], trouble: str
) -> None:
    vendor.answer = said(400, {"error": error})
    with pytest.raises(Unavailable) as caught:
        stripe_client.list_subscriptions()
    assert caught.value.trouble == trouble


def test_a_request_that_got_lost_is_made_again_within_the_time_for_all(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 2 * stripe_http.ANSWER_SECONDS <= stripe_http.SECONDS
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", 0.5)
    one_after_the_other(vendor, silence, said(200, NO_SUBSCRIPTIONS))
    assert stripe_client.list_subscriptions().subscriptions == ()


NO_SUCH_CUSTOMER = {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "customer"}}


def test_a_customer_deleted_at_stripe_has_no_subscriptions(vendor: Vendor) -> None:
    one_after_the_other(vendor, said(400, NO_SUCH_CUSTOMER), said(200, {"id": "cus_1", "deleted": True}))
    assert stripe_client.fetch_subscriptions("cus_1") == []


def test_a_customer_that_stands_and_cannot_be_listed_has_not_lost_its_subscriptions(vendor: Vendor) -> None:
    one_after_the_other(vendor, said(400, NO_SUCH_CUSTOMER), said(200, {"id": "cus_1"}))
    with pytest.raises(Unavailable):
        stripe_client.fetch_subscriptions("cus_1")


def test_stripe_is_told_nothing_of_how_long_we_waited_for_it(vendor: Vendor) -> None:
    vendor.answer = said(200, NO_SUBSCRIPTIONS)
    for _ in range(2):
        stripe_client.list_subscriptions()
    assert b"telemetry" not in b"".join(vendor.requests).lower()
