"""Object store: keys."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.s3_client import (
    BUCKET,
    object_url,
    send,
    sign_put,
    sign_url,
)
from tests.support.store_requests import VOICE, Running


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


def _tree(folder: Path) -> set[Path]:
    """Every file in and beside the store's folder."""
    return {path for path in folder.parent.rglob("*") if not path.name.startswith("objects.sqlite3-")}
