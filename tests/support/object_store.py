"""The local object store, running, with the backend configured to use it: an audio bucket and a backup bucket."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelib import config
from chalicelib.storage import store
from chalicelib.storage.store import AUDIO_TYPE, audio_store
from local.s3 import Credential, ObjectStore
from local.server import Server

AUDIO, BACKUP = "recordings", "second-copies"

# What iOS writes in front of a recording: an ftyp box, then the rest.
MP4_HEAD = b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A mp42isom\x00\x00\x00\x00\x00\x00\x00\x08free"


def voice(size: int = 2_000) -> bytes:
    """Bytes that begin as an MP4 does."""
    return (MP4_HEAD + b"\xde\x12\x04voice" * (size // 8 + 1))[:size]


@dataclass
class RunningStore:
    app: ObjectStore
    url: str

    def put(self, key: str, body: bytes, content_type: str = AUDIO_TYPE) -> None:
        """Uploads as a client does, by a signed URL."""
        upload = audio_store().sign_upload(key, len(body), content_type)
        status, answer = send("PUT", upload.url, body, upload.headers)
        assert status == 200, answer


@contextmanager
def running_store(folder: Path) -> Iterator[RunningStore]:
    """A store over `folder` on a free port."""
    credentials = [Credential(AUDIO, "audio-key", "audio-secret"), Credential(BACKUP, "backup-key", "backup-secret")]
    app = ObjectStore(folder, credentials)
    server = Server(app)
    server.start()
    try:
        yield RunningStore(app, server.url)
    finally:
        server.stop()
        app.close()


def use_store(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Points the backend at a store."""
    monkeypatch.setenv("STAGE", "local")
    for name, bucket, prefix in (("R2", AUDIO, "audio"), ("BACKUP", BACKUP, "backup")):
        monkeypatch.setenv(f"{name}_ENDPOINT_URL", url)
        monkeypatch.setenv(f"{name}_BUCKET_NAME", bucket)
        monkeypatch.setenv(f"{name}_ACCESS_KEY_ID", f"{prefix}-key")
        monkeypatch.setenv(f"{name}_SECRET_ACCESS_KEY", f"{prefix}-secret")
    config.reset()
    store.reset()


def send(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Sends exactly this, as a client's HTTP stack would; its status and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, url.partition(parts.netloc)[2], body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
