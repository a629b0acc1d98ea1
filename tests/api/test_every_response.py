"""Every response has the shape and the headers, whoever made it, and the first thing that is wrong is the answer."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import chalice
import pytest
from chalice.test import Client
from pydantic import Field

from chalicelib import config
from chalicelib.api.application import MAX_BODY, MAX_WEBHOOK_BODY, SunApi
from chalicelib.api.models import Line, Timestamp, WireModel
from chalicelib.api.rate_limits import READS, WRITES
from chalicelib.api.responses import Answer, Bare
from chalicelib.call import Call, Limit
from chalicelib.database import messages
from chalicelib.errors import InternalError, Refused, Unavailable
from tests.support.database_server import Database
from tests.support.gateway import Response, event_of, serve
from tests.support.tokens import SECRET, SUPABASE, token

ORIGIN = "https://app.example.org"


class MakeRequest(WireModel):
    family_id: UUID
    name: Annotated[Line, Field(min_length=1, max_length=80)]
    recorded_at: Timestamp | None = None


class MakeResponse(WireModel):
    family_id: UUID
    user_id: UUID
    name: str
    recorded_at: Timestamp | None
    idempotency_key: str | None


class ListQuery(WireModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ListResponse(WireModel):
    family_id: UUID
    limit: int


class Empty(WireModel):
    pass


def make_thing(call: Call, request: MakeRequest) -> Answer | MakeResponse:
    assert call.user_id is not None
    made = MakeResponse(
        family_id=request.family_id,
        user_id=call.user_id,
        name=request.name,
        recorded_at=request.recorded_at,
        idempotency_key=call.idempotency_key,
    )
    return Answer(made, warnings=["thing_is_odd"]) if request.name == "odd" else made


def list_things(call: Call, family_id: UUID, query: ListQuery) -> ListResponse:
    return ListResponse(family_id=family_id, limit=query.limit)


def update_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def restore_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def remove_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def get_thing(call: Call, thing_id: UUID) -> Empty:
    return Empty()


def take_event(call: Call) -> Bare:
    return Bare({"length": len(call.raw_body), "hex": call.raw_body[:64].hex()})


def count_me(call: Call) -> Empty:
    messages.transact(call, "count_me_tx")
    return Empty()


FAILURES: dict[str, Exception] = {
    "ValueError": ValueError("grandma@example.org"),
    "RecursionError": RecursionError(),
    "MemoryError": MemoryError(),
    "InternalError": InternalError("x"),
    "CONFLICT": Refused("CONFLICT", {"reason": "last_keeper"}),
    "Unavailable": Unavailable("object store"),
}


class FailQuery(WireModel):
    kind: str


def fail(call: Call, query: FailQuery) -> Any:
    if query.kind == "unserialisable":
        return {"x": object()}
    if query.kind == "nan":
        return {"x": float("nan")}
    raise FAILURES[query.kind]


def make_app() -> SunApi:
    app = SunApi("stories-from-the-sun")
    app.operation("make-thing", make_thing, limit=WRITES, idempotent=True)
    app.operation("count-me", count_me, limit=Limit("count-me", 2))
    app.get("/v1/families/{family_id}/things", list_things, limit=READS)
    app.get("/v1/things/{thing_id}", get_thing, limit=READS)
    app.patch("/v1/things/{thing_id}", update_thing, limit=WRITES)
    app.delete("/v1/things/{thing_id}", remove_thing, limit=WRITES)
    app.post("/v1/things/{thing_id}/restore", restore_thing, limit=WRITES)
    app.webhook("take-event", take_event)
    app.public("/v1/fail", fail, refuses=["CONFLICT last_keeper", "SERVICE_UNAVAILABLE"])
    return app


@pytest.fixture(scope="module")
def app() -> SunApi:
    return make_app()


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("SUPABASE_URL", SUPABASE)
    monkeypatch.setenv("SUPABASE_JWT_SECRET", SECRET)
    monkeypatch.setenv("ALLOWED_ORIGINS", f"{ORIGIN},https://example.org")


def send(app: SunApi, event: Any) -> Response:
    return serve(event, app)


def post(app: SunApi, body: Any, name: str = "make-thing", **headers: str) -> Response:
    given = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    given.update({key.replace("_", "-"): value for key, value in headers.items()})
    raw = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
    return send(app, event_of("POST", f"/functions/v1/{name}", given, raw))


def a_body(**changes: Any) -> dict[str, Any]:
    return {"familyId": str(uuid4()), "name": "Sol", **changes}


# --- success -----------------------------------------------------------------------------------------------------


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


# --- what Chalice or nobody would have answered ------------------------------------------------------------------


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


# --- headers -----------------------------------------------------------------------------------------------------


def test_a_preflight_is_204_for_a_day_with_the_headers_clients_send(app: SunApi) -> None:
    for path, methods in (
        ("/functions/v1/make-thing", {"OPTIONS", "POST"}),
        ("/v1/things/{thing_id}", {"OPTIONS", "GET", "PATCH", "DELETE"}),
    ):
        answered = send(app, event_of("OPTIONS", path, {"Origin": ORIGIN}, pathParameters={"thing_id": "x"}))
        assert (answered.status, answered.text) == (204, "")
        assert answered.headers["access-control-max-age"] == "86400"
        assert answered.headers["access-control-allow-origin"] == ORIGIN
        assert set(answered.headers["access-control-allow-methods"].split(", ")) == methods
        assert set(answered.headers["access-control-allow-headers"].split(", ")) == {
            *("authorization", "x-client-info", "apikey", "content-type", "x-request-id", "idempotency-key")
        }


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ORIGIN, True),
        ("https://example.org", True),
        *((f"{ORIGIN}.evil.example", False), (f"{ORIGIN}/", False), ("http://app.example.org", False), ("null", False)),
        *(("https://APP.example.org", False), (f"{ORIGIN}:8443", False), ("*", False), ("", False), (None, False)),
    ],
)
def test_an_origin_must_match_exactly(origin: str | None, allowed: bool, app: SunApi) -> None:
    for method in ("GET", "OPTIONS"):
        event = event_of(method, "/v1/fail", {} if origin is None else {"Origin": origin})
        assert send(app, event).headers.get("access-control-allow-origin") == (origin if allowed else None)


def test_a_star_allows_every_origin_without_credentials(app: SunApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "*")
    config.reset()
    answered = send(app, event_of("GET", "/nope", {"Origin": "https://anyone.example"}))
    assert answered.headers["access-control-allow-origin"] == "*"


def test_errors_have_cors_headers_too(app: SunApi) -> None:
    answered = send(app, event_of("GET", "/v1/fail", {"origin": ORIGIN}, "x" * (MAX_BODY + 1)))
    assert answered.status == 413
    assert answered.headers["access-control-allow-origin"] == ORIGIN
    assert "retry-after" in answered.headers["access-control-expose-headers"]


@pytest.mark.parametrize("request_id", ["a", "A-Z_0.9", "x" * 64])
def test_the_callers_request_id_comes_back(request_id: str, app: SunApi, capsys: pytest.CaptureFixture[str]) -> None:
    answered = post(app, a_body(), X_Request_Id=request_id)
    assert answered.headers["x-request-id"] == request_id
    assert f'"requestId":"{request_id}"' in capsys.readouterr().out


@pytest.mark.parametrize("hostile", ["", "x" * 65, "a b", "a\nb", "a*/ DROP", "ü", "a;b", "a\x00", "%0a", "$(x)"])
def test_a_hostile_request_id_is_replaced(hostile: str, app: SunApi, capsys: pytest.CaptureFixture[str]) -> None:
    event = event_of("GET", "/nope", {"x-request-id": hostile})
    assert send(app, event).headers["x-request-id"] == event["requestContext"].pop("requestId")
    UUID(send(app, event).headers["x-request-id"])


# --- the order of what is wrong ----------------------------------------------------------------------------------


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
    started = time.perf_counter()
    event = event_of("POST", "/functions/v1/make-thing", None, "A" * 10_000_000, isBase64Encoded=True)
    assert send(app, event).status == 413
    assert time.perf_counter() - started < 0.2


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


# --- webhooks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream", None])
def test_a_webhook_gets_its_bytes_exactly_whatever_their_type(kind: str | None, app: SunApi) -> None:
    raw = b'{"a": 1,\n "b":"\xc3\xbc"}'
    headers = {} if kind is None else {"Content-Type": kind}
    for body, encoded in ((raw.decode(), False), (base64.b64encode(raw).decode(), True)):
        event = event_of("POST", "/functions/v1/take-event", headers, body, isBase64Encoded=encoded)
        assert send(app, event).body == {"length": len(raw), "hex": raw.hex()}


# --- the log line ------------------------------------------------------------------------------------------------


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


# --- threads, limits, schedules ----------------------------------------------------------------------------------


def test_threads_never_get_each_other_s_answers(app: SunApi) -> None:
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(40):
            user_id, body = str(uuid4()), a_body()
            data = post(app, body, Authorization=f"Bearer {token(sub=user_id)}").body["data"]
            if (data["userId"], data["familyId"]) != (user_id, body["familyId"]):
                wrong.append(data)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.fixture
def counting(database_environment: Database) -> Iterator[Database]:
    database_environment.run(
        "CREATE FUNCTION ops.count_me_tx() RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('ok', true) $$;"
        "GRANT EXECUTE ON FUNCTION ops.count_me_tx() TO app_service"
    )
    yield database_environment


def test_over_the_limit_is_429_with_its_headers(counting: Database, app: SunApi) -> None:
    bearer = f"Bearer {token(sub=str(counting.add_user()))}"
    assert [post(app, None, "count-me", Authorization=bearer).status for _ in range(2)] == [200, 200]
    answered = post(app, None, "count-me", Authorization=bearer)
    assert (answered.status, answered.code) == (429, "RATE_LIMIT")
    assert int(answered.headers["retry-after"]) >= 1
    assert answered.headers["x-ratelimit-limit"] == "2" and answered.headers["x-ratelimit-remaining"] == "0"
    assert int(answered.headers["x-ratelimit-reset"]) > time.time()
    assert answered.details["retryAfter"] >= 1


class ClockEvent:
    """What Chalice hands to a scheduled function."""

    context = None


def test_a_schedule_gives_its_summary_in_camel_case_and_logs_it(
    app: SunApi, capsys: pytest.CaptureFixture[str]
) -> None:
    def settle_uploads(call: Call) -> dict[str, Any]:
        return {"rescued_count": 1, "missing": []}

    assert app.run(settle_uploads, ClockEvent()) == {"rescuedCount": 1, "missing": []}
    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["schedule"], line["summary"]["rescuedCount"]) == ("schedule", "settle_uploads", 1)


def test_a_schedule_that_fails_is_logged_and_raises_nothing_private(
    app: SunApi, capsys: pytest.CaptureFixture[str]
) -> None:
    def settle_uploads(call: Call) -> dict[str, Any]:
        raise KeyError("grandma")

    with pytest.raises(InternalError) as caught:
        app.run(settle_uploads, ClockEvent())
    assert str(caught.value) == "settle_uploads failed"
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    written = capsys.readouterr().out
    assert '"message":"schedule_failed"' in written and "grandma" not in written
