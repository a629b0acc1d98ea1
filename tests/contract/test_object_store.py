"""The rules of R2's S3 API that the backend leans on, held against the local object store over real HTTP."""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local.s3 import Credential, ObjectStore
from local.s3.files import StoreInUse
from local.server import Server
from tests.support.s3_client import (
    BUCKET,
    KEY_ID,
    SECRET,
    Answer,
    Signed,
    boto_client,
    md5_of,
    object_url,
    send,
    sign_header,
    sign_put,
    sign_url,
)

VOICE = bytes(range(256)) * 40
CREDENTIALS = [Credential(BUCKET, KEY_ID, SECRET), Credential("second-copy", "backup-key-id", "backup-secret")]


@dataclass
class Running:
    app: ObjectStore
    url: str
    folder: Path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("store") / "r2"
    app = ObjectStore(folder, CREDENTIALS)
    server = Server(app)
    server.start()
    yield Running(app, server.url, folder)
    server.stop()
    app.close()


@pytest.fixture
def store(running: Running) -> Iterator[Running]:
    yield running
    running.app.heal()


@pytest.fixture(scope="module")
def boto(running: Running) -> Any:
    return boto_client(running.url)


@pytest.fixture
def key() -> str:
    return f"families/{uuid4()}/recordings/{uuid4()}.audio.m4a"


@pytest.fixture
def stored(store: Running, key: str) -> str:
    """The key of an object that is there."""
    assert send(sign_put(store.url, key, VOICE), VOICE).status == 200
    return key


def get(store_url: str, key: str, **headers: str) -> Answer:
    return send(sign_url("GET", object_url(store_url, key)), **headers)


def exists(store_url: str, key: str) -> bool:
    status = send(sign_url("HEAD", object_url(store_url, key))).status
    assert status in (200, 404)
    return status == 200


# What an upload URL allows


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


# Signatures and their time


def test_an_anonymous_request_is_refused_whatever_it_asks(store: Running, stored: str) -> None:
    for method, url in [
        ("GET", object_url(store.url, stored)),
        ("HEAD", object_url(store.url, stored)),
        ("PUT", object_url(store.url, stored)),
        ("DELETE", object_url(store.url, stored)),
        ("POST", object_url(store.url, stored)),
        ("GET", f"{store.url}/{BUCKET}?list-type=2"),
        ("GET", f"{store.url}/"),
        ("GET", f"{store.url}/_local/fail_next?status=503"),
    ]:
        assert send(Signed(method, url)).status == 403
    assert exists(store.url, stored)


@pytest.mark.parametrize("expires", [1, 900, 604_800])
def test_an_expired_url_is_refused(store: Running, stored: str, expires: int) -> None:
    url = object_url(store.url, stored)
    fresh = sign_url("GET", url, expires=expires, age=timedelta(seconds=expires - 60))
    stale = sign_url("GET", url, expires=expires, age=timedelta(seconds=expires + 1))
    answer = send(stale)
    assert send(fresh).status == 200
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"Request has expired" in answer.body


def test_an_expired_upload_url_is_refused(store: Running, key: str) -> None:
    assert send(sign_put(store.url, key, VOICE, age=timedelta(seconds=901)), VOICE).status == 403
    assert not exists(store.url, key)


def test_a_url_from_the_future_is_refused(store: Running, stored: str) -> None:
    answer = send(sign_url("GET", object_url(store.url, stored), age=-timedelta(minutes=16)))
    assert (answer.status, answer.code) == (403, "AccessDenied")


@pytest.mark.parametrize("expires", [0, -1, 604_801, "1_0", "", "9" * 30])
def test_a_life_span_outside_one_second_to_seven_days_is_refused(
    store: Running, stored: str, expires: int | str
) -> None:
    answer = send(sign_url("GET", object_url(store.url, stored), expires=expires))
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Expires=900", "X-Amz-Expires=901"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Brange"),
        ("X-Amz-Signature=", "response-content-type=text%2Fhtml&X-Amz-Signature="),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        (".audio.m4a?", ".waveform.json?"),
        ("/families/", "/families//"),
        ("/families/", "/%66amilies/"),
        ("/recordings/families", "/second-copy/families"),
    ],
)
def test_a_tampered_url_is_refused(store: Running, stored: str, old: str, new: str) -> None:
    signed = sign_url("GET", object_url(store.url, stored))
    assert old in signed.url
    assert send(Signed("GET", signed.url.replace(old, new, 1))).status == 403


