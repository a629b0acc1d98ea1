"""Events of Stripe's stand-in: signed, sent again until they are taken, in any order a test asks for.

And the hands that cause them.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from tests.support.stripe_server import (
    SUCCESS_URL,
    WEBHOOK_SECRETS,
    Hook,
    StripeServer,
    eventually,
    serving_hook,
    serving_stripe,
)

PAID = {
    "customer.subscription.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "checkout.session.completed",
}
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def subscription(own_stripe_server: StripeServer) -> str:
    """A paid subscription whose events have all been taken, with those to come delivered at once."""
    own_stripe_server.stand_in.start()
    subscription_id = own_stripe_server.subscription()
    assert eventually(lambda: not own_stripe_server.stand_in.deliveries.waiting())
    own_stripe_server.hook.arrivals.clear()
    return subscription_id


def change(stripe_server: StripeServer, subscription_id: str, **wanted: Any) -> requests.Response:
    return stripe_server.post(f"subscriptions/{subscription_id}", wanted)


# Delivery


def test_paying_delivers_its_events_before_it_answers(own_stripe_server: StripeServer) -> None:
    own_stripe_server.stand_in.start()
    session = own_stripe_server.checkout()
    own_stripe_server.pay(session.id)
    assert set(own_stripe_server.hook.types) >= PAID
    completed = next(event for event in own_stripe_server.hook.events if event["type"] == "checkout.session.completed")
    assert completed["data"]["object"]["id"] == session.id


def test_events_are_signed_with_the_first_secret_and_the_real_scheme(own_stripe_server: StripeServer) -> None:
    own_stripe_server.stand_in.start()
    own_stripe_server.subscription()
    body, signature = own_stripe_server.hook.arrivals[0]
    event = stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRETS[0])
    assert event.id == json.loads(body)["id"]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRETS[1])
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"active", b"paused") + b" ", signature, WEBHOOK_SECRETS[0])


def test_an_event_is_delivered_again_until_it_is_taken(own_stripe_server: StripeServer, subscription: str) -> None:
    own_stripe_server.hook.statuses += [500, 302, 404]
    event_id = change(own_stripe_server, subscription, cancelAtPeriodEnd=True).json()["eventIds"][0]

    def attempted(times: int) -> bool:
        return own_stripe_server.stand_in.deliveries.progress(event_id).attempts == times

    for attempts in (1, 2, 3, 4):
        assert eventually(lambda: attempted(attempts))  # noqa: B023 - asked at once
        own_stripe_server.clock.now += 60
    assert len(set(own_stripe_server.hook.ids)) == 1
    progress = own_stripe_server.stand_in.deliveries.progress(event_id)
    assert (progress.state, progress.last_status, len(own_stripe_server.hook.arrivals)) == ("delivered", 200, 4)
    assert own_stripe_server.stand_in.deliveries.waiting() == []


def test_the_pauses_between_attempts_grow(own_stripe_server: StripeServer, subscription: str) -> None:
    deliveries = own_stripe_server.stand_in.deliveries
    own_stripe_server.stand_in.stop()
    own_stripe_server.hook.statuses += [500] * 5
    event_id = change(own_stripe_server, subscription, cancelAtPeriodEnd=True).json()["eventIds"][0]
    pauses = []
    for _ in range(5):
        assert deliveries.redeliver(event_id) == 500
        pauses.append(round(deliveries.progress(event_id).due_at - own_stripe_server.clock.now, 3))
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8]


def test_an_event_is_given_up_after_three_days(own_stripe_server: StripeServer, subscription: str) -> None:
    own_stripe_server.stand_in.stop()
    own_stripe_server.hook.statuses += [500, 500]
    event_id = change(own_stripe_server, subscription, cancelAtPeriodEnd=True).json()["eventIds"][0]
    own_stripe_server.stand_in.deliveries.redeliver(event_id)
    own_stripe_server.clock.now += 3 * 24 * 3600 + 1
    own_stripe_server.stand_in.deliveries.redeliver(event_id)
    assert own_stripe_server.stand_in.deliveries.progress(event_id).state == "given_up"
    assert own_stripe_server.stand_in.deliveries.waiting() == []


def test_an_unreachable_app_gets_its_events_when_it_is_back(tmp_path: Path) -> None:
    with serving_stripe(tmp_path, Hook(url="http://127.0.0.1:9/nobody")) as stripe_server:
        stripe_server.stand_in.start()
        subscription_id = stripe_server.subscription()
        assert len(stripe_server.stand_in.deliveries.waiting()) == len(PAID) + 1  # and customer.created
    with serving_hook() as hook, serving_stripe(tmp_path, hook) as stripe_server:
        stripe_server.clock.now += 60
        stripe_server.stand_in.start()
        assert eventually(lambda: set(hook.types) >= PAID)
        assert eventually(lambda: not stripe_server.stand_in.deliveries.waiting())
        assert stripe_server.client.v1.subscriptions.retrieve(subscription_id).status == "active"


def test_an_app_that_never_answers_is_cut_off_and_asked_again(hook: Hook, tmp_path: Path) -> None:
    hook.dawdle_seconds = 0.6
    with serving_stripe(tmp_path, hook, delivery_timeout_seconds=0.2) as stripe_server:
        stripe_server.customer()
        event_id = stripe_server.client.v1.events.list({"limit": 1}).data[0].id
        assert stripe_server.stand_in.deliveries.redeliver(event_id) == 0
        assert stripe_server.stand_in.deliveries.progress(event_id).state == "waiting"
    hook.dawdle_seconds = 0.0
    with serving_stripe(tmp_path, hook) as stripe_server:  # with time enough, also on a slow machine
        assert stripe_server.stand_in.deliveries.redeliver(event_id) == 200


def test_a_redelivery_carries_a_fresh_signature(own_stripe_server: StripeServer, subscription: str) -> None:
    event_id = change(own_stripe_server, subscription, cancelAtPeriodEnd=True).json()["eventIds"][0]
    own_stripe_server.clock.now += 3600
    own_stripe_server.stand_in.deliveries.redeliver(event_id)
    first, second = own_stripe_server.hook.arrivals[-2:]
    assert first[0] == second[0]
    assert int(second[1].split(",")[0][2:]) - int(first[1].split(",")[0][2:]) == 3600


def test_events_can_be_held_and_released_in_any_order(own_stripe_server: StripeServer, subscription: str) -> None:
    own_stripe_server.stand_in.deliveries.hold()
    change(own_stripe_server, subscription, cancelAtPeriodEnd=True)
    change(own_stripe_server, subscription, plan="legacy")
    change(own_stripe_server, subscription, status="canceled")
    waiting = own_stripe_server.stand_in.deliveries.waiting()
    assert own_stripe_server.hook.arrivals == []
    assert own_stripe_server.stand_in.deliveries.release(waiting[::-1]) == [200, 200, 200]
    assert own_stripe_server.hook.types == ["customer.subscription.deleted"] + ["customer.subscription.updated"] * 2
    assert own_stripe_server.hook.ids == waiting[::-1]


def test_events_can_come_twice_and_late(own_stripe_server: StripeServer, subscription: str) -> None:
    own_stripe_server.stand_in.deliveries.copies = 2
    change(own_stripe_server, subscription, cancelAtPeriodEnd=True)
    assert eventually(lambda: len(own_stripe_server.hook.arrivals) == 2)
    own_stripe_server.stand_in.deliveries.copies = 1
    own_stripe_server.stand_in.deliveries.late_seconds = 30
    own_stripe_server.stand_in.deliveries.hold()
    change(own_stripe_server, subscription, cancelAtPeriodEnd=False)
    own_stripe_server.stand_in.deliveries.release()
    assert not eventually(lambda: len(own_stripe_server.hook.arrivals) > 2, seconds=0.5)
    own_stripe_server.clock.now += 31
    assert eventually(lambda: len(own_stripe_server.hook.arrivals) == 3)


def test_an_unknown_event_cannot_be_redelivered(own_stripe_server: StripeServer) -> None:
    with pytest.raises(KeyError):
        own_stripe_server.stand_in.deliveries.redeliver("evt_none")


def test_a_stopped_stand_in_sends_nothing(own_stripe_server: StripeServer, subscription: str) -> None:
    own_stripe_server.stand_in.stop()
    change(own_stripe_server, subscription, cancelAtPeriodEnd=True)
    assert not eventually(lambda: bool(own_stripe_server.hook.arrivals), seconds=0.4)
    own_stripe_server.stand_in.start()
    assert eventually(lambda: own_stripe_server.hook.types == ["customer.subscription.updated"])


# The hand on a subscription


@pytest.mark.parametrize(
    ("status", "events"),
    [
        ("trialing", {"customer.subscription.updated"}),
        (
            "past_due",
            {"customer.subscription.updated", "invoice.created", "invoice.finalized", "invoice.payment_failed"},
        ),
        ("incomplete", {"customer.subscription.updated"}),
        ("paused", {"customer.subscription.updated", "customer.subscription.paused"}),
        ("canceled", {"customer.subscription.deleted"}),
        ("unpaid", {"customer.subscription.updated"}),
        ("incomplete_expired", {"customer.subscription.updated"}),
    ],
)
def test_a_status_brings_its_events_and_the_way_back_too(
    own_stripe_server: StripeServer, subscription: str, status: str, events: set[str]
) -> None:
    assert change(own_stripe_server, subscription, status=status).json()["status"] == status
    assert set(own_stripe_server.hook.types) == events
    assert own_stripe_server.client.v1.subscriptions.retrieve(subscription).status == status
    about = next(event for event in own_stripe_server.hook.events if event["type"].startswith("customer.subscription."))
    assert about["data"]["object"]["status"] == status
    own_stripe_server.hook.arrivals.clear()
    assert change(own_stripe_server, subscription, status="active").json()["status"] == "active"
    assert {"customer.subscription.updated", "invoice.paid"} <= set(own_stripe_server.hook.types)
    assert own_stripe_server.client.v1.subscriptions.retrieve(subscription).ended_at is None


def test_an_updated_event_says_what_was_before(own_stripe_server: StripeServer, subscription: str) -> None:
    change(own_stripe_server, subscription, cancelAtPeriodEnd=True)
    data = own_stripe_server.hook.events[0]["data"]
    assert data["object"]["cancel_at_period_end"] is True
    assert data["previous_attributes"]["cancel_at_period_end"] is False
    assert "status" not in data["previous_attributes"]


def test_a_cancellation_can_be_taken_back(own_stripe_server: StripeServer, subscription: str) -> None:
    before = own_stripe_server.client.v1.subscriptions.retrieve(subscription).to_dict()
    change(own_stripe_server, subscription, cancelAtPeriodEnd=True)
    scheduled = own_stripe_server.client.v1.subscriptions.retrieve(subscription)
    assert scheduled.cancel_at == scheduled["items"].data[0].current_period_end
    change(own_stripe_server, subscription, cancelAtPeriodEnd=False)
    assert own_stripe_server.client.v1.subscriptions.retrieve(subscription).to_dict() == before


def test_changing_nothing_sends_nothing(own_stripe_server: StripeServer, subscription: str) -> None:
    assert change(own_stripe_server, subscription, status="active", cancelAtPeriodEnd=False).json()["eventIds"] == []
    assert own_stripe_server.hook.arrivals == []


@pytest.mark.parametrize("sent", ["2027-01-31T12:00:00Z", "2027-01-31T13:00:00+01:00", 1801396800])
def test_the_end_of_a_period_can_be_set(own_stripe_server: StripeServer, subscription: str, sent: Any) -> None:
    answer = change(own_stripe_server, subscription, currentPeriodEnd=sent)
    moment = int(dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC).timestamp())
    assert answer.json()["currentPeriodEnd"] == moment
    item = own_stripe_server.client.v1.subscriptions.retrieve(subscription)["items"].data[0]
    assert item.current_period_end == moment
    assert item.current_period_start < moment


def test_a_later_period_of_an_active_subscription_is_a_renewal(
    own_stripe_server: StripeServer, subscription: str
) -> None:
    item = own_stripe_server.client.v1.subscriptions.retrieve(subscription)["items"].data[0]
    change(own_stripe_server, subscription, currentPeriodEnd=item.current_period_end + 30 * 86400)
    assert {"invoice.paid", "customer.subscription.updated"} <= set(own_stripe_server.hook.types)
    paid = next(event for event in own_stripe_server.hook.events if event["type"] == "invoice.paid")["data"]["object"]
    assert paid["parent"]["subscription_details"]["subscription"] == subscription
    assert paid["billing_reason"] == "subscription_cycle"


def test_the_plan_and_the_interval_can_be_changed(own_stripe_server: StripeServer, subscription: str) -> None:
    assert change(own_stripe_server, subscription, plan="legacy").json()["prices"] == ["price_legacy_month"]
    assert change(own_stripe_server, subscription, plan="family", interval="year").json()["prices"] == [
        "price_family_year"
    ]
    assert change(own_stripe_server, subscription, interval="month").json()["prices"] == ["price_family_month"]


def test_a_mistake_of_the_operator_can_be_simulated(own_stripe_server: StripeServer, subscription: str) -> None:
    assert change(own_stripe_server, subscription, prices=[]).json()["prices"] == []
    two = ["price_family_month", "price_unheard_of"]
    assert change(own_stripe_server, subscription, prices=two).json()["prices"] == two


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({}, "status"),
        ({"status": "dead"}, "status"),
        ({"status": None}, "status"),
        ({"cancelAtPeriodEnd": "yes"}, "cancelAtPeriodEnd"),
        ({"currentPeriodEnd": "tomorrow"}, "currentPeriodEnd"),
        ({"currentPeriodEnd": "2027-01-31T12:00:00"}, "currentPeriodEnd"),
        ({"currentPeriodEnd": -1}, "currentPeriodEnd"),
        ({"currentPeriodEnd": True}, "currentPeriodEnd"),
        ({"plan": "free"}, "plan"),
        ({"plan": "legacy", "interval": "year"}, "plan"),
        ({"interval": "week"}, "interval"),
        ({"prices": ["price_none"]}, "prices"),
        ({"prices": [], "plan": "family"}, "prices"),
        ({"cancel_at_period_end": True}, "cancel_at_period_end"),
        ([1], "object"),
    ],
)
def test_an_invalid_control_request_is_refused_with_its_reason(
    own_stripe_server: StripeServer, subscription: str, wrong: Any, names: str
) -> None:
    answer = own_stripe_server.post(f"subscriptions/{subscription}", wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_FAILED")
    assert names in answer.json()["error"]["message"]
    assert own_stripe_server.hook.arrivals == []


def test_a_failure_of_a_number_of_requests_can_be_requested(own_stripe_server: StripeServer) -> None:
    assert own_stripe_server.post("faults", {"status": 503, "times": 2}).json()["times"] == 2
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            own_stripe_server.customer()
    assert own_stripe_server.customer()
    own_stripe_server.post("faults", {"status": 500, "times": 1000})
    assert own_stripe_server.post("faults", {}).status_code == 200
    assert own_stripe_server.customer()


@pytest.mark.parametrize("wrong", [{"times": 0}, {"times": 1001}, {"status": 200}, {"delaySeconds": 31}, {"x": 1}, []])
def test_a_failure_without_an_end_is_refused(own_stripe_server: StripeServer, wrong: Any) -> None:
    assert own_stripe_server.post("faults", wrong).status_code == 400
    assert own_stripe_server.customer()


def test_a_control_request_for_an_unknown_object_is_404(own_stripe_server: StripeServer) -> None:
    for path in ("subscriptions/sub_none", "checkout/cs_none/pay", "portal/bps_none/subscriptions/sub_none/cancel"):
        assert own_stripe_server.post(path, {"status": "active"}).status_code == 404
    for path in ("checkout/cs_none", "portal/bps_none"):
        assert requests.get(f"{own_stripe_server.url}/{path}", timeout=5).status_code == 404


# The pages


def test_a_person_pays_by_the_page_and_comes_back_to_the_app(own_stripe_server: StripeServer) -> None:
    session = own_stripe_server.checkout()
    page = requests.get(session.url, headers=BROWSER, timeout=5)
    assert "Pay" in page.text and f'action="{session.id}/pay"' in page.text
    paid = requests.post(f"{session.url}/pay", headers=BROWSER, timeout=5, allow_redirects=False)
    assert (paid.status_code, paid.headers["Location"]) == (
        303,
        SUCCESS_URL.replace("{CHECKOUT_SESSION_ID}", session.id),
    )
    assert "This is paid" in requests.get(f"{own_stripe_server.url}/checkout/{session.id}", timeout=5).text


def test_the_page_says_what_is_not_possible(own_stripe_server: StripeServer) -> None:
    session = own_stripe_server.checkout()
    own_stripe_server.client.v1.checkout.sessions.expire(session.id)
    answer = requests.post(f"{own_stripe_server.url}/checkout/{session.id}/pay", headers=BROWSER, timeout=5)
    assert answer.status_code == 409
    assert "expired" in answer.text and answer.headers["Content-Type"].startswith("text/html")


def test_a_person_cancels_and_resumes_by_the_portal(own_stripe_server: StripeServer, subscription: str) -> None:
    customer = str(own_stripe_server.client.v1.subscriptions.retrieve(subscription).customer)
    portal = own_stripe_server.client.v1.billing_portal.sessions.create({"customer": customer})
    action = f"{portal.url}/subscriptions/{subscription}"
    assert f'action="{portal.id}/subscriptions/{subscription}/cancel"' in requests.get(portal.url, timeout=5).text
    page = requests.post(f"{action}/cancel", headers=BROWSER, timeout=5)
    assert page.url == portal.url and "/resume" in page.text
    assert "customer.subscription.updated" in own_stripe_server.hook.types
    change(own_stripe_server, subscription, status="canceled")
    assert requests.post(f"{action}/resume", headers=BROWSER, timeout=5).status_code == 409
