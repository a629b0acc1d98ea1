"""From SAM's template to the one that is deployed, whose callers ask the version of a function that is live.

A version of a function never changes: its code, its environment and its memory are those of the moment when it was
published. The alias `live` of each function names one of its versions. API Gateway, the schedules and their
permissions name the alias alone, so moving it is all that makes a version serve, and moving it back is all of a
rollback. The aliases are no resources of the stack: `make deploy` and `make rollback` move them (tools/deploy), also
while CloudFormation is busy or stuck. Nothing here reads the network.
"""

from __future__ import annotations

import copy
import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.template.document import Template

LIVE = "live"
"""The alias of each function that callers ask."""

_FUNCTION = "AWS::Lambda::Function"
_INVOKED = re.compile(r"\$\{(\w+)\.Arn\}/invocations$")
_NAMED = re.compile(r"\$\{(\w+)[^}]*\}")


def transform(document: Template, bucket: str, key: str) -> Template:
    """CloudFormation's own template, as AWS would make it of SAM's, with the code at this place in S3."""
    # A second to import, which only a deployment pays.
    from samtranslator.translator.transform import transform as expand  # type: ignore[import-untyped]

    # It warns of a switch of its own.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    document = copy.deepcopy(document)
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
    expanded: Template = expand(document, {}, _NoPolicies())
    expanded.pop("Transform", None)
    return ask_the_live_version(expanded)


class _NoPolicies:
    """SAM asks IAM for the addresses of AWS' own policies by their names; our functions have policies of their own."""

    def load(self) -> dict[str, str]:
        return {}


def functions_of(template: Template) -> list[str]:
    """The names of a template's functions."""
    return sorted(name for name, resource in template["Resources"].items() if resource["Type"] == _FUNCTION)


def ask_the_live_version(template: Template) -> Template:
    """The template with everything that starts a function naming its alias `live`."""
    template = copy.deepcopy(template)
    functions = functions_of(template)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Events::Rule":
                for target in properties.get("Targets", []):
                    if (function := _named(target["Arn"])) in functions:
                        target["Arn"] = {"Fn::Sub": f"${{{function}.Arn}}:{LIVE}"}
            case "AWS::Lambda::Permission":
                if (function := _named(properties["FunctionName"])) in functions:
                    properties["FunctionName"] = {"Fn::Sub": f"${{{function}}}:{LIVE}"}
            case "AWS::Lambda::EventInvokeConfig":
                properties["Qualifier"] = LIVE
            case "AWS::ApiGateway::RestApi":
                properties["Body"] = _with_live_integrations(properties["Body"])
    return template


def callers(template: Template) -> set[str]:
    """What asks an alias `live`, and what names such a resource: the API with its stage, rules, permissions."""
    texts = {name: json.dumps(resource) for name, resource in template["Resources"].items()}
    found = {name for name, text in texts.items() if f":{LIVE}" in text or f'"Qualifier": "{LIVE}"' in text}
    while more := {name for name in texts if name not in found and found & names_in(template["Resources"][name])}:
        found |= more
    return found


def before_the_move(new: Template, present: Template | None) -> Template:
    """What is deployed before the new version serves: all of the stage as it is, with the new functions.

    What calls functions stays as it is, and nothing is taken away, so the present version serves as before. New are
    the functions, and what they need to be tried: roles, log groups, queues.
    """
    present = present or {"Resources": {}}
    calling = callers(new)
    added = {name: resource for name, resource in new["Resources"].items() if name not in calling}
    return {
        **{part: new[part] for part in new if part not in ("Outputs", "Resources")},
        **{
            part: {**present.get(part, {}), **new[part]}
            for part in ("Parameters", "Conditions", "Mappings")
            if part in new
        },
        "Resources": {**present["Resources"], **added},
        **({"Outputs": present["Outputs"]} if "Outputs" in present else {}),
    }


def function_behind(template: Template, path: str) -> str:
    """The function that answers a path of the API."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            for method in resource["Properties"]["Body"]["paths"].get(path, {}).values():
                uri = json.dumps(method.get("x-amazon-apigateway-integration", {}).get("uri", ""))
                if match := re.search(rf"\$\{{(\w+)\.Arn\}}:{LIVE}/invocations", uri):
                    return match[1]
    raise KeyError(path)


def _named(value: Any) -> str:
    """The one resource that a value names, such as {"Ref": ...}; else nothing."""
    names = names_in(value)
    return names.pop() if len(names) == 1 else ""


def names_in(value: Any) -> set[str]:
    """Every name that Ref, Fn::GetAtt, Fn::Sub and DependsOn name."""
    return set(_names(value))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            match key:
                case "Ref":
                    yield part
                case "Fn::GetAtt":
                    yield part.partition(".")[0] if isinstance(part, str) else part[0]
                case "DependsOn":
                    yield from [part] if isinstance(part, str) else part
                case "Fn::Sub":
                    yield from _NAMED.findall(part if isinstance(part, str) else part[0])
                    yield from _names(part if isinstance(part, list) else [])
                case _:
                    yield from _names(part)


def _with_live_integrations(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_live_integrations(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _with_live_integrations(part) for key, part in value.items()}
    if isinstance(value, str):
        return _INVOKED.sub(rf"${{\1.Arn}}:{LIVE}/invocations", value)
    return value
