"""A stage that is deployed to AWS' stand-in: moto, with invocations that the test answers, on loopback.

moto creates, updates and deletes what our template has of IAM, Lambda, EventBridge, SNS and logs. What it cannot do: it
runs no code (the test answers here, at the HTTP edge, knowing function and version), it puts no failed stack back as it
was, it sends no request through API Gateway, and it takes no notice of concurrency. SAM's transform runs on this
machine, as in a real deployment.
"""

from __future__ import annotations

import json
import os
import re
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests

from tests.support.http_server import running_http_server

REGION = "eu-west-1"
_INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations$")

Answer = Callable[[str, str, dict[str, Any]], Any]
"""(the function's name at AWS, the version's number, the event) -> what the function returns."""


class Aws:
    """AWS' stand-in."""

    def __init__(self, moto: Any) -> None:
        self._moto = moto
        self.answer: Answer = healthy
        """What invocations return."""
        self.refuses: Callable[[str, str, str], bool] = lambda method, path, body: False
        """(method, path, body) of a request that AWS refuses."""
        self.holds: Callable[[str, str, str], bool] = lambda method, path, body: False
        """(method, path, body) of a request that is never answered: `carries_out` says whether it is done."""
        self.carries_out = False
        self.held = threading.Event()
        """A request is held."""
        self.let_go = threading.Event()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if invoked := _INVOCATION.search(path):
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
            version = environ["QUERY_STRING"].removeprefix("Qualifier=")
            told = self.answer(unquote(invoked[1]), version, json.loads(body))
            failed = [("X-Amz-Function-Error", "Unhandled")] if isinstance(told, Exception) else []
            told = {"errorType": type(told).__name__} if failed else told
            return _reply(start_response, "200 OK", told, failed)
        body = ""
        if environ.get("CONTENT_TYPE", "").startswith(("application/x-www-form", "application/x-amz-json")):
            raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
            body = raw.decode()
            environ = {**environ, "wsgi.input": _Again(raw)}
        if self.refuses(method, path, body):
            return _reply(start_response, "400 Bad Request", {"message": "the rehearsal says no"})
        if self.holds(method, path, body):
            if self.carries_out:
                list(self._moto(environ, lambda status, headers, *_: None))
            self.held.set()
            self.let_go.wait(60)
            return _reply(start_response, "500 Internal Server Error", {})
        return self._moto(environ, start_response)


class _Again:
    """A body that was read, to be read once more."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def read(self, size: int = -1) -> bytes:
        size = len(self._left) if size is None or size < 0 else size
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def _reply(start_response: Any, status: str, content: Any, headers: list[tuple[str, str]] | None = None) -> list[bytes]:
    text = json.dumps(content).encode()
    kind = ("Content-Type", "application/json")
    start_response(status, [kind, ("Content-Length", str(len(text))), *(headers or [])])
    return [text]


def healthy(function: str, version: str, event: dict[str, Any]) -> Any:
    """Every version is well."""
    if "httpMethod" not in event:
        return {"ready": event == {"detail": {"probe": True}}}
    if event["path"] == "/readyz":
        return proxied(200, {"data": {"status": "ok"}})
    if event["path"].endswith("/stripe-webhook"):
        return proxied(400, {"error": {"code": "VALIDATION_FAILED", "message": ""}})
    return proxied(401, {"error": {"code": "UNAUTHORIZED", "message": ""}})


def proxied(status: int, body: Any) -> dict[str, Any]:
    return {"statusCode": status, "headers": {}, "body": json.dumps(body)}


@contextmanager
def running_aws() -> Iterator[tuple[str, Aws]]:
    """AWS' address, and AWS. Nothing of an earlier test is in it."""
    from moto.server import DomainDispatcherApplication, create_backend_app

    _import_definitions()
    aws = Aws(DomainDispatcherApplication(create_backend_app))
    with running_http_server() as server:
        server.serve(aws)
        url = server.url.replace("localhost", "127.0.0.1")
        requests.post(f"{url}/moto-api/reset", timeout=30).raise_for_status()
        try:
            yield url, aws
        finally:
            aws.let_go.set()


