"""A run of a schedule that failed or never began is kept and told, and AWS repeats none by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sam import STAGES, finished_document
from tools.template.document import functions_of, schedules_of

QUEUE = {"Fn::GetAtt": ["UnfinishedRuns", "Arn"]}


@pytest.mark.parametrize("stage", STAGES)
def test_every_schedule_keeps_its_unfinished_runs_and_repeats_none(stage: str) -> None:
    document = finished_document(stage)
    resources: dict[str, Any] = document["Resources"]
    for name, pause in schedules_of(document).items():
        resource = functions_of(document)[name]
        function = resources[resource]["Properties"]
        config = function["EventInvokeConfig"]
        # A repeat would find its slot taken, and pass for a run that went well.
        assert config["MaximumRetryAttempts"] == 0
        assert 60 <= config["MaximumEventAgeInSeconds"] <= max(60, pause)
        assert config["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": QUEUE}
        (event,) = function["Events"].values()
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": QUEUE}
        assert event["Properties"]["RetryPolicy"]["MaximumEventAgeInSeconds"] <= max(60, pause)
        (own,) = resources[f"{resource}Role"]["Properties"]["Policies"]
        (send,) = (each for each in own["PolicyDocument"]["Statement"] if each["Action"] == "sqs:SendMessage")
        assert send["Resource"] == QUEUE


def test_what_callers_wait_for_has_no_such_queue() -> None:
    resources = finished_document("prod")["Resources"]
    for resource in ("APIHandler", "StripeWebhook"):
        assert "EventInvokeConfig" not in resources[resource]["Properties"]


def test_the_queue_is_encrypted_kept_for_two_weeks_and_alarmed() -> None:
    resources = finished_document("prod")["Resources"]
    assert resources["UnfinishedRuns"]["Properties"] == {
        "MessageRetentionPeriod": 14 * 86_400,
        "SqsManagedSseEnabled": True,
    }
    alarm = resources["UnfinishedRunsAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "NumberOfMessagesSent")
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
