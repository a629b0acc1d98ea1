"""The signed-in smoke test of a deployment, told to the real app: its story, what it leaves, and what it notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app import app
from chalicelib import config
from tests.support.api import Api
from tests.support.stripe_server import KEY, WEBHOOK_SECRETS
from tools.deploy import smoke
from tools.deploy.smoke import SmokeFailed


def invoke(route: str, event: Mapping[str, Any]) -> Any:
    """The new version, called as Lambda would call it."""
    return app(dict(event), None)


def test_the_story_is_told_again_and_again_and_leaves_one_family_and_an_empty_shelf(module_api: Api) -> None:
    person = module_api.person()
    for _ in range(2):
        smoke.signed_in(invoke, person.token)
    (family,) = person.call("GET", "/v1/families").data["families"]
    assert family["name"] == smoke.FAMILY
    kept = person.call("GET", f"/v1/families/{family['id']}/recordings").data
    assert kept["recordings"] == []


def test_signed_out_it_takes_the_real_answers(module_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"STRIPE_WEBHOOK_SECRETS": ",".join(WEBHOOK_SECRETS), "STRIPE_SECRET_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    config.reset()
    smoke.signed_out(invoke)


def test_a_wrong_answer_is_named_by_its_step_and_its_code_alone(module_api: Api) -> None:
    person = module_api.person()

    def broken(route: str, event: Mapping[str, Any]) -> Any:
        if route.endswith("finalize-recording"):
            return {"statusCode": 500, "body": '{"error": {"code": "INTERNAL", "message": "ana@example.org"}}'}
        return invoke(route, event)

    with pytest.raises(SmokeFailed) as failure:
        smoke.signed_in(broken, person.token)
    assert str(failure.value) == "POST /functions/v1/finalize-recording answered 500 INTERNAL"


def test_an_answer_that_is_none_of_http_fails_it() -> None:
    with pytest.raises(SmokeFailed, match="the function gave no answer of HTTP"):
        smoke.signed_out(lambda route, event: {"errorType": "ImportError"})
