"""Each call to each vendor ends by its one deadline, whatever the vendor or the resolver does instead of answering."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chalicelib import analytics, config
from chalicelib.api import jwks, rate_limits
from chalicelib.billing import stripe_client, stripe_http
from chalicelib.call import Call
from chalicelib.config import parameter
from chalicelib.errors import MissingConfiguration
from chalicelib.mail import resend_client
from chalicelib.mail.templates import Letter
from chalicelib.storage import copying, s3_http, store
from chalicelib.storage.deletion import delete_object
from tests.support import rubbish
from tests.support.in_time import in_time
from tests.support.rubbish import SLOW, Resolver, Vendor, at_once

HASTE = 0.5
KEY = "families/x/recordings/y.audio.m4a"


def send_a_mail() -> None:
    resend_client.send(config.load(config.MailSettings), ["a@example.org"], Letter("s", "t", "h"), "key")


def send_events() -> None:
    properties = analytics.OfAFamily(family_id=UUID(int=1))
    analytics.send([analytics.Event("1", "invitation_created", UUID(int=1), datetime.now(UTC), properties)])


def read_the_parameter() -> None:
    config.load(config.LimitSettings)


def count_a_call() -> None:
    rate_limits.count(Call.system("x"), rate_limits.PAYMENT)


CALLS: dict[str, tuple[str, Callable[[], Any]]] = {
    "stripe": ("stripe", lambda: stripe_client.fetch_subscriptions("cus_1")),
    "resend": ("resend", send_a_mail),
    "posthog": ("posthog", send_events),
    "inspect": ("storage", lambda: store.audio_store().inspect_object(KEY)),
    "delete": ("storage", lambda: delete_object(store.audio_store(), KEY)),
    "list": ("storage", lambda: list(store.audio_store().list_objects(""))),
    "inspect the copy": ("backup", lambda: store.backup_store().inspect_object(KEY)),
    "copy": ("storage", lambda: copying.copy_to_backup(KEY)),
    "keys": ("auth keys", lambda: jwks.find(config.load(config.AuthSettings).supabase_jwks_url or "", "k", "ES256")),
    "redis": ("rate limit store", count_a_call),
}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        yield vendor


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch, vendor: Vendor) -> Iterator[None]:
    for name, value in {
        "STAGE": "local",
        "APP_URL": "http://localhost:3000",
        "STRIPE_SECRET_KEY": "sk_test_local_slow",
        "STRIPE_WEBHOOK_SECRETS": "whsec_local_slow",
        "STRIPE_PRICES": "{}",
        "STRIPE_API_BASE": vendor.url,
        "RESEND_API_KEY": "re_local",
        "RESEND_API_URL": vendor.url,
        "MAIL_FROM": "stories@example.org",
        "POSTHOG_API_KEY": "phc_local",
        "POSTHOG_HOST": vendor.url,
        "SUPABASE_URL": "http://localhost:8000",
        "SUPABASE_JWKS_URL": f"{vendor.url}/jwks.json",
        "RATE_LIMIT_STORAGE_URL": vendor.url.replace("http", "redis") + "/0",
    }.items():
        monkeypatch.setenv(name, value)
    for prefix in ("R2", "BACKUP"):
        monkeypatch.setenv(f"{prefix}_ENDPOINT_URL", vendor.url)
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "BUCKET_NAME"):
            monkeypatch.setenv(f"{prefix}_{name}", "local")
    for module, name in (
        (stripe_http, "SECONDS"),
        (resend_client, "SECONDS"),
        (analytics, "SECONDS"),
        (s3_http, "BUDGET"),
        (copying, "WINDOW_SECONDS"),
        (jwks, "FETCH_SECONDS"),
        (rate_limits, "STORE_SECONDS"),
        (parameter, "FIRST_SECONDS"),
    ):
        assert getattr(module, name) >= HASTE
        monkeypatch.setattr(module, name, HASTE)
    config.reset()
    store.reset()
    for name in ("limits", "redis", "stripe", "botocore.auth", "boto3"):
        importlib.import_module(name)  # which takes longer than these tests wait
    yield
    store.reset()


def by_name(troubles: dict[str, tuple[str, str]]) -> dict[str, str]:
    return {name: service for name, (service, _) in troubles.items()}


EXPECTED = {name: service for name, (service, _) in CALLS.items()}


@pytest.mark.parametrize("answer", sorted(SLOW))
def test_a_vendor_that_does_not_answer_is_given_up_by_the_deadline(answer: str, vendor: Vendor) -> None:
    vendor.answer = SLOW[answer]
    troubles, seconds = at_once({name: call for name, (_, call) in CALLS.items()})
    assert by_name(troubles) == EXPECTED
    in_time(seconds, at_most=HASTE + 0.7)
    assert len(vendor.requests) >= len(CALLS)


def test_a_resolver_that_does_not_answer_is_given_up_by_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch)
    try:
        troubles, seconds = at_once({name: call for name, (_, call) in CALLS.items()})
    finally:
        resolver.let_go()
    assert by_name(troubles) == EXPECTED
    in_time(seconds, at_most=HASTE + 0.7)
    assert resolver.asked >= len(CALLS)


def test_a_handshake_that_never_ends_is_given_up_by_the_deadline(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.answer = SLOW["says nothing"]
    for variable in ("STRIPE_API_BASE", "RESEND_API_URL", "POSTHOG_HOST", "R2_ENDPOINT_URL", "BACKUP_ENDPOINT_URL"):
        monkeypatch.setenv(variable, vendor.url.replace("http", "https"))
    monkeypatch.setenv("SUPABASE_JWKS_URL", vendor.url.replace("http", "https") + "/jwks.json")
    monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", vendor.url.replace("http", "rediss") + "/0")
    config.reset()
    troubles, seconds = at_once({name: call for name, (_, call) in CALLS.items()})
    assert by_name(troubles) == EXPECTED
    in_time(seconds, at_most=HASTE + 0.7)


@pytest.mark.parametrize("trouble", [*sorted(SLOW), "no resolver"])
def test_a_parameter_that_cannot_be_read_in_time_is_missing_configuration(
    trouble: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "CONFIG_PARAMETER": "/local/x",
        "AWS_ENDPOINT_URL_SSM": vendor.url,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }.items():
        monkeypatch.setenv(name, value)
    config.reset()
    importlib.import_module("boto3").client("ssm")  # takes half a second the first time
    resolver = Resolver(monkeypatch) if trouble == "no resolver" else None
    vendor.answer = SLOW.get(trouble, rubbish.silence)
    began = time.monotonic()
    try:
        with pytest.raises(MissingConfiguration, match="CONFIG_PARAMETER"):
            read_the_parameter()
        in_time(time.monotonic() - began, at_most=HASTE + 0.7)
    finally:
        if resolver is not None:
            resolver.let_go()
    assert vendor.requests or resolver is not None
