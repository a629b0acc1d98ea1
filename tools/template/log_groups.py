"""Where each function logs, and for how long that is kept."""

from __future__ import annotations

from tools.template.document import Release, Template, functions_of

LOG_DAYS = 30
"""Logs hold ids of people, so they are kept as long as finding a fault needs, and no longer."""


def keep_logs(document: Template, release: Release) -> Template:
    """A log group for each function; it stays when the stack goes.

    CloudFormation names it, after the stack. So a stack of any name has its own, also one that is made anew beside the
    groups that an earlier one has left.
    """
    made: Template = {}
    for resource in functions_of(document).values():
        made[f"{resource}LogGroup"] = log_group()
        made[resource] = {"Properties": {"LoggingConfig": {"LogGroup": {"Ref": f"{resource}LogGroup"}}}}
    return {"Resources": made}


def log_group() -> Template:
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"RetentionInDays": LOG_DAYS},
    }
