"""Every response: success."""

from __future__ import annotations

from uuid import uuid4

from chalicelib.api.application import SunApi
from tests.support.gateway import event_of
from tests.support.small_app import a_body, post, send
from tests.support.tokens import token


def test_success_is_data_in_camel_case(app: SunApi) -> None:
    body = a_body(recordedAt="2026-11-20T12:00:00+02:00", unknown=1)
    answered = post(app, body)
    assert answered.status == 200
    assert set(answered.body) == {"data"}
    data = answered.body["data"]
    assert data["familyId"] == body["familyId"] and data["recordedAt"] == "2026-11-20T10:00:00Z"


def test_warnings_are_metadata(app: SunApi) -> None:
    assert post(app, a_body(name="odd")).body["metadata"] == {"warnings": ["thing_is_odd"]}


def test_a_bare_document_is_sent_without_an_envelope(app: SunApi) -> None:
    assert send(app, event_of("POST", "/functions/v1/take-event", None, "ab")).body == {"length": 2, "hex": "6162"}


def test_a_path_and_a_query_reach_their_function(app: SunApi) -> None:
    family_id = str(uuid4())
    event = event_of(
        "GET",
        "/v1/families/{family_id}/things",
        {"authorization": f"Bearer {token()}"},
        pathParameters={"family_id": family_id},
        multiValueQueryStringParameters={"limit": ["7"], "x": ["y"]},
    )
    assert send(app, event).body["data"] == {"familyId": family_id, "limit": 7}


def test_one_path_serves_several_methods(app: SunApi) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        event = event_of(
            method,
            "/v1/things/{thing_id}",
            {"authorization": f"Bearer {token()}"},
            pathParameters={"thing_id": str(uuid4())},
        )
        assert send(app, event).status == 200
