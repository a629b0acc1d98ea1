"""CloudWatch's alarms: one for each thing that must not happen, of the API, of each function and of each schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chalice.utils import to_cfn_resource_name

from chalicelib.telemetry.metrics import NAMESPACE
from tools.cloudwatch.stage import APP, Stage, Template

MINUTE, HOUR = 60, 3600

Metric = dict[str, Any]


def metric(namespace: str, name: str, statistic: str, dimensions: Mapping[str, Any]) -> Metric:
    """A metric as an alarm names it; statistic: Sum, Maximum, Average or a percentile such as p95."""
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    return {"Namespace": namespace, "MetricName": name, kind: statistic, "Dimensions": listed}


def of_function(resource: str, name: str) -> Metric:
    return metric("AWS/Lambda", name, "Sum", {"FunctionName": {"Ref": resource}})


def of_schedule(stage: Stage, schedule: str, name: str) -> Metric:
    """A number of a schedule's summary (see chalicelib/telemetry/metrics.py)."""
    return metric(NAMESPACE, name, "Maximum", {"stage": stage.name, "schedule": schedule})


def of_api(stage: Stage, name: str, statistic: str) -> Metric:
    return metric("AWS/ApiGateway", name, statistic, {"ApiName": APP, "Stage": stage.name})


def alarm(
    stage: Stage,
    kind: str,
    about: str,
    watched: Metric,
    above: float,
    *,
    part: str = "",
    period: int = 5 * MINUTE,
    periods: int = 1,
    below: bool = False,
    silence: str = "notBreaching",
) -> Template:
    """An alarm: mailed when it begins and when it ends. `kind`: its section in docs/operating.md, and `part` the
    function or schedule. `silence`: what a period without any data means.
    """
    named = f"cloudwatch/{kind}" + (f"/{part}" if part else "")
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": f"{APP} {stage.name} {named}",
            "AlarmDescription": f"{about} See the section cloudwatch/{kind} in docs/operating.md.",
            **watched,
            "Period": period,
            "EvaluationPeriods": periods,
            "DatapointsToAlarm": periods,
            "Threshold": above,
            "ComparisonOperator": "LessThanThreshold" if below else "GreaterThanThreshold",
            "TreatMissingData": silence,
            "AlarmActions": [{"Ref": "AlarmTopic"}],
            "OKActions": [{"Ref": "AlarmTopic"}],
        },
    }


def alarms(stage: Stage) -> dict[str, Template]:
    """Name in the template -> alarm."""
    made = {
        "ServerErrorsAlarm": _server_errors(stage),
        "LatencyAlarm": alarm(stage, "latency", "Requests are slow.", of_api(stage, "Latency", "p95"), 3000, periods=3),
        "QueueAgeAlarm": alarm(
            stage,
            "queue-age",
            "Jobs that are due are not run.",
            of_schedule(stage, "process_jobs", "oldestDueSeconds"),
            10 * MINUTE,
            periods=2,
        ),
        "DeadJobsAlarm": alarm(
            stage, "dead-jobs", "Jobs died within a day.", of_schedule(stage, "process_jobs", "deadLastDay"), 0
        ),
        "WebhookLagAlarm": alarm(
            stage,
            "webhook-lag",
            "Events of Stripe's are not applied.",
            of_schedule(stage, "process_jobs", "webhookLagSeconds"),
            HOUR,
            periods=2,
        ),
        "UncopiedAlarm": alarm(
            stage, "uncopied", "Recordings have one copy only.", of_schedule(stage, "copy_recordings", "late"), 0
        ),
        "MissingAlarm": alarm(
            stage, "audit", "Recordings have no object.", of_schedule(stage, "audit_storage", "missing"), 0
        ),
        "DifferingAlarm": alarm(
            stage, "audit", "Objects changed.", of_schedule(stage, "audit_storage", "differing"), 0, part="differing"
        ),
    }
    for name, resource in stage.functions.items():
        made[f"{resource}ErrorsAlarm"] = alarm(
            stage, "errors", "A function fails or times out.", of_function(resource, "Errors"), 0, part=name
        )
        made[f"{resource}ThrottlesAlarm"] = alarm(
            stage, "throttles", "A function is not started.", of_function(resource, "Throttles"), 0, part=name
        )
    for name, pause in stage.schedules.items():
        made[f"{to_cfn_resource_name(name)}NotRunAlarm"] = _not_run(stage, name, pause)
    return made


def _server_errors(stage: Stage) -> Template:
    """More than 5 % of the requests of five minutes, and three at least: of two requests one is half, and no outage."""
    made = alarm(stage, "5xx", "Requests are answered with 5xx.", {}, 0.05)
    properties = made["Properties"]
    period = properties.pop("Period")
    asked = {"errors": of_api(stage, "5XXError", "Sum"), "requests": of_api(stage, "Count", "Sum")}
    properties["Metrics"] = [
        {"Id": "rate", "Expression": "IF(errors >= 3, errors / requests, 0)", "Label": "5xx rate"},
        *(
            {
                "Id": name,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {key: each[key] for key in ("Namespace", "MetricName", "Dimensions")},
                    "Period": period,
                    "Stat": each["Statistic"],
                },
            }
            for name, each in asked.items()
        ),
    ]
    return made


def _not_run(stage: Stage, name: str, pause: int) -> Template:
    """Three pauses without a run, a quarter of an hour at least. What runs by the hour or by night has three hours more
    than its longest pause. A function that is not started gives no data, so silence is the alarm.
    """
    if pause < HOUR:
        period, periods = 5 * MINUTE, max(3, math.ceil(3 * pause / (5 * MINUTE)))
    else:
        period, periods = HOUR, math.ceil(pause / HOUR) + 3
    return alarm(
        stage,
        "not-run",
        "A schedule does not run.",
        of_function(to_cfn_resource_name(name), "Invocations"),
        1,
        part=name,
        period=period,
        periods=periods,
        below=True,
        silence="breaching",
    )
