"""create-checkout-session over HTTP: one customer and one live session a family, whoever clicks how often."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from chalicelib.billing import checkout, stripe_client, stripe_http
from tests.support.api import Api, Person, at_once
from tests.support.gateway import Response
from tests.support.stripe_server import StripeServer

NAME = "create-checkout-session"


@pytest.fixture
def keeper(api: Api) -> Person:
    return api.person()


@pytest.fixture
def family(api: Api, keeper: Person) -> str:
    return api.family(keeper)


def check_out(person: Person, family: str, plan: str = "family", interval: str = "month") -> Response:
    return person.ask(NAME, {"familyId": family, "plan": plan, "interval": interval})


def open_sessions(stripe: StripeServer) -> list[str]:
    return [session.id for session in stripe.client.v1.checkout.sessions.list({"status": "open"}).data]


def customers(stripe: StripeServer) -> set[str]:
    sessions: Any = stripe.client.v1.checkout.sessions.list({"limit": 100}).data
    return {session.customer for session in sessions}


def test_a_keeper_gets_a_checkout_url(api: Api, stripe: StripeServer, keeper: Person, family: str) -> None:
    data = check_out(keeper, family).data
    assert set(data) == {"sessionId", "url"}
    session: Any = stripe.client.v1.checkout.sessions.retrieve(data["sessionId"])
    assert (session.url, session.status, session.client_reference_id) == (data["url"], "open", family)
    assert session.success_url.startswith("https://app.example.org/billing?")
    assert api.events("billing_checkout_started")[0]["properties"]["plan"] == "family"


@pytest.mark.parametrize("header", ["host", "origin", "referer", "x_forwarded_host"])
def test_the_caller_cannot_choose_where_stripe_returns_to(
    stripe: StripeServer, keeper: Person, family: str, header: str
) -> None:
    evil = {"successUrl": "//evil.example", "cancelUrl": "https://evil.example", "returnUrl": "/\\evil.example"}
    body = {"familyId": family, "plan": "family", "interval": "month", **evil}
    data = keeper.ask(NAME, body, **{header: "https://evil.example"}).data
    session: Any = stripe.client.v1.checkout.sessions.retrieve(data["sessionId"])
    assert session.success_url.startswith("https://app.example.org/billing?")
    assert session.cancel_url.startswith("https://app.example.org/billing?")


def test_asking_again_for_the_same_plan_returns_the_same_session(
    stripe: StripeServer, keeper: Person, family: str
) -> None:
    first = check_out(keeper, family).data
    assert check_out(keeper, family).data == first
    assert open_sessions(stripe) == [first["sessionId"]]


def test_another_plan_replaces_the_session(stripe: StripeServer, keeper: Person, family: str) -> None:
    first = check_out(keeper, family, "family", "month").data
    second = check_out(keeper, family, "legacy", "month").data
    third = check_out(keeper, family, "family", "month").data
    assert len({first["sessionId"], second["sessionId"], third["sessionId"]}) == 3
    assert open_sessions(stripe) == [third["sessionId"]]
    assert len(customers(stripe)) == 1


def test_ten_requests_of_two_keepers_at_once_make_one_customer_and_one_session(
    api: Api, stripe: StripeServer, keeper: Person, family: str
) -> None:
    other = api.member(family, "keeper")
    replies = at_once([lambda who=who: check_out(who, family) for who in (keeper, other) * 5])  # type: ignore[misc]
    # Stripe holds off whoever comes with a key that is being worked on; they are told to come again, and may.
    assert {reply.status for reply in replies} <= {200, 503}
    given = {reply.data["sessionId"] for reply in replies if reply.status == 200}
    assert given == {check_out(other, family).data["sessionId"]}
    assert len(open_sessions(stripe)) == len(customers(stripe)) == 1


def test_two_plans_asked_for_at_once_leave_one_session_to_pay(
    api: Api, stripe: StripeServer, keeper: Person, family: str
) -> None:
    other = api.member(family, "keeper")
    replies = at_once([lambda: check_out(keeper, family, "family"), lambda: check_out(other, family, "legacy")])
    given = [reply.data["sessionId"] for reply in replies if reply.status == 200]
    assert {reply.reason for reply in replies if reply.status != 200} <= {"in_progress"}
    standing = api.value("SELECT checkout_session_id FROM ops.billing_customers")
    assert standing in given
    assert open_sessions(stripe) == [standing]


def test_a_replaced_session_cannot_be_paid(
    api: Api, stripe: StripeServer, keeper: Person, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = checkout.create_checkout_session

    def overtaken(*args: Any, **kwargs: Any) -> checkout.CheckoutSession:
        mine = create(*args, **kwargs)
        monkeypatch.setattr(checkout, "create_checkout_session", create)
        assert check_out(keeper, family, "legacy").status == 200
        return mine

    monkeypatch.setattr(checkout, "create_checkout_session", overtaken)
    assert check_out(keeper, family, "family").reason == "in_progress"
    assert open_sessions(stripe) == [api.value("SELECT checkout_session_id FROM ops.billing_customers")]
    assert api.value("SELECT checkout_plan FROM ops.billing_customers") == "legacy"


def test_a_session_that_expired_is_followed_by_a_new_one(stripe: StripeServer, keeper: Person, family: str) -> None:
    first = check_out(keeper, family).data
    stripe.client.v1.checkout.sessions.expire(first["sessionId"])
    second = check_out(keeper, family).data
    assert second["sessionId"] != first["sessionId"]
    assert open_sessions(stripe) == [second["sessionId"]]


@pytest.mark.parametrize("plan", ["family", "legacy"])
def test_a_family_that_just_paid_cannot_pay_again(stripe: StripeServer, keeper: Person, family: str, plan: str) -> None:
    stripe.pay(check_out(keeper, family).data["sessionId"])
    assert check_out(keeper, family, plan).reason == "subscribed"
    assert open_sessions(stripe) == []


def test_a_family_that_is_subscribed_is_sent_to_the_portal(
    api: Api, stripe: StripeServer, keeper: Person, family: str
) -> None:
    check_out(keeper, family)
    api.run("UPDATE ops.billing_customers SET subscription_id = 'sub_1', subscription_status = 'active'")
    assert check_out(keeper, family).reason == "subscribed"


def test_a_family_whose_subscription_ended_may_pay_again(stripe: StripeServer, keeper: Person, family: str) -> None:
    subscription = stripe.pay(check_out(keeper, family).data["sessionId"])
    stripe.post(f"subscriptions/{subscription}", {"status": "canceled"})
    again = check_out(keeper, family).data
    assert open_sessions(stripe) == [again["sessionId"]]
    assert len(customers(stripe)) == 1


def test_strangers_storytellers_and_unknown_families_get_the_same_answer(
    api: Api, stripe: StripeServer, keeper: Person, family: str
) -> None:
    replies = [
        check_out(api.person(), family),
        check_out(api.member(family), family),
        check_out(keeper, str(uuid4())),
    ]
    assert {reply.code for reply in replies} == {"FORBIDDEN"}
    assert all(reply.without_request_id == replies[0].without_request_id for reply in replies)
    assert open_sessions(stripe) == []


def test_a_keeper_removed_during_the_request_leaves_no_session_to_pay(
    api: Api, stripe: StripeServer, keeper: Person, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.member(family, "keeper")
    create = checkout.create_checkout_session

    def meanwhile(*args: Any, **kwargs: Any) -> checkout.CheckoutSession:
        api.remove(family, keeper)
        return create(*args, **kwargs)

    monkeypatch.setattr(checkout, "create_checkout_session", meanwhile)
    assert check_out(keeper, family).code == "FORBIDDEN"
    assert open_sessions(stripe) == []
    assert api.value("SELECT count(*) FROM ops.billing_customers") == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"familyId": "x"}, "familyId"),
        ({"plan": "free"}, "plan"),
        ({"plan": None}, "plan"),
        ({"interval": "week"}, "interval"),
        ({"interval": 1}, "interval"),
    ],
)
def test_an_invalid_field_is_refused_by_name(module_api: Api, change: dict[str, Any], field: str) -> None:
    reply = module_api.person().ask(NAME, {"familyId": str(uuid4()), "plan": "family", "interval": "month", **change})
    assert reply.code == "VALIDATION_FAILED"
    assert [problem["field"] for problem in reply.details] == [field]


def test_a_plan_without_a_price_is_503_and_makes_nothing(
    api: Api, stripe: StripeServer, keeper: Person, family: str
) -> None:
    assert check_out(keeper, family, "legacy", "year").code == "SERVICE_UNAVAILABLE"
    assert open_sessions(stripe) == []


def test_stripe_out_of_reach_is_503_and_asking_again_works(stripe: StripeServer, keeper: Person, family: str) -> None:
    stripe.stand_in.faults.fail_next(500, times=2)
    reply = check_out(keeper, family)
    assert (reply.status, reply.code) == (503, "SERVICE_UNAVAILABLE")
    assert check_out(keeper, family).status == 200
    assert len(open_sessions(stripe)) == len(customers(stripe)) == 1


def test_a_lost_answer_of_stripe_makes_no_second_session(
    stripe: StripeServer, keeper: Person, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_http, "ANSWER_SECONDS", 0.3)
    create = stripe_client.create_customer

    def then_slow(*args: Any) -> str:
        customer = create(*args)
        stripe.stand_in.faults.delay(1.5, times=2)
        return customer

    monkeypatch.setattr(stripe_client, "create_customer", then_slow)
    assert check_out(keeper, family).code == "SERVICE_UNAVAILABLE"
    monkeypatch.setattr(stripe_client, "create_customer", create)
    assert check_out(keeper, family).status == 200
    assert len(open_sessions(stripe)) == 1


def test_a_first_checkout_is_two_messages_and_a_repeated_one_is_one(
    stripe: StripeServer, keeper: Person, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.telemetry import logs

    messages: list[int] = []
    monkeypatch.setattr(logs, "request", lambda call, *rest: messages.append(call.messages))
    check_out(keeper, family)
    check_out(keeper, family)
    assert messages == [2, 1]
