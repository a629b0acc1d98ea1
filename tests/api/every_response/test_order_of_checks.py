"""Every response: the order of what is wrong."""

from __future__ import annotations

import base64
import json
import time
from uuid import UUID, uuid4

import pytest

from chalicelib import config
from chalicelib.api.application import MAX_BODY, MAX_WEBHOOK_BODY, SunApi
from tests.support.gateway import event_of
from tests.support.in_time import in_time
from tests.support.small_app import a_body, post, send
from tests.support.tokens import SECRET, token


def test_the_first_error_in_a_fixed_order_is_the_answer(app: SunApi) -> None:
    huge = "x" * (MAX_BODY + 1)
    wrong: dict[str, str] = {"Content-Type": "text/plain", "Authorization": "nonsense", "Idempotency-Key": "ü"}
    path = "/functions/v1/make-thing"
    assert send(app, event_of("GET", "/nope", wrong, huge)).code == "PAYLOAD_TOO_LARGE"
    assert send(app, event_of("PUT", path, wrong, huge)).code == "PAYLOAD_TOO_LARGE"
    assert send(app, event_of("PUT", path, wrong, "{")).code == "METHOD_NOT_ALLOWED"
    assert send(app, event_of("POST", path, wrong, "{")).code == "UNSUPPORTED_MEDIA_TYPE"
    wrong["Content-Type"] = "application/json"
    assert send(app, event_of("POST", path, wrong, "{")).code == "UNAUTHORIZED"
    wrong["Authorization"] = f"Bearer {token()}"
    answered = send(app, event_of("POST", path, wrong, "{"))
    assert (answered.code, answered.details[0]["field"]) == ("VALIDATION_FAILED", "Idempotency-Key")


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not(app: SunApi) -> None:
    for encode in (lambda raw: (raw.decode(), False), lambda raw: (base64.b64encode(raw).decode(), True)):
        for path, limit in (("/functions/v1/take-event", MAX_WEBHOOK_BODY), ("/functions/v1/make-thing", MAX_BODY)):
            for size, refused in ((limit, False), (limit + 1, True)):
                body, encoded = encode(b"x" * size)
                answered = send(app, event_of("POST", path, None, body, isBase64Encoded=encoded))
                assert (answered.status == 413) is refused
    # Characters are not bytes.
    assert send(app, event_of("POST", "/functions/v1/make-thing", None, "ü" * (MAX_BODY // 2 + 1))).status == 413


def test_ten_megabytes_are_refused_within_200_milliseconds(app: SunApi) -> None:
    started = time.monotonic()
    event = event_of("POST", "/functions/v1/make-thing", None, "A" * 10_000_000, isBase64Encoded=True)
    assert send(app, event).status == 413
    in_time(time.monotonic() - started, at_most=0.2)


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "",
        ),
        *("*/*", "application/json; charset=latin-1", "text/json", "application/json, text/plain"),
    ],
)
def test_a_body_of_another_type_is_refused(kind: str, app: SunApi) -> None:
    assert post(app, a_body(), Content_Type=kind).code == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON;charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_json_may_say_its_charset(kind: str, app: SunApi) -> None:
    assert post(app, a_body(), Content_Type=kind).status == 200


def test_where_no_body_is_needed_neither_body_nor_type_is(app: SunApi) -> None:
    event = event_of(
        "POST",
        "/v1/things/{thing_id}/restore",
        {"authorization": f"Bearer {token()}", "content-type": "text/plain"},
        pathParameters={"thing_id": str(uuid4())},
    )
    assert send(app, event).status == 200
    assert send(app, {**event, "body": "", "headers": {"authorization": f"Bearer {token()}"}}).status == 200


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {token(role='anon')}"}, None]
)
def test_without_a_valid_token_the_body_is_not_read(headers: dict[str, str] | None, app: SunApi) -> None:
    assert send(app, event_of("POST", "/functions/v1/make-thing", headers, "{")).code == "UNAUTHORIZED"


