"""What watches a stage from outside is made from its functions and schedules, and so complete."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.settings import ROOT
from tests.support.sam import chalice_document, finished_document
from tools.template import finish
from tools.template.alarms import ALARM
from tools.template.document import functions_of, longest_pause, merge, schedules_of
from tools.template.functions import FUNCTIONS
from tools.template.log_groups import LOG_DAYS

DOCUMENT = finished_document("prod")
RESOURCES: dict[str, Any] = DOCUMENT["Resources"]
SCHEDULES = schedules_of(DOCUMENT)


def alarms_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["Properties"] for each in document["Resources"].values() if each["Type"] == ALARM]


def names_of(document: dict[str, Any]) -> set[str]:
    return {each["AlarmName"].removeprefix("stories-from-the-sun prod ") for each in alarms_of(document)}


def test_every_function_has_its_alarms_and_its_log_group() -> None:
    functions = functions_of(DOCUMENT)
    assert functions.keys() == FUNCTIONS.keys()
    for name, resource in functions.items():
        assert {f"cloudwatch/errors/{name}", f"cloudwatch/throttles/{name}"} <= names_of(DOCUMENT)
        assert RESOURCES[f"{resource}LogGroup"]["Properties"] == {"RetentionInDays": LOG_DAYS}


def test_a_schedule_that_is_added_later_has_its_alarms_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "thank_everybody", FUNCTIONS["settle_uploads"])
    added = {"Resources": {"ThankEverybody": chalice_document("prod")["Resources"]["SettleUploads"]}}
    document = finish(merge(chalice_document("prod"), added), "prod", "v1.2.3")
    assert names_of(document) - names_of(DOCUMENT) == {
        f"cloudwatch/{kind}/thank_everybody" for kind in ("errors", "throttles", "not-run")
    }
    assert "ThankEverybodyLogGroup" in document["Resources"]
    assert "thank_everybody" in json.dumps(document["Resources"]["Dashboard"])


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("cron(* * * * ? *)", 60),
        ("cron(0/15 * * * ? *)", 900),
        ("cron(20 * * * ? *)", 3600),
        ("cron(5/15 1-4 * * ? *)", 20 * 3600 + 15 * 60),
    ],
)
def test_the_longest_pause_of_a_schedule_is_found(expression: str, seconds: int) -> None:
    assert longest_pause(expression) == seconds


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_alarm_of_silence_outlasts_the_longest_pause(name: str) -> None:
    """And CloudWatch takes it: a day at most where a period is shorter than an hour, else a week."""
    (found,) = (each for each in alarms_of(DOCUMENT) if each["AlarmName"].endswith(f"cloudwatch/not-run/{name}"))
    looked_at = found["Period"] * found["EvaluationPeriods"]
    assert SCHEDULES[name] * 1.1 < looked_at <= (86_400 if found["Period"] < 3600 else 7 * 86_400)
    assert found["TreatMissingData"] == "breaching" and found["ComparisonOperator"] == "LessThanThreshold"


def test_every_alarm_reaches_the_operator_when_it_begins_and_when_it_ends() -> None:
    for each in alarms_of(DOCUMENT):
        assert each["AlarmActions"] == each["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert RESOURCES["AlarmTopic"]["Properties"]["Subscription"][0]["Endpoint"] == {"Ref": "AlarmEmail"}


def test_the_figures_that_alarms_watch_are_figures_that_a_run_gives() -> None:
    """Each is a key of a summary or of ops.queue_gauges: a misspelt one would never alarm."""
    written = "".join(
        path.read_text("utf-8")
        for pattern in ("chalicelib/schedules/*.py", "sql/functions/*.sql")
        for path in ROOT.glob(pattern)
    )
    for each in alarms_of(DOCUMENT):
        if each.get("Namespace") == "StoriesFromTheSun":
            name = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), each["MetricName"])
            assert re.search(rf"""['"]{name}['"]""", written), name


def test_what_the_dashboard_names_is_in_the_template() -> None:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    json.loads(body)
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([^}]+)\}", body)} - {"AWS::Region"}
    assert named <= RESOURCES.keys()
    assert {name for name, each in RESOURCES.items() if each["Type"] == ALARM} <= named
