"""Fixtures of the tests of every response."""

from __future__ import annotations

import pytest

from chalicelib.api.application import SunApi
from tests.support.small_app import ORIGIN, make_app
from tests.support.tokens import SECRET, SUPABASE


@pytest.fixture(scope="module")
def app() -> SunApi:
    return make_app()


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("SUPABASE_URL", SUPABASE)
    monkeypatch.setenv("SUPABASE_JWT_SECRET", SECRET)
    monkeypatch.setenv("ALLOWED_ORIGINS", f"{ORIGIN},https://example.org")
