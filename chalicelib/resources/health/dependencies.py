"""The services a stage depends on, each with the cheapest question whose answer needs our own key.

Where it fails, the check is `fail` if families cannot record, play or sign in without the service, and `warn` if work
is only delayed. What is not configured is `fail` on every stage that families use.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, NotRequired, TypedDict, TypeVar

from chalicelib import config, deadlines
from chalicelib.api import jwks
from chalicelib.billing import stripe_client
from chalicelib.errors import MissingConfiguration, Unavailable
from chalicelib.mail import resend_client
from chalicelib.storage.store import Store, audio_store, backup_store
from chalicelib.telemetry import logs

SECONDS = 3.0
"""For each dependency; they are asked at the same time."""

Status = Literal["pass", "warn", "fail"]
Result = TypeVar("Result")


class Check(TypedDict):
    """One line of /health, as the database's function gives it too."""

    name: str
    status: Status
    reason: NotRequired[str | None]
    measures: NotRequired[dict[str, float]]
    last_at: NotRequired[str | None]


_ONLY_DELAYED = frozenset({"backup_storage", "stripe", "mail"})


def outcome(name: str, ask: Callable[[], Result]) -> tuple[Check, Result | None]:
    """What a question says of a dependency, and its answer; None where it raised. Never raises."""
    started = time.monotonic()
    reason, answer = None, None
    try:
        answer = deadlines.within(SECONDS, ask)
    except Unavailable as error:
        reason = error.trouble.replace(" ", "_")
    except TimeoutError:
        reason = "too_slow"
    except MissingConfiguration as missing:
        logs.error("missing_configuration", variables=sorted(missing.problems), check=name)
        reason = "not_configured"
    except Exception as error:
        logs.failure("health_check_failed", error, check=name)
        reason = "error"
    check = Check(name=name, status="pass", reason=reason, measures={"milliseconds": _since(started)})
    if reason is not None:
        delayed = name in _ONLY_DELAYED and (reason != "not_configured" or _unguarded())
        check["status"] = "warn" if delayed else "fail"
        logs.warning("health", check=name, reason=reason)
    return check, answer


def _configuration() -> None:
    # Sixty fields that nobody else builds: imported by who asks.
    from chalicelib.config.by_function import ApiFunction

    config.load(ApiFunction)
    # What was changed to something wrong while this process ran is not in use yet.
    if wrong := config.refused():
        raise MissingConfiguration(wrong)


def _storage(store: Callable[[], Store]) -> None:
    # There is no such object; that the store says so, to our signature, is what is asked.
    store().inspect_object("health")


def _sign_in_keys() -> None:
    # A shared secret needs nobody's answer.
    url = config.load(config.AuthSettings).supabase_jwks_url
    if url is not None:
        jwks.ping(url)


CHECKS: dict[str, Callable[[], Any]] = {
    "configuration": _configuration,
    "storage": lambda: _storage(audio_store),
    "backup_storage": lambda: _storage(backup_store),
    "stripe": lambda: stripe_client.ping(SECONDS),
    "mail": lambda: resend_client.ping(config.load(config.ResendSettings), SECONDS),
    "sign_in_keys": _sign_in_keys,
}
"""Name -> a question that raises when something is wrong. The database is asked by the turn itself."""


def _unguarded() -> bool:
    try:
        return config.load(config.Settings).stage in config.UNGUARDED_STAGES
    except MissingConfiguration:
        return False


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
