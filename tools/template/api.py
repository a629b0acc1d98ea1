"""The API as the gateway serves it: one regional stage, how many requests it takes, what it logs and compresses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tools.template.document import APP, Release, Template
from tools.template.functions import WEBHOOK_PATH
from tools.template.log_groups import log_group

COMPRESSED_FROM = 1024
"""Bytes of a response; a smaller one does not get smaller enough to be worth it."""


@dataclass(frozen=True)
class Limit:
    """Requests a second, of all callers together, and how many may come at once; what is beyond is answered 429."""

    rate: int
    burst: int


# The burst of all is what may run at the same time (functions.py), and less where nobody but us calls.
OF_ALL = {"dev": Limit(20, 20), "staging": Limit(50, 50), "prod": Limit(300, 100)}
OF_ROUTES = {
    # Stripe sends again for three days what is answered 429.
    ("POST", WEBHOOK_PATH): Limit(30, 10),
    # What is checked behind them is kept for a second, and for 15: nobody needs them more often.
    ("GET", "/readyz"): Limit(10, 10),
    ("GET", "/healthz"): Limit(10, 10),
    ("GET", "/health"): Limit(2, 5),
    ("GET", "/functions/v1/health"): Limit(2, 5),
    ("GET", "/openapi.json"): Limit(5, 10),
}

# Of the route only what app.py declares: a path may hold a code, and a query what somebody wrote. No address, no
# header. requestId is `ownId` in the log of the function.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "ms": "$context.responseLatency",
    "functionMs": "$context.integrationLatency",
    "functionStatus": "$context.integrationStatus",
    "answeredByGateway": "$context.error.responseType",
}


def serve(document: Template, release: Release) -> Template:
    """The API's stage, its limits and its log."""
    limits = {("*", "/*"): OF_ALL[release.stage], **OF_ROUTES}
    properties = {
        # The dimension ApiName of its metrics, which the alarms read.
        "Name": APP,
        "EndpointConfiguration": {"Type": "REGIONAL"},
        # Without it SAM makes a second public stage, named Stage.
        "OpenApiVersion": "3.0.1",
        "MinimumCompressionSize": COMPRESSED_FROM,
        "MethodSettings": [_setting(method, path, limit) for (method, path), limit in limits.items()],
        "AccessLogSetting": {"DestinationArn": {"Fn::Sub": _arn("AccessLogGroup")}, "Format": json.dumps(ACCESS_LOG)},
    }
    definition = _definition(document["Resources"]["RestAPI"]["Properties"]["DefinitionBody"])
    return {
        "Resources": {
            "RestAPI": {"DependsOn": "GatewayAccount", "Properties": {**properties, "DefinitionBody": definition}},
            "AccessLogGroup": log_group(),
            **_account(),
        }
    }


def _setting(method: str, path: str, limit: Limit) -> Template:
    # The stage's own wildcard is spelled with its slash, and a path with ~1 for each of its slashes but the first.
    spelled = path if path == "/*" else "/" + path.replace("/", "~1")
    return {
        "HttpMethod": method,
        "ResourcePath": spelled,
        "ThrottlingRateLimit": limit.rate,
        "ThrottlingBurstLimit": limit.burst,
    }


def _arn(group: str) -> str:
    return f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{{group}}}"


def _account() -> dict[str, Template]:
    """The role by which the gateway writes access logs. It is one of the account and region, for all their APIs: so it
    stays when a stack goes, whose role the other stages may use.
    """
    assume = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    stays = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {
        "GatewayRole": {
            "Type": "AWS::IAM::Role",
            **stays,
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]},
                "ManagedPolicyArns": [{"Fn::Sub": policy}],
            },
        },
        "GatewayAccount": {
            "Type": "AWS::ApiGateway::Account",
            **stays,
            "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": ["GatewayRole", "Arn"]}},
        },
    }


def _definition(swagger: Template) -> Template:
    """What makes Chalice's Swagger 2 the same in OpenAPI 3. Bodies are for the functions to judge."""
    return {
        "openapi": "3.0.1",
        "info": {"description": "docs/wire.md describes it, and /openapi.json."},
        **dict.fromkeys(("swagger", "schemes", "definitions")),
        "paths": {
            path: {method: _operation(described) for method, described in methods.items()}
            for path, methods in swagger["paths"].items()
        },
    }


def _operation(described: Template) -> Template:
    patch: dict[str, Any] = {
        **dict.fromkeys(("consumes", "produces")),
        "responses": {"200": {"description": "What the function answers.", "schema": None}},
    }
    if "parameters" in described:
        patch["parameters"] = [
            {"name": each["name"], "in": each["in"], "required": True, "schema": {"type": "string"}}
            for each in described["parameters"]
        ]
    return patch