def test_why_a_token_is_refused_is_only_in_the_log(app: SunApi, capsys: pytest.CaptureFixture[str]) -> None:
    answered = send(
        app, event_of("POST", "/functions/v1/make-thing", {"authorization": f"Bearer {token(role='anon')}"}, "{}")
    )
    assert '"why":"role"' in capsys.readouterr().out
    assert answered.error == {"code": "UNAUTHORIZED", "message": "Please sign in again."}


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"a":NaN}', "\ud800", '{"a":1,"a":2}', "[" * 60_000, None])
def test_a_body_that_is_not_a_json_object_is_400(body: str | None, app: SunApi) -> None:
    answered = post(app, body)
    assert (answered.status, answered.details[0]["field"]) == (400, "body")


@pytest.mark.parametrize("raw", [b"\xff{}", b"\xef\xbb\xbf{}", b'{"name":"\xed\xa0\x80"}', b"\x00"])
def test_bytes_that_are_not_utf_8_json_are_400(raw: bytes, app: SunApi) -> None:
    given = {"authorization": f"Bearer {token()}", "content-type": "application/json"}
    event = event_of("POST", "/functions/v1/make-thing", given, base64.b64encode(raw).decode(), isBase64Encoded=True)
    assert send(app, event).status == 400
    assert send(app, {**event, "body": "!!!"}).status == 400


def test_fields_are_named_in_camel_case_and_values_never_repeated(app: SunApi) -> None:
    answered = post(app, {"familyId": "grandma", "name": ""})
    assert answered.error == {
        "code": "VALIDATION_FAILED",
        "message": "familyId: must be a UUID",
        "details": [
            {"field": "familyId", "reason": "must be a UUID"},
            {"field": "name", "reason": "must not be empty"},
        ],
    }


@pytest.mark.parametrize(
    "bad", ["", "1", "../..", "%2e%2e", "7b0d2a5c0f0e4f0f8b8e0c6f3a3b2a11", "ü" * 36, "{x}", "7b0d\n"]
)
def test_a_malformed_id_in_a_path_becomes_the_nil_uuid(bad: str, app: SunApi) -> None:
    headers = {"authorization": f"Bearer {token()}"}
    event = event_of("GET", "/v1/families/{family_id}/things", headers, pathParameters={"family_id": bad})
    assert send(app, event).body["data"]["familyId"] == str(UUID(int=0))


@pytest.mark.parametrize("key", ["", "a b", "x" * 65, "ü", "a\n"])
def test_an_idempotency_key_of_another_form_is_refused(key: str, app: SunApi) -> None:
    assert post(app, a_body(), Idempotency_Key=key).error["message"].startswith("Idempotency-Key: ")


def test_an_idempotency_key_reaches_its_operation(app: SunApi) -> None:
    assert post(app, a_body(), Idempotency_Key="key-1").body["data"]["idempotencyKey"] == "key-1"
    assert post(app, a_body()).body["data"]["idempotencyKey"] is None


def test_each_refusal_has_its_status(app: SunApi) -> None:
    answered = send(app, event_of("GET", "/v1/fail", multiValueQueryStringParameters={"kind": ["CONFLICT"]}))
    assert (answered.status, answered.details) == (409, {"reason": "last_keeper"})
    assert "keeper first" in answered.error["message"]
    answered = send(app, event_of("GET", "/v1/fail", multiValueQueryStringParameters={"kind": ["Unavailable"]}))
    assert (answered.status, answered.code) == (503, "SERVICE_UNAVAILABLE")
    assert int(answered.headers["retry-after"]) >= 1


def test_missing_configuration_is_503_and_one_line_naming_the_variables(
    app: SunApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SUPABASE_URL")
    config.reset()
    answered = post(app, a_body())
    assert (answered.status, answered.code) == (503, "SERVICE_UNAVAILABLE")
    assert "SUPABASE" not in answered.text
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line["message"] == "missing_configuration"]
    assert line["variables"] == ["SUPABASE_URL: is missing"]
    assert SECRET not in json.dumps(lines)
