"""Whatever stands at Stripe's address answers, each of our calls ends soon and with an error of ours."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from chalicelib import config, vendor_http
from chalicelib.billing import checkout, stripe_client, stripe_http
from chalicelib.errors import InternalError, Unavailable
from chalicelib.telemetry import logs
from tests.support import rubbish
from tests.support.in_time import in_time
from tests.support.rubbish import RUBBISH, SECRET_WORDS, SLOW, Resolver, Vendor, at_once, says

FAMILY = UUID(int=7)
CALLS: dict[str, Callable[[], Any]] = {
    "create a customer": lambda: stripe_client.create_customer(FAMILY),
    "fetch subscriptions": lambda: stripe_client.fetch_subscriptions("cus_1"),
    "list subscriptions": lambda: stripe_client.list_subscriptions(),
    "create a session": lambda: checkout.create_checkout_session(FAMILY, "cus_1", "family", "month", after=None),
    "retrieve a session": lambda: checkout.retrieve_checkout_session("cs_1"),
    "expire a session": lambda: checkout.expire_checkout_session("cs_1"),
    "create a portal": lambda: checkout.create_portal_session("cus_1"),
    "ping": lambda: stripe_client.ping(2.0),
}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        yield vendor


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch, vendor: Vendor) -> None:
    for name, value in {
        "STAGE": "local",
        "STRIPE_SECRET_KEY": "sk_test_local_rubbish",
        "STRIPE_WEBHOOK_SECRETS": "whsec_local_rubbish",
        "STRIPE_PRICES": json.dumps({"price_family_month": "family:month"}),
        "STRIPE_API_BASE": vendor.url,
        "APP_URL": "http://localhost:3000",
    }.items():
        monkeypatch.setenv(name, value)
    config.reset()
    logs.reset()


@pytest.mark.parametrize("call", sorted(CALLS))
def test_rubbish_is_a_failure_of_stripes_told_in_one_line_of_ours(
    vendor: Vendor, call: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for title, answer in RUBBISH.items():
        vendor.answer = answer
        with pytest.raises(Unavailable) as caught:
            CALLS[call]()
        assert caught.value.service == "stripe", title
        out = capsys.readouterr().out
        (line,) = [json.loads(each) for each in out.splitlines()]
        assert (line["message"], line["vendor"], line["trouble"]) == ("vendor_failed", "stripe", caught.value.trouble)
        told = out + repr(caught.value) + repr(caught.value.__cause__)
        told += "".join(record.getMessage() for record in caplog.records)
        for word in SECRET_WORDS.split():
            assert word not in told, title
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ("html", "unreadable answer"),
        ("an empty object", "unreadable answer"),
        ("a list", "unreadable answer"),
        ("gzip", "unreadable answer"),
        ("a redirect", "unreadable answer"),
        ("a gigabyte promised", "unreadable answer"),
        ("more than anybody needs", "unreadable answer"),
        ("404 in html", "refuses us"),
        ("404 that looks like an error", "refuses us"),
    ],
)
def test_what_is_wrong_is_said_in_words_of_ours(vendor: Vendor, answer: str, trouble: str) -> None:
    vendor.answer = RUBBISH[answer]
    with pytest.raises(Unavailable) as caught:
        checkout.create_portal_session("cus_1")
    assert caught.value.trouble == trouble


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_trouble(vendor: Vendor, status: int) -> None:
    vendor.answer = says(status, b'{"error": {"type": "invalid_request_error", "message": "no"}}')
    with pytest.raises(Unavailable) as caught:
        stripe_client.create_customer(FAMILY)
    assert caught.value.trouble == "refuses us"


def test_a_request_that_stripe_calls_wrong_stays_a_fault_of_ours(
    vendor: Vendor, capsys: pytest.CaptureFixture[str]
) -> None:
    error = {"type": "invalid_request_error", "code": SECRET_WORDS, "param": SECRET_WORDS, "message": SECRET_WORDS}
    vendor.answer = says(400, json.dumps({"error": error}).encode(), Request_Id=SECRET_WORDS)
    for call in ("create a customer", "create a portal", "list subscriptions", "create a session"):
        with pytest.raises(InternalError) as caught:
            CALLS[call]()
        assert SECRET_WORDS not in str(caught.value) + capsys.readouterr().out


# Shapes


def portal(**changes: Any) -> dict[str, Any]:
    return {"id": "bps_1", "object": "billing_portal.session", "url": "https://pay.example/1", **changes}


def session(**changes: Any) -> dict[str, Any]:
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "status": "open",
        "url": "https://pay.example/1",
        "customer": "cus_1",
        "subscription": None,
        **changes,
    }


def subscription(**changes: Any) -> dict[str, Any]:
    items = {"object": "list", "data": [{"price": {"id": "price_1"}, "current_period_end": 1_900_000_000}]}
    return {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": "active",
        "created": 1_800_000_000,
        "items": items,
        **changes,
    }


def listed(*data: Any, **changes: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(data), "has_more": False, "url": "/v1/subscriptions", **changes}


def without(thing: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in thing.items() if key != name}


WRONG: dict[str, list[Any]] = {
    "create a customer": [{"object": "customer"}, {"id": None}, {"id": 5}, {"id": ""}, {"id": ["cus_1"]}],
    "create a portal": [
        without(portal(), "url"),
        *(portal(url=url) for url in (None, "", 5, {}, "javascript:alert(1)", "/relative", "https://")),
    ],
    "create a session": [
        *(without(session(), name) for name in ("id", "status", "url")),
        *(session(**{name: wrong}) for name in ("id", "status", "url") for wrong in (None, 5, [], {})),
        session(url="javascript:alert(1)"),
        session(customer=5),
        session(subscription=[]),
    ],
    "retrieve a session": [without(session(), "id"), session(id=None), session(status=None), session(id="cs_2")],
    "expire a session": [session(), session(status="expired", id="cs_2"), session(id=None)],
    "list subscriptions": [
        *(without(listed(), name) for name in ("data", "has_more")),
        *(listed(data=wrong) for wrong in (None, "sub_1", {}, 5)),
        listed(has_more="yes"),
        *(listed(without(subscription(), name)) for name in ("id", "customer", "status", "created", "items")),
        *(
            listed(subscription(**{name: wrong}))
            for name in ("id", "customer", "status", "created", "items")
            for wrong in (None, [], "" if name != "status" else 5, {})
        ),
        *(
            listed(subscription(items={"data": [wrong]}))
            for wrong in (None, 5, {}, {"price": None}, {"price": {"id": 5}}, {"price": "p", "current_period_end": "x"})
        ),
        listed(subscription(items={"data": "none"})),
        listed(subscription(cancel_at="tomorrow")),
        listed(subscription(items={"data": [{"price": "p", "current_period_end": 1e400}]})),
        listed(subscription(cancel_at=10**15)),
        listed(has_more=True),
    ],
    "fetch subscriptions": [listed(subscription(customer="cus_of_another_family")), listed(has_more=True)],
}


@pytest.mark.parametrize("call", sorted(WRONG))
def test_an_answer_of_the_wrong_shape_is_unreadable(vendor: Vendor, call: str) -> None:
    for wrong in WRONG[call]:
        vendor.answer = says(200, json.dumps(wrong).encode())
        with pytest.raises(Unavailable) as caught:
            CALLS[call]()
        assert caught.value.trouble == "unreadable answer", wrong


def test_the_shapes_that_stripe_really_sends_are_read(vendor: Vendor) -> None:
    for call, good in {
        "create a customer": {"id": "cus_1", "object": "customer"},
        "create a portal": portal(),
        "create a session": session(),
        "retrieve a session": session(status="complete", url=None, customer={"id": "cus_1"}, subscription="sub_1"),
        "expire a session": session(status="expired", url=None, customer=None),
        "list subscriptions": listed(
            subscription(), subscription(id="sub_2", items={"data": []}, customer={"id": "c"})
        ),
        "fetch subscriptions": listed(subscription(cancel_at=1_900_000_000)),
        "ping": listed(),
    }.items():
        vendor.answer = says(200, json.dumps(good).encode())
        CALLS[call]()


@pytest.mark.parametrize("call", ["fetch subscriptions", "list subscriptions"])
def test_a_cursor_that_does_not_move_on_is_unreadable(vendor: Vendor, call: str) -> None:
    vendor.answer = says(200, json.dumps(listed(subscription(), has_more=True)).encode())
    with pytest.raises(Unavailable) as caught:
        page = stripe_client.list_subscriptions()
        while call == "list subscriptions" and page.next:
            page = stripe_client.list_subscriptions(page.next)
        CALLS[call]()
    assert caught.value.trouble == "unreadable answer"


def test_pages_without_an_end_are_unreadable(vendor: Vendor) -> None:
    def page(connection: Any) -> None:
        number = len(vendor.requests)
        body = json.dumps(listed(subscription(id=f"sub_{number}"), has_more=True)).encode()
        says(200, body)(connection)

    vendor.answer = page
    with pytest.raises(Unavailable) as caught:
        stripe_client.fetch_subscriptions("cus_1")
    assert caught.value.trouble == "unreadable answer"
    assert len(vendor.requests) == stripe_client.MOST_PAGES


# The wire


def test_a_redirect_is_not_followed(vendor: Vendor) -> None:
    with rubbish.vendor_of_rubbish() as elsewhere:
        elsewhere.answer = says(200, json.dumps(portal()).encode())
        for status in (301, 302, 303, 307, 308):
            vendor.answer = says(status, b"", Location=elsewhere.url)
            with pytest.raises(Unavailable):
                checkout.create_portal_session("cus_1")
        assert elsewhere.requests == []


def test_nothing_is_asked_to_be_encoded_and_nothing_is_decoded(vendor: Vendor) -> None:
    good = json.dumps(portal()).encode()
    vendor.answer = says(200, gzip.compress(good), Content_Encoding="gzip")
    with pytest.raises(Unavailable) as caught:
        checkout.create_portal_session("cus_1")
    assert caught.value.trouble == "unreadable answer"
    encodings = [line for line in vendor.requests[0].lower().splitlines() if line.startswith(b"accept-encoding")]
    assert encodings == [b"accept-encoding: identity"]
    vendor.answer = says(200, good)
    assert checkout.create_portal_session("cus_1") == "https://pay.example/1"


@pytest.mark.parametrize(("size", "read"), [(1_000_000, True), (vendor_http.MOST_BYTES + 1, False)])
@pytest.mark.parametrize("announced", [True, False])
def test_an_answer_is_bounded(vendor: Vendor, size: int, read: bool, announced: bool) -> None:
    body = json.dumps(portal()).encode()
    body += b" " * (size - len(body))
    vendor.answer = lambda connection: connection.sendall(rubbish.head(200, size if announced else None) + body)
    if read:
        assert checkout.create_portal_session("cus_1") == "https://pay.example/1"
        return
    with pytest.raises(Unavailable) as caught:
        checkout.create_portal_session("cus_1")
    assert caught.value.trouble == "unreadable answer"


# Time


@pytest.mark.parametrize("answer", sorted(SLOW))
def test_an_answer_that_does_not_come_is_given_up_in_time(
    vendor: Vendor, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_http, "SECONDS", 0.5)
    vendor.answer = SLOW[answer]
    troubles, seconds = at_once({**CALLS, "ping": lambda: stripe_client.ping(0.5)})
    assert seconds > 0.4
    in_time(seconds, at_most=1.2)
    assert troubles == dict.fromkeys(CALLS, ("stripe", "too slow"))


def test_a_resolver_that_does_not_answer_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_http, "SECONDS", 0.5)
    resolver = Resolver(monkeypatch)
    try:
        troubles, seconds = at_once({**CALLS, "ping": lambda: stripe_client.ping(0.5)})
    finally:
        resolver.let_go()
    in_time(seconds, at_most=1.2)
    assert troubles == dict.fromkeys(CALLS, ("stripe", "too slow"))
    assert resolver.asked == len(CALLS)


def test_all_pages_share_one_deadline(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_http, "SECONDS", 0.8)

    def slowly(connection: Any) -> None:
        time.sleep(0.3)
        body = json.dumps(listed(subscription(id=f"sub_{len(vendor.requests)}"), has_more=True)).encode()
        says(200, body)(connection)

    vendor.answer = slowly
    began = time.monotonic()
    with pytest.raises(Unavailable):
        stripe_client.fetch_subscriptions("cus_1")
    in_time(time.monotonic() - began, at_most=1.2)


def test_who_was_given_up_on_is_left_soon(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of an abandoned call ends by itself: a vendor that drips for hours holds no socket for hours."""
    monkeypatch.setattr(stripe_http, "SECONDS", 0.4)
    threads = threading.active_count()
    vendor.answer = SLOW["drips"]
    for _ in range(3):
        with pytest.raises(Unavailable):
            stripe_client.create_customer(FAMILY)
    until = time.monotonic() + 2
    while vendor.open and time.monotonic() < until:
        time.sleep(0.02)
    assert vendor.open == set()
    assert threading.active_count() <= threads + 1
