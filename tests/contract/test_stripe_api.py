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

from tests.contract.stripe_world import KEY, PRICES, SUCCESS_URL, Hook, StripeWorld, at_once, client_for, serving_stripe


def refusal(world: StripeWorld, **params: Any) -> stripe.InvalidRequestError:
    """Why this checkout session was refused."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        world.checkout(**{"customer": world.customer(), **params})
    assert caught.value.http_status == 400
    return caught.value


def plain(thing: stripe.StripeObject | None) -> dict[str, Any]:
    return thing.to_dict() if thing is not None else {}


# Keys and versions


@pytest.mark.parametrize("key", ["sk_test_other", KEY + "x"])
def test_another_key_is_refused(world: StripeWorld, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        client_for(world.url, key).v1.balance.retrieve()
    assert caught.value.http_status == 401


def test_no_key_is_refused_and_the_key_may_come_as_a_user_name(world: StripeWorld) -> None:
    assert requests.get(f"{world.url}/v1/balance", timeout=5).status_code == 401
    assert requests.get(f"{world.url}/v1/balance", auth=(KEY, ""), timeout=5).status_code == 200
    broken = "Basic " + base64.b64encode(b"\xff").decode()
    assert requests.get(f"{world.url}/v1/balance", headers={"Authorization": broken}, timeout=5).status_code == 401


def test_another_api_version_is_refused(world: StripeWorld) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="API version"):
        world.client.v1.balance.retrieve(options={"stripe_version": "2022-08-01"})


def test_every_answer_names_its_request(world: StripeWorld) -> None:
    answer = world.client.v1.balance.retrieve().last_response
    assert answer is not None and answer.request_id is not None and answer.request_id.startswith("req_")


def test_the_health_check_answers_without_a_key(world: StripeWorld) -> None:
    assert requests.get(f"{world.url}/healthcheck", timeout=5).status_code == 200


def test_an_unknown_address_is_told_so(world: StripeWorld) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as caught:
        world.client.v1.products.list()
    assert caught.value.http_status == 404


# Customers


def test_a_customer_is_kept_with_its_metadata(world: StripeWorld) -> None:
    made = world.client.v1.customers.create({"email": "ana@example.org", "metadata": {"family_id": "f1", "stage": "x"}})
    found = world.client.v1.customers.retrieve(made.id)
    assert found.email == "ana@example.org"
    assert plain(found.metadata) == {"family_id": "f1", "stage": "x"}
    assert found.livemode is False


def test_metadata_is_merged_and_an_empty_value_removes_its_key(world: StripeWorld) -> None:
    made = world.client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    changed = world.client.v1.customers.update(made.id, {"metadata": {"b": "", "c": "3"}})
    assert plain(changed.metadata) == {"a": "1", "c": "3"}
    assert plain(world.client.v1.customers.update(made.id, {"metadata": ""}).metadata) == {}


def test_an_unknown_customer_is_404_in_the_path(world: StripeWorld) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        world.client.v1.customers.retrieve("cus_nobody")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_deleted_customer_says_so_and_is_good_for_nothing_more(world: StripeWorld) -> None:
    subscription_id = world.subscription()
    customer_id = world.client.v1.subscriptions.retrieve(subscription_id).customer
    assert isinstance(customer_id, str)
    world.client.v1.customers.delete(customer_id)
    assert world.client.v1.customers.retrieve(customer_id).deleted is True
    assert world.client.v1.subscriptions.retrieve(subscription_id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        world.checkout(customer_id)


def test_what_is_no_address_is_refused(world: StripeWorld) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid email"):
        world.client.v1.customers.create({"email": "nobody"})


# Checkout sessions


def test_a_session_is_open_for_a_day_and_has_a_page(world: StripeWorld) -> None:
    customer = world.customer()
    session = world.checkout(customer, metadata={"family_id": "f1"})
    assert (session.status, session.payment_status, session.mode) == ("open", "unpaid", "subscription")
    assert session.expires_at - session.created == 24 * 3600
    assert (session.customer, session.amount_total) == (customer, 900)
    assert plain(world.client.v1.checkout.sessions.retrieve(session.id).metadata) == {"family_id": "f1"}
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
def test_a_session_is_refused_for(world: StripeWorld, wrong: dict[str, Any], param: str, code: str | None) -> None:
    error = refusal(world, **wrong)
    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize("param", ["mode", "line_items", "success_url"])
def test_a_session_cannot_do_without(world: StripeWorld, param: str) -> None:
    params: dict[str, Any] = {
        "mode": "subscription",
        "line_items": [{"price": "price_family_month", "quantity": 1}],
        "success_url": SUCCESS_URL,
    }
    del params[param]
    with pytest.raises(stripe.InvalidRequestError, match=f"Missing required param: {param}"):
        world.client.v1.checkout.sessions.create(params)  # type: ignore[arg-type]


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
def test_a_body_that_contradicts_itself_is_refused(world: StripeWorld, body: str) -> None:
    answer = requests.post(
        f"{world.url}/v1/customers",
        data=body,
        auth=(KEY, ""),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=5,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_json_body_is_refused(world: StripeWorld) -> None:
    answer = requests.post(f"{world.url}/v1/customers", json={"email": "a@b.c"}, auth=(KEY, ""), timeout=5)
    assert answer.status_code == 400
    assert "application/x-www-form-urlencoded" in answer.json()["error"]["message"]


def test_an_expired_session_cannot_be_expired_again_nor_paid(world: StripeWorld) -> None:
    session = world.checkout()
    expired = world.client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        world.client.v1.checkout.sessions.expire(session.id)
    answer = world.post(f"checkout/{session.id}/pay")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert "expired" in answer.json()["error"]["message"]


def test_a_session_expires_by_its_time(own_world: StripeWorld) -> None:
    session = own_world.checkout(expires_at=int(own_world.clock()) + 1800)
    own_world.clock.now += 1801
    assert own_world.post(f"checkout/{session.id}/pay").status_code == 409
    assert own_world.client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_a_paid_session_is_complete_and_cannot_be_expired(world: StripeWorld) -> None:
    session = world.checkout()
    subscription_id = world.pay(session.id)
    done = world.client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.subscription) == ("complete", "paid", subscription_id)
    with pytest.raises(stripe.InvalidRequestError):
        world.client.v1.checkout.sessions.expire(session.id)


def test_sessions_are_listed_by_customer_and_status(world: StripeWorld) -> None:
    customer = world.customer()
    paid, left_open = world.checkout(customer), world.checkout(customer)
    world.pay(paid.id)
    listed = world.client.v1.checkout.sessions.list({"customer": customer, "status": "open"})
    assert [session.id for session in listed.data] == [left_open.id]


# Subscriptions


def test_paying_makes_the_subscription_that_was_ordered(world: StripeWorld) -> None:
    customer = world.customer()
    session = world.checkout(customer, "price_family_year", subscription_data={"metadata": {"family_id": "f1"}})
    subscription = world.client.v1.subscriptions.retrieve(world.pay(session.id))
    item = subscription["items"].data[0]
    assert (subscription.status, subscription.customer, plain(subscription.metadata)) == (
        "active",
        customer,
        {"family_id": "f1"},
    )
    assert (item.price.id, item.quantity) == ("price_family_year", 1)
    assert 365 * 86400 <= item.current_period_end - item.current_period_start <= 366 * 86400
    assert "current_period_end" not in plain(subscription)


def test_paying_twice_even_at_once_is_one_subscription(world: StripeWorld) -> None:
    session = world.checkout()
    answers = at_once(8, lambda _: world.pay(session.id))
    assert len(set(answers)) == 1
    customer = str(session.customer)
    assert len(world.client.v1.subscriptions.list({"customer": customer}).data) == 1


def test_two_sessions_of_a_customer_can_both_be_paid_as_at_stripe(world: StripeWorld) -> None:
    customer = world.customer()
    first, second = (world.pay(world.checkout(customer).id) for _ in range(2))
    assert first != second


def test_a_trial_begins_without_payment(world: StripeWorld) -> None:
    session = world.checkout(subscription_data={"trial_period_days": 14})
    subscription = world.client.v1.subscriptions.retrieve(world.pay(session.id))
    assert subscription.status == "trialing"
    assert subscription.trial_end == subscription["items"].data[0].current_period_end


def test_subscriptions_are_paged_newest_first_without_gaps(world: StripeWorld) -> None:
    customer = world.customer()
    made = [world.pay(world.checkout(customer).id) for _ in range(5)]
    pages = world.client.v1.subscriptions.list({"customer": customer, "status": "all", "limit": 2})
    assert [subscription.id for subscription in pages.auto_paging_iter()] == made[::-1]
    before = world.client.v1.subscriptions.list({"customer": customer, "ending_before": made[0], "limit": 2})
    assert [subscription.id for subscription in before.data] == [made[2], made[1]]
    assert before.has_more is True


def test_a_canceled_subscription_is_listed_only_when_asked_for(world: StripeWorld) -> None:
    subscription_id = world.subscription()
    customer = str(world.client.v1.subscriptions.retrieve(subscription_id).customer)
    world.post(f"subscriptions/{subscription_id}", {"status": "canceled"})

    def listed(**more: Any) -> list[str]:
        params: Any = {"customer": customer, **more}
        return [found.id for found in world.client.v1.subscriptions.list(params).data]

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
def test_a_wrong_list_is_refused(world: StripeWorld, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        world.client.v1.subscriptions.list(wrong)  # type: ignore[arg-type]
    assert caught.value.http_status == 400


# Portal


def test_a_portal_session_belongs_to_a_customer(world: StripeWorld) -> None:
    portal = world.client.v1.billing_portal.sessions.create(
        {"customer": world.customer(), "return_url": "https://app.example/billing"}
    )
    assert urlsplit(portal.url).path.endswith(f"/portal/{portal.id}")
    assert "https://app.example/billing" in requests.get(portal.url, timeout=5).text


@pytest.mark.parametrize(
    "wrong", [{}, {"customer": "cus_nobody"}, {"return_url": "evil"}, {"configuration": "bpc_other"}]
)
def test_a_wrong_portal_session_is_refused(world: StripeWorld, wrong: dict[str, Any]) -> None:
    params = wrong if not wrong or "customer" in wrong else {"customer": world.customer(), **wrong}
    with pytest.raises(stripe.InvalidRequestError):
        world.client.v1.billing_portal.sessions.create(params)  # type: ignore[arg-type]


def test_the_portal_cancels_by_cancel_at_alone_and_takes_it_back(world: StripeWorld) -> None:
    subscription_id = world.subscription()
    customer = str(world.client.v1.subscriptions.retrieve(subscription_id).customer)
    portal = world.client.v1.billing_portal.sessions.create({"customer": customer})
    assert world.post(f"portal/{portal.id}/subscriptions/{subscription_id}/cancel").status_code == 200
    canceled = world.client.v1.subscriptions.retrieve(subscription_id)
    assert canceled.cancel_at_period_end is False
    assert canceled.cancel_at == canceled["items"].data[0].current_period_end
    assert world.post(f"portal/{portal.id}/subscriptions/{subscription_id}/resume").status_code == 200
    assert world.client.v1.subscriptions.retrieve(subscription_id).cancel_at is None


def test_the_portal_shows_and_changes_its_own_customer_alone(world: StripeWorld) -> None:
    other = world.subscription()
    portal = world.client.v1.billing_portal.sessions.create({"customer": world.customer()})
    assert other not in requests.get(portal.url, timeout=5).text
    assert world.post(f"portal/{portal.id}/subscriptions/{other}/cancel").status_code == 404


# Events as the API shows them


def test_events_are_found_by_id_and_by_type(world: StripeWorld) -> None:
    subscription_id = world.subscription()
    newest = world.client.v1.events.list({"type": "customer.subscription.*", "limit": 1}).data[0]
    assert (newest.type, newest.data.object.id) == ("customer.subscription.created", subscription_id)
    assert world.client.v1.events.retrieve(newest.id).id == newest.id
    kinds = {event.type for event in world.client.v1.events.list({"types": ["invoice.paid"], "limit": 3}).data}
    assert kinds == {"invoice.paid"}
    future = int(world.clock()) + 60
    assert world.client.v1.events.list({"created": {"gte": future}}).data == []


def test_prices_the_app_does_not_know_can_be_sold(world: StripeWorld) -> None:
    assert "price_unheard_of" in PRICES
    subscription = world.client.v1.subscriptions.retrieve(world.subscription("price_unheard_of"))
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
