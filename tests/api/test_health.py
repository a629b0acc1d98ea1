"""Health tells who asks whether it works, and nothing else; it never becomes a load or hangs with what it watches."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import config
from chalicelib.config.by_function import ApiFunction
from chalicelib.database import connections
from chalicelib.resources import health
from chalicelib.resources.health import dependencies, probe
from tests.support import gateway
from tests.support.database_server import Database
from tests.support.gateway import Response
from tests.support.schedules import Schedules
from tests.support.stripe_server import StripeServer, at_once
from tests.support.vendors import Vendors

Found = dict[str, dict[str, Any]]


def ask(path: str = "/health", **headers: str) -> Response:
    return gateway.call("GET", path, headers)


def checks(answered: Response) -> Found:
    """Name -> check, whatever the status of the answer."""
    listed = (answered.data if answered.status == 200 else answered.details)["checks"]
    return {check["name"]: check for check in listed}


def bad(answered: Response) -> dict[str, tuple[str, str]]:
    """Name -> (status, reason) of what is not as it should be."""
    return {
        name: (check["status"], check["reason"])
        for name, check in checks(answered).items()
        if check["status"] != "pass"
    }


def another_process(database: Database) -> None:
    """What follows is asked by a process that has asked nothing yet, in a turn of its own."""
    probe.reset()
    database.run("UPDATE ops.health_probes SET claimed_at = '-infinity', checked_at = '-infinity'")


def begin(database: Database) -> None:
    """A new stage: the template that the database was copied from is as old as the run, and its schedules are late."""
    database.run("UPDATE ops.health_probes SET created_at = now()")


@pytest.fixture
def stage(stripe: StripeServer, schedules: Schedules, vendors: Vendors) -> Schedules:
    """A stage that lacks nothing."""
    begin(schedules.database)
    return schedules


@pytest.fixture
def healthy(database_environment: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database in order; the services that this is not about are not asked."""
    monkeypatch.setattr(probe, "CHECKS", {"mail": lambda: None})
    begin(database_environment)
    return database_environment


def test_healthz_asks_no_other_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGE", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@127.0.0.1:9/x")
    assert ask("/healthz").body == {"data": {"status": "ok"}}


# Readiness ------------------------------------------------------------------------------------------


def test_two_hundred_calls_of_a_stranger_open_one_connection(database_environment: Database) -> None:
    assert {answer.status for answer in at_once(200, lambda _: ask("/readyz"))} == {200}
    open_now = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'app_login'"
    assert database_environment.run(open_now) == [(1,)]


