"""The contract of PostHog as its own library sees it, held against the local stand-in."""

import gzip
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from posthog import Posthog
from posthog.request import APIError

from local import posthog_api
from local.faults import Faults
from local.posthog_api import EventStore
from tests.support.http_server import HttpServer, running_http_server

KEY = "phc_a_key_of_this_test_suite"
PERSON = str(uuid.uuid4())


class Events:
    """The running stand-in, what it kept and its trouble."""

    def __init__(self, origin: str, faults: Faults) -> None:
        self.origin = origin
        self.host = f"{origin}/_local/posthog"
        self.faults = faults

    def client(self, key: str = KEY, **options: Any) -> Posthog:
        """The real library; `debug` makes it raise what it otherwise only logs."""
        return Posthog(key, host=self.host, sync_mode=True, max_retries=0, debug=True, **{"timeout": 2, **options})

    def kept(self, event: str | None = None) -> list[dict[str, Any]]:
        params = {} if event is None else {"event": event}
        listed: list[dict[str, Any]] = requests.get(
            f"{self.origin}/_local/events.json", params=params, timeout=10
        ).json()
        return listed

    def post(self, body: bytes, **headers: str) -> requests.Response:
        return requests.post(f"{self.host}/batch/", data=body, headers=headers, timeout=10)


@pytest.fixture(scope="module")
def http_server() -> Iterator[HttpServer]:
    with running_http_server() as opened:
        yield opened


@pytest.fixture
def api(tmp_path: Path, http_server: HttpServer) -> Iterator[Events]:
    store, faults = EventStore(tmp_path / "events.sqlite3"), Faults()
    app = Flask(__name__)
    app.register_blueprint(posthog_api.create_blueprint(store, api_key=KEY, faults=faults))
    http_server.serve(app)
    yield Events(http_server.url, faults)
    store.close()


@pytest.mark.parametrize("zipped", [False, True])
def test_a_captured_event_is_kept_as_it_was_sent(api: Events, zipped: bool) -> None:
    api.client(gzip=zipped).capture("family_created", distinct_id=PERSON, properties={"locale": "es"})
    (event,) = api.kept()
    assert (event["event"], event["distinct_id"]) == ("family_created", PERSON)
    assert event["properties"]["locale"] == "es"
    uuid.UUID(event["uuid"])


def test_an_event_sent_twice_is_kept_once(api: Events) -> None:
    same = str(uuid.uuid4())
    for _ in range(3):
        api.client().capture("recording_finalized", distinct_id=PERSON, uuid=same)
    api.client().capture("recording_finalized", distinct_id=PERSON)
    assert len(api.kept()) == 2


def test_events_are_listed_newest_first_and_by_name(api: Events) -> None:
    for name in ("one", "two", "one"):
        api.client().capture(name, distinct_id=PERSON)
    assert [event["event"] for event in api.kept()] == ["one", "two", "one"]
    assert [event["event"] for event in api.kept("two")] == ["two"]


def test_an_event_with_another_project_s_key_is_not_kept(api: Events) -> None:
    with pytest.raises(APIError) as caught:
        api.client("phc_another").capture("family_created", distinct_id=PERSON)
    assert caught.value.status == 401
    bare = api.post(json.dumps({"batch": [{"event": "e", "distinct_id": PERSON}]}).encode())
    assert (bare.status_code, bare.json()["code"]) == (401, "missing_api_key")
    assert api.kept() == []


@pytest.mark.parametrize(
    "event",
    [
        5,
        {"distinct_id": PERSON},
        {"event": "", "distinct_id": PERSON},
        {"event": "e"},
        {"event": "e", "distinct_id": PERSON, "properties": []},
        {"event": "e", "distinct_id": PERSON, "uuid": "not one"},
    ],
)
def test_one_invalid_event_refuses_the_batch(api: Events, event: object) -> None:
    good = {"event": "good", "distinct_id": PERSON}
    answer = api.post(json.dumps({"api_key": KEY, "batch": [good, event]}).encode())
    assert (answer.status_code, answer.json()["type"]) == (400, "validation_error")
    assert api.kept() == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", json.dumps({"api_key": KEY, "batch": []}).encode(), b'{"a": NaN}', b'{"a": "\\ud800"}']
)
def test_a_body_that_is_not_a_batch_is_refused(api: Events, body: bytes) -> None:
    assert api.post(body).status_code == 400


def test_a_body_declared_as_gzip_that_is_not_is_refused(api: Events) -> None:
    good = json.dumps({"api_key": KEY, "batch": [{"event": "e", "distinct_id": PERSON}]}).encode()
    assert api.post(good, **{"Content-Encoding": "gzip"}).status_code == 400
    assert api.post(gzip.compress(good)[:-12], **{"Content-Encoding": "gzip"}).status_code == 400
    assert api.post(gzip.compress(good), **{"Content-Encoding": "gzip"}).status_code == 200


def test_a_requested_failure_happens_and_ends(api: Events) -> None:
    api.faults.fail_next(503)
    with pytest.raises(APIError) as caught:
        api.client().capture("family_created", distinct_id=PERSON)
    assert caught.value.status == 503
    api.faults.delay(1.5)
    with pytest.raises(requests.Timeout):
        api.client(timeout=0.3).capture("slow", distinct_id=PERSON)
    api.client().capture("family_created", distinct_id=PERSON)
    assert [event["event"] for event in api.kept()] == ["family_created", "slow"]


def test_events_survive_a_restart(api: Events, tmp_path: Path) -> None:
    api.client().capture("family_created", distinct_id=PERSON)
    reopened = EventStore(tmp_path / "events.sqlite3")
    assert [event["event"] for event in reopened.newest()] == ["family_created"]
    reopened.close()
