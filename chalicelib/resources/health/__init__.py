"""Liveness, readiness and health, for load balancers, deployments and the operator.

A response has codes and numbers, never versions, addresses, error texts or anything else of use to an attacker. Every
wait has a deadline. Readiness is asked at most once a second in a process, and the checks of /health run at most once
in 15 seconds for all processes together: many calls are no load on the services.
"""

from __future__ import annotations

import hmac
import threading
import time
from typing import Literal

from pydantic import Field

from chalicelib import config
from chalicelib.api.models import Timestamp, WireModel
from chalicelib.call import Call
from chalicelib.database.messages import ping
from chalicelib.errors import Refused, Unavailable
from chalicelib.resources.health import probe

READY_SECONDS = 1.0
PING_SECONDS = 2.0


class AliveResponse(WireModel):
    status: Literal["ok"] = "ok"


class HealthCheck(WireModel):
    """One thing that was checked."""

    name: str
    status: Literal["pass", "warn", "fail"]
    reason: str | None = None
    """A code, where the status is not `pass`; the operator's page on health says what each means."""
    measures: dict[str, float] = Field(default_factory=dict)
    last_at: Timestamp | None = None
    """When it last succeeded or happened, for what has such a moment."""


class HealthResponse(WireModel):
    status: Literal["pass", "warn", "fail"]
    checks: list[HealthCheck]
    """The worst first."""


_asking = threading.Lock()
_asked_at: float | None = None
_ready = False


def get_healthz(call: Call) -> AliveResponse:
    """Report that the process is running. Nothing else is checked."""
    return AliveResponse()


def get_readyz(call: Call) -> AliveResponse:
    """Report whether Postgres answers within two seconds.

    It is asked at most once a second. SERVICE_UNAVAILABLE when it does not answer.
    """
    global _asked_at, _ready
    # One asks, and whoever comes meanwhile waits for that answer: no number of calls opens a second connection.
    with _asking:
        if _asked_at is None or time.monotonic() - _asked_at >= READY_SECONDS:
            _ready = _answers()
            _asked_at = time.monotonic()
        ready = _ready
    if not ready:
        raise Unavailable("database")
    return AliveResponse()


def get_health(call: Call) -> HealthResponse:
    """Check the configuration and every service the app needs.

    The queue, the schedules, the audit and the second copies are checked too. The checks run at most once in 15
    seconds. The status is that of the worst check; where it is `fail` the answer is SERVICE_UNAVAILABLE, with status
    and checks in its details. UNAUTHORIZED without HEALTH_TOKEN, which local and dev alone may do without.
    """
    _authorise(call)
    checks = probe.checks(call)
    health = HealthResponse.from_row({"status": checks[0]["status"], "checks": checks})
    if health.status == "fail":
        raise Refused("SERVICE_UNAVAILABLE", health.model_dump(mode="json"))
    return health


def reset() -> None:
    """Forgets the last answers."""
    global _asked_at
    _asked_at = None
    probe.reset()


def _answers() -> bool:
    try:
        ping(PING_SECONDS)
    except Unavailable:
        return False
    return True


def _authorise(call: Call) -> None:
    tokens = config.load(config.HealthSettings).health_token
    given = call.headers.get("authorization", "").encode("utf-8", "replace")
    # All are compared: how long it takes says nothing of which one was nearly right.
    matches = [hmac.compare_digest(given, f"Bearer {token}".encode()) for token in tokens]
    if tokens and not any(matches):
        raise Refused("UNAUTHORIZED")
