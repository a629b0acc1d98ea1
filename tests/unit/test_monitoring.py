"""Sentry is told what broke and where; it is not told anybody's words, and it never breaks a request."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sentry_sdk

from app import app
from chalicelib import config, monitoring
from chalicelib.call import Call
from chalicelib.errors import InternalError
from chalicelib.queue.worker import KINDS
from chalicelib.schedules.handler import handler_of
from chalicelib.telemetry.features import feature_of
from tests.support.gateway import event_of
from tests.support.sentry_server import SentryServer, running_sentry
from tests.support.small_app import make_app, send
from tests.unit.test_scrubbing import SECRETS


@pytest.fixture(scope="module")
def module_sentry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentryServer]:
    with running_sentry(tmp_path_factory.mktemp("sentry")) as server:
        yield server


@pytest.fixture
def sentry(module_sentry: SentryServer, monkeypatch: pytest.MonkeyPatch) -> SentryServer:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("VERSION", "1.2.3")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("SENTRY_DSN", module_sentry.dsn)
    module_sentry.forget()
    return module_sentry


def raised(error: Exception, private: str = "") -> Exception:
    """The error with a traceback, raised beside a variable that holds something private."""
    try:
        kept_in_a_variable = private
        raise error from ValueError(kept_in_a_variable)
    except Exception as caught:
        return caught


def a_call(**more: Any) -> Call:
    known: dict[str, Any] = {
        "request_id": "req-1",
        "method": "POST",
        "route": "/functions/v1/finalize-recording",
        "action": "finalize_recording",
        "function": "stories-prod-api",
        "lambda_request_id": "lambda-1",
    }
    return Call(**{**known, **more})


def test_an_error_arrives_with_its_call_its_user_and_its_place(sentry: SentryServer) -> None:
    call = a_call(user_id=uuid4())
    family, recording = uuid4(), str(uuid4())
    call.log_ids({"family_id": family, "recording_id": recording, "title": "Grandma", "name_id": "Grandma"})
    monitoring.capture(raised(InternalError("create_family_tx: SQLSTATE 42883")), call, jobId="7")
    (event,) = sentry.events()
    assert event["tags"] == {
        "feature": "recordings",
        "action": "finalize_recording",
        "stage": "local",
        "region": "eu-west-1",
        "route": "/functions/v1/finalize-recording",
        "function": "stories-prod-api",
        "requestId": "req-1",
        "ownId": call.own_id,
        "lambdaRequestId": "lambda-1",
        "familyId": str(family),
        "recordingId": recording,
        "jobId": "7",
    }
    assert event["user"] == {"id": str(call.user_id)}
    assert (event["environment"], event["release"]) == ("local", "1.2.3")
    last = event["exception"]["values"][-1]
    assert (last["type"], last["value"]) == ("InternalError", "create_family_tx: SQLSTATE 42883")
    assert last["stacktrace"]["frames"][-1]["function"] == "raised"


def test_every_route_schedule_and_job_belongs_to_a_feature() -> None:
    actions = {endpoint.function.__name__ for endpoint in app.endpoints} | set(KINDS)
    actions |= {source.name for source in app.event_sources}
    told = {action: feature_of(action) for action in actions}
    assert [action for action, feature in told.items() if feature == "other"] == []
    assert told["redeem_invite"] == "invites" and told["stripe_webhook"] == "billing"
    assert told["get_signed_upload_url"] == "recordings" and told["update_member"] == "members"


@pytest.mark.parametrize(("kind", "told"), [("ValueError", 1), ("nan", 1), ("CONFLICT", 0), ("Unavailable", 0)])
def test_a_request_tells_of_our_faults_and_of_no_refusal_or_vendor(kind: str, told: int, sentry: SentryServer) -> None:
    answered = send(make_app(), event_of("GET", f"/v1/fail?kind={kind}", {}))
    request_ids = [event["tags"]["requestId"] for event in sentry.events()]
    assert request_ids == [answered.headers["x-request-id"]] * told


def test_a_schedule_tells_of_its_fault(sentry: SentryServer) -> None:
    def settle_uploads(call: Call) -> dict[str, Any]:
        raise KeyError("grandma")

    with pytest.raises(InternalError):
        handler_of(settle_uploads)({}, None)
    assert [event["tags"]["action"] for event in sentry.events()] == ["settle_uploads"]


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_no_secret_reaches_sentry(name: str, sentry: SentryServer) -> None:
    text, secret = SECRETS[name]
    monitoring.capture(raised(ValueError(text), private=text), Call(request_id="r"), note=text)
    monitoring.capture(raised(InternalError(text), private=text), Call(request_id="r", log_fields={"otherId": text}))
    assert len(sentry.events()) == 2
    assert secret not in json.dumps(sentry.events(), ensure_ascii=False)


def test_a_foreign_exceptions_words_and_variables_stay_here(sentry: SentryServer) -> None:
    monitoring.capture(raised(KeyError("grandma Sol"), private="grandma Sol"))
    told = json.dumps(sentry.events())
    assert "KeyError" in told and "grandma" not in told and "vars" not in told


def test_nothing_of_one_call_is_in_the_error_of_the_next(sentry: SentryServer) -> None:
    monitoring.capture(raised(KeyError("x")), a_call(user_id=uuid4(), log_fields={"familyId": "1"}), jobId="7")
    monitoring.capture(raised(KeyError("x")), Call(request_id="r2", own_id="o2"))
    event = sentry.events()[0]
    assert "user" not in event
    ids = {"requestId": "r2", "ownId": "o2"}
    assert event["tags"] == {"stage": "local", "region": "eu-west-1", "feature": "other", **ids}


def test_what_a_library_leaves_in_sentry_s_scopes_is_in_no_event(sentry: SentryServer) -> None:
    monitoring.capture(raised(KeyError("x")))
    for scope in (sentry_sdk.get_isolation_scope(), sentry_sdk.get_current_scope()):
        scope.set_user({"id": "of another call", "email": "grandma@example.org"})
        scope.set_tag("familyId", "of another call")
        scope.add_breadcrumb(message="of another call")
    monitoring.capture(raised(KeyError("x")), Call(request_id="r2"))
    for scope in (sentry_sdk.get_isolation_scope(), sentry_sdk.get_current_scope()):
        scope.clear()
    assert "another call" not in json.dumps(sentry.events())


def test_calls_at_the_same_moment_keep_their_own_tags(sentry: SentryServer) -> None:
    calls = {f"req-{number}": uuid4() for number in range(6)}
    together = threading.Barrier(len(calls))

    def fail(request_id: str, user_id: UUID) -> None:
        together.wait()
        monitoring.capture(raised(KeyError("x")), a_call(request_id=request_id, user_id=user_id))

    threads = [threading.Thread(target=fail, args=pair) for pair in calls.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {event["tags"]["requestId"]: event["user"]["id"] for event in sentry.events()}
    assert told == {request_id: str(user_id) for request_id, user_id in calls.items()}


class AbortError(Exception):
    """Named as the error of a browser whose request was given up."""


@pytest.mark.parametrize(
    "error",
    [
        *(OSError("Network request failed"), OSError("TypeError: Load failed"), AbortError()),
        *(TypeError("cancelled"), TypeError("Failed to fetch"), ValueError("ResizeObserver loop limit exceeded")),
    ],
)
def test_an_error_that_nobody_can_mend_is_not_sent(error: Exception, sentry: SentryServer) -> None:
    monitoring.capture(raised(error), a_call())
    assert sentry.events() == []
    monitoring.capture(raised(TypeError("of our own")), a_call())
    assert len(sentry.events()) == 1


def test_an_error_whose_text_cannot_be_read_breaks_no_request(sentry: SentryServer) -> None:
    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("grandma")

    monitoring.capture(raised(Unspeakable()), a_call())


# Traces


def traced(sentry: SentryServer, call: Call, **tags: str) -> list[dict[str, Any]]:
    """The traces that have arrived once the given call's was sent; the application itself does not wait for it."""
    monitoring.trace(call, 0.5, **tags)
    if "sentry_sdk" in sys.modules:
        sentry_sdk.flush(timeout=10)
    return sentry.traces()


