"""chalicelib.billing, with the real stripe library, against Stripe's stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import stripe
from flask import Flask

from chalicelib import config, logs
from chalicelib.billing import checkout, events, stripe_client, stripe_http
from chalicelib.billing.entitlements import entitlement_of
from chalicelib.errors import InternalError, MissingConfiguration, Refused, Unavailable
from tests.support.stripe_server import KEY, WEBHOOK_SECRETS, Hook, HttpServer, StripeServer, at_once, serving_stripe

SOLD = {"price_family_month": "family:month", "price_family_year": "family:year", "price_legacy_month": "legacy:month"}
NEW_SECRET, OLD_SECRET = WEBHOOK_SECRETS


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


def _forget() -> None:
    config.reset()
    logs.reset()


@pytest.fixture
def stand_in(own_stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch) -> StripeServer:
    monkeypatch.setenv("STRIPE_API_BASE", own_stripe_server.url)
    return own_stripe_server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives up on an answer early, so that a test of a slow Stripe is not slow itself."""
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", 0.4)


def family() -> UUID:
    return uuid4()


# Customers and checkout


def test_the_library_is_not_imported_before_it_is_needed() -> None:
    script = "import sys, chalicelib.billing; sys.exit('stripe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_customer_is_made_once_and_holds_only_ids(stand_in: StripeServer) -> None:
    family_id = family()
    customer_id = stripe_client.create_customer(family_id)
    assert stripe_client.create_customer(family_id) == customer_id
    assert stripe_client.create_customer(family()) != customer_id
    made = stand_in.client.v1.customers.retrieve(customer_id).to_dict()
    assert made["metadata"] == {"app": "stories-from-the-sun", "stage": "local", "family_id": str(family_id)}
    assert (made["email"], made["name"]) == (None, None)


