"""The SSM parameter of a function: AWS stood in by moto, on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import config
from chalicelib.config import parameter

NAME = "/stories-from-the-sun/local/api_handler"
REGION = "eu-west-1"


class Clock:
    """What the parameter's age is told by."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


class ParameterStore:
    """The stage's parameter, its clock, and how often it was read."""

    def __init__(self, ssm: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ssm = ssm
        self.clock = clock
        self.reads = 0
        asked = parameter._ask

        def count(name: str) -> Any:
            self.reads += 1
            return asked(name)

        monkeypatch.setattr(parameter, "_ask", count)

    def put(self, values: dict[str, str]) -> None:
        self.put_text(json.dumps(values))

    def put_text(self, text: str) -> None:
        self._ssm.put_parameter(Name=NAME, Value=text, Type="SecureString", Overwrite=True)

    def delete(self) -> None:
        self._ssm.delete_parameter(Name=NAME)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """AWS' address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def parameter_store(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParameterStore]:
    """A function that is configured by a parameter, which is empty."""
    with _configured(aws, monkeypatch) as store:
        yield store


@contextmanager
def _configured(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParameterStore]:
    import boto3

    for name, value in {
        "CONFIG_PARAMETER": NAME,
        "AWS_ENDPOINT_URL_SSM": aws,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "STAGE": "local",
    }.items():
        monkeypatch.setenv(name, value)
    clock = Clock()
    monkeypatch.setattr(parameter, "time", clock)
    store = ParameterStore(boto3.client("ssm", region_name=REGION, endpoint_url=aws), clock, monkeypatch)
    store.put({})
    config.reset()
    yield store
    store.delete()
    config.reset()
