"""The OpenAPI 3.1 document, built from the endpoints on the map and the very models that parse and answer.

It runs when `make generate` writes chalicelib/openapi.json and when a test compares. The app sends that file as it is
and never imports this module. Examples are in examples.py, refusals in app.py.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from itertools import pairwise
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from chalicelib.api.endpoints import Endpoint
from chalicelib.api.parsing import MAX_INTEGER
from chalicelib.api.problems import CODES
from chalicelib.api.responses import Answer, Bare
from tools.api_docs import prose
from tools.api_docs.errors import error_components, error_responses
from tools.api_docs.examples import Example, example_of

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def build(endpoints: Iterable[Endpoint]) -> Json:
    """The document. Raises Undeclared for an endpoint that has no example."""
    listed = list(endpoints)
    codes = sorted({code for endpoint in listed for code in endpoint.refusals}, key=list(CODES).index)
    schemas, responses = error_components(codes)
    paths: Json = {}
    for endpoint in listed:
        item = paths.setdefault(_path(endpoint), {"parameters": [{"$ref": "#/components/parameters/RequestId"}]})
        item[endpoint.method.lower()] = _operation(endpoint, listed)
    return {
        "openapi": "3.1.0",
        "info": prose.INFO,
        "servers": [{"url": "/", "description": "The local stack. Other stages have an address of their own."}],
        "tags": [{"name": name, "description": text} for name, text in _tags(listed).items()],
        "paths": paths,
        "components": {
            "schemas": {**_model_schemas(listed), **schemas},
            "responses": responses,
            "parameters": prose.PARAMETERS,
            "headers": prose.HEADERS,
            "securitySchemes": prose.SECURITY_SCHEMES,
        },
    }


def operation_id(endpoint: Endpoint, endpoints: Iterable[Endpoint]) -> str:
    """The function's name in camelCase; a second path of one function says so."""
    first = next(other for other in endpoints if other.function is endpoint.function)
    name = to_camel(endpoint.function.__name__)
    return name if first.path == endpoint.path else f"{name}BesideTheOperations"


def operation_summary(endpoint: Endpoint) -> str:
    """The first sentence of the function's docstring."""
    return _docstring(endpoint).split(". ")[0].removesuffix(".")


def _docstring(endpoint: Endpoint) -> str:
    return " ".join((inspect.getdoc(endpoint.function) or "").split())


def _path(endpoint: Endpoint) -> str:
    path = endpoint.path
    for name in endpoint.path_parameters:
        path = path.replace(f"{{{name}}}", f"{{{to_camel(name)}}}")
    return path


def _tag(endpoint: Endpoint) -> str:
    package, module = endpoint.function.__module__.rsplit(".", 2)[-2:]
    return "operations" if package == "operations" else module


