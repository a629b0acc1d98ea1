"""The API's stage: one of it, limits that hold for every caller, and a log without anything private."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from app import app
from tests.support.sam import STAGES, finished_document
from tools.template.api import ACCESS_LOG, OF_ALL, OF_ROUTES
from tools.template.functions import FUNCTIONS, WEBHOOK_PATH
from tools.template.releases import transform


def api(stage: str) -> dict[str, Any]:
    found: dict[str, Any] = finished_document(stage)["Resources"]["RestAPI"]["Properties"]
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_cloudformation_gets_one_regional_stage_of_an_api_in_openapi_3(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    resources = transform(finished_document(stage), "bucket", "key")["Resources"]
    (made,) = (each["Properties"] for each in resources.values() if each["Type"] == "AWS::ApiGateway::Stage")
    assert made["StageName"] == stage and made["MethodSettings"] and made["AccessLogSetting"]
    # A deployment that names a stage makes it, beside the one above and without its limits.
    assert not [
        name
        for name, each in resources.items()
        if each["Type"] == "AWS::ApiGateway::Deployment" and "StageName" in each["Properties"]
    ]
    rest = resources["RestAPI"]["Properties"]
    assert rest["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert rest["MinimumCompressionSize"] == 1024
    body = rest["Body"]
    assert body["openapi"] == "3.0.1" and not {"swagger", "definitions", "schemes"} & body.keys()
    functions = {name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Function"}
    assert len(functions) == len(FUNCTIONS)
    for name in functions:
        function = resources[name]["Properties"]
        assert {f"{name}Role", f"{name}LogGroup"} <= resources.keys()
        assert {"Role", "Environment", "LoggingConfig", "MemorySize", "Timeout"} <= function.keys()


@pytest.mark.parametrize("stage", STAGES)
def test_the_definition_has_every_route_with_its_parameters_and_no_body(stage: str) -> None:
    paths = api(stage)["DefinitionBody"]["paths"]
    assert {(path, method.upper()) for path, methods in paths.items() for method in methods} == {
        (path, method) for path, methods in app.routes.items() for method in methods
    }
    for path, methods in paths.items():
        for described in methods.values():
            assert not {"consumes", "produces"} & described.keys()
            named = {each["name"] for each in described.get("parameters", []) if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert all(each["schema"] == {"type": "string"} for each in described.get("parameters", []))


@pytest.mark.parametrize("stage", STAGES)
def test_every_route_has_a_limit_and_the_webhook_its_own(stage: str) -> None:
    settings = {(each["HttpMethod"], each["ResourcePath"]): each for each in api(stage)["MethodSettings"]}
    everything = settings.pop(("*", "/*"))
    assert everything["ThrottlingRateLimit"] > 0 and everything["ThrottlingBurstLimit"] > 0
    declared = {(method, "/" + path.replace("/", "~1")) for path, methods in app.routes.items() for method in methods}
    assert settings.keys() <= declared
    assert ("POST", "/~1functions~1v1~1stripe-webhook") in settings
    for each in settings.values():
        assert each["ThrottlingRateLimit"] < OF_ALL["prod"].rate


def test_no_burst_is_larger_than_what_may_run_at_the_same_time() -> None:
    assert OF_ALL["prod"].burst <= (FUNCTIONS["api_handler"].at_most or 0)
    assert OF_ROUTES["POST", WEBHOOK_PATH].burst <= (FUNCTIONS["stripe_webhook"].at_most or 0)


def test_the_access_log_is_json_with_the_request_s_id_and_nothing_private() -> None:
    setting = api("prod")["AccessLogSetting"]
    assert json.loads(setting["Format"]) == ACCESS_LOG
    assert ACCESS_LOG["requestId"] == "$context.requestId"
    assert ACCESS_LOG["route"] == "$context.resourcePath"
    for variable in ACCESS_LOG.values():
        # The path and the query as they were sent, addresses, headers, users.
        assert not re.search(r"\$context\.path|identity|authorizer|requestOverride|query|header|input", variable)


def test_access_logs_end_with_the_others_and_the_gateway_s_role_outlives_a_stack() -> None:
    resources = finished_document("prod")["Resources"]
    assert resources["AccessLogGroup"]["Properties"] == resources["APIHandlerLogGroup"]["Properties"]
    # It is one of the account: another stage's logs need it.
    for name in ("GatewayRole", "GatewayAccount"):
        assert resources[name]["DeletionPolicy"] == "Retain"
    assert resources["RestAPI"]["DependsOn"] == "GatewayAccount"