def test_many_requests_at_once_make_one_customer_and_one_session(stand_in: StripeServer) -> None:
    family_id = family()
    # A key in use is asked again by the library, once; whoever is unlucky twice is told to come again.
    answers = at_once(4, lambda _: stripe_client.create_customer(family_id))
    customers = {answer for answer in answers if not isinstance(answer, Unavailable)}
    assert len(customers) == 1
    customer = customers.pop()
    answers = at_once(4, lambda _: checkout.create_checkout_session(family_id, customer, "family", "month", after=None))
    assert len({answer.id for answer in answers if not isinstance(answer, Unavailable)}) == 1


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_was_lost_does_not_make_a_second_customer(
    stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    family_id = family()
    stand_in.stand_in.faults.delay(1.0, times=2)
    with pytest.raises(Unavailable):
        stripe_client.create_customer(family_id)
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", 5.0)
    stripe_client.create_customer(family_id)
    made = stand_in.client.v1.events.list({"type": "customer.created"}).data
    assert len(made) == 1


def test_a_checkout_is_for_the_plans_price_and_comes_back_to_the_configured_app(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    session = checkout.create_checkout_session(family_id, customer, "legacy", "month", after=None)
    assert (session.status, session.customer_id, session.subscription_id) == ("open", customer, None)
    made = stand_in.client.v1.checkout.sessions.retrieve(session.id)
    assert made.success_url == "http://localhost:3000/billing?checkout=success&session_id={CHECKOUT_SESSION_ID}"
    assert made.cancel_url == "http://localhost:3000/billing?checkout=canceled"
    subscription = stand_in.client.v1.subscriptions.retrieve(stand_in.pay(session.id))
    assert subscription["items"].data[0].price.id == "price_legacy_month"
    assert subscription.metadata.to_dict()["family_id"] == str(family_id)


def test_a_session_is_the_same_until_another_replaced_it(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    first = checkout.create_checkout_session(family_id, customer, "family", "month", after=None)
    assert checkout.create_checkout_session(family_id, customer, "family", "month", after=None) == first
    second = checkout.create_checkout_session(family_id, customer, "family", "month", after=first.id)
    other_plan = checkout.create_checkout_session(family_id, customer, "legacy", "month", after=None)
    assert len({first.id, second.id, other_plan.id}) == 3


def test_a_repeated_answer_never_hands_out_a_session_that_is_over(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    seen = set()
    for end in (checkout.expire_checkout_session, stand_in.pay, checkout.expire_checkout_session):
        session = checkout.create_checkout_session(family_id, customer, "family", "month", after=None)
        now = checkout.retrieve_checkout_session(session.id)
        assert now is not None and now.status == "open"
        seen.add(session.id)
        end(session.id)
    assert len(seen) == 3


def test_a_plan_without_a_price_is_a_configuration_error(stand_in: StripeServer) -> None:
    with pytest.raises(MissingConfiguration, match="STRIPE_PRICES"):
        checkout.create_checkout_session(family(), "cus_1", "legacy", "year", after=None)


def test_a_session_is_seen_as_it_is_now(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    session = checkout.create_checkout_session(family_id, customer, "family", "year", after=None)
    assert checkout.retrieve_checkout_session(session.id) == session
    subscription_id = stand_in.pay(session.id)
    paid = checkout.retrieve_checkout_session(session.id)
    assert paid is not None
    assert (paid.status, paid.url, paid.subscription_id) == ("complete", None, subscription_id)
    assert checkout.retrieve_checkout_session("cs_test_none") is None


def test_expiring_ends_an_open_session_and_returns_a_paid_one(stand_in: StripeServer) -> None:
    family_id = family()
    customer = stripe_client.create_customer(family_id)
    first = checkout.create_checkout_session(family_id, customer, "family", "month", after=None)
    for _ in range(2):
        expired = checkout.expire_checkout_session(first.id)
        assert expired is not None and expired.status == "expired"
    second = checkout.create_checkout_session(family_id, customer, "family", "month", after=first.id)
    stand_in.pay(second.id)
    paid = checkout.expire_checkout_session(second.id)
    assert paid is not None and paid.status == "complete"
    assert checkout.expire_checkout_session("cs_test_none") is None


def test_the_portal_comes_back_to_the_configured_app(stand_in: StripeServer) -> None:
    url = checkout.create_portal_session(stripe_client.create_customer(family()))
    assert url.startswith(f"{stand_in.url}/portal/bps_")
    with stand_in.stand_in.transaction() as transaction:
        found = transaction.records.get("billing_portal.session", url.rsplit("/", 1)[1])
    assert found is not None and found["return_url"] == "http://localhost:3000/billing"


# Subscriptions


def test_all_subscriptions_are_fetched_over_all_pages(stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_client, "PAGE", 2)
    customer = stand_in.customer()
    made = [stand_in.pay(stand_in.checkout(customer).id) for _ in range(5)]
    stand_in.post(f"subscriptions/{made[0]}", {"status": "canceled"})
    stand_in.subscription()
    found = stripe_client.fetch_subscriptions(customer)
    assert [subscription.id for subscription in found] == made[::-1]
    assert found[-1].status == "canceled"
    assert {subscription.customer_id for subscription in found} == {customer}


def test_the_whole_account_is_listed_page_by_page(stand_in: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_client, "PAGE", 2)
    made = [stand_in.subscription() for _ in range(3)]
    first = stripe_client.list_subscriptions()
    assert first.next == made[1]
    second = stripe_client.list_subscriptions(first.next)
    assert second.next is None
    assert [subscription.id for subscription in (*first.subscriptions, *second.subscriptions)] == made[::-1]


def test_a_customer_deleted_at_stripe_has_no_live_subscription(stand_in: StripeServer) -> None:
    customer = stand_in.customer()
    stand_in.pay(stand_in.checkout(customer).id)
    stand_in.client.v1.customers.delete(customer)
    assert entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices()).plan == "free"


def test_an_unknown_customer_is_trouble_and_not_no_subscriptions(stand_in: StripeServer) -> None:
    """The key of another account knows none of our customers: believed, every family would lose its plan."""
    with pytest.raises(Unavailable) as caught:
        stripe_client.fetch_subscriptions("cus_of_another_account")
    assert caught.value.trouble == "refuses us"


def test_a_customer_that_lives_but_whose_subscriptions_are_not_found_is_an_error(
    http_servers: tuple[HttpServer, HttpServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Stripe's stand-in never says; were it believed, a family that pays would lose its plan."""
    contradicting = Flask("contradicting")
    missing = {"type": "invalid_request_error", "code": "resource_missing", "param": "customer", "message": "none"}
    contradicting.add_url_rule("/v1/subscriptions", "listed", lambda: ({"error": missing}, 400))
    contradicting.add_url_rule("/v1/customers/cus_1", "found", lambda: {"id": "cus_1", "object": "customer"})
    http_servers[1].serve(contradicting)
    monkeypatch.setenv("STRIPE_API_BASE", http_servers[1].url)
    with pytest.raises(Unavailable) as caught:
        stripe_client.fetch_subscriptions("cus_1")
    assert caught.value.trouble == "unreadable answer"


def config_prices() -> Any:
    return config.load(config.BillingSettings).stripe_prices


@pytest.mark.parametrize(
    ("change", "plan", "status"),
    [
        ({}, "family", "active"),
        ({"status": "trialing"}, "family", "trialing"),
        ({"status": "past_due"}, "family", "past_due"),
        ({"status": "paused"}, "family", "paused"),
        ({"status": "incomplete"}, "family", "incomplete"),
        ({"status": "unpaid"}, "free", "active"),
        ({"status": "canceled"}, "free", "active"),
        ({"status": "incomplete_expired"}, "free", "active"),
        ({"plan": "legacy"}, "legacy", "active"),
        ({"prices": ["price_unheard_of"]}, None, "active"),
        ({"prices": []}, None, "active"),
        ({"prices": ["price_family_month", "price_legacy_month"]}, None, "active"),
    ],
)
def test_the_subscriptions_at_stripe_become_the_entitlement(
    stand_in: StripeServer, change: dict[str, Any], plan: str | None, status: str
) -> None:
    customer = stand_in.customer()
    subscription_id = stand_in.pay(stand_in.checkout(customer).id)
    if change:
        assert stand_in.post(f"subscriptions/{subscription_id}", change).status_code == 200
    found = entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices())
    assert (found.plan, found.status) == (plan, status)


def test_a_cancellation_by_flag_or_by_portal_is_seen_and_its_reversal_too(stand_in: StripeServer) -> None:
    customer = stand_in.customer()
    subscription_id = stand_in.pay(stand_in.checkout(customer).id)
    portal = checkout.create_portal_session(customer).removeprefix(stand_in.url + "/")

    def cancels() -> bool:
        return entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices()).cancel_at_period_end

    for there, back in (
        ((f"subscriptions/{subscription_id}", {"cancelAtPeriodEnd": True}),
         (f"subscriptions/{subscription_id}", {"cancelAtPeriodEnd": False})),
        ((f"{portal}/subscriptions/{subscription_id}/cancel", None),
         (f"{portal}/subscriptions/{subscription_id}/resume", None)),
    ):  # fmt: skip
        assert not cancels()
        stand_in.post(*there)
        assert cancels()
        stand_in.post(*back)
    assert not cancels()


def test_the_end_of_the_period_is_read_from_the_item(stand_in: StripeServer) -> None:
    customer = stand_in.customer()
    subscription_id = stand_in.pay(stand_in.checkout(customer).id)
    stand_in.post(f"subscriptions/{subscription_id}", {"currentPeriodEnd": "2027-01-31T12:00:00Z"})
    found = entitlement_of(stripe_client.fetch_subscriptions(customer), config_prices())
    assert found.current_period_end == datetime(2027, 1, 31, 12, tzinfo=UTC)


# Trouble


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
    assert time.monotonic() - began < 2.9
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
    assert time.monotonic() - began < 0.9


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


# Signed events


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


def refused(body: bytes, signature: str | None, now: float | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        events.verify_event(body, signature, now)
    assert caught.value.code == "VALIDATION_FAILED"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


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
