"""The template is what Chalice made, completed step by step: by pure functions, and so that every name in it exists."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.support.sam import STAGES, chalice_document, finished_document
from tools.template import STEPS, finish
from tools.template.document import FUNCTION, Release, merge


@pytest.mark.parametrize(
    ("document", "patch", "merged"),
    [
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": {"c": None, "d": 1}}}, {"a": {"b": {"d": 1}}}),
        ({"a": False}, {}, {"a": False}),
    ],
)
def test_objects_are_merged_null_removes_and_anything_else_replaces(
    document: dict[str, Any], patch: dict[str, Any], merged: dict[str, Any]
) -> None:
    before = copy.deepcopy((document, patch))
    assert merge(document, patch) == merged
    assert (document, patch) == before


@pytest.mark.parametrize("stage", STAGES)
def test_no_step_changes_what_it_was_given(stage: str) -> None:
    document = chalice_document(stage)
    for step in STEPS:
        before = json.dumps(document)
        document = merge(document, step(document, Release(stage, "v1")))
        assert json.loads(before) != document, f"{step.__name__} changes nothing"
    assert document == finished_document(stage, "v1")
    assert json.dumps(finish(chalice_document(stage), stage, "v1")) == json.dumps(document)


def named(value: Any) -> set[str]:
    """The names that Ref, Fn::GetAtt and Fn::Sub refer to, anywhere in a template."""
    if isinstance(value, list):
        return {name for each in value for name in named(each)}
    if not isinstance(value, dict):
        return set()
    found = {name for each in value.values() for name in named(each)}
    if isinstance(value.get("Ref"), str):
        found.add(value["Ref"])
    if "Fn::GetAtt" in value:
        found.add(value["Fn::GetAtt"][0])
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_every_name_that_the_template_refers_to_exists(stage: str) -> None:
    document = finished_document(stage)
    assert {name for name in named(document) if not name.startswith("AWS::")} <= {
        *document["Resources"],
        *document["Parameters"],
    }


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_gets_the_version_and_keeps_its_environment(stage: str) -> None:
    functions = [each for each in finished_document(stage)["Resources"].values() if each["Type"] == FUNCTION]
    for function in functions:
        variables = function["Properties"]["Environment"]["Variables"]
        assert variables.keys() == {"STAGE", "CONFIG_PARAMETER", "VERSION"}
        assert (variables["STAGE"], variables["VERSION"]) == (stage, "v1.2.3")


@pytest.mark.parametrize("version", ["", "a b", "a\nb", "a/b", "x" * 65])
def test_a_version_that_sentry_would_not_take_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="VERSION must be"):
        finish(chalice_document("dev"), "dev", version)
