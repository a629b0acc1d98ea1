"""The functions: what each runs, how much memory it gets, when Lambda cuts it off, and how many of it run at most.

The API, the webhook and each schedule are entry modules of one zip, which import what they need. The figures are
measured: docs/decisions/what-functions-need.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalice.utils import to_cfn_resource_name

from tools.template.document import API, APP, FUNCTION, Release, Template, merge

WEBHOOK = "StripeWebhook"
WEBHOOK_PATH = "/functions/v1/stripe-webhook"


@dataclass(frozen=True)
class Function:
    """`memory` in MB, which buys CPU too: 1,769 are one processor. `seconds` until Lambda cuts it off.

    `at_most`: how many run at the same time. What anybody can call has such a limit, so that a flood of it leaves
    Lambda's concurrency, and the database's connections, to the others.
    """

    handler: str
    memory: int
    seconds: int
    at_most: int | None = None


def _schedule(name: str, memory: int, seconds: int) -> Function:
    return Function(f"chalicelib.schedules.{name}.handler", memory, seconds)


FUNCTIONS = {
    "api_handler": Function("app.app", 1024, 20, at_most=100),
    "stripe_webhook": Function("chalicelib.webhook.app", 512, 20, at_most=10),
    "process_jobs": _schedule("process_jobs", 256, 120),
    "settle_uploads": _schedule("settle_uploads", 256, 300),
    "cleanup_media": _schedule("cleanup_media", 256, 300),
    "audit_storage": _schedule("audit_storage", 512, 840),
    "copy_recordings": _schedule("copy_recordings", 512, 840),
    "reconcile_billing": _schedule("reconcile_billing", 256, 300),
    "send_error_digest": _schedule("send_error_digest", 256, 60),
}


def resource_of(name: str) -> str:
    """A function's name in the template."""
    return API if name == "api_handler" else to_cfn_resource_name(name)


def environment_of(name: str, stage: str) -> dict[str, str]:
    """What the template puts into a function's environment, beside VERSION."""
    return {"STAGE": stage, "CONFIG_PARAMETER": f"/{APP}/{stage}/{name}"}


def shape_functions(document: Template, release: Release) -> Template:
    """Every function of the table, as the table says; the webhook's is added to those that Chalice made.

    Raises ValueError where app.py schedules what is not in the table, or the reverse.
    """
    made = {name for name, each in document["Resources"].items() if each["Type"] == FUNCTION}
    listed = {resource_of(name) for name in FUNCTIONS}
    if made | {WEBHOOK} != listed:
        raise ValueError(
            f"app.py and FUNCTIONS of tools/template/functions.py differ in {sorted((made | {WEBHOOK}) ^ listed)}"
        )
    own = document["Resources"][API]["Properties"]
    shared = {name: own[name] for name in ("CodeUri", "Tags")}
    webhook: Template = {"Type": FUNCTION, "Properties": shared}
    shaped = {resource_of(name): {"Properties": _properties(name, release)} for name in FUNCTIONS}
    return {"Resources": {**shaped, WEBHOOK: merge(webhook, shaped[WEBHOOK]), **_route_to_the_webhook(document)}}


def _properties(name: str, release: Release) -> Template:
    function = FUNCTIONS[name]
    return {
        "Handler": function.handler,
        "MemorySize": function.memory,
        "Timeout": function.seconds,
        "Environment": {"Variables": environment_of(name, release.stage)},
    }


def _route_to_the_webhook(document: Template) -> Template:
    """Its path calls its function, for every method; and the gateway may call it, on that path alone."""
    paths = document["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    uri = f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{WEBHOOK}.Arn}}"
    integration = {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": f"{uri}/invocations"}}}
    path = {WEBHOOK_PATH: dict.fromkeys(paths[WEBHOOK_PATH], integration)}
    source = f"arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{RestAPI}}/*{WEBHOOK_PATH}"
    permission = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Ref": WEBHOOK},
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": source},
        },
    }
    return {
        "RestAPI": {"Properties": {"DefinitionBody": {"paths": path}}},
        f"{WEBHOOK}InvokePermission": permission,
    }
