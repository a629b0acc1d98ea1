"""What becomes of a schedule's run that fails or never begins: it is kept for two weeks, and somebody is told.

Nothing is run again by AWS: each schedule goes on in its next slot, where the last one stopped.
"""

from __future__ import annotations

from typing import Any

from tools.template.alarms import alarm, metric
from tools.template.document import Release, Template, functions_of, schedules_of

QUEUE = "UnfinishedRuns"
KEPT_SECONDS = 14 * 24 * 3600
LONGEST_WAIT = 300
"""Seconds that a run waits at most where AWS cannot start it; one that comes later is in the way of the next."""


def keep_unfinished(document: Template, release: Release) -> Template:
    """A queue that takes the events of such runs, from Lambda and from EventBridge, and its alarm."""
    queue = {"Fn::GetAtt": [QUEUE, "Arn"]}
    made: dict[str, Template] = {
        QUEUE: {
            "Type": "AWS::SQS::Queue",
            "Properties": {"MessageRetentionPeriod": KEPT_SECONDS, "SqsManagedSseEnabled": True},
        },
        f"{QUEUE}Policy": _policy(queue),
        f"{QUEUE}Alarm": alarm(
            release,
            "unfinished-runs",
            "Runs of schedules failed or never began.",
            metric("AWS/SQS", "NumberOfMessagesSent", "Sum", {"QueueName": {"Fn::GetAtt": [QUEUE, "QueueName"]}}),
            0,
        ),
    }
    functions = functions_of(document)
    for name, pause in schedules_of(document).items():
        resource = functions[name]
        made[resource] = {
            "Properties": _without_repeats(document["Resources"][resource], queue, min(pause, LONGEST_WAIT))
        }
        made[f"{resource}Role"] = {
            "Properties": {"Policies": _with_queue(document["Resources"][f"{resource}Role"], queue)}
        }
    return {"Resources": made}


def _without_repeats(function: Template, queue: Any, seconds: int) -> Template:
    limits = {"MaximumEventAgeInSeconds": seconds, "MaximumRetryAttempts": 0}
    failed = {"OnFailure": {"Type": "SQS", "Destination": queue}}
    # Where EventBridge itself cannot reach Lambda it may try again: the run has not begun.
    reached = {"MaximumEventAgeInSeconds": seconds, "MaximumRetryAttempts": 10}
    event = {"Properties": {"DeadLetterConfig": {"Arn": queue}, "RetryPolicy": reached}}
    return {
        "EventInvokeConfig": {**limits, "DestinationConfig": failed},
        "Events": dict.fromkeys(function["Properties"]["Events"], event),
    }


def _with_queue(role: Template, queue: Any) -> list[Template]:
    (own,) = role["Properties"]["Policies"]
    send = {"Sid": "KeepUnfinishedRuns", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    document = {**own["PolicyDocument"], "Statement": [*own["PolicyDocument"]["Statement"], send]}
    return [{**own, "PolicyDocument": document}]


def _policy(queue: Any) -> Template:
    """EventBridge may send to the queue, for rules of this account alone."""
    rules = {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*"}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnLike": {"aws:SourceArn": rules}},
    }
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": QUEUE}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        },
    }
