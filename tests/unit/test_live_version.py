"""Whatever starts a function asks its alias `live`; and what is deployed before the move changes no caller."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.rehearsal import build
from tests.support.sam import finished_document
from tools.deploy.order import ordered
from tools.template.document import Template
from tools.template.releases import before_the_move, callers, functions_of, transform


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return transformed(tmp_path_factory.mktemp("package"), "process_jobs", "cleanup_media")


@pytest.fixture(autouse=True, scope="module")
def region() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        yield


def transformed(folder: Path, *schedules: str) -> Template:
    build(folder, "v1", schedules=schedules)
    return transform(json.loads((folder / "sam.json").read_text()), "packages", "packages/1.zip")


def test_every_rule_permission_and_route_names_the_alias(template: Template) -> None:
    resources = template["Resources"]
    starts = {name: resources[name] for name in resources if resources[name]["Type"] in STARTS}
    assert len(starts) == 2 + 3 + 1
    for name, resource in starts.items():
        text = json.dumps(resource)
        # What may name a function itself is only which rule or API a permission is for.
        assert ":live" in text, name
        assert not re.search(r"\.Arn\}/invocations", text), name
        for function in functions_of(template):
            assert f'"FunctionName": {{"Ref": "{function}"}}' not in text
            assert f'"Arn": {{"Fn::GetAtt": ["{function}", "Arn"]}}' not in text


STARTS = ("AWS::Events::Rule", "AWS::Lambda::Permission", "AWS::ApiGateway::RestApi")


def test_the_stack_has_neither_versions_nor_aliases(template: Template) -> None:
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::Lambda::Function" in kinds
    assert not kinds & {"AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Serverless::Function"}


def test_the_code_is_the_zip_of_this_hash(template: Template) -> None:
    for name in functions_of(template):
        code = template["Resources"][name]["Properties"]["Code"]
        assert code == {"S3Bucket": "packages", "S3Key": "packages/1.zip"}


def test_a_first_deployment_begins_with_what_nobody_can_call(template: Template) -> None:
    prepared = before_the_move(template, None)["Resources"]
    assert not callers({"Resources": prepared})
    assert set(functions_of(template)) < set(prepared)
    assert {resource["Type"] for resource in prepared.values()}.isdisjoint(STARTS)
    # Whose log group Lambda made by itself, CloudFormation refuses to make again.
    assert {f"{name}LogGroup" for name in functions_of(template)} < set(prepared)


def test_before_the_move_no_caller_is_changed_and_nothing_is_gone(template: Template, tmp_path: Path) -> None:
    new = transformed(tmp_path, "process_jobs")
    new["Resources"]["ProcessJobs"]["Properties"]["MemorySize"] = 1024
    new["Resources"]["RestAPI"]["Properties"]["Body"]["paths"]["/new"] = {}
    prepared = before_the_move(new, template)["Resources"]
    present = template["Resources"]
    assert prepared.keys() == present.keys()
    assert {name for name in present if prepared[name] != present[name]} == {"ProcessJobs"}


def test_what_works_behind_the_api_serves_first_and_the_api_last(template: Template) -> None:
    assert ordered(template) == ["CleanupMedia", "ProcessJobs", "APIHandler"]


def test_whatever_starts_a_function_of_the_real_stage_asks_the_alias() -> None:
    template = transform(finished_document("prod"), "packages", "packages/1.zip")
    resources = template["Resources"]
    started = {name: json.dumps(each) for name, each in resources.items() if each["Type"] in STARTS}
    assert len(started) > 2 * len(functions_of(template)) - 3
    assert {name for name, text in started.items() if ":live" not in text} == set()
    assert not re.search(r"\.Arn\}/invocations", started["RestAPI"])
    # SAM's own deployment of the API follows its routes.
    assert {"AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment"} <= {
        resources[name]["Type"] for name in callers(template)
    }
    assert set(functions_of(template)).isdisjoint(callers(template))
    assert ordered(template)[-2:] == ["StripeWebhook", "APIHandler"]
    # One public stage of the API: SAM makes a second one, named Stage, unless it is told of OpenAPI.
    assert [each["Type"] for each in resources.values()].count("AWS::ApiGateway::Stage") == 1
