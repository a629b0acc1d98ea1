"""How the object store is asked: how often, for how long, and on which connections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3.util.connection

from chalicelib.errors import Unavailable
from chalicelib.storage import s3_http, store
from chalicelib.storage.deletion import delete_object
from tests.support import rubbish
from tests.support.object_store import running_store, use_store, voice
from tests.support.rubbish import Vendor, endless, head, says, silence

KEY = "families/x/recordings/y.audio.m4a"


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        use_store(monkeypatch, vendor.url)
        yield vendor
        store.reset()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Between which bounds each pause was drawn; none is really made."""
    drawn: list[tuple[float, float]] = []
    monkeypatch.setattr(s3_http.random, "uniform", lambda least, most: drawn.append((least, most)) or 0.0)
    return drawn


def inspect() -> str:
    with pytest.raises(Unavailable) as caught:
        store.audio_store().inspect_object(KEY)
    return caught.value.trouble


def wait_until_left(vendor: Vendor) -> bool:
    until = time.monotonic() + 10
    while vendor.open and time.monotonic() < until:
        time.sleep(0.02)
    return not vendor.open


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_store_in_trouble_is_asked_three_times_with_a_pause_of_chance_between(
    status: int, vendor: Vendor, pauses: list[tuple[float, float]]
) -> None:
    vendor.answer = says(status, b"")
    assert inspect() == "in trouble"
    assert len(vendor.requests) == 3
    assert pauses == [(0.02, 0.1)] * 2


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
def test_what_asking_again_does_not_change_is_asked_once(
    status: int, vendor: Vendor, pauses: list[tuple[float, float]]
) -> None:
    vendor.answer = says(status, b"")
    inspect()
    assert len(vendor.requests) == 1


def test_a_call_waits_four_seconds_for_the_store_in_which_two_silent_attempts_fit() -> None:
    assert s3_http.BUDGET == 4.0
    assert s3_http.CONNECT_SECONDS < s3_http._READ_SECONDS < s3_http.BUDGET / 2


def test_a_store_that_was_given_up_is_left(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_http, "BUDGET", 0.3)
    monkeypatch.setattr(s3_http, "_READ_SECONDS", 60.0)
    vendor.answer = silence
    assert inspect() == "too slow"
    assert wait_until_left(vendor)


def test_the_word_for_a_missing_object_is_believed_in_its_own_place_alone(vendor: Vendor) -> None:
    vendor.answer = says(404, b"<html>NoSuchKey")
    assert inspect() == "refuses us"


def test_an_error_without_an_end_is_not_read_to_it(vendor: Vendor) -> None:
    def answer(connection: Any) -> None:
        connection.sendall(head(404, None))
        endless()(connection)

    vendor.answer = answer
    assert inspect() == "refuses us"


def test_an_attempt_that_failed_costs_no_connection_and_a_key_of_any_letters_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, pauses: list[tuple[float, float]]
) -> None:
    key = "strays/a b+ü%20&c.m4a"
    opened: list[Any] = []
    connect = urllib3.util.connection.create_connection
    monkeypatch.setattr(
        urllib3.util.connection, "create_connection", lambda *how, **more: opened.append(how) or connect(*how, **more)
    )
    with running_store(tmp_path / "r2") as running:
        use_store(monkeypatch, running.url)
        running.put(key, voice())
        running.app.fail_next(503, times=2, method="GET")
        assert store.audio_store().inspect_object(key) is not None
        assert [found.key for page in store.audio_store().list_objects("") for found in page] == [key]
        delete_object(store.audio_store(), key)
        assert store.audio_store().inspect_object(key) is None
        store.reset()
    assert len(opened) == 1


def test_a_url_ends_when_it_says_on_a_machine_of_any_zone(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        ends = store.audio_store().sign_download(KEY).expires_at
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert abs(ends - datetime.now(UTC) - timedelta(minutes=15)) < timedelta(minutes=1)