def test_readiness_is_asked_again_when_its_second_is_over(
    database_environment: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr(health, "ping", asked.append)
    monkeypatch.setattr(health, "READY_SECONDS", 1000.0)
    assert [ask("/readyz").status for _ in range(3)] == [200] * 3
    assert len(asked) == 1
    monkeypatch.setattr(health, "READY_SECONDS", 0.0)
    assert ask("/readyz").status == 200
    assert len(asked) == 2


# The answer -------------------------------------------------------------------------------------------


def test_a_stage_that_lacks_nothing_passes(stage: Schedules) -> None:
    for path in ("/health", "/functions/v1/health"):
        answered = ask(path)
        assert (answered.status, answered.data["status"], bad(answered)) == (200, "pass", {})
        assert set(checks(answered)) >= {"database", *dependencies.CHECKS, "queue", "copies", "schedule/process_jobs"}


def fail_stripe(stage: Schedules, stripe: StripeServer, vendors: Vendors) -> None:
    stripe.stand_in.faults.fail_next(500)


def fail_mail(stage: Schedules, stripe: StripeServer, vendors: Vendors) -> None:
    vendors.mail_faults.fail_next(500)


def refuse_mail(stage: Schedules, stripe: StripeServer, vendors: Vendors) -> None:
    vendors.mail_faults.fail_next(403)


def fail_storage(stage: Schedules, stripe: StripeServer, vendors: Vendors) -> None:
    stage.store.app.fail_next(503, times=20)


def kill_a_job(stage: Schedules, stripe: StripeServer, vendors: Vendors) -> None:
    stage.run(
        "INSERT INTO ops.dead_jobs (kind, payload, payload_version, lane, attempts, max_attempts, enqueued_at)"
        " VALUES ('send_invite_email', '{}', 1, 'x', 8, 8, now())"
    )


@pytest.mark.parametrize(
    ("break_it", "status", "found"),
    [
        (fail_stripe, 200, {"stripe": ("warn", "in_trouble")}),
        (fail_mail, 200, {"mail": ("warn", "in_trouble")}),
        (refuse_mail, 200, {"mail": ("warn", "refuses_us")}),
        (fail_storage, 503, {"storage": ("fail", "in_trouble"), "backup_storage": ("warn", "in_trouble")}),
        (kill_a_job, 200, {"dead_jobs": ("warn", "dead")}),
    ],
)
def test_what_does_not_work_is_named_by_a_code(
    break_it: Callable[..., None],
    status: int,
    found: dict[str, Any],
    stage: Schedules,
    stripe: StripeServer,
    vendors: Vendors,
) -> None:
    break_it(stage, stripe, vendors)
    answered = ask()
    assert (answered.status, bad(answered)) == (status, found)
    listed = (answered.data if status == 200 else answered.details)["checks"]
    assert listed[0]["status"] == ("warn" if status == 200 else "fail"), "the worst stands first"
    for inside in ("127.0.0.1", "localhost", "http", "Error", stage.database.name):
        assert inside not in answered.text


def test_a_rotated_key_of_the_second_bucket_and_unreachable_sign_in_keys_are_seen(
    stage: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.storage import store

    monkeypatch.setenv("BACKUP_SECRET_ACCESS_KEY", "a-key-that-was-rotated")
    monkeypatch.setenv("SUPABASE_JWKS_URL", "http://127.0.0.1:9/keys")
    config.reset()
    store.reset()
    answered = ask()
    assert bad(answered) == {"sign_in_keys": ("fail", "out_of_reach"), "backup_storage": ("warn", "refuses_us")}


def test_a_renamed_function_is_seen_and_not_named(healthy: Database) -> None:
    healthy.run("ALTER FUNCTION ops.health RENAME TO health_no_more")
    answered = ask()
    assert (answered.status, bad(answered)) == (503, {"bookkeeping": ("fail", "error")})
    assert "ops." not in answered.text


def test_missing_configuration_fails_without_naming_variables(database_environment: Database) -> None:
    answered = ask()
    assert (answered.status, answered.code) == (503, "SERVICE_UNAVAILABLE")
    assert checks(answered)["configuration"]["reason"] == "not_configured"
    for name in ApiFunction.model_fields:
        assert name.upper() not in answered.text


@pytest.mark.parametrize(("stage_name", "status"), [("dev", "warn"), ("staging", "fail"), ("prod", "fail")])
def test_a_stage_that_families_use_fails_without_a_second_bucket(
    stage_name: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(config.BackupSettings.model_fields):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("STAGE", stage_name)
    found, _ = dependencies.outcome("backup_storage", dependencies.CHECKS["backup_storage"])
    assert (found["status"], found["reason"]) == (status, "not_configured")


# Time and load ------------------------------------------------------------------------------------------


@pytest.fixture(params=["down", "hangs"])
def broken_postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("STAGE", "local")
        monkeypatch.setenv("DATABASE_URL", f"postgresql://app_login:geheim@127.0.0.1:{listener.getsockname()[1]}/x")
        monkeypatch.setattr(health, "PING_SECONDS", 0.5)
        monkeypatch.setattr(probe, "DATABASE_SECONDS", 0.5)
        monkeypatch.setattr(probe, "CHECKS", {"mail": lambda: None})
        if request.param == "down":
            listener.close()
        yield


@pytest.mark.usefixtures("broken_postgres")
@pytest.mark.parametrize("path", ["/readyz", "/health", "/functions/v1/health"])
def test_without_postgres_it_is_a_quick_503_without_details(path: str) -> None:
    started = time.perf_counter()
    answered = ask(path)
    assert time.perf_counter() - started < 1.5
    assert (answered.status, answered.code) == (503, "SERVICE_UNAVAILABLE")
    for inside in ("postgres", "127.0.0.1", "geheim", "refused", "timeout", "Error"):
        assert inside not in answered.text
    assert connections._KEPT == []
    if path != "/readyz":
        assert list(bad(answered)) == ["database"]
        assert checks(answered)["mail"]["status"] == "pass", "the others are checked all the same"


@pytest.mark.usefixtures("healthy")
def test_dependencies_are_asked_at_the_same_time_and_none_holds_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    together, never = threading.Barrier(3, timeout=20), threading.Event()
    monkeypatch.setattr(dependencies, "SECONDS", 2.0)
    asked: dict[str, Callable[[], Any]] = dict.fromkeys(("storage", "stripe", "mail"), together.wait)
    monkeypatch.setattr(probe, "CHECKS", {**asked, "backup_storage": never.wait})
    try:
        assert bad(ask()) == {"backup_storage": ("warn", "too_slow")}
    finally:
        never.set()


def test_services_are_asked_once_an_interval_however_many_callers_and_processes_ask(
    healthy: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(probe, "CHECKS", {"mail": lambda: asked.append(1)})
    assert {answer.status for answer in at_once(10, lambda _: ask())} == {200}
    first = ask("/functions/v1/health").data
    assert len(asked) == 1
    probe.reset()
    assert ask().data == first
    assert len(asked) == 1, "another process answers with what the first one found"
    another_process(healthy)
    assert ask().status == 200
    assert len(asked) == 2


@pytest.mark.own_backend
def test_a_turn_is_taken_by_one_process_and_no_longer_held_by_one_that_died(healthy: Database) -> None:
    sessions = [healthy.connect_as("app_service") for _ in range(6)]

    def claim(number: int) -> bool:
        with sessions[number].cursor() as cursor:
            cursor.execute("SELECT ops.claim_health_probe_tx(15) -> 'claimed'")
            return bool(cursor.fetchall()[0][0])

    assert sorted(at_once(6, claim)) == [False] * 5 + [True]
    # Nothing was found yet, and whoever did not get the turn says so.
    assert bad(ask()) == {"database": ("warn", "being_checked")}
    healthy.run("UPDATE ops.health_probes SET claimed_at = claimed_at - interval '15 seconds'")
    probe.reset()
    assert bad(ask()) == {}


# Who may ask ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("path", ["/health", "/functions/v1/health"])
def test_with_health_tokens_only_their_holders_are_answered(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTH_TOKEN", "local-health-token,local-health-token-before")
    config.reset()
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "local-health-token"},
        {"Authorization": "Bearer local-health-token,local-health-token-before"},
        {"Authorization": "ü"},
    ):
        assert ask(path, **headers).code == "UNAUTHORIZED"
    for token in ("local-health-token", "local-health-token-before"):
        assert ask(path, Authorization=f"Bearer {token}").status == 200
    # The load balancer's questions stay open.
    assert ask("/healthz").status == ask("/readyz").status == 200


def test_a_deployed_stage_without_a_token_answers_nobody(healthy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "prod")
    config.reset()
    answered = ask()
    assert (answered.status, set(answered.error)) == (503, {"code", "message"})
