"""Stripe client: trouble."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.billing import checkout, stripe_client
from chalicelib.errors import InternalError, Unavailable
from chalicelib.telemetry import logs
from tests.support.in_time import in_time
from tests.support.stripe_calls import _forget, family
from tests.support.stripe_server import StripeServer


def test_a_short_failure_of_stripe_is_retried(stand_in: StripeServer) -> None:
    for status in (500, 503):
        stand_in.stand_in.faults.fail_next(status)
        stripe_client.list_subscriptions()


@pytest.mark.parametrize("status", [500, 503, 429, 409])
def test_a_failing_stripe_is_unavailable(stand_in: StripeServer, status: int) -> None:
    stand_in.stand_in.faults.fail_next(status, times=2)
    with pytest.raises(Unavailable) as caught:
        stripe_client.fetch_subscriptions("cus_1")
    assert caught.value.service == "stripe"


@pytest.mark.usefixtures("impatient")
def test_a_hanging_or_unreachable_stripe_is_unavailable_in_time(
    stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.stand_in.faults.delay(3.0, times=2)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        stripe_client.list_subscriptions()
    in_time(time.monotonic() - began, at_most=2.9)
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    _forget()
    with pytest.raises(Unavailable):
        stripe_client.list_subscriptions()


@pytest.mark.parametrize("trouble", ["fails", "hangs", "refuses our key"])
def test_the_health_check_asks_stripe_once_and_quickly(
    stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    stripe_client.ping(1.0)
    if trouble == "fails":
        stand_in.stand_in.faults.fail_next(500)
    elif trouble == "hangs":
        stand_in.stand_in.faults.delay(1.0)
    else:
        monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_local_another")
        _forget()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        stripe_client.ping(0.3)
    in_time(time.monotonic() - began, at_most=0.9)


def test_an_answer_that_is_not_stripes_is_unavailable(stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", stand_in.url.removesuffix("/_local/stripe"))
    _forget()
    with pytest.raises(Unavailable):
        stripe_client.list_subscriptions()


def test_neither_errors_nor_the_log_repeat_stripe_s_words(
    stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: Any
) -> None:
    caplog.set_level("DEBUG")
    logs.reset()
    errors: list[BaseException] = []
    customer = "cus_" + "secretcustomer"
    for trouble in (
        lambda: checkout.create_portal_session(customer),
        lambda: checkout.create_checkout_session(family(), customer, "family", "month", after=None),
    ):
        with pytest.raises(InternalError) as refused:
            trouble()
        errors.append(refused.value)
    with pytest.raises(Unavailable) as unknown:
        stripe_client.fetch_subscriptions(customer)
    errors.append(unknown.value)
    stand_in.stand_in.faults.fail_next(500, times=2)
    with pytest.raises(Unavailable) as away:
        checkout.create_portal_session(customer)
    errors.append(away.value)
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_local_wrong")
    _forget()
    with pytest.raises(Unavailable) as wrong_key:
        checkout.create_portal_session(customer)
    errors.append(wrong_key.value)
    told = "".join(capsys.readouterr()) + "".join(repr(error) + str(error) for error in errors)
    told += "".join(record.getMessage() for record in caplog.records if not record.name.startswith("urllib3"))
    assert '"trouble":"refuses us"' in told and '"trouble":"in trouble"' in told
    assert customer not in told and "sk_test" not in told and "No such" not in told
    assert all(error.__suppress_context__ for error in errors)