def test_a_url_without_its_signature_or_with_two_is_refused(store: Running, stored: str) -> None:
    signed = sign_url("GET", object_url(store.url, stored)).url
    stripped = signed.partition("&X-Amz-Signature=")[0]
    for url in (stripped, f"{signed}&X-Amz-Signature={'0' * 64}", f"{signed}&X-Amz-Expires=900"):
        assert send(Signed("GET", url)).status == 400


def test_a_wrong_secret_and_an_unknown_key_id_are_refused(store: Running, stored: str) -> None:
    wrong = send(sign_url("GET", object_url(store.url, stored), secret="guess"))
    unknown = send(sign_url("GET", object_url(store.url, stored), key_id="nobody"))
    assert (wrong.status, wrong.code) == (403, "SignatureDoesNotMatch")
    assert (unknown.status, unknown.code) == (403, "InvalidAccessKeyId")


def test_only_the_regions_r2_knows_are_accepted(store: Running, stored: str) -> None:
    url = object_url(store.url, stored)
    assert send(sign_url("GET", url, region="us-east-1")).status == 200
    assert send(sign_url("GET", url, region="eu-central-1")).code == "InvalidRegionName"


def test_the_old_signature_version_is_refused(store: Running, stored: str) -> None:
    query = "AWSAccessKeyId=local-key-id&Signature=abc&Expires=9999999999"
    assert send(Signed("GET", f"{object_url(store.url, stored)}?{query}")).status == 400
    assert send(Signed("GET", object_url(store.url, stored)), authorization="AWS local-key-id:abc").status == 400


def test_a_url_for_one_method_serves_no_other(store: Running, stored: str) -> None:
    url = sign_url("GET", object_url(store.url, stored)).url
    assert send(Signed("HEAD", url)).status == 403
    assert send(Signed("DELETE", url)).status == 403
    assert send(Signed("PUT", url), b"x").status == 403
    assert get(store.url, stored).body == VOICE


def test_a_credential_reaches_only_its_own_buckets_and_cannot_tell_others_from_missing_ones(
    store: Running, stored: str
) -> None:
    foreign = send(sign_url("GET", object_url(store.url, stored), key_id="backup-key-id", secret="backup-secret"))
    missing = send(sign_url("GET", object_url(store.url, stored, bucket="no-such-bucket")))
    assert (foreign.status, foreign.body) == (missing.status, missing.body)
    assert (foreign.status, foreign.code) == (403, "AccessDenied")


def test_the_second_bucket_holds_its_own_objects(store: Running, key: str) -> None:
    backup = {"key_id": "backup-key-id", "secret": "backup-secret"}
    assert send(sign_put(store.url, key, VOICE, bucket="second-copy", **backup), VOICE).status == 200
    assert send(sign_url("GET", object_url(store.url, key, bucket="second-copy"), **backup)).body == VOICE
    assert not exists(store.url, key)


def test_an_authorization_header_is_checked_whole(store: Running, stored: str) -> None:
    url = object_url(store.url, stored)
    signed = sign_header("GET", url)
    assert send(signed).status == 200
    assert send(signed, x_amz_date="20200101T000000Z").status in (400, 403)
    assert send(signed, authorization=signed.headers["authorization"][:-1] + "g").status == 400
    assert send(signed, authorization=signed.headers["authorization"][:-4] + "0000").status == 403
    assert send(signed, x_amz_content_sha256="UNSIGNED-PAYLOAD").status == 403
    assert send(signed, x_amz_content_sha256=None).status == 400
    assert send(Signed("GET", url + "?response-content-type=text%2Fhtml", signed.headers)).status == 403


def test_a_header_named_as_signed_must_be_there(store: Running, stored: str) -> None:
    signed = sign_header("GET", object_url(store.url, stored))
    listed = signed.headers["authorization"].replace("SignedHeaders=host", "SignedHeaders=host;range")
    assert send(signed, authorization=listed).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_an_authorization_header_from_another_time_is_refused(store: Running, stored: str, minutes: int) -> None:
    answer = send(sign_header("GET", object_url(store.url, stored), age=timedelta(minutes=minutes)))
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")


def test_two_ways_of_signing_at_once_are_refused(store: Running, stored: str) -> None:
    url = sign_url("GET", object_url(store.url, stored)).url
    assert send(Signed("GET", url, {"authorization": "AWS4-HMAC-SHA256 Credential=x"})).status == 400


