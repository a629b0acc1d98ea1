"""What must not reach a sink is taken out, and what may stays."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.telemetry.scrubbing import MAX_TEXT, scrub, scrub_text
from tests.support.in_time import in_time

TOKEN = jwt.encode({"sub": str(uuid4())}, "k" * 32, algorithm="HS256")
SIGNATURE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SIGNED = (
    "https://acc.r2.cloudflarestorage.com/recordings/families/7b0d/recordings/9c1e.audio.m4a"
    f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261120&X-Amz-Signature={SIGNATURE}"
)

SECRETS = {
    "a token": (TOKEN, TOKEN),
    "a bearer header": ("Authorization: Bearer abc.def", "abc.def"),
    "a signed url": (SIGNED, SIGNATURE),
    "a signature without its url": (f"X-Amz-Signature={SIGNATURE}", SIGNATURE),
    "an invite code": ("code ABC-DEF-GHJ", "ABC-DEF-GHJ"),
    "a lower-case invite code": ("abc-def-ghj", "abc-def-ghj"),
    "an invite code with blanks": ("it was ABC DEF GHJ", "ABC DEF GHJ"),
    "an invite code in a query": ("?code=ABCDEFGHJ", "ABCDEFGHJ"),
    "an invite code in a link": ("https://app.example.org/join/ABCDEFGHJ", "ABCDEFGHJ"),
    "an invite code behind a hash": ("https://app.example.org/join#abcdefghj", "abcdefghj"),
    "an address": ("grandma.sol@example.org", "grandma.sol"),
    "an address of other letters": ("großmutter@example.org", "großmutter"),
    "a database's password": ("postgresql://app_login:pa55w0rd@db.example.org/x", "pa55w0rd"),
    "a credential without its url": ("X-Amz-Credential=AKID%2F20261120", "AKID"),
    "a signature whose sign is encoded": (f"X-Amz-Signature%3D{SIGNATURE}", SIGNATURE),
    "a password for a host of one word": ("postgresql://app_login:pa55w0rd@db:5432/x", "pa55w0rd"),
    "a stripe key": ("sk_live_51Habc", "sk_live_51Habc"),
    "a restricted stripe key": ("rk_live_51Habc", "51Habc"),
    "a stripe test key": ("sk_test_51Habc", "51Habc"),
    "a checkout session": ("cs_test_a1B2c3", "a1B2c3"),
    "a posthog key": ("phc_abcDEF123456", "abcDEF123456"),
    "a supabase key": ("sb_secret_abcDEF-123_x", "abcDEF"),
    "a webhook secret": ("whsec_abcDEF123+/=", "whsec_abcDEF"),
    "a stripe signature": (f"t=1790000000,v1={SIGNATURE}", SIGNATURE),
    "a resend key": ("re_123abcDEF456", "re_123abcDEF456"),
    "a magic link": ("https://x.supabase.co/auth/v1/verify?token_hash=pkce_abcdef&type=magiclink", "pkce_abcdef"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_taken_out_of_a_text_and_the_rest_stays(name: str) -> None:
    text, secret = SECRETS[name]
    scrubbed = scrub_text(f"before {text} after")
    assert secret not in scrubbed
    assert scrubbed.startswith("before ") and scrubbed.endswith(" after")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_taken_out_of_any_structure_values_and_keys(name: str) -> None:
    text, secret = SECRETS[name]
    assert secret not in json.dumps(scrub({"a": [{"b": (text, {text: text})}]}), ensure_ascii=False)


def test_nothing_is_left_of_a_signed_url() -> None:
    assert scrub_text(f"put {SIGNED} now") == "put [signed url] now"


def test_an_address_keeps_a_hint() -> None:
    assert scrub_text("to grandma@example.org") == "to gr***@example.org"


@pytest.mark.parametrize(
    "text",
    [
        *("7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11", "create_family_tx", "QUOTA_EXCEEDED", "2026-11-20T10:00:00Z"),
        *("/v1/families/{family_id}/recordings", "SQLSTATE 23505", "database.py:120 _send", "price_1Nabc", "CON-FLI"),
    ],
)
def test_what_an_operator_needs_is_kept(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize("key", ["authorization", "Authorization", "display_name", "displayName", "Stripe-Signature"])
def test_a_field_that_is_private_by_its_name_is_never_written(key: str) -> None:
    assert scrub({key: "Sol"}) == {key: "[private]"}


def test_what_is_not_json_becomes_json() -> None:
    circle: list[Any] = []
    circle.append(circle)
    value = {"nan": float("nan"), "id": uuid4(), "object": object(), "circle": circle, "bytes": b"secret", 5: {1, 2}}
    text = json.dumps(scrub(value), allow_nan=False)
    assert "secret" not in text and len(text) < 500


def test_a_structure_is_written_down_to_its_sixth_level_and_a_set_as_a_list() -> None:
    def nested(levels: int, inmost: Any) -> Any:
        return [nested(levels - 1, inmost)] if levels else inmost

    assert scrub(nested(6, "x")) == nested(6, "x")
    assert scrub(nested(7, "x")) == nested(6, "[deep]")
    assert scrub({"a": {3}}) == {"a": [3]}


def test_a_lone_surrogate_does_not_break_the_line() -> None:
    scrub_text("a\ud800b").encode("utf-8")


def test_a_megabyte_is_cut_short_and_quickly() -> None:
    assert scrub_text("a" * 1_000_000) == "a" * 2_000 + "…"
    assert scrub_text(f"eyJ{'a' * 20_000}") == "[token]…", "what lies behind the first 16,000 characters is not read"
    for text in ("a" * 1_000_000, "a@" * 500_000, "eyJ" * 333_333, "https://" * 125_000, "abc-" * 250_000):
        started = time.monotonic()
        assert len(scrub_text(text)) <= MAX_TEXT + 1
        in_time(time.monotonic() - started, at_most=1.0)
    assert len(scrub(list(range(10_000)))) <= 50


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.sampled_from(sorted(SECRETS)), st.text(max_size=40))
def test_a_secret_is_removed_whatever_stands_around_it(before: str, name: str, after: str) -> None:
    text, secret = SECRETS[name]
    assert secret not in scrub_text(f"{before} {text} {after}")
