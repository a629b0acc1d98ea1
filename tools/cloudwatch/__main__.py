"""What watches a stage from outside: CloudWatch's alarms, its dashboard, and how long logs are kept.

`make package` adds it to the template. All of it is made from app.py's schedules, so a schedule that is added later has
its alarms, its log group and its place on the dashboard by itself. These alarms reach the operator by SNS, and so also
while Postgres or the digest's mail is away.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tools.cloudwatch.alarms import alarms
from tools.cloudwatch.dashboard import dashboard
from tools.cloudwatch.stage import APP, Stage, Template, stage_of

LOG_DAYS = 30
"""Logs hold ids of people, so they are kept as long as finding a fault needs, and no longer."""


def log_groups(stage: Stage) -> dict[str, Template]:
    """One for each function, so that its logs are not kept for ever."""
    return {
        f"{resource}LogGroup": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{{resource}}}"},
                "RetentionInDays": LOG_DAYS,
            },
        }
        for resource in stage.functions.values()
    }


def template(stage: Stage) -> Template:
    """What is added to the template of a stage."""
    return {
        "Parameters": {
            "AlarmEmail": {
                "Type": "String",
                "AllowedPattern": "[^@ ]+@[^@ ]+",
                "Description": "Who gets the alarms. AWS asks them once to confirm the subscription.",
            }
        },
        "Resources": {
            "AlarmTopic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {
                    "DisplayName": f"{APP} {stage.name}",
                    "Subscription": [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}],
                },
            },
            "Dashboard": dashboard(stage),
            **log_groups(stage),
            **alarms(stage),
        },
    }


def main(arguments: list[str]) -> int:
    """Writes .chalice/merge.json, with what watches the stage, to a file: python -m tools.cloudwatch STAGE FILE."""
    from app import app

    name, output = arguments
    merged = json.loads(Path(".chalice/merge.json").read_text("utf-8"))
    added = template(stage_of(name, app.event_sources))
    merged["Parameters"] = added["Parameters"]
    merged["Resources"] |= added["Resources"]
    Path(output).write_text(json.dumps(merged, indent=2), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
