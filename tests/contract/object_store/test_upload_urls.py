"""Object store: what an upload URL allows."""

from __future__ import annotations

import hashlib
import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.support.s3_client import (
    BUCKET,
    md5_of,
    object_url,
    send,
    sign_put,
    sign_url,
)
from tests.support.store_requests import VOICE, Running, _files_of, _half_sent, _rows_of, _wait_until, exists, get


def test_an_upload_as_signed_is_kept_and_read_back_with_its_type_and_etag(store: Running, key: str) -> None:
    put = send(sign_put(store.url, key, VOICE), VOICE)
    answer = get(store.url, key)
    etag = f'"{hashlib.md5(VOICE).hexdigest()}"'
    assert (put.status, put.headers["etag"]) == (200, etag)
    assert (answer.status, answer.body) == (200, VOICE)
    assert answer.headers["etag"] == etag
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.headers["content-length"] == str(len(VOICE))
    assert answer.headers["accept-ranges"] == "bytes"
    assert "last-modified" in answer.headers


def test_the_upload_url_signs_size_type_md5_and_that_nothing_is_there_yet(store: Running, key: str) -> None:
    signed = sign_put(store.url, key, VOICE)
    assert "X-Amz-SignedHeaders=content-length%3Bcontent-md5%3Bcontent-type%3Bhost%3Bif-none-match" in signed.url


@pytest.mark.parametrize("body", [VOICE + b"x", VOICE[:-1], b"", VOICE * 200])
def test_a_body_of_another_size_is_refused(store: Running, key: str, body: bytes) -> None:
    signed = sign_put(store.url, key, VOICE, md5=False)
    answer = send(signed, body, content_length=str(len(body)))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert not exists(store.url, key)


@pytest.mark.parametrize(
    "changed",
    [
        {"content_type": "text/html"},
        {"content_type": "audio/mp4; charset=utf-8"},
        {"content_type": None},
        {"if_none_match": None},
        {"if_none_match": '"abc"'},
        {"content_md5": None},
        {"content_md5": md5_of(b"another")},
        {"host": "elsewhere.example"},
    ],
    ids=str,
)
def test_a_signed_header_that_is_changed_or_left_out_is_refused(
    store: Running, key: str, changed: dict[str, str | None]
) -> None:
    answer = send(sign_put(store.url, key, VOICE), VOICE, **changed)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert not exists(store.url, key)


def test_an_amz_header_that_was_not_signed_is_refused(store: Running, key: str) -> None:
    answer = send(sign_put(store.url, key, VOICE), VOICE, x_amz_meta_note="smuggled")
    assert (answer.status, answer.code) == (403, "AccessDenied")


def test_other_bytes_of_the_same_size_are_refused_by_the_md5(store: Running, key: str) -> None:
    answer = send(sign_put(store.url, key, VOICE), bytes(len(VOICE)))
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert not exists(store.url, key)


@pytest.mark.parametrize("md5", ["not base64!", "YWJj", ""])
def test_a_malformed_md5_is_refused(store: Running, key: str, md5: str) -> None:
    headers = {"content-length": str(len(VOICE)), "content-md5": md5}
    answer = send(sign_url("PUT", object_url(store.url, key), headers), VOICE)
    assert (answer.status, answer.code) == (400, "InvalidDigest")


def test_the_second_upload_to_a_key_is_refused_and_changes_nothing(store: Running, stored: str) -> None:
    other = b"other" * 100
    answer = send(sign_put(store.url, stored, other), other)
    assert (answer.status, answer.code) == (412, "PreconditionFailed")
    assert get(store.url, stored).body == VOICE


def test_of_many_uploads_at_once_exactly_one_succeeds(store: Running, key: str) -> None:
    bodies = [bytes([number]) * 200_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: send(sign_put(store.url, key, body), body).status, bodies))
    assert sorted(answers) == [200] + [412] * 7
    assert get(store.url, key).body == bodies[answers.index(200)]


def test_an_overwrite_can_demand_the_etag_it_read(boto: Any, store: Running, stored: str) -> None:
    with pytest.raises(ClientError, match="PreconditionFailed"):
        boto.put_object(Bucket=BUCKET, Key=stored, Body=b"new", IfMatch='"0123"')
    etag = boto.head_object(Bucket=BUCKET, Key=stored)["ETag"]
    boto.put_object(Bucket=BUCKET, Key=stored, Body=b"new", IfMatch=etag)
    assert _files_of(store.folder) == _rows_of(store.folder)
    assert get(store.url, stored).body == b"new"


def test_a_client_that_hangs_up_early_leaves_nothing(store: Running, key: str) -> None:
    signed = sign_put(store.url, key, VOICE)
    with _half_sent(signed, VOICE[:-1]) as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert b"IncompleteBody" in answer
    assert not exists(store.url, key)
    _wait_until(lambda: _files_of(store.folder) == _rows_of(store.folder))


def test_an_upload_of_unknown_length_is_refused(store: Running, key: str) -> None:
    parts = urlsplit(sign_url("PUT", object_url(store.url, key)).url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("PUT", f"{parts.path}?{parts.query}", iter([VOICE] * 50), encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, b"MissingContentLength" in answer.read()) == (411, True)
    connection.close()
    assert not exists(store.url, key)


def test_a_large_refused_upload_sees_its_error_and_not_a_reset(store: Running, key: str) -> None:
    body = bytes(16 * 1024 * 1024)
    answer = send(sign_put(store.url, key, b"x", md5=False), body, content_length=str(len(body)))
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_an_empty_object_can_be_kept(store: Running, key: str) -> None:
    headers = {"content-length": "0", "content-type": "audio/mp4"}
    assert send(sign_url("PUT", object_url(store.url, key), headers)).status == 200
    assert get(store.url, key).body == b""
    assert get(store.url, key, range="bytes=0-").status == 416


def test_what_it_does_not_implement_is_refused_and_not_ignored(store: Running, key: str) -> None:
    for query in ("?uploads", "?partNumber=1&uploadId=x", "?tagging", "?acl"):
        assert send(sign_url("PUT", object_url(store.url, key) + query)).status in (411, 501)
        assert send(sign_url("GET", object_url(store.url, key) + query)).status == 501
    headers = {"content-length": "0", "x-amz-copy-source": f"/{BUCKET}/other"}
    assert send(sign_url("PUT", object_url(store.url, key), headers)).status == 501
    assert send(sign_url("POST", f"{store.url}/{BUCKET}?delete")).status == 501
