"""Each function has a parameter, a role and a log of its own, and may read no other's; Stripe calls one of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.config import WebhookSettings
from chalicelib.config.by_function import FUNCTIONS as SETTINGS
from tests.support.sam import STAGES, chalice_document, finished_document
from tools.template import finish
from tools.template.document import FUNCTION, functions_of, merge
from tools.template.functions import FUNCTIONS, WEBHOOK, WEBHOOK_PATH

EACH = [(stage, name) for stage in STAGES for name in FUNCTIONS]


def resources(stage: str) -> dict[str, Any]:
    found: dict[str, Any] = finished_document(stage)["Resources"]
    return found


def test_every_function_has_settings_and_the_reverse() -> None:
    assert FUNCTIONS.keys() == SETTINGS.keys()


@pytest.mark.parametrize("stage", STAGES)
def test_the_template_has_the_functions_of_the_table_and_no_other(stage: str) -> None:
    assert functions_of(finished_document(stage)).keys() == FUNCTIONS.keys()


@pytest.mark.parametrize(("stage", "name"), EACH)
def test_a_function_may_write_its_own_log_and_read_its_own_parameter_and_nothing_else(stage: str, name: str) -> None:
    resource = functions_of(finished_document(stage))[name]
    function = resources(stage)[resource]["Properties"]
    parameter = f"/stories-from-the-sun/{stage}/{name}"
    assert function["Environment"]["Variables"]["CONFIG_PARAMETER"] == parameter
    assert function["Role"] == {"Fn::GetAtt": [f"{resource}Role", "Arn"]}
    role = resources(stage)[f"{resource}Role"]["Properties"]
    assert "ManagedPolicyArns" not in role
    (policy,) = role["Policies"]
    log, read, decrypt, *more = policy["PolicyDocument"]["Statement"]
    assert [each["Action"] for each in more] == ([] if FUNCTIONS[name].at_most else ["sqs:SendMessage"])
    # Its name is the stack's, and so no pattern of it holds for a stack of any name.
    assert log["Resource"] == {"Fn::GetAtt": [f"{resource}LogGroup", "Arn"]}
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{resource}LogGroup"}
    assert log["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    own = {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter" + parameter}
    assert (read["Action"], read["Resource"]) == ("ssm:GetParameter", own)
    assert decrypt["Action"] == "kms:Decrypt"
    assert decrypt["Condition"] == {"StringEquals": {"kms:EncryptionContext:PARAMETER_ARN": own}}


@pytest.mark.parametrize("stage", STAGES)
def test_no_role_is_shared_or_left_to_chalice(stage: str) -> None:
    roles = {name for name, each in resources(stage).items() if each["Type"] == "AWS::IAM::Role"}
    functions = {name for name, each in resources(stage).items() if each["Type"] == FUNCTION}
    assert roles >= {f"{name}Role" for name in functions}
    assert "000000000000" not in json.dumps(resources(stage))


@pytest.mark.parametrize("stage", STAGES)
def test_stripe_calls_a_function_of_its_own_and_everything_else_the_api(stage: str) -> None:
    called = {}
    for path, methods in resources(stage)["RestAPI"]["Properties"]["DefinitionBody"]["paths"].items():
        for method, described in methods.items():
            uri = described["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            called[path, method] = uri.partition("${AWS::Region}:lambda:path/2015-03-31/functions/${")[2].split(".")[0]
    assert {path for (path, _), function in called.items() if function == WEBHOOK} == {WEBHOOK_PATH}
    assert set(called.values()) == {WEBHOOK, "APIHandler"}
    assert {called[WEBHOOK_PATH, "post"], called[WEBHOOK_PATH, "options"]} == {WEBHOOK}
    permission = resources(stage)["StripeWebhookInvokePermission"]["Properties"]
    assert permission["FunctionName"] == {"Ref": WEBHOOK}
    assert permission["SourceArn"]["Fn::Sub"].endswith(f"${{RestAPI}}/*{WEBHOOK_PATH}")


def test_the_webhook_knows_no_key_of_the_object_store_and_nobody_else_its_secrets() -> None:
    webhook = set(SETTINGS["stripe_webhook"].model_fields)
    assert not {name for name in webhook if name.startswith(("r2_", "backup_"))}
    secrets = set(WebhookSettings.model_fields) - {"stage", "version"}
    assert {name for name, group in SETTINGS.items() if secrets & set(group.model_fields)} == {"stripe_webhook"}


def test_a_schedule_without_a_line_in_the_table_is_refused_by_name() -> None:
    added = {"Resources": {"ThankEverybody": chalice_document("dev")["Resources"]["SettleUploads"]}}
    with pytest.raises(ValueError, match=r"functions\.py differ in \['ThankEverybody'\]"):
        finish(merge(chalice_document("dev"), added), "dev", "v1")
    with pytest.raises(ValueError, match=r"differ in \['SettleUploads'\]"):
        finish(merge(chalice_document("dev"), {"Resources": {"SettleUploads": None}}), "dev", "v1")


def test_what_anybody_can_call_has_a_limit_and_leaves_the_rest_to_the_schedules() -> None:
    assert {name for name, function in FUNCTIONS.items() if function.at_most} == {"api_handler", "stripe_webhook"}
