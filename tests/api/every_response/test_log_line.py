"""Every response: the log line."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from app import app as real_app
from chalicelib.api.application import SunApi
from tests.support.gateway import event_of, serve
from tests.support.small_app import a_body, post
from tests.support.tokens import token

KNOWN = {"authorization": f"Bearer {token()}"}


def test_every_request_writes_one_line_and_no_token(app: SunApi, capsys: pytest.CaptureFixture[str]) -> None:
    bearer = token()
    body = a_body(name="Grandma Sol")
    post(app, body, Authorization=f"Bearer {bearer}", X_Request_Id="req-7")
    written = capsys.readouterr().out
    (line,) = [json.loads(line) for line in written.splitlines()]
    assert (line["message"], line["requestId"], line["familyId"]) == ("request", "req-7", body["familyId"])
    assert (line["route"], line["method"], line["status"], line["code"]) == (
        "/functions/v1/make-thing",
        "POST",
        200,
        "OK",
    )
    assert UUID(line["userId"]) and line["durationMs"] >= 0 and line["dbMs"] == 0
    assert bearer not in written and "Grandma" not in written


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_ids_of_every_path_are_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """No database is configured, so that every request fails: that is when an operator looks for them."""
    endpoints = [endpoint for endpoint in real_app.endpoints if endpoint.path_parameters]
    assert len(endpoints) > 10
    for endpoint in endpoints:
        ids = {name: str(uuid4()) for name in endpoint.path_parameters}
        serve(event_of(endpoint.method, endpoint.path.format(**ids), KNOWN, '{"role": "keeper"}'), real_app)
        (*_, line) = lines_of(capsys)
        assert line["message"] == "request"
        for name, value in ids.items():
            field = {"user_id": "memberId"}.get(name, name.replace("_id", "Id"))
            assert line[field] == value, endpoint.route
        assert line["userId"] not in ids.values()


def test_the_ids_of_a_body_are_in_all_lines_of_its_request(capsys: pytest.CaptureFixture[str]) -> None:
    ids = {name: str(uuid4()) for name in ("familyId", "recordingId", "promptId")}
    body = json.dumps({**ids, "title": "Grandma Sol"})
    serve(event_of("POST", "/functions/v1/finalize-recording", KNOWN, body), real_app)
    lines = lines_of(capsys)
    assert [line["message"] for line in lines] == ["missing_configuration", "request"]
    assert all(ids.items() <= line.items() for line in lines)
    assert "Grandma" not in json.dumps(lines)


def test_a_line_names_lambda_s_own_id_and_the_version(
    app: SunApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERSION", "v1.2.3")
    context = SimpleNamespace(aws_request_id="lambda-1", function_name="stories-prod-api")
    app(event_of("GET", "/nope"), context)
    (line,) = lines_of(capsys)
    assert (line["lambdaRequestId"], line["function"], line["version"]) == ("lambda-1", "stories-prod-api", "v1.2.3")
