"""What an operator switches on or off for a stage, by parameters of the stack: docs/template.md has the table."""

from __future__ import annotations

from typing import Any

from tools.template.document import API, Release, Template, functions_of
from tools.template.functions import FUNCTIONS, WEBHOOK, WEBHOOK_PATH

NOTHING = {"Ref": "AWS::NoValue"}


def add_switches(document: Template, release: Release) -> Template:
    """The parameters, their conditions, and what they decide of functions and API."""
    on_prod = "yes" if release.stage == "prod" else "no"
    functions = functions_of(document)
    made: dict[str, Template] = {
        resource: {"Properties": {"Tracing": _if("Trace", "Active", "PassThrough")}} for resource in functions.values()
    }
    for name, resource in functions.items():
        if (most := FUNCTIONS[name].at_most) is not None:
            made[resource]["Properties"]["ReservedConcurrentExecutions"] = _if("Reserve", most, NOTHING)
    for resource in (API, WEBHOOK):
        # Only what somebody waits for. It applies to published versions, which the alias names.
        made[resource]["Properties"]["SnapStart"] = {"ApplyOn": _if("StartFast", "PublishedVersions", "None")}
        # cfn-lint misses a version in the template: tools/deploy publishes it, and moves the alias.
        made[resource]["Metadata"] = {"cfn-lint": {"config": {"ignore_checks": ["W2530"]}}}
    return {
        "Parameters": {
            "ReservedConcurrency": _yes_or_no(
                on_prod,
                "Limits the API's and the webhook's concurrency. An account needs 100 left, and begins with 10.",
            ),
            "FastStart": _yes_or_no("no", "SnapStart: API and webhook start from a snapshot."),
            "Tracing": _yes_or_no("no", "X-Ray for the API and all functions."),
            "AddressLimit": {
                "Type": "Number",
                "Default": 0,
                "MinValue": 0,
                "Description": "WAF: requests in five minutes from one address; 10 at least, 0 for no WAF.",
            },
        },
        "Conditions": {
            "Reserve": _is_yes("ReservedConcurrency"),
            "StartFast": _is_yes("FastStart"),
            "Trace": _is_yes("Tracing"),
            "LimitAddresses": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AddressLimit"}, 0]}]},
        },
        "Resources": {
            **made,
            "TracePolicy": _may_trace([f"{resource}Role" for resource in functions.values()]),
            "RestAPI": {"Properties": {"TracingEnabled": _if("Trace", True, False)}},
            **_web_acl(release),
        },
    }


def _yes_or_no(default: str, description: str) -> Template:
    return {"Type": "String", "AllowedValues": ["yes", "no"], "Default": default, "Description": description}


def _is_yes(parameter: str) -> Template:
    return {"Fn::Equals": [{"Ref": parameter}, "yes"]}


def _if(condition: str, then: Any, otherwise: Any) -> Template:
    return {"Fn::If": [condition, then, otherwise]}


def _may_trace(roles: list[str]) -> Template:
    # X-Ray knows no resources.
    statement = {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"}
    return {
        "Type": "AWS::IAM::Policy",
        "Condition": "Trace",
        "Properties": {
            "PolicyName": "Trace",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "Roles": [{"Ref": role} for role in roles],
        },
    }


def _web_acl(release: Release) -> dict[str, Template]:
    """A rule of WAF that blocks an address for as long as it asks too often. Stripe's few addresses are not counted."""
    watched = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True}
    webhook = {
        "ByteMatchStatement": {
            "FieldToMatch": {"UriPath": {}},
            "PositionalConstraint": "ENDS_WITH",
            "SearchString": WEBHOOK_PATH,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }
    }
    rate = {
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
        "Limit": {"Ref": "AddressLimit"},
        "ScopeDownStatement": {"NotStatement": {"Statement": webhook}},
    }
    rule = {
        "Name": "AddressLimit",
        "Priority": 0,
        "Action": {"Block": {}},
        "Statement": {"RateBasedStatement": rate},
        "VisibilityConfig": {**watched, "MetricName": "AddressLimit"},
    }
    stage = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestAPI}/stages/" + release.stage
    return {
        "WebAcl": {
            "Type": "AWS::WAFv2::WebACL",
            "Condition": "LimitAddresses",
            "Properties": {
                "Scope": "REGIONAL",
                "DefaultAction": {"Allow": {}},
                "Rules": [rule],
                "VisibilityConfig": {**watched, "MetricName": "WebAcl"},
            },
        },
        "WebAclAssociation": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Condition": "LimitAddresses",
            # The name that SAM gives the stage's resource.
            "DependsOn": f"RestAPI{release.stage}Stage",
            "Properties": {"ResourceArn": {"Fn::Sub": stage}, "WebACLArn": {"Fn::GetAtt": ["WebAcl", "Arn"]}},
        },
    }
