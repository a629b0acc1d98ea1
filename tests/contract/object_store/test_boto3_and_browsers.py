"""Object store: boto3 and browsers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.s3_client import (
    BUCKET,
    Signed,
    boto_client,
    md5_of,
    object_url,
    send,
    sign_put,
    sign_url,
)
from tests.support.store_requests import VOICE, Running, exists, get


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
