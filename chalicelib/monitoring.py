"""Sentry: what failed, where, and what took how long, without any text that a caller wrote.

Sentry is imported with the first event to send, and only where SENTRY_DSN is set. An event holds the error's class, the
frames without their variables, ids as tags and the user's id; a trace the names of our own SQL functions and their
times. Each is sent from a scope of its own, so that nothing of one call is in the event of the next. Sending never
fails a request; an error delays one by FLUSH_SECONDS at most. A request does not wait for its trace, which is sent
while the process serves the next one; a schedule does.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from chalicelib import config
from chalicelib.call import Call
from chalicelib.errors import MissingConfiguration
from chalicelib.telemetry import logs
from chalicelib.telemetry.features import feature_of
from chalicelib.telemetry.scrubbing import scrub_text

if TYPE_CHECKING:
    from sentry_sdk import Scope
    from sentry_sdk.types import Event, Hint

FLUSH_SECONDS = 2.0
_QUIET_SECONDS = 30.0
_MAX_TAG = 200

IGNORED_ERRORS = (
    "Network request failed",
    "Load failed",
    "ResizeObserver loop limit exceeded",
    "AbortError",
    "TypeError: cancelled",
    "TypeError: Failed to fetch",
)
"""A phone or a browser that lost its network: nobody can mend that. Looked for in `Class: text`."""

_starting = Lock()
_started_for: config.MonitoringSettings | None = None
_quiet_until = 0.0


def capture(error: BaseException, call: Call | None = None, **tags: str) -> None:
    """Sends an error, with the call's tags, the user's id, and the given tags."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        if _is_ignored(error) or _start() is None:
            return
        with _scope(call, tags) as scope:
            scope.capture_exception(error)
        _flush()
    except Exception as trouble:
        # A failure of monitoring must not fail the request.
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        logs.warning("monitoring_failed", call, error=type(trouble).__name__)


def trace(call: Call, seconds: float, **tags: str) -> None:
    """Sends what a call that ends now spent its time on, for SENTRY_TRACES_SAMPLE_RATE of all calls."""
    global _quiet_until
    try:
        settings = _settings()
        if settings is None or random.random() >= settings.sentry_traces_sample_rate:
            return
        if time.monotonic() >= _quiet_until and _start() is not None:
            _send_trace(call, seconds, settings.sentry_traces_sample_rate, tags)
            if not call.method:
                # Nobody waits for a schedule, and Lambda freezes its process until the next run.
                _flush()
    except Exception as trouble:
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        logs.warning("monitoring_failed", call, error=type(trouble).__name__)


def _settings() -> config.MonitoringSettings | None:
    """The settings, where a DSN is configured."""
    try:
        settings = config.load(config.MonitoringSettings)
    except MissingConfiguration:
        return None
    return settings if settings.sentry_dsn else None


def _start() -> config.MonitoringSettings | None:
    """The settings, where a DSN is configured; sets up the client on the first use."""
    global _started_for
    settings = _settings()
    if settings is None:
        return None
    # Of two threads that start it, the second would replace a client that has something to send.
    with _starting:
        if _started_for != settings:
            _init(settings)
            _started_for = settings
    return settings


def _init(settings: config.MonitoringSettings) -> None:
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.stage,
        release=settings.version,
        # Which calls are traced is decided above, before Sentry is imported.
        traces_sample_rate=1.0,
        propagate_traces=False,
        auto_session_tracking=False,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        server_name="",
        before_send=_scrubbed,
        before_send_transaction=_scrubbed_trace,
    )


@contextmanager
def _scope(call: Call | None, tags: Mapping[str, str]) -> Iterator[Scope]:
    """A scope for one event alone: nothing that another call, or a library, has set is in it."""
    import sentry_sdk

    with sentry_sdk.isolation_scope() as scope:
        scope.clear()
        sentry_sdk.get_current_scope().clear()
        for name, value in {**_tags(call), **tags}.items():
            if value:
                scope.set_tag(name, scrub_text(value)[:_MAX_TAG])
        if call is not None and call.user_id is not None:
            scope.set_user({"id": str(call.user_id)})
        yield scope


def _tags(call: Call | None) -> dict[str, str]:
    """Where and in what call, under the names that the log's lines use."""
    where = {"stage": os.environ.get("STAGE", ""), "region": os.environ.get("AWS_REGION", "")}
    if call is None:
        return where
    ids = {name: str(value) for name, value in call.log_fields.items() if name.endswith("Id")}
    return {
        **where,
        **ids,
        "feature": feature_of(call.action),
        "action": call.action,
        "route": call.route,
        "function": call.function,
        "requestId": call.request_id,
        "ownId": call.own_id,
        "lambdaRequestId": call.lambda_request_id,
    }


def _flush() -> None:
    """Waits until the event is sent: Lambda may freeze the process as soon as the response is made."""
    global _quiet_until
    import sentry_sdk

    started = time.monotonic()
    sentry_sdk.flush(timeout=FLUSH_SECONDS)
    if time.monotonic() - started >= FLUSH_SECONDS:
        # A slow Sentry delays one request by two seconds, not every failing request of an outage.
        _quiet_until = time.monotonic() + _QUIET_SECONDS


def _send_trace(call: Call, seconds: float, rate: float, tags: Mapping[str, str]) -> None:
    import sentry_sdk
    from sentry_sdk.tracing import Transaction

    ended = time.time()
    with _scope(call, tags):
        whole = sentry_sdk.start_transaction(
            op="http.server" if call.method else "function",
            name=f"{call.method} {call.route}".strip() or "unknown",
            source="route",
            sampled=True,
            start_timestamp=_moment(ended - seconds),
        )
        if isinstance(whole, Transaction):
            whole.sample_rate = rate
        for span in call.spans:
            part = whole.start_child(op=span.kind, name=span.name, start_timestamp=_moment(span.started))
            part.finish(end_timestamp=_moment(span.started + span.seconds))
        whole.finish(end_timestamp=_moment(ended))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _is_ignored(error: BaseException) -> bool:
    text = f"{type(error).__name__}: {error}"
    return any(ignored in text for ignored in IGNORED_ERRORS)


_UNWANTED = ("request", "extra", "breadcrumbs", "modules", "server_name", "logentry", "message")


def _scrubbed(event: Event, hint: Hint) -> Event:
    """Removes from an event every text that a caller could have written: exceptions' texts, unless we wrote them."""
    error = (hint.get("exc_info") or (None, None, None))[1]
    ours = logs.facts_of(error).get("reason") if error is not None else None
    values: list[dict[str, Any]] = (event.get("exception") or {"values": []})["values"]
    for value in values:
        value["value"] = ""
    if values and ours:
        values[-1]["value"] = scrub_text(ours)
    for name in (*_UNWANTED, "contexts"):
        event.pop(name, None)  # type: ignore[misc]
    return event


def _scrubbed_trace(event: Event, hint: Hint) -> Event:
    """Keeps of a trace the names that we gave and their times."""
    for name in _UNWANTED:
        event.pop(name, None)  # type: ignore[misc]
    whole = event.get("contexts", {}).get("trace", {})
    event["contexts"] = {"trace": {name: value for name, value in whole.items() if name != "data"}}
    spans: Any = event.get("spans") or []
    for span in spans:
        span.pop("data", None)
        span.pop("tags", None)
    return event


def reset() -> None:
    """Forgets the client; the next event sets it up again."""
    global _started_for, _quiet_until
    _started_for, _quiet_until = None, 0.0
