"""Stripe's stand-in driven by the real stripe library: what it does, and what it refuses as Stripe would."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import stripe

from tests.support.stripe_server import (
    KEY,
    PRICES,
    SUCCESS_URL,
    Hook,
    StripeServer,
    at_once,
    client_for,
    serving_stripe,
)


def refusal(stripe_server: StripeServer, **params: Any) -> stripe.InvalidRequestError:
    """Why this checkout session was refused."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_server.checkout(**{"customer": stripe_server.customer(), **params})
    assert caught.value.http_status == 400
    return caught.value


def plain(thing: stripe.StripeObject | None) -> dict[str, Any]:
    return thing.to_dict() if thing is not None else {}


# Keys and versions


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


# Customers


def test_a_customer_is_kept_with_its_metadata(stripe_server: StripeServer) -> None:
    made = stripe_server.client.v1.customers.create(
        {"email": "ana@example.org", "metadata": {"family_id": "f1", "stage": "x"}}
    )
    found = stripe_server.client.v1.customers.retrieve(made.id)
    assert found.email == "ana@example.org"
    assert plain(found.metadata) == {"family_id": "f1", "stage": "x"}
    assert found.livemode is False


def test_metadata_is_merged_and_an_empty_value_removes_its_key(stripe_server: StripeServer) -> None:
    made = stripe_server.client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    changed = stripe_server.client.v1.customers.update(made.id, {"metadata": {"b": "", "c": "3"}})
    assert plain(changed.metadata) == {"a": "1", "c": "3"}
    assert plain(stripe_server.client.v1.customers.update(made.id, {"metadata": ""}).metadata) == {}


