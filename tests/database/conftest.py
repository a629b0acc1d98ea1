"""What the tests of Postgres over TLS share: an authority of their own, and a host whose addresses they choose."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from chalicelib.config import addresses as address_rules
from tests.support.outside import HOST, Outside
from tests.support.tls import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "ours")


@pytest.fixture
def outside(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Outside:
    monkeypatch.setattr(address_rules, "CERTIFICATES", authority.folder)
    real, addresses = socket.getaddrinfo, ["127.0.0.1"]

    def resolve(host: Any, *rest: Any, **options: Any) -> Any:
        named = addresses if host == HOST else [host]
        return [found for address in named for found in real(address, *rest, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return Outside(monkeypatch, authority, addresses)
