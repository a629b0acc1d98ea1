"""CloudWatch's alarms: one for each thing that must not happen, of the API, of each function and of each schedule.

They reach the operator by SNS, and so also while Postgres or the digest's mail is away. They are made from the
functions and schedules of the template, so one that is added later has its alarms by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chalicelib.telemetry.metrics import NAMESPACE
from tools.template.document import APP, Release, Template, functions_of, schedules_of

ALARM = "AWS::CloudWatch::Alarm"
MINUTE, HOUR = 60, 3600

Metric = dict[str, Any]


def metric(namespace: str, name: str, statistic: str, dimensions: Mapping[str, Any]) -> Metric:
    """A metric as an alarm names it; statistic: Sum, Maximum, Average or a percentile such as p95."""
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    return {"Namespace": namespace, "MetricName": name, kind: statistic, "Dimensions": listed}


def of_function(resource: str, name: str) -> Metric:
    return metric("AWS/Lambda", name, "Sum", {"FunctionName": {"Ref": resource}})


def of_schedule(release: Release, schedule: str, name: str) -> Metric:
    """A number of a schedule's summary (see chalicelib/telemetry/metrics.py)."""
    return metric(NAMESPACE, name, "Maximum", {"stage": release.stage, "schedule": schedule})


def of_api(release: Release, name: str, statistic: str) -> Metric:
    return metric("AWS/ApiGateway", name, statistic, {"ApiName": APP, "Stage": release.stage})


def alarm(
    release: Release,
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
        "Type": ALARM,
        "Properties": {
            "AlarmName": f"{APP} {release.stage} {named}",
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


def add_alarms(document: Template, release: Release) -> Template:
    """The alarms, and the topic by which they are mailed to the parameter AlarmEmail."""
    topic = {
        "Type": "AWS::SNS::Topic",
        "Properties": {
            "DisplayName": f"{APP} {release.stage}",
            "Subscription": [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}],
        },
    }
    return {
        "Parameters": {
            "AlarmEmail": {
                "Type": "String",
                "AllowedPattern": "[^@ ]+@[^@ ]+",
                "Description": "Who gets the alarms. AWS asks them once to confirm the subscription.",
            }
        },
        "Resources": {"AlarmTopic": topic, **_of_the_service(release), **_of_functions(document, release)},
    }


def _of_the_service(release: Release) -> dict[str, Template]:
    return {
        "ServerErrorsAlarm": _server_errors(release),
        "LatencyAlarm": alarm(
            release, "latency", "Requests are slow.", of_api(release, "Latency", "p95"), 3000, periods=3
        ),
        "QueueAgeAlarm": alarm(
            release,
            "queue-age",
            "Jobs that are due are not run.",
            of_schedule(release, "process_jobs", "oldestDueSeconds"),
            10 * MINUTE,
            periods=2,
        ),
        "DeadJobsAlarm": alarm(
            release, "dead-jobs", "Jobs died within a day.", of_schedule(release, "process_jobs", "deadLastDay"), 0
        ),
        "WebhookLagAlarm": alarm(
            release,
            "webhook-lag",
            "Events of Stripe's are not applied.",
            of_schedule(release, "process_jobs", "webhookLagSeconds"),
            HOUR,
            periods=2,
        ),
        "UncopiedAlarm": alarm(
            release, "uncopied", "Recordings have one copy only.", of_schedule(release, "copy_recordings", "late"), 0
        ),
        "MissingAlarm": alarm(
            release, "audit", "Recordings have no object.", of_schedule(release, "audit_storage", "missing"), 0
        ),
        "DifferingAlarm": alarm(
            release,
            "audit",
            "Objects changed.",
            of_schedule(release, "audit_storage", "differing"),
            0,
            part="differing",
        ),
    }


def _of_functions(document: Template, release: Release) -> dict[str, Template]:
    made = {}
    functions = functions_of(document)
    for name, resource in functions.items():
        made[f"{resource}ErrorsAlarm"] = alarm(
            release, "errors", "A function fails or times out.", of_function(resource, "Errors"), 0, part=name
        )
        made[f"{resource}ThrottlesAlarm"] = alarm(
            release, "throttles", "A function is not started.", of_function(resource, "Throttles"), 0, part=name
        )
    for name, pause in schedules_of(document).items():
        made[f"{functions[name]}NotRunAlarm"] = _not_run(release, name, functions[name], pause)
    return made


def _server_errors(release: Release) -> Template:
    """More than 5 % of the requests of five minutes, and three at least: of two requests one is half, and no outage."""
    made = alarm(release, "5xx", "Requests are answered with 5xx.", {}, 0.05)
    properties = made["Properties"]
    period = properties.pop("Period")
    asked = {"errors": of_api(release, "5XXError", "Sum"), "requests": of_api(release, "Count", "Sum")}
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


def _not_run(release: Release, name: str, resource: str, pause: int) -> Template:
    """Three pauses without a run, a quarter of an hour at least. What runs by the hour or by night has three hours more
    than its longest pause. A function that is not started gives no data, so silence is the alarm.
    """
    if pause < HOUR:
        period, periods = 5 * MINUTE, max(3, math.ceil(3 * pause / (5 * MINUTE)))
    else:
        period, periods = HOUR, math.ceil(pause / HOUR) + 3
    return alarm(
        release,
        "not-run",
        "A schedule does not run.",
        of_function(resource, "Invocations"),
        1,
        part=name,
        period=period,
        periods=periods,
        below=True,
        silence="breaching",
    )
