"""Stripe api: keys and versions."""

from __future__ import annotations

import base64

import pytest
import requests
import stripe

from tests.support.stripe_server import (
    KEY,
    StripeServer,
    client_for,
)


@pytest.mark.parametrize("key", ["sk_test_other", KEY + "x"])
def test_another_key_is_refused(stripe_server: StripeServer, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        client_for(stripe_server.url, key).v1.balance.retrieve()
    assert caught.value.http_status == 401


def test_no_key_is_refused_and_the_key_may_come_as_a_user_name(stripe_server: StripeServer) -> None:
    assert requests.get(f"{stripe_server.url}/v1/balance", timeout=5).status_code == 401
    assert requests.get(f"{stripe_server.url}/v1/balance", auth=(KEY, ""), timeout=5).status_code == 200
    broken = "Basic " + base64.b64encode(b"\xff").decode()
    assert (
        requests.get(f"{stripe_server.url}/v1/balance", headers={"Authorization": broken}, timeout=5).status_code == 401
    )


def test_another_api_version_is_refused(stripe_server: StripeServer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="API version"):
        stripe_server.client.v1.balance.retrieve(options={"stripe_version": "2022-08-01"})


def test_every_answer_names_its_request(stripe_server: StripeServer) -> None:
    answer = stripe_server.client.v1.balance.retrieve().last_response
    assert answer is not None and answer.request_id is not None and answer.request_id.startswith("req_")


def test_the_health_check_answers_without_a_key(stripe_server: StripeServer) -> None:
    assert requests.get(f"{stripe_server.url}/healthcheck", timeout=5).status_code == 200


def test_an_unknown_path_is_404(stripe_server: StripeServer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as caught:
        stripe_server.client.v1.products.list()
    assert caught.value.http_status == 404
