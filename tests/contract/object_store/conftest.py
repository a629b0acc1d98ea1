"""Fixtures of the tests of object store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.s3 import ObjectStore
from local.server import Server
from tests.support.s3_client import (
    boto_client,
    send,
    sign_put,
)
from tests.support.store_requests import CREDENTIALS, VOICE, Running


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
