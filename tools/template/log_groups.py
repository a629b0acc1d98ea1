"""Where each function logs, and for how long that is kept."""

from __future__ import annotations

from tools.template.document import Release, Template, functions_of

LOG_DAYS = 30
"""Logs hold ids of people, so they are kept as long as finding a fault needs, and no longer."""


def keep_logs(document: Template, release: Release) -> Template:
    """A log group for each function; it stays when the stack goes."""
    return {
        "Resources": {
            f"{resource}LogGroup": {
                "Type": "AWS::Logs::LogGroup",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{{resource}}}"},
                    "RetentionInDays": LOG_DAYS,
                },
            }
            for resource in functions_of(document).values()
        }
    }
