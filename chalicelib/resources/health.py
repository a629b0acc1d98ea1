"""Liveness, readiness and health, for load balancers, deployments and the operator.

A response never has versions, addresses, error texts or anything else of use to an attacker. No check waits without a
deadline. The checks of /health run at most once in PROBE_SECONDS, so that many calls are no load on the services.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from typing import Literal

from chalicelib import config
from chalicelib.api.models import WireModel
from chalicelib.billing import stripe_client
from chalicelib.call import Call
from chalicelib.database.messages import ping
from chalicelib.errors import Refused, Unavailable
from chalicelib.storage.store import audio_store
from chalicelib.telemetry import logs

PROBE_SECONDS = 15.0
PING_SECONDS = 2.0


class AliveResponse(WireModel):
    status: Literal["ok"] = "ok"


class HealthResponse(WireModel):
    status: Literal["ok", "degraded"]
    checks: dict[str, Literal["ok", "failing"]]


def get_healthz(call: Call) -> AliveResponse:
    """Report that the process is running. Nothing else is checked."""
    return AliveResponse()


def get_readyz(call: Call) -> AliveResponse:
    """Report whether Postgres answers within two seconds. SERVICE_UNAVAILABLE when it does not."""
    ping(PING_SECONDS)
    return AliveResponse()


def get_health(call: Call) -> HealthResponse:
    """Check the configuration and every service the app needs.

    The checks run at most once in 15 seconds. SERVICE_UNAVAILABLE when Postgres does not answer; `degraded` when
    another check fails. UNAUTHORIZED on a stage that sets HEALTH_TOKEN, without that token.
    """
    _authorise(call)
    results = _probe_once()
    for name in CRITICAL:
        if results[name] == "failing":
            raise Unavailable(f"health: {name}", retry_after=int(PROBE_SECONDS))
    healthy = all(result == "ok" for result in results.values())
    return HealthResponse(status="ok" if healthy else "degraded", checks=results)


def _authorise(call: Call) -> None:
    token = config.load(config.HttpSettings).health_token
    if token is None:
        return
    given = call.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode()):
        raise Refused("UNAUTHORIZED")


def _check_configuration() -> None:
    # Sixty fields that nobody else builds: imported by who asks.
    from chalicelib.config.by_function import ApiFunction

    config.load(ApiFunction)


def _check_storage() -> None:
    # Nothing lies there; that the store says so, to our signature, is what is asked.
    audio_store().inspect_object("health")


CHECKS: dict[str, Callable[[], None]] = {
    "database": lambda: ping(PING_SECONDS),
    "configuration": _check_configuration,
    "storage": _check_storage,
    "stripe": lambda: stripe_client.ping(PING_SECONDS),
}
"""Name -> a check that raises when something is wrong."""

CRITICAL = ("database",)

Results = dict[str, Literal["ok", "failing"]]

_lock = threading.Lock()
_probed_at: float | None = None
_results: Results = {}


def _probe_once() -> Results:
    """The results of the last probe, or of a new one. Who comes while one is running waits for it."""
    global _probed_at, _results
    with _lock:
        if _probed_at is None or time.monotonic() - _probed_at >= PROBE_SECONDS:
            _results = {name: _passes(name, check) for name, check in CHECKS.items()}
            _probed_at = time.monotonic()
        return _results


def _passes(name: str, check: Callable[[], None]) -> Literal["ok", "failing"]:
    try:
        check()
    except Exception as error:
        logs.failure("health_check_failed", error, check=name)
        return "failing"
    return "ok"


def reset() -> None:
    """Forgets the last probe."""
    global _probed_at
    _probed_at = None
