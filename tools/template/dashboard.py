"""CloudWatch's dashboard of a stage: one page with its alarms, requests, functions, database and queue."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.telemetry.metrics import NAMESPACE
from tools.template.alarms import ALARM
from tools.template.document import APP, Release, Template, functions_of, schedules_of


def add_dashboard(document: Template, release: Release) -> Template:
    """One page: requests, functions, database, queue, what is alarmed just now."""
    own = [NAMESPACE]
    runs = [*own, "runs", "stage", release.stage, "schedule"]
    functions = list(functions_of(document).values())
    alarms = [name for name, each in document["Resources"].items() if each["Type"] == ALARM]

    def of(name: str, statistic: str, **more: Any) -> list[Any]:
        return ["AWS/ApiGateway", name, "ApiName", APP, "Stage", release.stage, {"stat": statistic, **more}]

    def of_queue(name: str) -> list[Any]:
        return [NAMESPACE, name, "stage", release.stage, "schedule", "process_jobs", {"stat": "Maximum"}]

    def search(dimension: str, name: str, statistic: str) -> list[Any]:
        found = f'{{{NAMESPACE},stage,{dimension}}} MetricName="{name}" stage="{release.stage}"'
        return [{"expression": f"SEARCH('{found}', '{statistic}', 300)", "id": name.lower()}]

    graphs: list[tuple[str, list[list[Any]]]] = [
        ("Requests and 5xx", [of("Count", "Sum"), of("5XXError", "Sum", yAxis="right")]),
        ("Latency, ms", [of("Latency", "p50"), of("Latency", "p95"), of("Latency", "p99")]),
        ("p95 of each operation, ms", [search("operation", "durationMs", "p95")]),
        (
            "Time in the database, ms",
            [[*own, "dbMs", "stage", release.stage, {"stat": each}] for each in ("p50", "p95")],
        ),
        (
            "Refusals and errors by code",
            [
                [*own, code, "stage", release.stage, {"stat": "Sum"}]
                for code in ("RATE_LIMIT", "QUOTA_EXCEEDED", "SERVICE_UNAVAILABLE", "INTERNAL", "UNAUTHORIZED")
            ],
        ),
        ("Errors of functions", [["AWS/Lambda", "Errors", "FunctionName", f"${{{each}}}"] for each in functions]),
        ("Throttles", [["AWS/Lambda", "Throttles", "FunctionName", f"${{{each}}}"] for each in functions]),
        ("Runs of schedules", [[*runs, name, {"stat": "Sum"}] for name in schedules_of(document)]),
        ("Queue: jobs", [of_queue("waiting"), of_queue("deadLastDay")]),
        ("Queue and webhooks: seconds", [of_queue("oldestDueSeconds"), of_queue("webhookLagSeconds")]),
        ("Mails within the hour", [of_queue("mailsLastHour"), of_queue("mailsRefusedLastHour")]),
        (
            "Second copies and audit",
            [
                [NAMESPACE, name, "stage", release.stage, "schedule", schedule, {"stat": "Maximum"}]
                for schedule, name in (
                    *(("copy_recordings", "late"), ("audit_storage", "missing")),
                    *(("audit_storage", "differing"), ("audit_storage", "orphaned"), ("audit_storage", "drifted")),
                )
            ],
        ),
    ]
    widgets: list[Template] = [
        {
            "type": "alarm",
            "width": 24,
            "height": 5,
            "properties": {"title": "Alarms", "alarms": [f"${{{name}.Arn}}" for name in alarms]},
        }
    ]
    for title, metrics in graphs:
        properties = {"title": title, "region": "${AWS::Region}", "stat": "Sum", "period": 300, "metrics": metrics}
        widgets.append({"type": "metric", "width": 8, "height": 6, "properties": properties})
    body = json.dumps({"widgets": widgets})
    properties = {"DashboardName": f"{APP}-{release.stage}", "DashboardBody": {"Fn::Sub": body}}
    return {"Resources": {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}}
