"""Stripe api: settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.stripe_objects import refusal
from tests.support.stripe_server import (
    Hook,
    serving_stripe,
)


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
