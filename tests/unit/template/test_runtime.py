"""The functions of a template: each runs on what its code was built for, and each schedule is one of them."""

from __future__ import annotations

import pytest
from chalice.app import ScheduledEventConfig

from app import app
from tests.support.sam import STAGES, chalice_document, finished_document
from tools.template import finish
from tools.template.chalice import chalice_document as document_of
from tools.template.document import FUNCTION, Template, functions_of


def functions(document: Template) -> list[Template]:
    return [each["Properties"] for each in document["Resources"].values() if each["Type"] == FUNCTION]


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_runs_on_the_python_and_the_processor_that_it_was_built_for(stage: str) -> None:
    for function in functions(finished_document(stage)):
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    for function in functions(finish(chalice_document(stage), stage, "v1", "x86_64")):
        assert function["Architectures"] == ["x86_64"]


@pytest.mark.parametrize("stage", STAGES)
def test_every_schedule_is_a_function_that_is_started_at_its_times(stage: str) -> None:
    document = finished_document(stage)
    names = functions_of(document)
    declared = [source for source in app.event_sources if isinstance(source, ScheduledEventConfig)]
    assert declared
    for schedule in declared:
        properties = document["Resources"][names[schedule.name]]["Properties"]
        (event,) = properties["Events"].values()
        assert event["Properties"]["Schedule"] == schedule.schedule_expression


@pytest.mark.parametrize("stage", ["", "production", "Prod", "local"])
def test_a_stage_that_nobody_described_has_no_template(stage: str) -> None:
    with pytest.raises(ValueError, match="STAGE must be one of dev, staging, prod"):
        document_of(stage)
