"""The log is one JSON object a line, whatever is thrown at it, and holds nothing private."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.call import Call
from chalicelib.errors import InternalError
from chalicelib.telemetry import logs
from tests.unit.test_scrubbing import SECRETS

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was written since the last look, each line parsed strictly."""

    def read() -> list[dict[str, Any]]:
        def no_constant(name: str) -> None:
            raise ValueError(name)

        captured = capsys.readouterr()
        assert captured.err == ""
        return [json.loads(line, parse_constant=no_constant) for line in captured.out.splitlines()]

    return read


def a_call(**fields: Any) -> Call:
    return Call(request_id="req-1", user_id=uuid4(), method="POST", route="/functions/v1/create-family", **fields)


def test_a_request_is_one_line_with_the_fields_an_operator_looks_for(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.setenv("VERSION", "1.2.3")
    family_id = str(uuid4())
    call = a_call(function="api_handler", db_ms=1.26, messages=1, log_fields={"familyId": family_id})
    logs.request(call, 200, "OK", 12.34)
    logs.request(call, 409, "CONFLICT", 1)
    first, second = lines()
    wanted = {
        "message": "request",
        "requestId": "req-1",
        "userId": str(call.user_id),
        "familyId": family_id,
        "route": "/functions/v1/create-family",
        "method": "POST",
        "status": 200,
        "code": "OK",
        "durationMs": 12.3,
        "dbMs": 1.3,
        "coldStart": True,
        "stage": "dev",
        "function": "api_handler",
        "version": "1.2.3",
    }
    assert {name: first[name] for name in wanted} == wanted
    assert (second["status"], second["code"], second["coldStart"]) == (409, "CONFLICT", False)


def test_no_field_of_one_line_is_in_the_next(lines: Lines) -> None:
    logs.request(a_call(log_fields={"familyId": str(uuid4())}), 200, "OK", 1)
    logs.request(Call(request_id="req-2", route="/healthz"), 200, "OK", 1)
    assert {"userId", "familyId"} <= set(lines()[0])
    logs.request(Call(request_id="req-2", route="/healthz"), 200, "OK", 1)
    assert not {"userId", "familyId"} & set(lines()[0])


@pytest.mark.parametrize(
    "hostile",
    [
        *('a\n{"level":"ERROR","message":"forged"}', "a\r\nb", "\x1b[2J\x1b[31mred", "\x00", "\u2028\u2029", "\ud800"),
        *(
            "a" * 1_000_000,
            float("nan"),
            float("inf"),
            object(),
            {1: {2: {3: {4: {5: {6: {7: {}}}}}}}},
            b"\xff",
            {1, 2},
        ),
    ],
)
def test_nothing_breaks_a_line_or_forges_one(hostile: Any, lines: Lines) -> None:
    logs.info("event", a_call(), field=hostile, nested=[{"deep": hostile}])
    (line,) = lines()
    assert line["message"] == "event" and line["level"] == "INFO"
    assert len(json.dumps(line)) < 20_000


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_no_secret_reaches_the_log(name: str, lines: Lines) -> None:
    text, secret = SECRETS[name]
    logs.error("event", a_call(log_fields={"note": text}), field=f"x {text}", more={"list": [text]})
    logs.failure("event", InternalError(f"x {text} y"), a_call())
    assert secret not in json.dumps(lines(), ensure_ascii=False)


def test_an_exceptions_own_words_are_not_written_unless_they_are_ours(lines: Lines) -> None:
    for error in (
        ValueError("grandma Sol"),
        KeyError("grandma Sol"),
        InternalError("create_family_tx: SQLSTATE 42883"),
    ):
        try:
            raise error
        except Exception as caught:
            logs.failure("event", caught)
    written = lines()
    assert "grandma" not in json.dumps(written)
    assert [line["error"] for line in written] == ["ValueError", "KeyError", "InternalError"]
    assert written[2]["reason"] == "create_family_tx: SQLSTATE 42883"
    assert "test_logs.py" in written[0]["where"][0]


def test_a_field_cannot_take_the_place_of_the_lines_own(lines: Lines) -> None:
    logs.info("event", message="other", level="DEBUG", timestamp="never", service="x", name="y", args="z")
    (line,) = lines()
    assert (line["message"], line["level"], line["service"]) == ("event", "INFO", logs.SERVICE)


def test_a_line_is_written_once_though_lambda_has_a_handler_of_its_own(lines: Lines) -> None:
    handler = logging.StreamHandler(sys.stdout)
    logging.getLogger().addHandler(handler)
    try:
        logs.info("event")
    finally:
        logging.getLogger().removeHandler(handler)
    assert len(lines()) == 1
