"""Stripe client: signed events."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import stripe

from chalicelib.billing import events
from tests.support.stripe_calls import refused
from tests.support.stripe_server import WEBHOOK_SECRETS, Hook, StripeServer, serving_stripe

NEW_SECRET, OLD_SECRET = WEBHOOK_SECRETS


def event(**more: Any) -> bytes:
    about = {"object": "subscription", "id": "sub_1", "customer": "cus_1"}
    return json.dumps(
        {
            "id": "evt_1",
            "object": "event",
            "type": "customer.subscription.updated",
            "created": 1_700_000_000,
            "livemode": False,
            "data": {"object": about},
            **more,
        }
    ).encode()


def signed(body: bytes, secret: str = NEW_SECRET, at: float | None = None) -> str:
    moment = int(time.time() if at is None else at)
    text = body.decode("utf-8", "surrogateescape")
    header: str = stripe.WebhookSignature.generate_signature_header(text, secret, timestamp=moment)
    return header


def test_an_event_as_stripe_delivers_it_is_accepted(stand_in: StripeServer, hook: Hook) -> None:
    stand_in.stand_in.start()
    subscription_id = stand_in.subscription()
    verified = [events.verify_event(body, signature) for body, signature in hook.arrivals]
    assert {found.id for found in verified} == set(hook.ids)
    created = next(found for found in verified if found.type == "customer.subscription.created")
    assert created.object_id == subscription_id
    assert len({found.customer_id for found in verified}) == 1


@pytest.mark.parametrize("secret", WEBHOOK_SECRETS)
def test_any_configured_secret_verifies_an_event(secret: str) -> None:
    assert events.verify_event(event(), signed(event(), secret)).id == "evt_1"


def test_a_second_signature_in_the_header_is_accepted() -> None:
    header = signed(event(), "whsec_of_nobody") + "," + signed(event()).split(",")[1]
    assert events.verify_event(event(), header).id == "evt_1"


def test_a_large_event_is_accepted() -> None:
    body = event(data={"object": {"object": "subscription", "customer": "cus_1", "metadata": {"a": "ä" * 300_000}}})
    assert events.verify_event(body, signed(body)).customer_id == "cus_1"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=1",
        "v1=abc",
        "nonsense",
        "t=,v1=",
        "t=x,v1=abc",
        "t=" + "9" * 5000 + ",v1=abc",
        "t=1,v1=é",
        "t=1,v1=\u0000",
        "t=1," + "v1=abc," * 10_000,
    ],
)
def test_a_header_without_a_valid_signature_is_refused(header: str | None) -> None:
    assert refused(event(), header).message == "stripe-signature: is not valid"


def test_another_secret_scheme_or_body_is_refused() -> None:
    refused(event(), signed(event(), "whsec_of_nobody"))
    refused(event(), signed(event()).replace("v1=", "v0="))
    refused(event() + b" ", signed(event()))
    refused(event(id="evt_2"), signed(event()))


def test_a_changed_timestamp_is_refused() -> None:
    moment = int(time.time())
    refused(event(), signed(event(), at=moment - 900).replace(f"t={moment - 900}", f"t={moment}"))


def test_a_second_timestamp_makes_an_old_signature_no_younger() -> None:
    moment = int(time.time())
    assert events.verify_event(event(), signed(event(), at=moment) + f",t={moment - 900}").id == "evt_1"
    refused(event(), signed(event(), at=moment - 900) + f",t={moment}")


def test_a_signature_header_is_looked_at_up_to_4096_characters() -> None:
    header = signed(event())
    padding = ",v0=" + "a" * (4096 - len(header) - 4)
    assert events.verify_event(event(), header + padding).id == "evt_1"
    refused(event(), header + padding + "a")


@pytest.mark.parametrize(
    ("age", "accepted"),
    [(299, True), (300, True), (302, False), (86_400, False), (-29, True), (-32, False), (-3600, False)],
)
def test_a_signature_is_valid_for_five_minutes_and_not_before_its_time(age: int, accepted: bool) -> None:
    now = 1_800_000_000.0
    header = signed(event(), at=now - age)
    if accepted:
        assert events.verify_event(event(), header, now).id == "evt_1"
    else:
        assert refused(event(), header, now).message == "stripe-signature: is not valid"


@pytest.mark.parametrize(
    "garbage", [b"", b"[]", b"null", b"{}", b"not json", b"\xef\xbb\xbf" + event(), b"[" * 50_000, event(created="x")]
)
def test_signed_garbage_is_refused(garbage: bytes) -> None:
    assert refused(garbage, signed(garbage)).message == "body: is not a Stripe event"


def test_bytes_that_are_not_text_are_refused() -> None:
    refused(b"\xff\xfe" + event(), signed(event()))


def test_a_header_with_an_odd_timestamp_is_judged_as_by_stripe_s_library() -> None:
    header = signed(event()).replace(",v1=", "=9,v1=", 1)
    assert events.verify_event(event(), header).id == "evt_1"


@pytest.mark.parametrize(("key", "livemode", "accepted"), [
    ("sk_test_local_x", False, True),
    ("sk_test_local_x", True, False),
    ("sk_live_local_x", True, True),
    ("rk_live_local_x", True, True),
    ("sk_live_local_x", False, False),
])  # fmt: skip
def test_an_event_of_the_other_mode_is_refused(
    monkeypatch: pytest.MonkeyPatch, key: str, livemode: bool, accepted: bool
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    body = event(livemode=livemode)
    if accepted:
        assert events.verify_event(body, signed(body)).livemode is livemode
    else:
        assert refused(body, signed(body)).message == "livemode: is not this stage's mode"


def test_a_live_key_works_with_a_live_stand_in(hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_local_x")
    with serving_stripe(tmp_path, hook, secret_key="sk_live_local_x") as stripe_server:
        stripe_server.stand_in.start()
        stripe_server.subscription()
        assert all(events.verify_event(body, signature).livemode for body, signature in hook.arrivals)