def test_a_body_that_is_not_the_signed_hash_is_refused(store: Running, key: str) -> None:
    signed = sign_header("PUT", object_url(store.url, key), body=VOICE)
    answer = send(signed, bytes(len(VOICE)))
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert not exists(store.url, key)
    assert send(signed, VOICE).status == 200


def test_no_error_repeats_what_was_sent(store: Running, key: str) -> None:
    signed = sign_url("GET", object_url(store.url, key), secret="guess")
    for answer in (send(signed), get(store.url, key)):
        text = answer.body.decode() + str(answer.headers)
        assert not any(part in text for part in (key, KEY_ID, SECRET, signed.url.rpartition("=")[2]))


# Reading


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


# Keys


@pytest.mark.parametrize(
    "raw",
    [
        "../../escape",
        "..%2F..%2Fescape",
        "%2e%2e/%2e%2e/escape",
        "/etc/escape",
        "%2Fetc%2Fescape",
        "a/../../../escape",
        "..",
        "%2e",
        "..%5C..%5Cescape",
        "C:%5Cescape",
        "objects.sqlite3",
        "../objects.sqlite3",
    ],
)
def test_a_key_is_a_name_and_never_a_path(store: Running, raw: str) -> None:
    before = _tree(store.folder)
    signed = sign_url("PUT", f"{store.url}/{BUCKET}/{raw}", {"content-length": "5"})
    assert send(signed, b"bytes").status == 200
    assert send(sign_url("GET", f"{store.url}/{BUCKET}/{raw}")).body == b"bytes"
    assert len(_tree(store.folder) - before) <= 1
    assert all(path.name not in {"escape", ".."} for path in _tree(store.folder))
    assert send(sign_url("DELETE", f"{store.url}/{BUCKET}/{raw}")).status == 204


@pytest.mark.parametrize("smuggled", [b"\t", b"\xc3\xbc", b"\x7f", b"\x00"])
def test_a_raw_byte_that_signing_would_overlook_is_refused(store: Running, stored: str, smuggled: bytes) -> None:
    parts = urlsplit(sign_url("GET", object_url(store.url, stored)).url)
    path = parts.path.encode().replace(b"families/", b"fami" + smuggled + b"lies/")
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        lines = [b"GET %s?%s HTTP/1.1" % (path, parts.query.encode()), b"host: " + parts.netloc.encode()]
        connection.sendall(b"\r\n".join([*lines, b"connection: close", b"", b""]))
        assert b" 400 " in connection.makefile("rb").readline()


@pytest.mark.parametrize("raw", ["a%00b", "%00", "a%0Ab", "%ff%fe", "%ed%a0%80"])
def test_a_key_with_control_characters_or_broken_utf8_is_refused(store: Running, raw: str) -> None:
    signed = sign_url("PUT", f"{store.url}/{BUCKET}/{raw}", {"content-length": "5"})
    assert (send(signed, b"bytes").status, send(signed, b"bytes").code) == (400, "InvalidURI")


def test_a_key_longer_than_1024_bytes_is_refused(store: Running) -> None:
    assert send(sign_put(store.url, "k" * 1024, VOICE), VOICE).status == 200
    assert send(sign_put(store.url, "k" * 1025, VOICE), VOICE).code == "KeyTooLongError"


def test_keys_of_any_language_and_sign_come_back_as_they_were(boto: Any, store: Running) -> None:
    keys = ["x/Großmutter & <Opa>.m4a", "x/おばあちゃん+ .m4a", "x/100%25 ~'()*.m4a"]
    for each in keys:
        boto.put_object(Bucket=BUCKET, Key=each, Body=b"x")
        assert send(sign_url("GET", object_url(store.url, each))).status == 200
    listed = boto.list_objects_v2(Bucket=BUCKET, Prefix="x/")["Contents"]
    assert [entry["Key"] for entry in listed] == sorted(keys, key=str.encode)
    plain = send(sign_url("GET", f"{store.url}/{BUCKET}?list-type=2&prefix=x%2F"))
    assert "Großmutter &amp; &lt;Opa&gt;" in plain.body.decode()


# Lists


