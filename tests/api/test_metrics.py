"""Each request and each run of a schedule is one line of metrics, as CloudWatch reads them, with nothing private."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.api.problems import CODES
from chalicelib.call import Call
from chalicelib.errors import InternalError
from chalicelib.schedules import process_jobs
from chalicelib.telemetry import metrics
from tests.support import gateway
from tests.support.api import Api
from tests.support.in_time import in_time
from tests.support.schedules import Schedules

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines of metrics since the last look, each held to the format that CloudWatch reads."""
    monkeypatch.setenv("METRICS", "on")

    def read() -> list[dict[str, Any]]:
        printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        found = [line for line in printed if "_aws" in line]
        for line in found:
            (directive,) = line["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == "StoriesFromTheSun"
            assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 3600
            names = {metric["Name"] for metric in directive["Metrics"]}
            assert all(type(line[name]) in (int, float) for name in names)
            dimensions = {name for each in directive["Dimensions"] for name in each}
            assert dimensions <= {"stage", "operation", "schedule"}
            assert line.keys() == {"_aws"} | names | dimensions
        return found

    return read


def test_a_request_is_one_line_of_its_operation_and_of_all(module_api: Api, lines: Lines) -> None:
    keeper = module_api.person()
    module_api.family(keeper)
    lines()
    keeper.get("/v1/families")
    (line,) = lines()
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["stage"], ["stage", "operation"]]
    assert (line["stage"], line["operation"]) == ("local", "list_families")
    assert (line["requests"], line["serverErrors"], line["dbMessages"]) == (1, 0, 1)
    assert line["durationMs"] >= line["dbMs"] > 0


def test_an_error_counts_under_its_code(module_api: Api, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = module_api.person()
    assert keeper.get(f"/v1/families/{uuid4()}").code == "FORBIDDEN"
    monkeypatch.delenv("DATABASE_URL")
    from chalicelib import config

    config.reset()
    assert keeper.get("/v1/families").code == "SERVICE_UNAVAILABLE"
    refused, failed = lines()
    assert (refused["FORBIDDEN"], refused["serverErrors"]) == (1, 0)
    assert (failed["SERVICE_UNAVAILABLE"], failed["serverErrors"]) == (1, 1)


def test_a_caller_chooses_no_dimension_and_no_name(module_api: Api, lines: Lines) -> None:
    person = module_api.person()
    for path in ("/evil.example", f"/v1/families/{person.id}/evil", "/v1/families/evil"):
        person.call("GET", path, x_request_id="evil.example")
        person.call("BREW", path)
    gateway.call("OPTIONS", "/v1/families")
    gateway.call("POST", "/functions/v1/create-family", {"authorization": "Bearer evil"}, '{"evil": "evil"}')
    written = lines()
    assert len(written) == 8
    text = json.dumps(written)
    assert "evil" not in text and person.id not in text
    names = {metric["Name"] for line in written for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert names <= {"requests", "serverErrors", "durationMs", "dbMs", "dbMessages", *CODES}


def test_a_run_says_every_number_of_its_summary(schedules: Schedules, lines: Lines) -> None:
    schedules.now("copy_recordings")
    (line,) = lines()
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["stage", "schedule"]]
    assert (line["schedule"], line["runs"], line["failedRuns"], line["late"]) == ("copy_recordings", 1, 0, 0)
    schedules.run("ALTER FUNCTION ops.plan_cleanup RENAME TO renamed")
    with pytest.raises(InternalError):
        schedules.now("cleanup_media")
    (line,) = lines()
    assert (line["schedule"], line["failedRuns"]) == ("cleanup_media", 1)


def test_each_minute_says_how_the_queue_is(schedules: Schedules, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    family, keeper = schedules.family_of_one()
    keeper.ask("create-invite", {"familyId": family, "email": "rosa@example.org"})
    schedules.run("UPDATE ops.jobs SET kind = 'unheard_of' WHERE kind = 'send_invite_email'")
    schedules.run(
        "INSERT INTO ops.jobs (kind, payload, lane, run_at, turn_at) VALUES"
        " ('send_invite_email', '{}', 'x', now() - interval '9 minutes', now() + interval '1 hour')"
    )
    schedules.run("UPDATE public.invites SET mail_refused_at = now()")
    schedules.run(
        "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, created_at)"
        " VALUES ('evt_1', 'invoice.paid', false, now(), now() - interval '7 minutes')"
    )
    monkeypatch.setattr(process_jobs.worker, "drain", lambda call, remaining_seconds: {"dead": 1})
    lines()
    schedules.tick("process_jobs")
    (line,) = lines()
    assert line["waiting"] >= 2 and line["dead"] == 1
    assert 540 <= line["oldestDueSeconds"] < 600
    assert 420 <= line["webhookLagSeconds"] < 480
    assert (line["mailsLastHour"], line["mailsRefusedLastHour"], line["deadLastDay"]) == (1, 1, 0)


def test_the_local_stack_writes_none_unless_asked(
    module_api: Api, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("METRICS")
    module_api.person().get("/v1/families")
    assert lines() == []


def test_metrics_cost_less_than_a_twentieth_of_a_request_s_cpu(
    module_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against one of the cheapest requests, in one run: the best of several, because others use the machine too."""
    monkeypatch.setenv("METRICS", "on")
    person = module_api.person()
    event = gateway.event_of("GET", "/v1/me", {"authorization": f"Bearer {person.token}"})
    call = Call(request_id="req-1", action="get_me", db_ms=1.2, messages=1)
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    def cpu_of(work: Callable[[], object], times: int) -> float:
        """Seconds of one."""
        began = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - began) / times

    assert gateway.app(event, None)["statusCode"] == 200
    request = min(cpu_of(lambda: gateway.app(event, None), 10) for _ in range(15))
    metrics_alone = min(cpu_of(lambda: metrics.request(call, 200, "OK", 3.4), 100) for _ in range(15))
    print(f"metrics: {metrics_alone * 1e6:.1f} us of the {request * 1e6:.0f} us of a request", file=sys.stderr)
    in_time(metrics_alone / request, at_most=0.05)
