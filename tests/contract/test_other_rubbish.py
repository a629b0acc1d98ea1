"""What stands at the address of the object store, Resend or PostHog may answer anything: it is never believed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chalicelib import analytics, config, vendor_http
from chalicelib.errors import NotRetryable, Unavailable
from chalicelib.mail import resend_client
from chalicelib.mail.templates import Letter
from chalicelib.storage import copying, s3_http, store
from chalicelib.storage.deletion import delete_object
from chalicelib.telemetry import logs
from tests.support import rubbish
from tests.support.object_store import RunningStore, running_store, use_store, voice
from tests.support.rubbish import RUBBISH, SECRET_WORDS, Vendor, drips, head, says

KEY = "families/x/recordings/y.audio.m4a"


def events(count: int) -> list[analytics.Event]:
    properties = analytics.OfAFamily(family_id=UUID(int=1))
    return [
        analytics.Event(str(number), "invitation_created", UUID(int=1), datetime.now(UTC), properties)
        for number in range(count)
    ]


def send_a_mail() -> None:
    letter = Letter("subject", "text", "html")
    resend_client.send(config.load(config.MailSettings), ["rosa@example.org"], letter, "key")


CALLS: dict[str, tuple[str, Callable[[], Any]]] = {
    "mail": ("resend", send_a_mail),
    "events": ("posthog", lambda: analytics.send(events(2))),
    "inspect": ("storage", lambda: store.audio_store().inspect_object(KEY)),
    "delete": ("storage", lambda: delete_object(store.audio_store(), KEY)),
    "list": ("storage", lambda: list(store.audio_store().list_objects(""))),
    "inspect the copy": ("backup", lambda: store.backup_store().inspect_object(KEY)),
    "copy": ("storage", lambda: copying.copy_to_backup(KEY)),
}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        yield vendor


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch, vendor: Vendor) -> Iterator[None]:
    for name, value in {
        "APP_URL": "http://localhost:3000",
        "RESEND_API_KEY": "re_local",
        "RESEND_API_URL": vendor.url,
        "MAIL_FROM": "stories@example.org",
        "POSTHOG_API_KEY": "phc_local",
        "POSTHOG_HOST": vendor.url,
    }.items():
        monkeypatch.setenv(name, value)
    use_store(monkeypatch, vendor.url)
    monkeypatch.setattr(s3_http.random, "uniform", lambda least, most: 0.0)
    logs.reset()
    yield
    store.reset()


@pytest.mark.parametrize("name", sorted(CALLS))
def test_rubbish_is_a_failure_of_the_vendor_s_told_in_one_line(
    name: str, vendor: Vendor, capsys: pytest.CaptureFixture[str]
) -> None:
    service, call = CALLS[name]
    for title, answer in RUBBISH.items():
        if (name, title) == ("delete", "204"):
            continue  # which is what a store answers
        vendor.answer = answer
        with pytest.raises(Unavailable) as caught:
            call()
        out = capsys.readouterr().out
        (line,) = [json.loads(each) for each in out.splitlines()]
        assert (line["message"], line["vendor"]) == ("vendor_failed", service), title
        assert line["trouble"] == caught.value.trouble, title
        assert caught.value.trouble in ("unreadable answer", "refuses us"), title
        for word in SECRET_WORDS.split():
            assert word not in out + repr(caught.value), title


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_our_key_or_our_address_is_trouble_and_no_verdict(name: str, status: int, vendor: Vendor) -> None:
    service, call = CALLS[name]
    for body in (b"", b'{"name": "invalid_api_key", "message": "no", "type": "authentication_error"}', b"<Error/>"):
        vendor.answer = says(status, body)
        with pytest.raises(Unavailable) as caught:
            call()
        assert (caught.value.service, caught.value.trouble) == (service, "refuses us")


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_redirect_is_not_followed(name: str, vendor: Vendor) -> None:
    with rubbish.vendor_of_rubbish() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            vendor.answer = says(status, b"", Location=elsewhere.url)
            with pytest.raises(Unavailable):
                CALLS[name][1]()
        assert elsewhere.requests == []


@pytest.mark.parametrize("name", sorted(CALLS))
def test_nothing_encoded_is_asked_for(name: str, vendor: Vendor) -> None:
    with pytest.raises(Unavailable):
        CALLS[name][1]()
    encodings = {line for line in vendor.requests[0].lower().splitlines() if line.startswith(b"accept-encoding")}
    assert encodings == {b"accept-encoding: identity"}


# Mail


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (422, {"name": "validation_error", "message": "Invalid `to` field."}, resend_client.RecipientRefused),
        (400, {"name": "validation_error", "message": "The recipient is not valid."}, resend_client.RecipientRefused),
        (422, {"name": "validation_error", "message": "Invalid `subject` field."}, NotRetryable),
        (422, {"name": "missing_required_field", "message": "Missing `html` field."}, NotRetryable),
        (400, {"name": "invalid_idempotency_key", "message": "..."}, NotRetryable),
        (413, {"name": "too_large", "message": "..."}, NotRetryable),
        (422, {"name": "invalid_from_address", "message": "Invalid `from` field."}, Unavailable),
        (403, {"name": "validation_error", "message": "You can only send to your own recipients."}, Unavailable),
        (409, {"name": "concurrent_idempotent_requests", "message": "..."}, Unavailable),
        (405, {"name": "method_not_allowed", "message": "..."}, Unavailable),
        (408, {"name": "request_timeout", "message": "..."}, Unavailable),
        (400, {"name": "invalid_idempotent_request", "message": "..."}, NotRetryable),
        (429, {"name": "monthly_quota_exceeded", "message": "..."}, Unavailable),
        (451, {"name": "security_error", "message": "..."}, Unavailable),
        (500, {"name": "application_error", "message": "..."}, Unavailable),
        (422, {}, Unavailable),
        (200, {"id": 5}, Unavailable),
    ],
)
def test_only_what_is_said_of_this_mail_is_final(
    status: int, said: dict[str, Any], error: type[Exception], vendor: Vendor
) -> None:
    vendor.answer = says(status, json.dumps(said).encode())
    with pytest.raises(error) as caught:
        send_a_mail()
    assert type(caught.value) is error


@pytest.mark.parametrize("said", [{"id": "x"}, {"id": "x", "more": 1}])
def test_a_mail_that_was_taken_is_sent(said: dict[str, Any], vendor: Vendor) -> None:
    vendor.answer = says(200, json.dumps(said).encode())
    send_a_mail()
    request = vendor.requests[0].lower()
    assert b"idempotency-key: key" in request
    assert b"authorization: bearer re_local" in request
    assert b"user-agent: stories-from-the-sun" in request


def test_the_same_key_with_other_words_was_sent_already(vendor: Vendor) -> None:
    vendor.answer = says(409, b'{"name": "invalid_idempotent_request", "message": "..."}')
    send_a_mail()


# Events


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_event_that_posthog_refuses_is_found_and_the_others_arrive(status: int, vendor: Vendor) -> None:
    arrived: list[str] = []

    def judge(connection: Any) -> None:
        batch = json.loads(vendor.bodies[-1])["batch"]
        uuids = [event["uuid"] for event in batch]
        if "3" in uuids or "7" in uuids:
            says(status, b'{"type": "validation_error", "detail": "..."}')(connection)
        else:
            arrived.extend(uuids)
            says(200, b'{"status": 1}')(connection)

    vendor.answer = judge
    refused = analytics.send(events(20))
    assert {uuid: error.cause for uuid, error in refused.items()} == dict.fromkeys(("3", "7"), f"PostHog{status}")
    assert sorted(arrived, key=int) == [str(number) for number in range(20) if number not in (3, 7)]


def test_an_event_alone_that_is_refused_in_plain_text_is_refused(vendor: Vendor) -> None:
    vendor.answer = says(400, b"event submitted without a distinct_id", Content_Type="text/plain")
    assert set(analytics.send(events(1))) == {"0"}


@pytest.mark.parametrize("body", [b"<html>bad request", b"\n <html>", b"", b" \n"])
def test_markup_and_silence_say_nothing_of_an_event(body: bytes, vendor: Vendor) -> None:
    vendor.answer = says(400, body)
    with pytest.raises(Unavailable):
        analytics.send(events(1))


def test_all_parts_of_a_batch_share_one_time(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytics, "SECONDS", 0.5)

    def judge(connection: Any) -> None:
        time.sleep(0.2)
        bad = "3" in [event["uuid"] for event in json.loads(vendor.bodies[-1])["batch"]]
        says(400 if bad else 200, b'{"status": 1}')(connection)

    vendor.answer = judge
    with pytest.raises(Unavailable) as caught:
        analytics.send(events(20))
    assert caught.value.trouble == "too slow"


def test_a_property_without_a_value_is_not_sent(vendor: Vendor) -> None:
    vendor.answer = says(200, b'{"status": 1}')
    told = analytics.OfARecording(family_id=UUID(int=1))
    analytics.send([analytics.Event("1", "recording_started", UUID(int=1), datetime.now(UTC), told)])
    (sent,) = json.loads(vendor.bodies[0])["batch"]
    assert {name for name in sent["properties"] if not name.startswith("$")} == {"familyId"}


def test_a_batch_without_one_good_event_is_trouble_and_no_event_s_fault(vendor: Vendor) -> None:
    vendor.answer = says(400, b"no such project", Content_Type="text/plain")
    with pytest.raises(Unavailable) as caught:
        analytics.send(events(20))
    assert caught.value.trouble == "refuses us"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 409, 429, 500, 503])
def test_what_posthog_says_of_itself_or_of_us_brings_all_events_back(status: int, vendor: Vendor) -> None:
    vendor.answer = says(status, b'{"type": "authentication_error"}')
    with pytest.raises(Unavailable):
        analytics.send(events(20))
    assert len(vendor.requests) == 1


# The object store


def test_a_404_of_some_proxy_is_no_missing_object_and_no_deleted_one(vendor: Vendor) -> None:
    for body in (b"", b"<html>not found</html>", b"<Error><Code>NoSuchBucket</Code></Error>"):
        vendor.answer = says(404, body)
        for name in ("inspect", "delete", "copy"):
            with pytest.raises(Unavailable):
                CALLS[name][1]()


def test_a_404_of_the_store_s_own_is_a_missing_object(vendor: Vendor) -> None:
    vendor.answer = says(404, b"<Error><Code>NoSuchKey</Code></Error>")
    assert CALLS["inspect"][1]() is None
    CALLS["delete"][1]()
    assert CALLS["copy"][1]() == "missing"


def test_a_416_of_some_proxy_is_no_empty_object(vendor: Vendor) -> None:
    vendor.answer = says(416, b"<html>", Date="Sat, 21 Nov 2026 10:00:00 GMT")
    with pytest.raises(Unavailable):
        CALLS["inspect"][1]()


def listing(*keys: str, truncated: bool) -> bytes:
    contents = "".join(
        f"<Contents><Key>{key}</Key><Size>1</Size><ETag>x</ETag><LastModified>2026-11-20T10:00:00Z</LastModified>"
        "</Contents>"
        for key in keys
    )
    xmlns = "http://s3.amazonaws.com/doc/2006-03-01/"
    return (
        f'<ListBucketResult xmlns="{xmlns}">{contents}<IsTruncated>{str(truncated).lower()}</IsTruncated>'
        "</ListBucketResult>"
    ).encode()


@pytest.mark.parametrize(
    "page",
    [
        listing("a", "b", truncated=True),
        listing("b", "a", truncated=False),
        listing("a", "a", truncated=False),
        listing(truncated=True),
        listing("a", truncated=False).replace(b"<Size>1", b"<Size>many"),
        listing("a", truncated=False).replace(b"<IsTruncated>false", b"<IsTruncated>"),
    ],
    ids=[
        *("never ends", "goes back", "says a key twice", "has more after nothing", "has a size that is none"),
        "does not say whether there is more",
    ],
)
def test_a_listing_that_makes_no_sense_is_not_walked_for_ever(page: bytes, vendor: Vendor) -> None:
    vendor.answer = says(200, page)
    with pytest.raises(Unavailable) as caught:
        CALLS["list"][1]()
    assert caught.value.trouble == "unreadable answer"


def test_an_object_whose_store_ignores_the_range_is_not_read_whole(vendor: Vendor) -> None:
    def whole(connection: Any) -> None:
        facts = {"ETag": '"x"', "Last_Modified": "Sat, 21 Nov 2026 10:00:00 GMT"}
        connection.sendall(head(200, 500_000_000, **facts) + voice(100_000))
        connection.recv(1)

    vendor.answer = whole
    found = store.audio_store().inspect_object(KEY)
    assert found is not None
    assert (found.size_bytes, len(found.head)) == (500_000_000, store.HEAD_BYTES)


def test_an_object_is_looked_at_as_it_lies_there_whatever_its_encoding_says(vendor: Vendor) -> None:
    facts = {"ETag": '"x"', "Last_Modified": "Sat, 21 Nov 2026 10:00:00 GMT", "Content_Encoding": "gzip"}
    vendor.answer = says(200, voice(5_000), **facts)
    found = store.audio_store().inspect_object(KEY)
    assert found is not None
    assert (found.size_bytes, found.is_mp4, found.head) == (5_000, True, voice(5_000)[: store.HEAD_BYTES])


def test_a_listing_of_any_length_is_not_read(vendor: Vendor) -> None:
    vendor.answer = says(200, listing("a", truncated=False) + b" " * vendor_http.MOST_BYTES)
    with pytest.raises(Unavailable) as caught:
        CALLS["list"][1]()
    assert caught.value.trouble == "unreadable answer"


def test_the_store_is_asked_for_the_bytes_that_are_read_and_for_as_many_keys_as_it_gives(vendor: Vendor) -> None:
    for name in ("inspect", "list"):
        with pytest.raises(Unavailable):
            CALLS[name][1]()
    inspected, listed = vendor.requests[0].lower(), vendor.requests[-1].lower()
    assert b"\r\nrange: bytes=0-4095\r\n" in inspected + b"\r\n"
    assert b"max-keys=1000 " in listed.splitlines()[0]


# Copying


@pytest.fixture(scope="module")
def real_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("copying") / "r2") as running:
        yield running


@pytest.fixture
def copied(real_store: RunningStore, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key in a real audio bucket, with rubbish for a backup store."""
    use_store(monkeypatch, real_store.url)
    key = f"families/{uuid4()}/recordings/{uuid4()}.audio.m4a"
    real_store.put(key, voice(300_000))
    monkeypatch.setenv("BACKUP_ENDPOINT_URL", vendor.url)
    config.reset()
    store.reset()
    return key


