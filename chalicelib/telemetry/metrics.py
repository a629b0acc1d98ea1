"""Metrics: one line in CloudWatch's embedded metric format (EMF) for each request and each run of a schedule.

CloudWatch makes metrics of these log lines by itself, so a request waits for nothing. Every pair of a metric's name and
its dimensions costs money, so there are few dimensions: the stage, and the operation or the schedule. Never an id, and
nothing that a caller sent. Off on the local stack, unless METRICS=on.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from chalicelib.call import Call
from chalicelib.telemetry import logs

NAMESPACE = "StoriesFromTheSun"
_UNITS = {"Ms": "Milliseconds", "Seconds": "Seconds"}
"""How a metric's name ends -> its unit; everything else is a count."""


def request(call: Call, status: int, code: str, duration_ms: float) -> None:
    """The metrics of a request, of its operation and of all together: requests, serverErrors, durationMs, dbMs,
    dbMessages, and for an error 1 under its code, such as QUOTA_EXCEEDED.
    """
    if not _is_on():
        return
    values: dict[str, float] = {
        "requests": 1,
        "serverErrors": int(status >= 500),
        "durationMs": round(duration_ms, 1),
        "dbMs": round(call.db_ms, 1),
        "dbMessages": call.messages,
    }
    if code != "OK":
        values[code] = 1
    # A path without a route has no action, and may be any text of the caller's.
    _write([{}, {"operation": call.action or "none"}], values)


def run(call: Call, summary: Mapping[str, Any], duration_ms: float, *, failed: bool = False) -> None:
    """The metrics of a schedule's run: runs, failedRuns, durationMs, and every number of its summary by its name."""
    if not _is_on():
        return
    numbers = {
        name: value for name, value in summary.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }
    values = {"runs": 1, "failedRuns": int(failed), "durationMs": round(duration_ms, 1), **numbers}
    _write([{"schedule": call.action}], values)


def _is_on() -> bool:
    return os.environ.get("STAGE", "local") != "local" or os.environ.get("METRICS") == "on"


def _write(dimensions: list[dict[str, str]], values: Mapping[str, float]) -> None:
    line: dict[str, Any] = {"stage": os.environ.get("STAGE", "local")}
    for more in dimensions:
        line |= more
    line |= values
    try:
        described = _description(tuple(("stage", *more) for more in dimensions), tuple(values))
        at = f'{{"Timestamp":{time.time_ns() // 1_000_000},"CloudWatchMetrics":{described}}}'
        # One write: lines of other threads must not come between.
        sys.stdout.write(f'{{"_aws":{at},{json.dumps(line, separators=(",", ":"))[1:]}\n')
    except Exception as error:
        # Metrics never make a request fail.
        logs.failure("metrics_failed", error)


@functools.lru_cache(maxsize=256)
def _description(dimensions: tuple[tuple[str, ...], ...], names: tuple[str, ...]) -> str:
    """What CloudWatch reads the line by, in JSON. Powertools makes it, once: for each line it takes 40 us, this 5."""
    from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

    first, *others = (dict.fromkeys(keys, "-") for keys in dimensions)
    made = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, dimension_set=first)
    for more in others:
        made.add_dimensions(**more)
    for name in names:
        made.add_metric(name, next((unit for end, unit in _UNITS.items() if name.endswith(end)), "Count"), 0)
    return json.dumps(made.serialize_metric_set()["_aws"]["CloudWatchMetrics"], separators=(",", ":"))
