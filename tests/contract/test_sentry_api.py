"""The contract of Sentry as its own library sees it, held against the local stand-in."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sentry_sdk import Client, Scope
from sentry_sdk.envelope import Envelope, Item

from local import sentry_api
from local.faults import Faults
from local.sentry_api import EventStore
from tests.support.http_server import HttpServer, running_http_server

KEY = "a-key-of-this-test-suite"


class Sentry:
    """The running stand-in and its trouble."""

    def __init__(self, origin: str, faults: Faults) -> None:
        self.origin = origin
        self.faults = faults
        self.statuses: list[int] = []

    def send(self, *items: Item, key: str = KEY, event: dict[str, Any] | None = None, **options: Any) -> None:
        """By the real library, flushed."""
        dsn = self.origin.replace("://", f"://{key}@") + "/_local/sentry/1"
        client = Client(dsn=dsn, default_integrations=False, shutdown_timeout=0, **options)
        if event is not None:
            client.capture_event(event, scope=Scope())  # type: ignore[arg-type]
        if items:
            assert client.transport is not None
            client.transport.capture_envelope(Envelope(items=list(items)))
        client.flush(timeout=5)
        client.close(timeout=0)

    def listed(self, **parameters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.origin}/_local/sentry", params=parameters, timeout=10).json()
        return found

    def post(self, body: bytes, **headers: str) -> requests.Response:
        headers = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7", **headers}
        return requests.post(f"{self.origin}/_local/sentry/api/1/envelope/", data=body, headers=headers, timeout=10)


@pytest.fixture(scope="module")
def http_server() -> Iterator[HttpServer]:
    with running_http_server() as opened:
        yield opened


@pytest.fixture
def sentry(tmp_path: Path, http_server: HttpServer) -> Iterator[Sentry]:
    store, faults = EventStore(tmp_path / "sentry.sqlite"), Faults()
    app = Flask(__name__)
    app.register_blueprint(sentry_api.create_blueprint(store, key=KEY, faults=faults))
    http_server.serve(app)
    yield Sentry(http_server.url, faults)
    store.close()


def test_what_the_library_captures_is_listed_newest_first(sentry: Sentry) -> None:
    for number in range(2):
        sentry.send(event={"message": f"m{number}", "tags": {"requestId": f"r{number}"}})
    assert [event["message"] for event in sentry.listed()] == ["m1", "m0"]
    assert [event["message"] for event in sentry.listed(requestId="r0", type="event")] == ["m0"]
    assert sentry.listed(type="transaction") == []


def test_an_envelope_of_several_items_keeps_events_and_traces_alone(sentry: Sentry) -> None:
    sentry.send(
        Item(payload=b"\x00\n\xff binary", type="attachment"),
        Item(payload=b'{"message": "kept"}', type="event"),
        Item(payload=b'{"transaction": "kept"}', type="transaction"),
        Item(payload=b"{}", type="session"),
    )
    assert [event["type"] for event in sentry.listed()] == ["transaction", "event"]


def test_an_event_with_another_project_s_key_is_not_kept(sentry: Sentry) -> None:
    sentry.send(event={"message": "m"}, key="another")
    assert sentry.listed() == []
    assert sentry.post(b"{}\n", **{"X-Sentry-Auth": "Sentry sentry_version=7"}).status_code == 401
    assert sentry.post(b"{}\n", **{"X-Sentry-Auth": "Sentry sentry_key=another"}).status_code == 403


GOOD = b'{}\n{"type":"event"}\n{"message":"m"}\n'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]\n",
        b"{}\n[]\n{}",
        b'{}\n{"type":"event","length":99}\n{}\n',
        b'{}\n{"type":"event"}\n[]\n',
        b"{}\n{}\n{}",
    ],
)
def test_a_body_that_is_no_envelope_is_refused(sentry: Sentry, body: bytes) -> None:
    assert sentry.post(body).status_code == 400
    assert sentry.post(gzip.compress(GOOD)[:-12], **{"Content-Encoding": "gzip"}).status_code == 400
    assert sentry.listed() == []
    assert sentry.post(gzip.compress(GOOD), **{"Content-Encoding": "gzip"}).json() == {"id": None}
    assert len(sentry.listed()) == 1


def test_a_requested_failure_loses_the_event_and_ends(sentry: Sentry) -> None:
    sentry.faults.fail_next(500)
    sentry.send(event={"message": "lost"})
    sentry.send(event={"message": "kept"})
    assert [event["message"] for event in sentry.listed()] == ["kept"]


def test_events_survive_a_restart(sentry: Sentry, tmp_path: Path) -> None:
    sentry.send(event={"message": "m"})
    reopened = EventStore(tmp_path / "sentry.sqlite")
    assert reopened.newest() == sentry.listed() != []
    reopened.close()