def test_bytes_that_broke_on_their_way_are_not_kept_as_a_copy(
    real_store: RunningStore, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_store(monkeypatch, real_store.url)
    monkeypatch.setenv("R2_ENDPOINT_URL", vendor.url)
    config.reset()
    store.reset()
    meant = hashlib.md5(voice(5_000), usedforsecurity=False).hexdigest()
    vendor.answer = says(200, voice(4_999) + b"!", ETag=f'"{meant}"', Content_Type="audio/mp4")
    with pytest.raises(Unavailable) as caught:
        copying.copy_to_backup(KEY)
    assert caught.value.service == "backup"
    assert store.backup_store().inspect_object(KEY) is None


def test_rubbish_of_the_backup_store_is_no_copy(copied: str, vendor: Vendor) -> None:
    for title, answer in {**RUBBISH, "another ETag": says(200, b"", ETag='"other"')}.items():
        vendor.answer = answer
        with pytest.raises(Unavailable) as caught:
            copying.copy_to_backup(copied)
        assert caught.value.service == "backup", title


def test_a_backup_store_that_drips_its_answer_ends_with_the_window(
    copied: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(copying, "WINDOW_SECONDS", 0.4)
    vendor.answer = drips(b"HTTP/1.1 200 OK\r\nX-Long: ", 0.05, b"x")
    with pytest.raises(Unavailable) as caught:
        copying.copy_to_backup(copied)
    assert (caught.value.service, caught.value.trouble) == ("backup", "too slow")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["method"] == "PUT"


def test_an_object_that_arrives_too_slowly_is_not_copied_on_and_on(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "WINDOW_SECONDS", 0.4)
    facts = {"ETag": '"x"', "Content_Type": "audio/mp4"}
    with rubbish.vendor_of_rubbish() as backup:
        monkeypatch.setenv("BACKUP_ENDPOINT_URL", backup.url)
        config.reset()
        store.reset()
        vendor.answer = drips(head(200, 1_000_000, **facts), 0.02, b"x" * 100)
        with pytest.raises(Unavailable) as caught:
            copying.copy_to_backup(KEY)
        until = time.monotonic() + 10
        while (vendor.open or backup.open) and time.monotonic() < until:
            time.sleep(0.02)
        assert (vendor.open, backup.open) == (set(), set()), "it goes on after it was given up"
    assert (caught.value.service, caught.value.trouble) == ("storage", "too slow")


def test_an_object_that_moves_enough_is_copied_however_long_it_takes(
    real_store: RunningStore, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "WINDOW_SECONDS", 0.3)
    monkeypatch.setattr(copying, "LEAST_BYTES_A_SECOND", 4)
    use_store(monkeypatch, real_store.url)
    monkeypatch.setenv("R2_ENDPOINT_URL", vendor.url)
    config.reset()
    store.reset()
    body = voice(10)

    def slowly(connection: Any) -> None:
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        connection.sendall(head(200, len(body), ETag=f'"{etag}"', Content_Type="audio/mp4"))
        for at in range(len(body)):
            time.sleep(0.1)
            connection.sendall(body[at : at + 1])

    vendor.answer = slowly
    assert copying.copy_to_backup(f"families/{uuid4()}") == "copied"
