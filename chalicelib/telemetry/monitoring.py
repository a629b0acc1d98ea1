"""Errors to Sentry: what happened and where, without any text that a caller wrote.

Sentry is imported with the first error to send, and only where SENTRY_DSN is set. An event holds the error's class, the
frames without their variables, the request id as a tag and the user's id. Sending never fails a request and never
delays one longer than FLUSH_SECONDS.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chalicelib import config
from chalicelib.call import Call
from chalicelib.errors import MissingConfiguration
from chalicelib.telemetry import logs
from chalicelib.telemetry.scrubbing import scrub_text

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

FLUSH_SECONDS = 2.0
_QUIET_SECONDS = 30.0

_started_for: str | None = None
_quiet_until = 0.0


def capture(error: BaseException, call: Call | None = None, **tags: str) -> None:
    """Sends an error, with the call's request id, route and user id, and the given tags."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        if not _start():
            return
        _send(error, call, tags)
    except Exception as trouble:
        # A failure of monitoring must not fail the request.
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        logs.warning("monitoring_failed", call, error=type(trouble).__name__)


def _start() -> bool:
    """Whether a DSN is configured; sets up the client on the first use."""
    global _started_for
    try:
        settings = config.load(config.MonitoringSettings)
    except MissingConfiguration:
        return False
    if not settings.sentry_dsn:
        return False
    if _started_for == settings.sentry_dsn:
        return True
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.stage,
        release=settings.version,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        server_name="",
        before_send=_scrubbed,
    )
    _started_for = settings.sentry_dsn
    return True


def _send(error: BaseException, call: Call | None, tags: dict[str, str]) -> None:
    global _quiet_until
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.clear()
        if call is not None:
            scope.set_tag("requestId", call.request_id)
            scope.set_tag("route", call.route)
            scope.set_tag("function", call.function)
            if call.user_id is not None:
                scope.set_user({"id": str(call.user_id)})
        for name, value in tags.items():
            scope.set_tag(name, scrub_text(value))
        scope.capture_exception(error)
    started = time.monotonic()
    sentry_sdk.flush(timeout=FLUSH_SECONDS)
    if time.monotonic() - started >= FLUSH_SECONDS:
        # A slow Sentry delays one request by two seconds, not every failing request of an outage.
        _quiet_until = time.monotonic() + _QUIET_SECONDS


def _scrubbed(event: Event, hint: Hint) -> Event:
    """Removes from an event every text that a caller could have written: exceptions' texts, unless we wrote them."""
    error = (hint.get("exc_info") or (None, None, None))[1]
    ours = logs.facts_of(error).get("reason") if error is not None else None
    values: list[dict[str, Any]] = (event.get("exception") or {"values": []})["values"]
    for value in values:
        value["value"] = ""
    if values and ours:
        values[-1]["value"] = scrub_text(ours)
    for name in ("request", "extra", "breadcrumbs", "contexts", "modules", "server_name", "logentry", "message"):
        event.pop(name, None)  # type: ignore[misc]
    return event


def reset() -> None:
    """Forgets the client; the next error sets it up again."""
    global _started_for, _quiet_until
    _started_for, _quiet_until = None, 0.0