def _import_definitions() -> None:
    """moto's CloudFormation makes an API without its definition, which its own API Gateway can import."""
    from moto.apigateway.models import RestAPI, apigateway_backends

    if getattr(RestAPI, "imports_definitions", False):
        return
    make = RestAPI.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]

    def imported(api: Any, facts: Any, account_id: str, region_name: str) -> Any:
        body = facts["Properties"]["Body"]
        apigateway_backends[account_id][region_name].put_rest_api(api.id, body, False, mode="overwrite")
        return api

    def create(cls: Any, resource_name: str, facts: Any, account_id: str, region_name: str, **others: Any) -> Any:
        return imported(
            make(cls, resource_name, facts, account_id, region_name, **others), facts, account_id, region_name
        )

    def update(
        original_resource: Any, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> Any:
        return imported(original_resource, cloudformation_json, account_id, region_name)

    changed: Any = RestAPI
    changed.create_from_cloudformation_json = classmethod(create)
    changed.update_from_cloudformation_json = staticmethod(update)
    changed.imports_definitions = True


def environment(url: str, database: str, stage: str) -> dict[str, str]:
    """What a deployment finds in its environment."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "MIGRATIONS_DATABASE_URL": database,
        "STAGE": stage,
        "CONFIRM": stage,
        "ALARM_EMAIL": "operators@example.org",
    }


def build(
    folder: Path, version: str, *, stage: str = "prod", schedules: tuple[str, ...] = ("process_jobs",), **changes: Any
) -> Path:
    """A package as small as can be, as make package would leave it in a folder: one zip, an API, schedules."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "deployment.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), f"# {version}\n")
    functions = {"APIHandler": "app.app", **{_camel(name): f"app.{name}" for name in schedules}}
    resources: dict[str, Any] = {}
    for name, handler in functions.items():
        resources |= _function(name, handler, version, stage)
    for name in schedules:
        event = {"Type": "Schedule", "Properties": {"Schedule": "cron(* * * * ? *)"}}
        resources[_camel(name)]["Properties"]["Events"] = {f"{_camel(name)}Event": event}
    resources |= _api(stage)
    document = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"AlarmEmail": {"Type": "String"}},
        "Resources": resources | {"AlarmTopic": {"Type": "AWS::SNS::Topic", "Properties": {}}},
        "Outputs": {"RestAPIId": {"Value": {"Ref": "RestAPI"}}},
    }
    document["Resources"] |= changes
    (folder / "sam.json").write_text(json.dumps(document))
    return folder


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def _function(name: str, handler: str, version: str, stage: str) -> dict[str, Any]:
    assumed = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        f"{name}Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assumed]}},
        },
        name: {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": handler,
                "CodeUri": "./deployment.zip",
                "Environment": {"Variables": {"STAGE": stage, "VERSION": version}},
                "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
            },
        },
        f"{name}LogGroup": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Retain",
            "Properties": {"LogGroupName": {"Fn::Sub": f"/aws/lambda/${{{name}}}"}},
        },
    }


def _api(stage: str) -> dict[str, Any]:
    prefix = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": {"Fn::Sub": f"{prefix}/${{APIHandler.Arn}}/invocations"},
    }
    answered = {"x-amazon-apigateway-integration": integration, "responses": {}}
    paths = ("/readyz", "/functions/v1/create-family", "/functions/v1/stripe-webhook")
    return {
        "RestAPI": {
            "Type": "AWS::Serverless::Api",
            "Properties": {
                "Name": "stories",
                "StageName": stage,
                "DefinitionBody": {
                    "openapi": "3.0.1",
                    "info": {"title": "stories", "version": "1", "description": "a rehearsal"},
                    "paths": {path: {"post": answered} for path in paths},
                },
            },
        },
        "APIHandlerInvokePermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "APIHandler"},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
            },
        },
    }


class Stage:
    """A stage as somebody looks at it from outside: what serves, which rules run, what exists."""

    def __init__(self, url: str) -> None:
        import boto3

        known = {"region_name": REGION, "endpoint_url": url}
        self._lambda: Any = boto3.client("lambda", **known)
        self._events: Any = boto3.client("events", **known)
        self.cloudformation: Any = boto3.client("cloudformation", **known)

    def serves(self) -> Mapping[str, str]:
        """The handler of each function -> the VERSION that its alias serves; nothing without an alias."""
        found = {}
        for each in self._lambda.list_functions()["Functions"]:
            try:
                live = self._lambda.get_function_configuration(FunctionName=each["FunctionName"], Qualifier="live")
                found[each["Handler"]] = live["Environment"]["Variables"]["VERSION"]
            except self._lambda.exceptions.ResourceNotFoundException:
                found[each["Handler"]] = ""
        return found

    def clocks(self) -> dict[str, str]:
        """A rule's target, as its function's name and its alias -> ENABLED or DISABLED."""
        found = {}
        for rule in self._events.list_rules()["Rules"]:
            for target in self._events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                found[target["Arn"].rpartition(":function:")[2]] = rule["State"]
        return found


def variables_without(prefixes: tuple[str, ...]) -> dict[str, str]:
    """This process' environment without what begins so."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
