"""make logs on a deployed stage: it reads the log groups that the template makes, and no other stage's."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.sam import finished_document
from tools.operate import logs
from tools.operate.stage import Stage

PROD = Stage("prod", "db.abc.supabase.co:6543/postgres")


def groups_of(stage: str) -> list[str]:
    """The log groups of a stage: CloudFormation names each after its stack, its resource, and by chance."""
    resources = finished_document("prod")["Resources"]
    names = [name for name, each in resources.items() if each["Type"] == "AWS::Logs::LogGroup"]
    return [f"stories-from-the-sun-{stage}-{name}-1A2B3C" for name in names]


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The log groups of two stages, with a line in each of their groups."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("REQUEST", "EVENT", "HOURS"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client("logs")
        for group in (*groups_of("prod"), *groups_of("prod2")):
            client.create_log_group(logGroupName=group)
            client.create_log_stream(logGroupName=group, logStreamName="one")
            line = {"message": "vendor_failed", "requestId": "chosen", "ownId": "id-1", "group": group}
            messages = [
                json.dumps(line, separators=(",", ":")),
                json.dumps({"message": "request", "requestId": "id-2"}),
            ]
            now = int(time.time() * 1000)
            events = [{"timestamp": now, "message": message} for message in messages]
            client.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)
        yield client


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, **given: str) -> str:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    logs.logs(PROD)
    return capsys.readouterr().out


@pytest.mark.parametrize("given", [{"REQUEST": "id-1"}, {"EVENT": "vendor_failed"}])
def test_every_function_s_lines_are_found_and_no_other_stage_s(
    cloudwatch: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    printed = shown(capsys, monkeypatch, **given)
    prod = groups_of("prod")
    for group in prod:
        assert f'"group":"{group}"' in printed
    assert "prod2" not in printed and "id-2" not in printed
    assert re.search(rf"^{len(prod)} lines with ", printed, re.MULTILINE)
    assert ("make logs REQUEST=chosen" in printed) == ("REQUEST" in given)


def test_without_credentials_it_prints_the_command_to_run_elsewhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    printed = shown(capsys, monkeypatch, EVENT="vendor_failed")
    assert """--filter-pattern '{ $.message = "vendor_failed" }'""" in printed
    assert "--log-group-name-prefix stories-from-the-sun-prod- " in printed