def test_a_list_pages_through_more_than_1000_keys_in_order(boto: Any, store: Running) -> None:
    keys = [f"many/{number:05}" for number in range(1003)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda some: _put_all(store, some), [keys[start::4] for start in range(4)]))
    pages = list(boto.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="many/"))
    assert [page["KeyCount"] for page in pages] == [1000, 3]
    assert [page["IsTruncated"] for page in pages] == [True, False]
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    assert boto.list_objects_v2(Bucket=BUCKET, Prefix="many/", MaxKeys=5000)["KeyCount"] == 1000
    small = list(
        boto.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix="many/00", PaginationConfig={"PageSize": 300}
        )
    )
    assert [entry["Key"] for page in small for entry in page["Contents"]] == keys[:1000]
    assert boto.list_objects_v2(Bucket=BUCKET, Prefix="many/", StartAfter="many/01000")["KeyCount"] == 2


def test_a_list_has_size_etag_and_time_of_the_keys_with_the_prefix(boto: Any, store: Running, stored: str) -> None:
    folder = stored.rpartition("/")[0]
    page = boto.list_objects_v2(Bucket=BUCKET, Prefix=folder)
    (entry,) = page["Contents"]
    assert (entry["Key"], entry["Size"]) == (stored, len(VOICE))
    assert entry["ETag"] == f'"{hashlib.md5(VOICE).hexdigest()}"'
    assert abs(entry["LastModified"].timestamp() - time.time()) < 60
    assert boto.list_objects_v2(Bucket=BUCKET, Prefix=folder + "x")["KeyCount"] == 0


@pytest.mark.parametrize("query", ["max-keys=-1", "max-keys=x", "continuation-token=%21", "encoding-type=rot13"])
def test_a_malformed_list_is_refused(store: Running, query: str) -> None:
    answer = send(sign_url("GET", f"{store.url}/{BUCKET}?list-type=2&{query}"))
    assert (answer.status, answer.code) == (400, "InvalidArgument")


# boto3 and browsers


def test_boto3_puts_gets_heads_lists_and_deletes(boto: Any, store: Running, key: str) -> None:
    boto.put_object(
        Bucket=BUCKET, Key=key, Body=VOICE, ContentType="audio/mp4", ContentMD5=md5_of(VOICE), Metadata={"note": "kept"}
    )
    head = boto.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentLength"], head["ContentType"], head["Metadata"]) == (len(VOICE), "audio/mp4", {"note": "kept"})
    part = boto.get_object(Bucket=BUCKET, Key=key, Range="bytes=0-9")
    assert part["Body"].read() == VOICE[:10]
    boto.head_bucket(Bucket=BUCKET)
    boto.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(ClientError, match="NoSuchKey"):
        boto.get_object(Bucket=BUCKET, Key=key)


def test_boto3_with_its_own_checksums_is_held_to_them(store: Running, key: str) -> None:
    checking = boto_client(store.url, request_checksum_calculation="when_supported")
    checking.put_object(Bucket=BUCKET, Key=key, Body=VOICE)
    assert get(store.url, key).body == VOICE
    with pytest.raises(ClientError, match="BadDigest"):
        checking.put_object(Bucket=BUCKET, Key=key, Body=VOICE, ChecksumCRC32="AAAAAA==")
    with pytest.raises(ClientError, match="BadDigest"):
        checking.put_object(Bucket=BUCKET, Key=key, Body=VOICE, ChecksumSHA256="A" * 43 + "=")


def test_urls_that_boto3_signs_are_accepted(boto: Any, store: Running, key: str) -> None:
    allowed = {
        "Bucket": BUCKET,
        "Key": key,
        "ContentType": "audio/mp4",
        "ContentLength": len(VOICE),
        "IfNoneMatch": "*",
    }
    url = boto.generate_presigned_url("put_object", Params=allowed, ExpiresIn=900)
    headers = {"content-type": "audio/mp4", "if-none-match": "*"}
    assert "SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match" in url
    assert send(Signed("PUT", url, headers), VOICE + b"x").status == 403
    assert send(Signed("PUT", url, headers), VOICE).status == 200
    read = boto.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key})
    assert send(Signed("GET", read)).body == VOICE


