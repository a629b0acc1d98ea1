"""Every response: the log line."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from chalicelib.api.application import SunApi
from tests.support.small_app import a_body, post
from tests.support.tokens import token


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
