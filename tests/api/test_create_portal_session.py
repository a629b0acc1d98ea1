"""create-portal-session over HTTP: who may change what the family pays for."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from chalicelib import config
from chalicelib.billing import checkout
from chalicelib.database import connections
from tests.support.api import KEEPER, Api
from tests.support.stripe_server import StripeServer

NAME = "create-portal-session"


def test_a_keeper_whose_family_pays_gets_the_portal(api: Api, stripe: StripeServer) -> None:
    keeper = api.person()
    family = api.family(keeper)
    body = {"familyId": family, "plan": "family", "interval": "month"}
    stripe.pay(keeper.ask("create-checkout-session", body).data["sessionId"])
    data = keeper.ask(NAME, {"familyId": family, "returnUrl": "https://evil.example"}).data
    assert set(data) == {"url"}
    assert data["url"].startswith(f"{stripe.url}/portal/")
    (event,) = api.events("billing_portal_opened")
    assert (event["user_id"], event["properties"]) == (keeper.id, {"family_id": family})


def test_a_family_without_a_stripe_customer_has_no_portal(api: Api, stripe: StripeServer) -> None:
    keeper = api.person()
    assert keeper.ask(NAME, {"familyId": api.family(keeper)}).reason == "no_customer"


def test_strangers_storytellers_and_unknown_families_get_the_same_answer(module_api: Api) -> None:
    keeper = module_api.person()
    family = module_api.family(keeper)
    replies = [
        module_api.person().ask(NAME, {"familyId": family}),
        module_api.member(family).ask(NAME, {"familyId": family}),
        keeper.ask(NAME, {"familyId": str(uuid4())}),
    ]
    assert {reply.code for reply in replies} == {"FORBIDDEN"}
    assert all(reply.without_request_id == replies[0].without_request_id for reply in replies)


@pytest.mark.parametrize("body", [{}, {"familyId": None}, {"familyId": "x"}])
def test_an_invalid_request_is_refused(module_api: Api, body: dict[str, Any]) -> None:
    assert module_api.person().ask(NAME, body).code == "VALIDATION_FAILED"


def test_stripe_out_of_reach_is_503(api: Api, stripe: StripeServer) -> None:
    keeper = api.person()
    family = api.family(keeper)
    keeper.ask("create-checkout-session", {"familyId": family, "plan": "family", "interval": "month"})
    stripe.stand_in.faults.fail_next(503, times=2)
    assert keeper.ask(NAME, {"familyId": family}).code == "SERVICE_UNAVAILABLE"
    assert api.events("billing_portal_opened") == []


def test_a_keeper_removed_while_stripe_is_asked_gets_no_portal(
    api: Api, stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = api.person()
    family = api.family(keeper)
    keeper.ask("create-checkout-session", {"familyId": family, "plan": "family", "interval": "month"})
    open_portal = checkout.create_portal_session

    def open_and_be_removed(customer_id: str) -> str:
        api.member(family, KEEPER)
        api.remove(family, keeper)
        return open_portal(customer_id)

    monkeypatch.setattr(checkout, "create_portal_session", open_and_be_removed)
    answer = keeper.ask(NAME, {"familyId": family})
    assert answer.code == "FORBIDDEN"
    assert stripe.url not in answer.text


def test_a_keeper_gets_the_portal_also_where_its_event_cannot_be_stored(
    api: Api, stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = api.person()
    family = api.family(keeper)
    keeper.ask("create-checkout-session", {"familyId": family, "plan": "family", "interval": "month"})
    open_portal = checkout.create_portal_session

    def open_and_lose_the_database(customer_id: str) -> str:
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none")
        config.reset()
        connections.reset()
        return open_portal(customer_id)

    monkeypatch.setattr(checkout, "create_portal_session", open_and_lose_the_database)
    assert keeper.ask(NAME, {"familyId": family}).data["url"].startswith(f"{stripe.url}/portal/")
