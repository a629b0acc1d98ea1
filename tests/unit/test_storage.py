"""The way to the object store, held against the local store over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
import urllib3.util.connection

from chalicelib import config
from chalicelib.errors import Unavailable
from chalicelib.storage import s3_http
from chalicelib.storage import store as r2
from chalicelib.storage.copying import copy_to_backup
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.keys import ids_of_key, object_key, shards, waveform_key
from chalicelib.telemetry import logs
from tests.support.in_time import in_time
from tests.support.object_store import RunningStore, running_store, send, use_store, voice


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("storage") / "r2") as store:
        yield store


@pytest.fixture
def store(running: RunningStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningStore]:
    use_store(monkeypatch, running.url)
    yield running
    running.app.heal()
    r2.reset()


@pytest.fixture
def key() -> str:
    return object_key(uuid4(), uuid4())


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_http, "BUDGET", 0.8)
    monkeypatch.setattr(s3_http, "_READ_SECONDS", 0.5)


def md5_of(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def signed_headers(url: str) -> str:
    return parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"][0]


# Keys and URLs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_every_key_and_every_family_is_in_one_shard_of_an_audit(seed: int) -> None:
    chance = random.Random(seed)
    families = [UUID(int=chance.getrandbits(128)) for _ in range(200)]
    edges = [UUID(digit * 32) for digit in "0123456789abcdef"] + [UUID("1" + "0" * 31), UUID("e" + "f" * 31)]
    for family in families + edges:
        (part,) = (
            part
            for part in shards()
            if (part["families_after"] or "") < str(family) <= (part["families_up_to"] or "\uffff")
        )
        assert part["shard"] == str(family)[0]
        # Its keys are in its own shard, so that one worker sees all of it.
        assert shard_of(object_key(family, uuid4())) == shard_of(waveform_key(family, uuid4())) == part["shard"]
    for key in ("\x00", "a", "families", "families/", "families/1", "families/1\x00", "families/:", "families/A",
                "families/f", "families/g", "families/\U0001f31e", "other", "\U0001f31e"):  # fmt: skip
        assert shard_of(key)


def shard_of(key: str) -> str:
    """The one shard that has the key."""
    encoded = key.encode()
    (part,) = (
        str(part["shard"])
        for part in shards()
        if str(part["keys_after"]).encode() < encoded <= (part["keys_up_to"] or "\U0010ffff").encode()
    )
    return part


def test_keys_are_made_of_ids_alone() -> None:
    family_id, recording_id = uuid4(), uuid4()
    stem = f"families/{family_id}/recordings/{recording_id}"
    assert object_key(family_id, recording_id) == f"{stem}.audio.m4a"
    assert waveform_key(family_id, recording_id) == f"{stem}.waveform.json"


def test_the_ids_are_read_back_from_a_key_and_from_nothing_else() -> None:
    ids = uuid4(), uuid4()
    key = object_key(*ids)
    assert ids_of_key(key) == ids
    assert ids_of_key(waveform_key(*ids)) == ids
    others = [
        key.upper(),
        key.replace("recordings", "Recordings"),
        f"{key}x",
        f"{key}\n",
        f"x{key}",
        key.replace("audio", "video"),
        key.replace("-", ""),
        "",
    ]
    assert [ids_of_key(other) for other in others] == [None] * len(others)


def test_size_type_content_and_that_nothing_is_overwritten_are_signed(store: RunningStore, key: str) -> None:
    upload = r2.audio_store().sign_upload(key, 10, r2.AUDIO_TYPE, md5_of(b"0123456789"))
    assert signed_headers(upload.url) == "content-length;content-md5;content-type;host;if-none-match"
    assert parse_qs(urlsplit(upload.url).query)["X-Amz-Expires"] == ["900"]
    assert "/auto/s3/" in parse_qs(urlsplit(upload.url).query)["X-Amz-Credential"][0]


def test_without_a_digest_the_rest_is_signed_all_the_same(store: RunningStore, key: str) -> None:
    upload = r2.audio_store().sign_upload(key, 10, r2.AUDIO_TYPE)
    assert signed_headers(upload.url) == "content-length;content-type;host;if-none-match"
    assert upload.headers == {"content-type": "audio/mp4", "if-none-match": "*"}


def test_a_client_is_never_told_to_send_host_or_length(store: RunningStore, key: str) -> None:
    upload = r2.audio_store().sign_upload(key, 10, r2.AUDIO_TYPE, md5_of(b"0123456789"))
    assert set(upload.headers) == {"content-type", "if-none-match", "content-md5"}


def test_the_signed_url_and_headers_upload(store: RunningStore, key: str) -> None:
    body = voice()
    upload = r2.audio_store().sign_upload(key, len(body), r2.AUDIO_TYPE, md5_of(body))
    assert send("PUT", upload.url, body, upload.headers)[0] == 200


def test_a_waveform_uploads_as_json(store: RunningStore) -> None:
    key, body = waveform_key(uuid4(), uuid4()), json.dumps([0.1, 0.9]).encode()
    upload = r2.audio_store().sign_upload(key, len(body), r2.WAVEFORM_TYPE)
    assert upload.headers["content-type"] == "application/json"
    assert send("PUT", upload.url, body, upload.headers)[0] == 200


@pytest.mark.parametrize("size", [1, 1_999, 2_001, 100_000])
def test_another_size_than_declared_is_refused(store: RunningStore, key: str, size: int) -> None:
    upload = r2.audio_store().sign_upload(key, 2_000, r2.AUDIO_TYPE)
    assert send("PUT", upload.url, voice(size), upload.headers)[0] == 403
    assert r2.audio_store().inspect_object(key) is None


@pytest.mark.parametrize("content_type", ["audio/mpeg", "text/html", "audio/mp4; charset=utf-8"])
def test_another_type_than_declared_is_refused(store: RunningStore, key: str, content_type: str) -> None:
    upload = r2.audio_store().sign_upload(key, 2_000, r2.AUDIO_TYPE)
    headers = {**upload.headers, "content-type": content_type}
    assert send("PUT", upload.url, voice(2_000), headers)[0] == 403


def test_another_content_than_the_digest_declares_is_refused(store: RunningStore, key: str) -> None:
    body = voice(2_000)
    upload = r2.audio_store().sign_upload(key, 2_000, r2.AUDIO_TYPE, md5_of(body))
    assert send("PUT", upload.url, body[:-1] + b"!", upload.headers)[0] == 400


def test_a_second_put_is_told_that_it_is_there(store: RunningStore, key: str) -> None:
    upload = r2.audio_store().sign_upload(key, 2_000, r2.AUDIO_TYPE)
    assert send("PUT", upload.url, voice(2_000), upload.headers)[0] == 200
    assert send("PUT", upload.url, voice(2_000), upload.headers)[0] == 412


def test_a_put_that_leaves_out_the_condition_is_refused(store: RunningStore, key: str) -> None:
    upload = r2.audio_store().sign_upload(key, 2_000, r2.AUDIO_TYPE)
    assert send("PUT", upload.url, voice(2_000), {"content-type": "audio/mp4"})[0] == 403


def test_a_download_plays_for_fifteen_minutes(store: RunningStore, key: str) -> None:
    store.put(key, voice())
    download = r2.audio_store().sign_download(key)
    assert send("GET", download.url) == (200, voice())
    assert parse_qs(urlsplit(download.url).query)["X-Amz-Expires"] == ["900"]
    assert abs(download.expires_at - datetime.now(UTC) - timedelta(minutes=15)) < timedelta(seconds=5)


def test_a_download_lets_nobody_choose_a_response_header(store: RunningStore, key: str) -> None:
    store.put(key, voice())
    url = r2.audio_store().sign_download(key).url
    assert "response-" not in url
    assert send("GET", f"{url}&response-content-type=text%2Fhtml")[0] == 403


# Inspecting --------------------------------------------------------------------------------------


def test_a_missing_object_is_none(store: RunningStore, key: str) -> None:
    assert r2.audio_store().inspect_object(key) is None


@pytest.mark.parametrize("size", [33, 4_095, 4_096, 4_097, 3_000_000])
def test_an_object_is_described_as_stored(store: RunningStore, key: str, size: int) -> None:
    store.put(key, voice(size))
    found = r2.audio_store().inspect_object(key)
    assert found is not None
    assert (found.size_bytes, found.content_type, found.is_mp4) == (size, "audio/mp4", True)
    assert found.etag == hashlib.md5(voice(size), usedforsecurity=False).hexdigest()
    assert found.head == voice(size)[:4_096]
    assert abs(found.stored_at - datetime.now(UTC)) < timedelta(seconds=10)


def test_an_empty_object_is_empty_and_no_mp4(store: RunningStore, key: str) -> None:
    store.put(key, b"")
    found = r2.audio_store().inspect_object(key)
    assert found is not None
    assert (found.size_bytes, found.is_mp4) == (0, False)


def test_other_content_declared_as_mp4_is_detected(store: RunningStore, key: str) -> None:
    store.put(key, b"<html>" * 100)
    found = r2.audio_store().inspect_object(key)
    assert found is not None
    assert not found.is_mp4


def test_one_connection_serves_one_request_after_the_other(
    store: RunningStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(key, voice(3_000_000))
    opened: list[Any] = []
    connect = urllib3.util.connection.create_connection
    monkeypatch.setattr(
        urllib3.util.connection, "create_connection", lambda *how, **more: opened.append(how) or connect(*how, **more)
    )
    for _ in range(5):
        assert r2.audio_store().inspect_object(key) is not None
        assert r2.audio_store().inspect_object(f"{key}.none") is None
    assert len(opened) == 1


def test_one_connection_to_each_store_serves_one_copy_after_the_other(
    store: RunningStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [object_key(uuid4(), uuid4()) for _ in range(3)]
    for key in keys:
        store.put(key, voice(300_000))
    opened: list[Any] = []
    connect = urllib3.util.connection.create_connection
    monkeypatch.setattr(
        urllib3.util.connection, "create_connection", lambda *how, **more: opened.append(how) or connect(*how, **more)
    )
    for key in keys:
        assert copy_to_backup(key) == "copied"
    assert len(opened) == 2


# A store on a bad day ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503])
def test_two_failures_of_the_store_are_retried(store: RunningStore, key: str, status: int) -> None:
    store.put(key, voice())
    store.app.fail_next(status, times=2, method="GET")
    assert r2.audio_store().inspect_object(key) is not None


def test_a_store_that_keeps_failing_is_unavailable(store: RunningStore, key: str) -> None:
    store.app.fail_next(503, times=3, method="GET")
    with pytest.raises(Unavailable, match=r"^storage: "):
        r2.audio_store().inspect_object(key)


def test_a_refused_signature_is_an_error_and_not_a_missing_object(
    store: RunningStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("R2_SECRET_ACCESS_KEY", "another")
    config.reset()
    r2.reset()
    with pytest.raises(Unavailable):
        r2.audio_store().inspect_object(key)


@pytest.mark.usefixtures("hurried")
def test_a_slow_store_is_given_up_within_the_deadline(store: RunningStore, key: str) -> None:
    store.app.delay = 5.0
    started = time.monotonic()
    with pytest.raises(Unavailable):
        r2.audio_store().inspect_object(key)
    in_time(time.monotonic() - started, at_most=1.3)


def test_a_dead_store_is_given_up_at_once(store: RunningStore, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        use_store(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
    started = time.monotonic()
    with pytest.raises(Unavailable):
        r2.audio_store().inspect_object(key)
    in_time(time.monotonic() - started, at_most=1.3)


@pytest.mark.usefixtures("hurried")
def test_a_store_that_takes_the_call_and_says_nothing_is_given_up(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_store(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(Unavailable):
            r2.audio_store().inspect_object(key)
        in_time(time.monotonic() - started, at_most=1.3)


def test_no_signature_reaches_the_log_or_an_error(
    store: RunningStore, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.reset()
    store.app.fail_next(503, times=3, method="GET")
    with pytest.raises(Unavailable) as caught:
        r2.audio_store().inspect_object(key)
    upload, download = r2.audio_store().sign_upload(key, 1, "audio/mp4"), r2.audio_store().sign_download(key)
    told = capsys.readouterr().out + repr(caught.getrepr()) + repr(upload) + repr(download)
    assert "vendor_failed" in told
    assert "X-Amz" not in told
    assert "Signature" not in told
    logs.reset()


# What the background does ------------------------------------------------------------------------


def test_deleting_deletes_and_may_be_repeated(store: RunningStore, key: str) -> None:
    store.put(key, voice())
    delete_object(r2.audio_store(), key)
    delete_object(r2.audio_store(), key)
    assert r2.audio_store().inspect_object(key) is None


def test_a_listing_walks_every_page(store: RunningStore, monkeypatch: pytest.MonkeyPatch) -> None:
    family_id = uuid4()
    keys = sorted(object_key(family_id, uuid4()) for _ in range(7))
    for key in keys:
        store.put(key, voice(50))
    monkeypatch.setattr(r2, "PAGE", 3)
    pages = list(r2.audio_store().list_objects(f"families/{family_id}/"))
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [found.key for page in pages for found in page] == keys
    assert {found.size_bytes for page in pages for found in page} == {50}
    etag = hashlib.md5(voice(50), usedforsecurity=False).hexdigest()
    assert {found.etag for page in pages for found in page} == {etag}


def test_a_listing_goes_on_where_it_was_left(store: RunningStore) -> None:
    family_id = uuid4()
    keys = sorted(object_key(family_id, uuid4()) for _ in range(4))
    for key in keys:
        store.put(key, voice(50))
    (page,) = r2.audio_store().list_objects(f"families/{family_id}/", start_after=keys[1])
    assert [found.key for found in page] == keys[2:]


def test_an_empty_listing_has_no_page(store: RunningStore) -> None:
    assert list(r2.audio_store().list_objects(f"families/{uuid4()}/")) == []


def test_a_listing_that_breaks_half_way_says_so(store: RunningStore, monkeypatch: pytest.MonkeyPatch) -> None:
    family_id = uuid4()
    for _ in range(3):
        store.put(object_key(family_id, uuid4()), voice(50))
    monkeypatch.setattr(r2, "PAGE", 2)
    pages = r2.audio_store().list_objects(f"families/{family_id}/")
    assert len(next(pages)) == 2
    store.app.fail_next(500, times=3, method="GET")
    with pytest.raises(Unavailable):
        next(pages)


def test_a_recording_is_copied_whole(store: RunningStore, key: str) -> None:
    store.put(key, voice(3_000_000))
    assert copy_to_backup(key) == "copied"
    copy = r2.backup_store().inspect_object(key)
    assert copy is not None
    assert (copy.size_bytes, copy.content_type) == (3_000_000, "audio/mp4")
    assert copy.etag == hashlib.md5(voice(3_000_000), usedforsecurity=False).hexdigest()


def test_a_waveform_keeps_its_type_wherever_it_is_looked_at_and_in_its_copy(store: RunningStore) -> None:
    key = waveform_key(uuid4(), uuid4())
    store.put(key, b"[0.5]", r2.WAVEFORM_TYPE)
    assert copy_to_backup(key) == "copied"
    for bucket in (r2.audio_store(), r2.backup_store()):
        found = bucket.inspect_object(key)
        assert found is not None
        assert (found.content_type, found.is_mp4) == ("application/json", False)


def test_an_existing_copy_is_left_alone(store: RunningStore, key: str) -> None:
    store.put(key, voice())
    assert copy_to_backup(key) == "copied"
    assert copy_to_backup(key) == "already_there"


def test_a_copy_never_overwrites_another_object(store: RunningStore, key: str) -> None:
    store.put(key, voice())
    copy_to_backup(key)
    delete_object(r2.audio_store(), key)
    store.put(key, voice(900))
    assert copy_to_backup(key) == "differs"
    copy = r2.backup_store().inspect_object(key)
    assert copy is not None
    assert copy.size_bytes == len(voice())


def test_a_missing_object_is_not_copied(store: RunningStore, key: str) -> None:
    assert copy_to_backup(key) == "missing"


def test_a_copy_that_breaks_off_leaves_nothing_behind(store: RunningStore, key: str) -> None:
    store.put(key, voice(3_000_000))
    store.app.fail_next(503, method="PUT")
    with pytest.raises(Unavailable, match=r"^backup: "):
        copy_to_backup(key)
    assert r2.backup_store().inspect_object(key) is None
    assert copy_to_backup(key) == "copied"


def test_many_threads_share_a_store(store: RunningStore, key: str) -> None:
    store.put(key, voice())
    audio, found = r2.audio_store(), []
    threads = [threading.Thread(target=lambda: found.append(audio.inspect_object(key))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.etag for each in found if each}) == 1
    assert len(found) == 20
