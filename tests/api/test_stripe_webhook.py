"""stripe-webhook over HTTP: an event is stored once, then acknowledged, and applied from what Stripe says now."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
import stripe as library

from chalicelib.queue import worker
from tests.support import gateway
from tests.support.api import Api, Person, at_once
from tests.support.gateway import Response
from tests.support.stripe_server import WEBHOOK_SECRETS, StripeServer, eventually

NAME = "stripe-webhook"


def post(body: str | bytes, headers: Mapping[str, str]) -> Response:
    return gateway.call("POST", f"/functions/v1/{NAME}", headers, body)


def event(kind: str = "customer.subscription.updated", **more: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": "sub_1", "object": "subscription", "customer": "cus_1"}},
        **more,
    }


def deliver(body: bytes | str | dict[str, Any], secret: str = WEBHOOK_SECRETS[0], at: int | None = None) -> Response:
    """As Stripe does it, signed."""
    text = body.decode() if isinstance(body, bytes) else json.dumps(body) if isinstance(body, dict) else body
    signature = library.WebhookSignature.generate_signature_header(text, secret, timestamp=at or int(time.time()))
    return post(text, {"stripe-signature": signature, "content-type": "application/json; charset=utf-8"})


def subscribed(api: Api, stripe: StripeServer, keeper: Person) -> tuple[str, str, list[tuple[bytes, str]]]:
    """A family that has paid: its id, its subscription, and the events of it that Stripe sends."""
    family = api.family(keeper)
    body = {"familyId": family, "plan": "family", "interval": "month"}
    subscription = stripe.pay(keeper.ask("create-checkout-session", body).data["sessionId"])
    stripe.stand_in.start()
    assert eventually(lambda: not stripe.stand_in.deliveries.waiting())
    return family, subscription, list(stripe.hook.arrivals)


def entitlement(keeper: Person, family: str) -> dict[str, Any]:
    shown: dict[str, Any] = keeper.get(f"/v1/families/{family}").data["family"]["entitlement"]
    return shown


def forward(arrivals: list[tuple[bytes, str]]) -> list[Response]:
    return [post(body, {"stripe-signature": signature}) for body, signature in arrivals]


# What is taken -----------------------------------------------------------------------------------


def test_a_payment_changes_the_plan_before_stripe_gets_its_answer(api: Api, stripe: StripeServer) -> None:
    keeper = api.person()
    family, _subscription, arrivals = subscribed(api, stripe, keeper)
    assert entitlement(keeper, family)["plan"] == "free"
    replies = forward(arrivals)
    assert {reply.status for reply in replies} == {200}
    assert replies[0].data == {"received": True}
    now = entitlement(keeper, family)
    assert (now["plan"], now["status"], now["storageQuotaBytes"]) == ("family", "active", 50 * 1024**3)
    assert api.value("SELECT count(*) FROM ops.jobs WHERE kind = 'apply_stripe_event'") == 0


def test_the_order_of_the_events_does_not_matter(api: Api, stripe: StripeServer) -> None:
    keeper = api.person()
    family, subscription, _arrivals = subscribed(api, stripe, keeper)
    stripe.post(f"subscriptions/{subscription}", {"plan": "legacy"})
    stripe.post(f"subscriptions/{subscription}", {"status": "canceled"})
    assert eventually(lambda: not stripe.stand_in.deliveries.waiting())
    forward(list(reversed(stripe.hook.arrivals)))
    now = entitlement(keeper, family)
    assert (now["plan"], now["status"], now["currentPeriodEnd"]) == ("free", "active", None)


def test_one_event_ten_times_at_once_is_stored_and_applied_once(api: Api, stripe: StripeServer) -> None:
    keeper = api.person()
    family, _subscription, arrivals = subscribed(api, stripe, keeper)
    body, signature = next(each for each in arrivals if b'"customer.subscription.created"' in each[0])
    replies = at_once([lambda: post(body, {"stripe-signature": signature})] * 10)
    assert [reply.status for reply in replies] == [200] * 10
    assert api.run("SELECT count(*), sum(attempts) FROM ops.stripe_events") == [(1, 1)]
    assert entitlement(keeper, family)["plan"] == "family"


def test_an_event_of_an_unknown_customer_is_accepted_and_ignored(api: Api, stripe: StripeServer) -> None:
    customer = stripe.customer()
    about = {"id": "sub_1", "object": "subscription", "customer": customer}
    assert deliver(event(data={"object": about})).status == 200
    assert api.value("SELECT state FROM ops.stripe_events") == "ignored"


def test_an_event_of_an_unknown_type_is_accepted_and_ignored(api: Api, stripe: StripeServer) -> None:
    assert deliver(event("invoice.will_be_sent_by_pigeon")).status == 200
    assert api.value("SELECT state FROM ops.stripe_events") == "ignored"
    assert api.value("SELECT count(*) FROM ops.jobs") == 0


def test_any_configured_secret_verifies_an_event(api: Api, stripe: StripeServer) -> None:
    for number, secret in enumerate(WEBHOOK_SECRETS):
        assert deliver(event("charge.succeeded", id=f"evt_{number}"), secret).status == 200


def test_a_webhook_body_may_be_larger_than_other_bodies(api: Api, stripe: StripeServer) -> None:
    assert deliver(event("charge.succeeded", filler="x" * 300_000)).status == 200
    assert deliver(event("charge.succeeded", filler="x" * 600_000)).status == 413


def test_a_job_that_fails_at_once_is_left_to_the_queue(api: Api, stripe: StripeServer) -> None:
    keeper = api.person()
    _family, _subscription, arrivals = subscribed(api, stripe, keeper)
    body, signature = next(each for each in arrivals if b'"customer.subscription.created"' in each[0])
    stripe.stand_in.faults.fail_next(500, times=2)
    assert post(body, {"stripe-signature": signature}).status == 200
    assert api.value("SELECT state FROM ops.stripe_events") == "failed"
    assert api.value("SELECT attempts FROM ops.jobs WHERE kind = 'apply_stripe_event'") == 1


def test_with_no_time_left_the_event_is_left_to_the_queue(
    api: Api, stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = api.person()
    _family, _subscription, arrivals = subscribed(api, stripe, keeper)
    body, signature = next(each for each in arrivals if b'"customer.subscription.created"' in each[0])
    monkeypatch.setattr(worker, "JOB_SECONDS", float("inf"))
    assert post(body, {"stripe-signature": signature}).status == 200
    assert api.value("SELECT state FROM ops.stripe_events") == "stored"
    assert api.value("SELECT attempts FROM ops.jobs WHERE kind = 'apply_stripe_event'") == 0


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{}", "not json", '{"object": "event"}', '\ufeff{"object": "event"}']
)
def test_a_signed_body_that_is_not_an_event_is_refused(api: Api, stripe: StripeServer, body: str) -> None:
    reply = deliver(body)
    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")
    assert api.value("SELECT count(*) FROM ops.stripe_events") == 0


@pytest.mark.parametrize(
    "signature", [None, "", "t=1", "v1=00", "t=1,v1=00", "nonsense", "t=x,v1=y", "é", "t=1,v1=" + "0" * 9_000]
)
def test_a_bad_signature_is_refused(api: Api, stripe: StripeServer, signature: str | None) -> None:
    headers = {} if signature is None else {"stripe-signature": signature}
    reply = post(json.dumps(event()), headers)
    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")
    assert api.value("SELECT count(*) FROM ops.stripe_events") == 0


def test_a_body_changed_on_its_way_is_refused(api: Api, stripe: StripeServer) -> None:
    text = json.dumps(event())
    signature = library.WebhookSignature.generate_signature_header(text, WEBHOOK_SECRETS[0])
    assert post(text.replace("cus_1", "cus_2"), {"stripe-signature": signature}).status == 400


def test_a_wrong_secret_an_old_and_a_future_signature_are_refused(api: Api, stripe: StripeServer) -> None:
    assert deliver(event(), "whsec_of_somebody_else").status == 400
    assert deliver(event(), at=int(time.time()) - 400).status == 400
    assert deliver(event(), at=int(time.time()) + 400).status == 400
    assert deliver(event(livemode=True)).status == 400


def test_an_event_that_could_not_be_stored_is_not_acknowledged(
    api: Api, stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import config
    from chalicelib.database import connections

    monkeypatch.setenv("DATABASE_URL", "postgresql://app_login:x@127.0.0.1:1/none")
    config.reset()
    connections.reset()
    reply = deliver(event())
    assert (reply.status, reply.code) == (500, "INTERNAL")