def test_a_trace_says_what_took_how_long_and_nothing_else(
    sentry: SentryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "1")
    call = a_call(user_id=uuid4(), query={"cursor": ["grandma"]}, raw_body=b"grandma", headers={"x": "grandma"})
    call.add_span("db", "upload_to_finalize", 0.1)
    call.add_span("vendor", "stripe", 0.2)
    (trace,) = traced(sentry, call, code="OK")
    assert trace["transaction"] == "POST /functions/v1/finalize-recording"
    assert [(span["op"], span["description"]) for span in trace["spans"]] == [
        ("db", "upload_to_finalize"),
        ("vendor", "stripe"),
    ]
    lengths = [seconds_of(span) for span in (trace, *trace["spans"])]
    assert lengths == pytest.approx([0.5, 0.1, 0.2], abs=0.01)
    assert (trace["tags"]["requestId"], trace["tags"]["code"]) == ("req-1", "OK")
    assert set(trace["contexts"]) == {"trace"}
    assert not {"data", "tags"} & {name for span in (*trace["spans"], trace["contexts"]["trace"]) for name in span}
    assert "grandma" not in json.dumps(trace)


def seconds_of(timed: dict[str, Any]) -> float:
    began, ended = (datetime.fromisoformat(timed[name]) for name in ("start_timestamp", "timestamp"))
    return (ended - began).total_seconds()


