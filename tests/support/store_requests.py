"""What the tests of object store share."""

from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.s3 import Credential, ObjectStore
from tests.support.s3_client import (
    BUCKET,
    KEY_ID,
    SECRET,
    Answer,
    Signed,
    object_url,
    send,
    sign_url,
)

VOICE = bytes(range(256)) * 40


CREDENTIALS = [Credential(BUCKET, KEY_ID, SECRET), Credential("second-copy", "backup-key-id", "backup-secret")]


@dataclass
class Running:
    app: ObjectStore
    url: str
    folder: Path


def get(store_url: str, key: str, **headers: str) -> Answer:
    return send(sign_url("GET", object_url(store_url, key)), **headers)


def exists(store_url: str, key: str) -> bool:
    status = send(sign_url("HEAD", object_url(store_url, key))).status
    assert status in (200, 404)
    return status == 200


def _half_sent(signed: Signed, part: bytes) -> socket.socket:
    """A connection on which the request stands with all its headers, but only this part of its body."""
    parts = urlsplit(signed.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=10)
    lines = [f"{signed.method} {parts.path}?{parts.query} HTTP/1.1", f"host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in signed.headers.items()]
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + part)
    return connection


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
