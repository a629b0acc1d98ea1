"""Health tells who asks whether it works, and nothing else; it never becomes a load or hangs with what it watches."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import pytest

from chalicelib import config
from chalicelib.config.by_function import ApiFunction
from chalicelib.database import connections
from chalicelib.resources import health
from tests.support import gateway
from tests.support.database_server import Database
from tests.support.gateway import Response
from tests.support.in_time import in_time
from tests.support.object_store import RunningStore, use_store
from tests.support.stripe_server import StripeServer


def ask(path: str, **headers: str) -> Response:
    return gateway.call("GET", path, headers)


@pytest.fixture
def healthy(database_environment: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Everything in order; what this is not about counts as configured."""
    for name in ("configuration", "storage", "stripe"):
        monkeypatch.setitem(health.CHECKS, name, lambda: None)
    return database_environment


def test_healthz_asks_no_other_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGE", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@127.0.0.1:9/x")
    assert ask("/healthz").body == {"data": {"status": "ok"}}


@pytest.mark.usefixtures("healthy")
def test_ready_and_healthy_when_postgres_answers() -> None:
    assert ask("/readyz").body == {"data": {"status": "ok"}}
    for path in ("/health", "/functions/v1/health"):
        answered = ask(path)
        assert answered.status == 200
        assert answered.body["data"]["status"] == "ok"
        assert answered.body["data"]["checks"]["database"] == "ok"


@pytest.mark.usefixtures("healthy")
def test_degraded_when_a_check_other_than_the_database_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError("10.0.0.1 grandma")

    monkeypatch.setitem(health.CHECKS, "configuration", fail)
    answered = ask("/health")
    assert answered.status == 200
    checks = {"database": "ok", "configuration": "failing", "storage": "ok", "stripe": "ok"}
    assert answered.body["data"] == {"status": "degraded", "checks": checks}


def test_degraded_when_stripe_does_not_answer(
    database_environment: Database, monkeypatch: pytest.MonkeyPatch, stripe: StripeServer
) -> None:
    for name in ("configuration", "storage"):
        monkeypatch.setitem(health.CHECKS, name, lambda: None)
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.0)
    assert ask("/health").body["data"]["status"] == "ok"
    stripe.stand_in.faults.fail_next(500)
    answered = ask("/health")
    assert answered.status == 200
    checks = {"database": "ok", "configuration": "ok", "storage": "ok", "stripe": "failing"}
    assert answered.body["data"]["checks"] == checks


def test_degraded_when_the_store_does_not_answer(
    healthy: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore
) -> None:
    use_store(monkeypatch, object_store.url)
    monkeypatch.setitem(health.CHECKS, "storage", health._check_storage)
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.0)
    assert ask("/health").body["data"]["status"] == "ok"
    object_store.app.fail_next(503, times=10)
    try:
        answered = ask("/health")
    finally:
        object_store.app.heal()
    assert answered.status == 200
    assert answered.body["data"]["checks"]["storage"] == "failing"


@pytest.fixture(params=["down", "hangs"])
def broken_postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("STAGE", "local")
        monkeypatch.setenv("DATABASE_URL", f"postgresql://app_login:geheim@127.0.0.1:{listener.getsockname()[1]}/x")
        monkeypatch.setattr(health, "PING_SECONDS", 0.5)
        if request.param == "down":
            listener.close()
        yield


@pytest.mark.usefixtures("broken_postgres")
@pytest.mark.parametrize("path", ["/readyz", "/health", "/functions/v1/health"])
def test_without_postgres_it_is_a_quick_503_without_details(path: str) -> None:
    started = time.monotonic()
    answered = ask(path)
    in_time(time.monotonic() - started, at_most=1.5)
    assert (answered.status, answered.code) == (503, "SERVICE_UNAVAILABLE")
    for inside in ("database", "postgres", "127.0.0.1", "geheim", "refused", "timeout", "Error"):
        assert inside not in answered.text
    assert connections._KEPT == []


@pytest.mark.usefixtures("healthy")
def test_the_deep_check_runs_once_per_interval_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    probes: list[float] = []

    def slow() -> None:
        probes.append(time.monotonic())
        time.sleep(0.1)

    monkeypatch.setitem(health.CHECKS, "slow", slow)
    threads = [threading.Thread(target=ask, args=("/health",)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ask("/functions/v1/health")
    assert len(probes) == 1
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.0)
    ask("/health")
    assert len(probes) == 2


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("path", ["/health", "/functions/v1/health"])
def test_with_a_health_token_only_its_holder_is_answered(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTH_TOKEN", "local-health-token")
    config.reset()
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "local-health-token"},
        {"Authorization": "ü"},
    ):
        assert ask(path, **headers).code == "UNAUTHORIZED"
    assert ask(path, Authorization="Bearer local-health-token").status == 200
    # The load balancer's questions stay open.
    assert ask("/healthz").status == ask("/readyz").status == 200


def test_missing_configuration_fails_the_deep_check_without_naming_variables(database_environment: Database) -> None:
    answered = ask("/health")
    assert answered.body["data"]["checks"]["configuration"] == "failing"
    for name in ApiFunction.model_fields:
        assert name.upper() not in answered.text
    assert json.loads(answered.text)