def test_an_unknown_customer_is_404_in_the_path(stripe_server: StripeServer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_server.client.v1.customers.retrieve("cus_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_deleted_customer_is_marked_deleted_and_cannot_be_used(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    customer_id = stripe_server.client.v1.subscriptions.retrieve(subscription_id).customer
    assert isinstance(customer_id, str)
    stripe_server.client.v1.customers.delete(customer_id)
    assert stripe_server.client.v1.customers.retrieve(customer_id).deleted is True
    assert stripe_server.client.v1.subscriptions.retrieve(subscription_id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        stripe_server.checkout(customer_id)


def test_an_invalid_email_is_refused(stripe_server: StripeServer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid email"):
        stripe_server.client.v1.customers.create({"email": "nobody"})


# Checkout sessions


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


# Subscriptions


def test_paying_makes_the_subscription_that_was_ordered(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    session = stripe_server.checkout(customer, "price_family_year", subscription_data={"metadata": {"family_id": "f1"}})
    subscription = stripe_server.client.v1.subscriptions.retrieve(stripe_server.pay(session.id))
    item = subscription["items"].data[0]
    assert (subscription.status, subscription.customer, plain(subscription.metadata)) == (
        "active",
        customer,
        {"family_id": "f1"},
    )
    assert (item.price.id, item.quantity) == ("price_family_year", 1)
    assert 365 * 86400 <= item.current_period_end - item.current_period_start <= 366 * 86400
    assert "current_period_end" not in plain(subscription)


def test_paying_twice_even_at_once_is_one_subscription(stripe_server: StripeServer) -> None:
    session = stripe_server.checkout()
    answers = at_once(8, lambda _: stripe_server.pay(session.id))
    assert len(set(answers)) == 1
    customer = str(session.customer)
    assert len(stripe_server.client.v1.subscriptions.list({"customer": customer}).data) == 1


def test_two_sessions_of_a_customer_can_both_be_paid_as_at_stripe(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    first, second = (stripe_server.pay(stripe_server.checkout(customer).id) for _ in range(2))
    assert first != second


def test_a_trial_begins_without_payment(stripe_server: StripeServer) -> None:
    session = stripe_server.checkout(subscription_data={"trial_period_days": 14})
    subscription = stripe_server.client.v1.subscriptions.retrieve(stripe_server.pay(session.id))
    assert subscription.status == "trialing"
    assert subscription.trial_end == subscription["items"].data[0].current_period_end


def test_subscriptions_are_paged_newest_first_without_gaps(stripe_server: StripeServer) -> None:
    customer = stripe_server.customer()
    made = [stripe_server.pay(stripe_server.checkout(customer).id) for _ in range(5)]
    pages = stripe_server.client.v1.subscriptions.list({"customer": customer, "status": "all", "limit": 2})
    assert [subscription.id for subscription in pages.auto_paging_iter()] == made[::-1]
    before = stripe_server.client.v1.subscriptions.list({"customer": customer, "ending_before": made[0], "limit": 2})
    assert [subscription.id for subscription in before.data] == [made[2], made[1]]
    assert before.has_more is True


def test_a_canceled_subscription_is_listed_only_when_asked_for(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    customer = str(stripe_server.client.v1.subscriptions.retrieve(subscription_id).customer)
    stripe_server.post(f"subscriptions/{subscription_id}", {"status": "canceled"})

    def listed(**more: Any) -> list[str]:
        params: Any = {"customer": customer, **more}
        return [found.id for found in stripe_server.client.v1.subscriptions.list(params).data]

    assert listed() == []
    assert listed(status="all") == listed(status="ended") == listed(status="canceled") == [subscription_id]
    assert listed(status="active") == []
    assert listed(status="all", price="price_legacy_month") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 101},
        {"status": "dead"},
        {"starting_after": "sub_none"},
        {"customer": "cus_nobody"},
        {"family": "f1"},
    ],
)
def test_a_wrong_list_is_refused(stripe_server: StripeServer, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_server.client.v1.subscriptions.list(wrong)  # type: ignore[arg-type]
    assert caught.value.http_status == 400


# Portal


def test_a_portal_session_belongs_to_a_customer(stripe_server: StripeServer) -> None:
    portal = stripe_server.client.v1.billing_portal.sessions.create(
        {"customer": stripe_server.customer(), "return_url": "https://app.example/billing"}
    )
    assert urlsplit(portal.url).path.endswith(f"/portal/{portal.id}")
    assert "https://app.example/billing" in requests.get(portal.url, timeout=5).text


@pytest.mark.parametrize(
    "wrong", [{}, {"customer": "cus_nobody"}, {"return_url": "evil"}, {"configuration": "bpc_other"}]
)
def test_a_wrong_portal_session_is_refused(stripe_server: StripeServer, wrong: dict[str, Any]) -> None:
    params = wrong if not wrong or "customer" in wrong else {"customer": stripe_server.customer(), **wrong}
    with pytest.raises(stripe.InvalidRequestError):
        stripe_server.client.v1.billing_portal.sessions.create(params)  # type: ignore[arg-type]


def test_the_portal_cancels_by_cancel_at_only_and_can_undo_it(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    customer = str(stripe_server.client.v1.subscriptions.retrieve(subscription_id).customer)
    portal = stripe_server.client.v1.billing_portal.sessions.create({"customer": customer})
    assert stripe_server.post(f"portal/{portal.id}/subscriptions/{subscription_id}/cancel").status_code == 200
    canceled = stripe_server.client.v1.subscriptions.retrieve(subscription_id)
    assert canceled.cancel_at_period_end is False
    assert canceled.cancel_at == canceled["items"].data[0].current_period_end
    assert stripe_server.post(f"portal/{portal.id}/subscriptions/{subscription_id}/resume").status_code == 200
    assert stripe_server.client.v1.subscriptions.retrieve(subscription_id).cancel_at is None


def test_the_portal_shows_and_changes_its_own_customer_alone(stripe_server: StripeServer) -> None:
    other = stripe_server.subscription()
    portal = stripe_server.client.v1.billing_portal.sessions.create({"customer": stripe_server.customer()})
    assert other not in requests.get(portal.url, timeout=5).text
    assert stripe_server.post(f"portal/{portal.id}/subscriptions/{other}/cancel").status_code == 404


# Events as the API shows them


def test_events_are_found_by_id_and_by_type(stripe_server: StripeServer) -> None:
    subscription_id = stripe_server.subscription()
    newest = stripe_server.client.v1.events.list({"type": "customer.subscription.*", "limit": 1}).data[0]
    assert (newest.type, newest.data.object.id) == ("customer.subscription.created", subscription_id)
    assert stripe_server.client.v1.events.retrieve(newest.id).id == newest.id
    kinds = {event.type for event in stripe_server.client.v1.events.list({"types": ["invoice.paid"], "limit": 3}).data}
    assert kinds == {"invoice.paid"}
    future = int(stripe_server.clock()) + 60
    assert stripe_server.client.v1.events.list({"created": {"gte": future}}).data == []


def test_prices_the_app_does_not_know_can_be_sold(stripe_server: StripeServer) -> None:
    assert "price_unheard_of" in PRICES
    subscription = stripe_server.client.v1.subscriptions.retrieve(stripe_server.subscription("price_unheard_of"))
    assert subscription["items"].data[0].price.id == "price_unheard_of"


# Settings


def test_a_live_key_makes_live_objects_and_wants_https(hook: Hook, tmp_path: Path) -> None:
    with serving_stripe(tmp_path, hook, secret_key="sk_live_local_x") as live:
        session = live.checkout()
        assert (session.livemode, session.id[:8]) == (True, "cs_live_")
        assert live.client.v1.events.list().data[0].livemode is True
        assert refusal(live, success_url="http://app.example/").param == "success_url"


@pytest.mark.parametrize(
    "wrong", [{"secret_key": ""}, {"webhook_secrets": ()}, {"prices": {"p": "family"}}, {"prices": {"p": ":month"}}]
)
def test_settings_that_cannot_work_are_refused(hook: Hook, tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError), serving_stripe(tmp_path, hook, **wrong):
        pass
