"""What is kept of a Stripe event, and what is no event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.events import read_event
from chalicelib.errors import Refused


def body(kind: str = "customer.subscription.updated", about: Any = None, **more: Any) -> bytes:
    about = {"object": "subscription", "id": "sub_1", "customer": "cus_1"} if about is None else about
    event = {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": 1_700_000_000,
        "livemode": False,
        "data": {"object": about},
        **more,
    }
    return json.dumps(event).encode()


def test_ids_and_type_are_kept() -> None:
    event = read_event(body())
    assert (event.id, event.type, event.livemode) == ("evt_1", "customer.subscription.updated", False)
    assert (event.customer_id, event.object_id) == ("cus_1", "sub_1")
    assert event.happened_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("about", "customer"),
    [
        ({"object": "customer", "id": "cus_1"}, "cus_1"),
        ({"object": "checkout.session", "id": "cs_1", "customer": "cus_1"}, "cus_1"),
        ({"object": "checkout.session", "id": "cs_1", "customer": None}, None),
        ({"object": "invoice", "id": "in_1", "customer": "cus_1", "parent": None}, "cus_1"),
        ({"object": "subscription", "id": "sub_1", "customer": {"id": "cus_1"}}, "cus_1"),
        ({"object": "subscription", "id": ["sub_1"], "customer": 7}, None),
        ({"object": "subscription", "id": "sub_1\u0000", "customer": "cus 1'; --"}, None),
        ({"object": "subscription", "id": "s" * 256, "customer": ""}, None),
        ({"object": "invoice", "parent": [], "customer": True}, None),
        ({}, None),
    ],
)
def test_the_customer_is_read_wherever_stripe_names_it(about: Any, customer: str | None) -> None:
    assert read_event(body(about=about)).customer_id == customer


@pytest.mark.parametrize(
    ("kind", "relevant"),
    [
        ("customer.subscription.created", True),
        ("customer.subscription.trial_will_end", True),
        ("checkout.session.completed", True),
        ("checkout.session.expired", False),
        ("invoice.paid", True),
        ("invoice.payment_failed", True),
        ("invoice.created", False),
        ("customer.deleted", True),
        ("customer.created", False),
        ("something.new", False),
    ],
)
def test_which_events_are_applied(kind: str, relevant: bool) -> None:
    assert read_event(body(kind)).relevant is relevant


def test_an_event_without_a_customer_is_not_applied() -> None:
    assert read_event(body(about={"object": "subscription", "id": "sub_1"})).relevant is False


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"[]",
        b"null",
        b'"evt_1"',
        b"{}",
        b"not json",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + body(),
        body().decode().encode("utf-16"),
        b"[" * 100_000,
        b'{"id":' * 100_000,
        body(id="evt 1"),
        body(id="evt_1\u0000"),
        body(id="e" * 256),
        body(id=1),
        body(object="v2.core.event"),
        body(type=""),
        body(created=-1),
        body(created=2**40),
        body(created="1700000000"),
        body(created=10**400),
        body(created=float("nan")),
        body(livemode="false"),
        body(livemode=None),
        body(data=[]),
        body(data={"object": []}),
        body(data=None),
    ],
)
def test_everything_that_is_not_an_event_is_refused(garbage: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_event(garbage)
    assert (caught.value.code, caught.value.message) == ("VALIDATION_FAILED", "body: is not a Stripe event")
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


json_texts = st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps)


@given(st.binary() | (st.text() | json_texts).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_raise_anything_but_the_refusal(garbage: bytes) -> None:
    with pytest.raises(Refused):
        read_event(garbage)


def test_a_large_event_is_read() -> None:
    about = {"object": "subscription", "id": "sub_1", "customer": "cus_1", "metadata": {"a": "x" * 300_000}}
    assert read_event(body(about=about)).customer_id == "cus_1"
