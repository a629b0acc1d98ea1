"""The way of a schedule's run: from EventBridge's event to the summary that is logged, measured and returned.

Each schedule is a function of its own on Lambda, whose handler is `handler` of the schedule's module: it imports what
that schedule needs, and nothing of the API. Chalice knows it by its line in app.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib import config, monitoring
from chalicelib.api.models import camelise, to_json
from chalicelib.api.requests import lambda_request_id, seconds_left
from chalicelib.call import Call, serving
from chalicelib.database import alerts
from chalicelib.database.messages import ping
from chalicelib.errors import InternalError
from chalicelib.telemetry import logs, metrics

Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


def handler_of(schedule: Callable[[Call], Mapping[str, Any]]) -> Handler:
    """What Lambda calls: `schedule(call)` gives a summary, which is logged and returned in camelCase.

    The handler raises InternalError when the schedule fails, after logging and reporting why: Lambda then counts the
    failure, and prints nothing of the original.
    """

    def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        name = schedule.__name__
        call = Call.system(name, seconds=seconds_left(context))
        call.function = getattr(context, "function_name", name)
        call.lambda_request_id = lambda_request_id(context)
        call.detail = event.get("detail") or {}
        started = time.perf_counter()
        if call.detail.get("probe"):
            return _probe(call, name)
        try:
            with serving(call):
                summary: dict[str, Any] = json.loads(to_json(camelise(schedule(call))))
        except Exception as error:
            logs.failure("schedule_failed", error, call, schedule=name)
            monitoring.capture(error, call)
            alerts.note_failure(call, error, "SCHEDULE_FAILED")
            metrics.run(call, {}, (time.perf_counter() - started) * 1000, failed=True)
            raise InternalError(f"{name} failed") from None
        finally:
            if refused := logs.configuration_refused(call):
                alerts.note_failure(call, refused, "")
            monitoring.trace(call, time.perf_counter() - started)
        duration_ms = round((time.perf_counter() - started) * 1000, 1)
        logs.info("schedule", call, schedule=name, durationMs=duration_ms, dbMs=round(call.db_ms, 1), summary=summary)
        metrics.run(call, summary, duration_ms)
        return summary

    return handler


def _probe(call: Call, schedule: str) -> dict[str, Any]:
    """What a deployment asks of a version that serves nobody yet: {"ready": true} where a run would find all it needs.

    Runs nothing and claims no slot. Raises InternalError, after logging what is missing.
    """
    # No run needs it.
    from chalicelib.config.by_function import FUNCTIONS

    try:
        config.load(FUNCTIONS[schedule])
        ping()
    except Exception as error:
        logs.failure("probe_failed", error, call, schedule=schedule)
        raise InternalError(f"{schedule} is not ready") from None
    return {"ready": True}
