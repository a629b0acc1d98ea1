"""Fixtures of the tests of supabase auth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.auth_server import AuthServer, serve
from tests.support.http_server import HttpServer, running_http_server


@pytest.fixture(scope="module")
def http_server() -> Iterator[HttpServer]:
    with running_http_server() as opened:
        yield opened


@pytest.fixture
def auth(tmp_path: Path, http_server: HttpServer) -> Iterator[AuthServer]:
    with serve(tmp_path, http_server) as running:
        yield running