def test_a_schedule_waits_until_its_trace_is_sent_and_a_request_does_not(
    sentry: SentryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda freezes the process as soon as its function returns."""
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "1")
    flushed: list[str] = []
    monkeypatch.setattr(monitoring, "_send_trace", lambda *_: None)
    monkeypatch.setattr(monitoring, "_flush", lambda: flushed.append("waited"))
    monitoring.trace(a_call(), 0.5)
    assert flushed == []
    monitoring.trace(Call.system("audit_storage"), 0.5)
    assert flushed == ["waited"]


def test_the_configured_share_of_calls_is_traced(sentry: SentryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "0.1")
    drawn = iter([0.05, 0.1, 0.99])
    monkeypatch.setattr(monitoring, "random", SimpleNamespace(random=lambda: next(drawn)))
    assert [len(traced(sentry, a_call())) for _ in range(3)] == [1, 1, 1]


def test_a_trace_holds_a_hundred_parts_at_most(sentry: SentryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "1")
    call = a_call()
    for _ in range(1_000):
        call.add_span("db", "copy", 0.001)
    (trace,) = traced(sentry, call)
    assert len(trace["spans"]) == 100


def test_no_trace_is_sent_unless_it_is_configured(sentry: SentryServer) -> None:
    assert traced(sentry, a_call()) == []


# Trouble


def test_a_slow_sentry_costs_its_flush_once_and_then_nothing(
    sentry: SentryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "FLUSH_SECONDS", 0.3)
    sentry.faults.delay(1.0)
    started = time.perf_counter()
    monitoring.capture(raised(KeyError("x")))
    assert time.perf_counter() - started < 0.9
    started = time.perf_counter()
    for _ in range(20):
        monitoring.capture(raised(KeyError("x")))
        monitoring.trace(a_call(), 1.0)
    assert time.perf_counter() - started < 0.1
    sentry_sdk.flush(timeout=10)


def test_a_dsn_that_is_no_dsn_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("SENTRY_DSN", "nonsense")
    monitoring.capture(raised(KeyError("x")))


def test_monitoring_that_fails_fails_nothing_and_is_left_alone_for_a_while(
    sentry: SentryServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    for _ in range(3):
        monitoring.capture(raised(KeyError("x")), Call(request_id="r"))
    assert capsys.readouterr().out.count("monitoring_failed") == 1


def test_nothing_of_a_request_is_sent_whoever_put_it_into_an_event() -> None:
    others = dict.fromkeys(("request", "extra", "breadcrumbs", "contexts", "modules", "server_name"), "grandma Sol")
    event: Any = {"level": "error", "logentry": "grandma Sol", "message": "grandma Sol", **others}
    assert monitoring._scrubbed(event, {}) == {"level": "error"}


@pytest.mark.parametrize("environment", [{"STAGE": "local"}, {}])
def test_without_a_dsn_nothing_is_sent_and_nothing_imported(environment: dict[str, str]) -> None:
    script = (
        "import sys; from chalicelib.call import Call; from chalicelib import monitoring;"
        "monitoring.capture(KeyError('x')); monitoring.trace(Call('r'), 1.0);"
        "assert 'sentry_sdk' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PATH": "/usr/bin", **environment})


def test_settings_are_looked_at_again_after_a_reset(sentry: SentryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monitoring.capture(raised(KeyError("x")))
    monkeypatch.delenv("SENTRY_DSN")
    config.reset()
    monitoring.capture(raised(KeyError("x")))
    assert len(sentry.events()) == 1
