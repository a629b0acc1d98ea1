"""Stripe api: checkout sessions."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
import stripe

from tests.support.stripe_objects import plain, refusal
from tests.support.stripe_server import (
    KEY,
    SUCCESS_URL,
    StripeServer,
)


def test_a_session_is_open_for_a_day_and_has_a_page(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    session = stripe_server.checkout(customer, metadata={"family_id": "f1"})
    assert (session.status, session.payment_status, session.mode) == ("open", "unpaid", "subscription")
    assert session.expires_at - session.created == 24 * 3600
    assert (session.customer, session.amount_total) == (customer, 900)
    assert plain(stripe_server.client.v1.checkout.sessions.retrieve(session.id).metadata) == {"family_id": "f1"}
    assert "9.00 USD a month" in requests.get(session.url, timeout=5).text


@pytest.mark.parametrize(
    ("wrong", "param", "code"),
    [
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items[0][price]", "resource_missing"),
        ({"line_items": []}, "line_items", "parameter_missing"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price]", "parameter_missing"),
        ({"line_items": [{"price": "price_family_month"}]}, "line_items[0]", None),
        ({"line_items": [{"price": "price_family_month", "quantity": 0}]}, "line_items[0][quantity]", None),
        (
            {"line_items": [{"price": "price_family_month", "quantity": "two"}]},
            "line_items[0][quantity]",
            "parameter_invalid_integer",
        ),
        ({"line_items": [{"price": "price_family_month", "amount": 9}]}, "line_items[0][amount]", "parameter_unknown"),
        ({"customer": "cus_nobody"}, "customer", "resource_missing"),
        ({"customer_email": "ana@example.org"}, "customer_email", None),
        ({"mode": "subscribe"}, "mode", None),
        ({"mode": "payment"}, "mode", None),
        ({"success_url": ""}, "success_url", "parameter_invalid_empty"),
        ({"success_url": "//evil.example"}, "success_url", "url_invalid"),
        ({"success_url": "/billing"}, "success_url", "url_invalid"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url", "url_invalid"),
        ({"cancel_url": "https://app.example/a b"}, "cancel_url", "url_invalid"),
        ({"sucess_url": "https://app.example"}, "sucess_url", "parameter_unknown"),
        (
            {"subscription_data": {"metdata": {}, "metadata": {"a": "1"}, "x": 1}},
            "subscription_data[x]",
            "parameter_unknown",
        ),
        ({"subscription_data": {"description": "x"}}, "subscription_data[description]", None),
        ({"tax_id_collection": {"enabled": True}}, "tax_id_collection", None),
        ({"metadata": {"a": "x" * 501}}, "metadata", None),
        ({"metadata": {"k" * 41: "x"}}, "metadata", None),
        ({"metadata": {f"k{number}": "x" for number in range(51)}}, "metadata", None),
        ({"locale": "tlh"}, "locale", None),
        ({"expires_at": int(time.time()) + 60}, "expires_at", None),
        ({"expires_at": int(time.time()) + 25 * 3600}, "expires_at", None),
        ({"allow_promotion_codes": "yes"}, "allow_promotion_codes", None),
        ({"client_reference_id": "x" * 201}, "client_reference_id", None),
        ({"api_key": "sk"}, "api_key", "parameter_unknown"),
    ],
)
def test_a_session_with_an_invalid_parameter_is_refused(
    stripe_server: StripeServer, wrong: dict[str, Any], param: str, code: str | None
) -> None:
    error = refusal(stripe_server, **wrong)
    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize("param", ["mode", "line_items", "success_url"])
def test_a_session_without_a_required_parameter_is_refused(stripe_server: StripeServer, param: str) -> None:
    params: dict[str, Any] = {
        "mode": "subscription",
        "line_items": [{"price": "price_family_month", "quantity": 1}],
        "success_url": SUCCESS_URL,
    }
    del params[param]
    with pytest.raises(stripe.InvalidRequestError, match=f"Missing required param: {param}"):
        stripe_server.client.v1.checkout.sessions.create(params)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        "email=a@example.org&email=b@example.org",
        "metadata[a]=1&metadata=",
        "=1",
        "email[=a",
        "name=%ff",
        "metadata[][a]=1",
    ],
)
def test_a_body_that_contradicts_itself_is_refused(stripe_server: StripeServer, body: str) -> None:
    answer = requests.post(
        f"{stripe_server.url}/v1/customers",
        data=body,
        auth=(KEY, ""),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=5,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_json_body_is_refused(stripe_server: StripeServer) -> None:
    answer = requests.post(f"{stripe_server.url}/v1/customers", json={"email": "a@b.c"}, auth=(KEY, ""), timeout=5)
    assert answer.status_code == 400
    assert "application/x-www-form-urlencoded" in answer.json()["error"]["message"]


def test_an_expired_session_cannot_be_expired_again_nor_paid(stripe_server: StripeServer) -> None:
    session = stripe_server.checkout()
    expired = stripe_server.client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        stripe_server.client.v1.checkout.sessions.expire(session.id)
    answer = stripe_server.post(f"checkout/{session.id}/pay")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert "expired" in answer.json()["error"]["message"]


def test_a_session_expires_by_its_time(own_stripe_server: StripeServer) -> None:
    session = own_stripe_server.checkout(expires_at=int(own_stripe_server.clock()) + 1800)
    own_stripe_server.clock.now += 1801
    assert own_stripe_server.post(f"checkout/{session.id}/pay").status_code == 409
    assert own_stripe_server.client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_a_paid_session_is_complete_and_cannot_be_expired(stripe_server: StripeServer) -> None:
    session = stripe_server.checkout()
    subscription_id = stripe_server.pay(session.id)
    done = stripe_server.client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.subscription) == ("complete", "paid", subscription_id)
    with pytest.raises(stripe.InvalidRequestError):
        stripe_server.client.v1.checkout.sessions.expire(session.id)


def test_sessions_are_listed_by_customer_and_status(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    paid, left_open = stripe_server.checkout(customer), stripe_server.checkout(customer)
    stripe_server.pay(paid.id)
    listed = stripe_server.client.v1.checkout.sessions.list({"customer": customer, "status": "open"})
    assert [session.id for session in listed.data] == [left_open.id]
