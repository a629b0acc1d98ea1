"""Every response: what Chalice or nobody would have answered."""

from __future__ import annotations

import json
from typing import Any

import chalice
import pytest
from chalice.test import Client

from chalicelib.api.application import SunApi
from tests.support.gateway import event_of
from tests.support.small_app import ORIGIN, a_body, make_app, post, send
from tests.support.tokens import token


def test_an_unknown_path_is_not_found(app: SunApi) -> None:
    for path in ("/nope", "", None):
        event = event_of("GET", "/nope", resource=path)
        event["requestContext"]["resourcePath"] = path
        assert send(app, event).code == "NOT_FOUND"
    assert "/nope" not in app.routes


def test_an_unsupported_method_is_405_and_names_the_supported_ones(app: SunApi) -> None:
    answered = send(app, event_of("GET", "/functions/v1/make-thing"))
    assert (answered.status, answered.code) == (405, "METHOD_NOT_ALLOWED")
    assert set(answered.headers["allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize(
    "kind", ["ValueError", "RecursionError", "MemoryError", "InternalError", "unserialisable", "nan"]
)
def test_every_unexpected_error_is_the_same_500(kind: str, app: SunApi, capsys: pytest.CaptureFixture[str]) -> None:
    answered = send(app, event_of("GET", "/v1/fail", multiValueQueryStringParameters={"kind": [kind]}))
    assert answered.status == 500
    assert answered.body == {"error": {"code": "INTERNAL", "message": "Something went wrong. Please try again."}}
    written = capsys.readouterr().out
    assert "grandma" not in written
    assert '"message":"internal_error"' in written and answered.headers["x-request-id"] in written


@pytest.mark.parametrize("event", [None, [], {}, "x", {"requestContext": None}, {"Records": []}])
def test_an_event_that_is_not_of_api_gateway_is_answered_too(event: Any, app: SunApi) -> None:
    assert send(app, event).code == "INTERNAL"


def test_an_error_inside_chalice_is_answered_in_the_documented_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    app.route("/bad/body")(lambda: chalice.Response(body=object()))
    app.route("/bad/headers")(lambda: chalice.Response(body="", headers={"x": None}))  # type: ignore[dict-item]
    app.route("/bad/chalice")(lambda: {"not": "ours"})
    for path in ("/bad/body", "/bad/headers", "/bad/chalice"):
        assert send(app, event_of("GET", path)).code == "INTERNAL"
    app.route("/bad/type", methods=["POST"])(dict)
    assert send(app, event_of("POST", "/bad/type", {"content-type": "text/plain"})).code == "UNSUPPORTED_MEDIA_TYPE"

    def explode(*_arguments: Any) -> Any:
        raise KeyError("grandma")

    monkeypatch.setattr(chalice.Chalice, "__call__", explode)
    assert post(app, a_body()).code == "INTERNAL"


def test_chalices_test_client_gets_the_same_answers(app: SunApi) -> None:
    # A stage of no configuration file, so that this test's environment stays.
    with Client(app, stage_name="none") as client:
        response = client.http.request(
            "OPTIONS", "/v1/things/7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11", headers={"Origin": ORIGIN}
        )
        assert (response.status_code, response.body) == (204, b"")
        response = client.http.post(
            "/functions/v1/make-thing",
            headers={"Authorization": f"Bearer {token()}", "Content-Type": "application/json"},
            body=json.dumps(a_body()).encode(),
        )
        assert response.status_code == 200 and response.json_body["data"]["name"] == "Sol"
