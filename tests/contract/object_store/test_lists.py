"""Object store: lists."""

from __future__ import annotations

import hashlib
import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.s3_client import (
    BUCKET,
    object_url,
    send,
    sign_url,
)
from tests.support.store_requests import VOICE, Running


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


def _put_all(store: Running, keys: list[str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(store.url).netloc, timeout=10)
    for each in keys:
        parts = urlsplit(sign_url("PUT", object_url(store.url, each), {"content-length": "1"}).url)
        connection.request("PUT", f"{parts.path}?{parts.query}", b"x")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()
