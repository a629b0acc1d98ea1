"""What watches a stage from outside is made from its schedules, and so complete."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from chalice.app import Cron

from app import app
from chalicelib.api.application import SunApi
from chalicelib.config.by_function import FUNCTIONS
from local.settings import ROOT
from tools.cloudwatch.__main__ import LOG_DAYS, main, template
from tools.cloudwatch.alarms import alarms
from tools.cloudwatch.stage import Stage, longest_pause, stage_of

STAGE = stage_of("prod", app.event_sources)
RESOURCES: dict[str, Any] = template(STAGE)["Resources"]


def names_of(stage: Stage) -> set[str]:
    return {
        each["Properties"]["AlarmName"].removeprefix("stories-from-the-sun prod ") for each in alarms(stage).values()
    }


def test_every_function_has_its_alarms_and_its_log_group() -> None:
    assert STAGE.functions.keys() == FUNCTIONS.keys()
    for name, resource in STAGE.functions.items():
        assert {f"cloudwatch/errors/{name}", f"cloudwatch/throttles/{name}"} <= names_of(STAGE)
        group = RESOURCES[f"{resource}LogGroup"]["Properties"]
        assert group == {"LogGroupName": {"Fn::Sub": f"/aws/lambda/${{{resource}}}"}, "RetentionInDays": LOG_DAYS}


def test_a_schedule_that_is_added_later_has_its_alarms_by_itself() -> None:
    later = SunApi("stories-from-the-sun")

    @later.schedule(Cron("0/10", "*", "*", "*", "?", "*"))
    def thank_everybody(event: Any) -> None: ...

    stage = stage_of("prod", [*app.event_sources, *later.event_sources])
    assert names_of(stage) - names_of(STAGE) == {
        f"cloudwatch/{kind}/thank_everybody" for kind in ("errors", "throttles", "not-run")
    }
    assert "ThankEverybodyLogGroup" in template(stage)["Resources"]
    assert "thank_everybody" in json.dumps(template(stage)["Resources"]["Dashboard"])


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


@pytest.mark.parametrize("name", STAGE.schedules)
def test_the_alarm_of_silence_outlasts_the_longest_pause(name: str) -> None:
    """And CloudWatch takes it: a day at most where a period is shorter than an hour, else a week."""
    (found,) = (
        each["Properties"]
        for each in alarms(STAGE).values()
        if each["Properties"]["AlarmName"].endswith(f"cloudwatch/not-run/{name}")
    )
    looked_at = found["Period"] * found["EvaluationPeriods"]
    assert STAGE.schedules[name] * 1.1 < looked_at <= (86_400 if found["Period"] < 3600 else 7 * 86_400)
    assert found["TreatMissingData"] == "breaching" and found["ComparisonOperator"] == "LessThanThreshold"


def test_every_alarm_reaches_the_operator_when_it_begins_and_when_it_ends() -> None:
    for each in alarms(STAGE).values():
        assert each["Properties"]["AlarmActions"] == each["Properties"]["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert RESOURCES["AlarmTopic"]["Properties"]["Subscription"][0]["Endpoint"] == {"Ref": "AlarmEmail"}


def test_the_figures_that_alarms_watch_are_figures_that_a_run_gives() -> None:
    """Each is a key of a summary or of ops.queue_gauges: a misspelt one would never alarm."""
    written = "".join(
        path.read_text("utf-8")
        for pattern in ("chalicelib/schedules/*.py", "sql/functions/*.sql")
        for path in ROOT.glob(pattern)
    )
    for each in alarms(STAGE).values():
        if each["Properties"].get("Namespace") == "StoriesFromTheSun":
            name = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), each["Properties"]["MetricName"])
            assert re.search(rf"""['"]{name}['"]""", written), name


def test_what_the_dashboard_names_is_in_the_template() -> None:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    json.loads(body)
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([^}]+)\}", body)} - {"AWS::Region"}
    assert named <= RESOURCES.keys() | set(STAGE.functions.values())
    assert {name for name, each in RESOURCES.items() if each["Type"] == "AWS::CloudWatch::Alarm"} <= named


def test_the_template_keeps_the_answers_of_the_gateway(tmp_path: Any) -> None:
    assert main(["prod", str(tmp_path / "merge.json")]) == 0
    merged = json.loads((tmp_path / "merge.json").read_text())
    assert "AlarmEmail" in merged["Parameters"] and "Dashboard" in merged["Resources"]
    answers = merged["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    assert answers["DEFAULT_5XX"]["statusCode"] == 500