def test_a_browser_of_any_origin_may_put_and_get_and_see_the_etag(store: Running, key: str) -> None:
    asks = {
        "origin": "https://app.example",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-md5,content-type,if-none-match",
    }
    signed = sign_put(store.url, key, VOICE)
    preflight = send(Signed("OPTIONS", signed.url, asks))
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == "content-md5,content-type,if-none-match"
    for answer in (
        send(signed, VOICE, origin="https://app.example"),
        get(store.url, key, origin="https://app.example", range="bytes=0-9"),
        send(signed, VOICE, origin="https://app.example", content_type="text/html"),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = answer.headers["access-control-expose-headers"]
        assert exposed == "ETag, Content-Range, Accept-Ranges, Content-Length"


def test_a_preflight_for_deleting_is_refused_and_opens_nothing(store: Running, stored: str) -> None:
    asks = {"origin": "https://app.example", "access-control-request-method": "DELETE"}
    url = sign_url("DELETE", object_url(store.url, stored)).url
    assert send(Signed("OPTIONS", url, asks)).status == 403
    assert send(Signed("OPTIONS", url)).status == 400
    assert exists(store.url, stored)


# Trouble and endurance


def test_a_requested_failure_lasts_as_long_as_requested(store: Running, stored: str) -> None:
    store.app.fail_next(status=503, times=2, method="GET")
    assert exists(store.url, stored)
    assert [get(store.url, stored).status for _ in range(3)] == [503, 503, 200]
    store.app.delay = 0.2
    begun = time.monotonic()
    assert get(store.url, stored).status == 200
    assert time.monotonic() - begun >= 0.2


def test_objects_and_their_metadata_survive_a_restart(tmp_path: Path, key: str) -> None:
    for run in range(2):
        app = ObjectStore(tmp_path / "r2", CREDENTIALS)
        server = Server(app)
        server.start()
        if run == 0:
            assert send(sign_put(server.url, key, VOICE), VOICE).status == 200
        answer = get(server.url, key)
        assert (answer.body, answer.headers["content-type"]) == (VOICE, "audio/mp4")
        server.stop()
        app.close()


def test_two_stores_cannot_share_a_folder(store: Running) -> None:
    with pytest.raises(StoreInUse):
        ObjectStore(store.folder, CREDENTIALS)


def test_a_kill_during_an_upload_loses_that_upload_and_nothing_else(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "r2"
    process, url = _store_in_a_process(folder)
    kept = send(sign_put(url, "kept", VOICE), VOICE)
    body = os.urandom(3 * 1024 * 1024)
    with _half_sent(sign_put(url, key, body), body[: 2 * 1024 * 1024]):
        _wait_until(lambda: any(path.stat().st_size > 1024 * 1024 for path in (folder / "files").iterdir()))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(_files_of(folder)) == 2

    process, url = _store_in_a_process(folder)
    try:
        assert kept.status == 200
        assert get(url, "kept").body == VOICE
        assert not exists(url, key)
        assert _files_of(folder) == _rows_of(folder)
        assert send(sign_put(url, key, body), body).status == 200
        assert get(url, key).body == body
    finally:
        process.kill()
        process.wait()


def _store_in_a_process(folder: Path) -> tuple[subprocess.Popen[str], str]:
    program = (
        "import sys, threading; from pathlib import Path; from local.server import Server\n"
        "from local.s3 import Credential, ObjectStore\n"
        "app = ObjectStore(Path(sys.argv[1]), [Credential(*sys.argv[2:])])\n"
        "print(Server(app).start(), flush=True); threading.Event().wait()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder), BUCKET, KEY_ID, SECRET],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def _half_sent(signed: Signed, part: bytes) -> socket.socket:
    """A connection on which the request stands with all its headers, but only this part of its body."""
    parts = urlsplit(signed.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=10)
    lines = [f"{signed.method} {parts.path}?{parts.query} HTTP/1.1", f"host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in signed.headers.items()]
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + part)
    return connection


def _put_all(store: Running, keys: list[str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(store.url).netloc, timeout=10)
    for each in keys:
        parts = urlsplit(sign_url("PUT", object_url(store.url, each), {"content-length": "1"}).url)
        connection.request("PUT", f"{parts.path}?{parts.query}", b"x")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()


def _tree(folder: Path) -> set[Path]:
    """Every file in and beside the store's folder."""
    return {path for path in folder.parent.rglob("*") if not path.name.startswith("objects.sqlite3-")}


def _files_of(folder: Path) -> set[str]:
    return {path.name for path in (folder / "files").iterdir()}


def _rows_of(folder: Path) -> set[str]:
    with sqlite3.connect(folder / "objects.sqlite3") as table:
        return {name for (name,) in table.execute("SELECT file FROM objects")}


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
