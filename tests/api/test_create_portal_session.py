"""create-portal-session over HTTP: who may change what the family pays for."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.front import Front
from tests.contract.stripe_world import StripeWorld

NAME = "create-portal-session"


def test_a_keeper_whose_family_pays_gets_the_portal(front: Front, stripe: StripeWorld) -> None:
    keeper = front.person()
    family = front.family(keeper)
    body = {"familyId": family, "plan": "family", "interval": "month"}
    stripe.pay(keeper.ask("create-checkout-session", body).data["sessionId"])
    data = keeper.ask(NAME, {"familyId": family, "returnUrl": "https://evil.example"}).data
    assert set(data) == {"url"}
    assert data["url"].startswith(f"{stripe.url}/portal/")


def test_a_family_that_never_began_to_pay_has_no_portal(front: Front, stripe: StripeWorld) -> None:
    keeper = front.person()
    assert keeper.ask(NAME, {"familyId": front.family(keeper)}).reason == "no_customer"


def test_strangers_storytellers_and_unknown_families_get_one_answer(shared: Front) -> None:
    keeper = shared.person()
    family = shared.family(keeper)
    replies = [
        shared.person().ask(NAME, {"familyId": family}),
        shared.member(family).ask(NAME, {"familyId": family}),
        keeper.ask(NAME, {"familyId": str(uuid4())}),
    ]
    assert {reply.error for reply in replies} == {"FORBIDDEN"}
    assert all(reply.anonymous == replies[0].anonymous for reply in replies)


@pytest.mark.parametrize("body", [{}, {"familyId": None}, {"familyId": "x"}])
def test_what_is_not_valid_is_refused(shared: Front, body: dict[str, Any]) -> None:
    assert shared.person().ask(NAME, body).error == "VALIDATION_FAILED"


def test_stripe_out_of_reach_is_503(front: Front, stripe: StripeWorld) -> None:
    keeper = front.person()
    family = front.family(keeper)
    keeper.ask("create-checkout-session", {"familyId": family, "plan": "family", "interval": "month"})
    stripe.stand_in.faults.fail_next(503, times=2)
    assert keeper.ask(NAME, {"familyId": family}).error == "SERVICE_UNAVAILABLE"