def _tags(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """Each tag with its module's docstring."""
    tags: dict[str, str] = {}
    for endpoint in endpoints:
        tag = _tag(endpoint)
        module = inspect.getmodule(endpoint.function)
        text = prose.OPERATIONS if tag == "operations" else inspect.getdoc(module) or ""
        tags.setdefault(tag, " ".join(text.split("\n\n")[0].split()))
    return tags


def _operation(endpoint: Endpoint, endpoints: list[Endpoint]) -> Json:
    example = example_of(endpoint)
    text = _docstring(endpoint)
    operation: Json = {
        "operationId": operation_id(endpoint, endpoints),
        "tags": [_tag(endpoint)],
        "summary": operation_summary(endpoint),
        "description": "\n\n".join(part for part in (text, *_notes(endpoint)) if part),
        "security": prose.SECURITY[_audience(endpoint)],
    }
    parameters = [*_path_parameters(endpoint), *_query_parameters(endpoint), *_header_parameters(endpoint)]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.request is not None:
        content = {"schema": {"$ref": _SCHEMAS + endpoint.request.__name__}, "example": example.request}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    elif endpoint.access == "webhook":
        operation["requestBody"] = prose.WEBHOOK_BODY
    operation["responses"] = {"200": _success(endpoint, example), **error_responses(endpoint)}
    return operation


def _audience(endpoint: Endpoint) -> str:
    return "health" if endpoint.function.__name__ == "get_health" else endpoint.access


def _notes(endpoint: Endpoint) -> list[str]:
    notes = []
    if endpoint.limit is not None:
        notes.append(f"Limit: {endpoint.limit.per_minute} calls a minute, class `{endpoint.limit.name}`.")
    if endpoint.idempotent:
        notes.append("Accepts an `Idempotency-Key`.")
    return notes


def _success(endpoint: Endpoint, example: Example) -> Json:
    kinds = _response_kinds(endpoint)
    if Bare in kinds:
        schema: Json = {"type": "object"}
        body: Mapping[str, Any] = example.data
    else:
        (model,) = (kind for kind in kinds if kind is not Answer)
        properties: Json = {"data": {"$ref": _SCHEMAS + model.__name__}}
        body = {"data": example.data}
        if Answer in kinds:
            properties["metadata"] = prose.metadata(example.warnings)
        schema = {"type": "object", "required": ["data"], "properties": properties}
    return {
        "description": f"{operation_summary(endpoint)}.",
        "headers": prose.EVERY_RESPONSE,
        "content": {"application/json": {"schema": schema, "example": body}},
    }


def _response_kinds(endpoint: Endpoint) -> tuple[Any, ...]:
    response = endpoint.response
    return get_args(response) if get_origin(response) in (Union, UnionType) else (response,)


def _path_parameters(endpoint: Endpoint) -> list[Json]:
    return [
        {"name": to_camel(name), "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in endpoint.path_parameters
    ]


def _query_parameters(endpoint: Endpoint) -> list[Json]:
    if endpoint.query is None:
        return []
    schema = _as_parsed(endpoint.query.model_json_schema(by_alias=True, schema_generator=_Schema))
    parameters = []
    for name, value in schema["properties"].items():
        # In a query string there is no null, only absence.
        plain = next((part for part in value.get("anyOf", []) if part != {"type": "null"}), value)
        about = {"description": value["description"]} if "description" in value else {}
        plain = {key: item for key, item in plain.items() if key != "description"}
        parameters.append({"name": name, "in": "query", "required": False, **about, "schema": plain})
    return parameters


def _header_parameters(endpoint: Endpoint) -> list[Json]:
    if endpoint.access == "webhook":
        return [{"$ref": "#/components/parameters/StripeSignature"}]
    return [{"$ref": "#/components/parameters/IdempotencyKey"}] if endpoint.idempotent else []


def _model_schemas(endpoints: Iterable[Endpoint]) -> Json:
    requests = {endpoint.request for endpoint in endpoints if endpoint.request is not None}
    answers = {kind for endpoint in endpoints for kind in _response_kinds(endpoint) if kind not in (Answer, Bare)}
    return {
        **{name: _as_parsed(schema) for name, schema in _definitions(requests, "validation").items()},
        **_definitions(answers, "serialization"),
    }


def _definitions(models: Iterable[type[BaseModel]], mode: Any) -> Json:
    ordered = [(model, mode) for model in sorted(models, key=lambda model: model.__name__)]
    _, document = models_json_schema(
        ordered, by_alias=True, ref_template=_SCHEMAS + "{model}", schema_generator=_Schema
    )
    return dict(document.get("$defs", {}))


class _Schema(GenerateJsonSchema):
    """pydantic's own, without titles that repeat names, with the docstrings that stand under fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        """An answer holds every field, also one with a default, save what is left out on purpose."""
        if self.mode == "serialization":
            return field.get("serialization_exclude_if") is None
        return super().field_is_required(field, total)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Null as a default says only that the field may be left out, and in a PATCH that would not be the same."""
        result = super().default_schema(schema)
        return {key: value for key, value in result.items() if key != "default" or value is not None}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        result = super().model_schema(schema)
        result.pop("title", None)
        for name, text in _field_docs(schema["cls"]).items():
            if name in result.get("properties", {}):
                result["properties"][name].setdefault("description", text)
        return result


def _field_docs(model: type) -> dict[str, str]:
    """The docstrings under a model's fields, by wire name. pydantic could keep them, and would read the source at
    every cold start."""
    docs: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if not issubclass(kind, BaseModel) or kind.__module__.startswith("pydantic"):
            continue
        (declared,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        assert isinstance(declared, ast.ClassDef)
        for statement, following in pairwise(declared.body):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                docs[to_camel(statement.target.id)] = inspect.cleandoc(str(following.value.value))
    return docs


def _as_parsed(schema: Any) -> Any:
    """A request's schema with what the parser asks of every text and number: no NUL, nothing beyond 64 bits."""
    if isinstance(schema, list):
        return [_as_parsed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # pydantic's own names for a bound that stands behind a validator of ours.
    result = {_BOUNDS.get(key, key): _as_parsed(value) for key, value in schema.items()}
    if result.get("type") == "string" and not {"pattern", "format", "enum", "const"} & set(result):
        result["pattern"] = r"^[^\u0000]*$"
    if result.get("type") in ("integer", "number"):
        if not {"maximum", "exclusiveMaximum"} & set(result):
            result["maximum"] = MAX_INTEGER
        if not {"minimum", "exclusiveMinimum"} & set(result):
            result["minimum"] = -MAX_INTEGER
    return result
