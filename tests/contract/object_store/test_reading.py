"""Object store: reading."""

from __future__ import annotations

import http.client
import os
from urllib.parse import urlsplit

import pytest

from tests.support.s3_client import (
    object_url,
    send,
    sign_put,
    sign_url,
)
from tests.support.store_requests import VOICE, Running, _files_of, get


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-4095", 0, 4096),
        ("bytes=100-", 100, len(VOICE)),
        ("bytes=-100", len(VOICE) - 100, len(VOICE)),
        ("bytes=-999999", 0, len(VOICE)),
        ("bytes=100-999999", 100, len(VOICE)),
        (f"bytes={len(VOICE) - 1}-", len(VOICE) - 1, len(VOICE)),
    ],
)
def test_a_range_is_answered_with_that_part(store: Running, stored: str, asked: str, start: int, end: int) -> None:
    answer = get(store.url, stored, range=asked)
    assert (answer.status, answer.body) == (206, VOICE[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(VOICE)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={len(VOICE)}-", "bytes=999999-", "bytes=-0"])
def test_a_range_beyond_the_object_cannot_be_satisfied(store: Running, stored: str, asked: str) -> None:
    answer = get(store.url, stored, range=asked)
    assert (answer.status, answer.code) == (416, "InvalidRange")
    assert answer.headers["content-range"] == f"bytes */{len(VOICE)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=1"])
def test_a_malformed_range_is_ignored(store: Running, stored: str, asked: str) -> None:
    answer = get(store.url, stored, range=asked)
    assert (answer.status, answer.body) == (200, VOICE)


def test_a_range_of_an_object_that_changed_is_answered_whole(store: Running, stored: str) -> None:
    etag = get(store.url, stored).headers["etag"]
    assert get(store.url, stored, range="bytes=0-9", if_range=etag).status == 206
    assert get(store.url, stored, range="bytes=0-9", if_range='"other"').status == 200


def test_a_read_can_demand_or_exclude_an_etag(store: Running, stored: str) -> None:
    etag = get(store.url, stored).headers["etag"]
    assert get(store.url, stored, if_match=etag).status == 200
    assert get(store.url, stored, if_match='"other"').status == 412
    assert get(store.url, stored, if_none_match=etag).status == 304
    assert get(store.url, stored, if_none_match='"other"').status == 200


def test_head_answers_like_get_without_the_body(store: Running, stored: str) -> None:
    head, whole = send(sign_url("HEAD", object_url(store.url, stored))), get(store.url, stored)
    for name in ("content-length", "content-type", "etag", "last-modified", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]
    assert head.body == b""


def test_a_signed_answer_header_cannot_write_others(store: Running, stored: str) -> None:
    url = object_url(store.url, stored)
    named = send(sign_url("GET", f"{url}?response-content-disposition=attachment%3B%20filename%3D%22a.m4a%22"))
    split = send(sign_url("GET", f"{url}?response-content-disposition=a%0D%0ASet-Cookie%3A%20b%3Dc"))
    assert named.headers["content-disposition"] == 'attachment; filename="a.m4a"'
    assert (split.status, "set-cookie" in split.headers) == (400, False)


def test_delete_removes_the_object_and_may_be_repeated(store: Running, stored: str) -> None:
    url = object_url(store.url, stored)
    files = len(_files_of(store.folder))
    assert send(sign_url("DELETE", url)).status == 204
    assert send(sign_url("DELETE", url)).status == 204
    answer = get(store.url, stored)
    assert (answer.status, answer.code) == (404, "NoSuchKey")
    assert len(_files_of(store.folder)) == files - 1


def test_a_reader_keeps_the_bytes_of_an_object_deleted_meanwhile(store: Running, key: str) -> None:
    body = os.urandom(8 * 1024 * 1024)
    assert send(sign_put(store.url, key, body), body).status == 200
    parts = urlsplit(sign_url("GET", object_url(store.url, key)).url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    begun = answer.read(1024)
    assert send(sign_url("DELETE", object_url(store.url, key))).status == 204
    assert begun + answer.read() == body
    connection.close()
