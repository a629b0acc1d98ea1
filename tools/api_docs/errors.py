"""How refusals look in the OpenAPI document: a schema a code, a response a status, examples by the real error table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic.alias_generators import to_camel

from chalicelib.api.endpoints import Endpoint, Refusals
from chalicelib.api.problems import CODES, REASONS, describe
from chalicelib.errors import MAX_FIELD_ERRORS, InternalError, Refused
from tools.api_docs import prose

Json = dict[str, Any]


def error_responses(endpoint: Endpoint) -> Json:
    """Status -> response, in the order of the statuses."""
    by_status: dict[int, dict[str, tuple[str, ...]]] = {}
    for code, reasons in endpoint.refusals.items():
        by_status.setdefault(CODES[code][0], {})[code] = reasons
    return {str(status): _response_of(codes) for status, codes in sorted(by_status.items())}


def error_components(codes: Iterable[str]) -> tuple[Json, Json]:
    """(schemas, responses): for each code its schema, and for a code without reasons a response of that code alone."""
    listed = list(codes)
    alone = {_name(code): _response({code: ()}) for code in listed if code not in REASONS}
    return {_name(code): _schema(code) for code in listed}, alone


def _response_of(codes: Refusals) -> Json:
    if len(codes) == 1 and not any(codes.values()):
        return {"$ref": f"#/components/responses/{_name(next(iter(codes)))}"}
    return _response(codes)


def _response(codes: Refusals) -> Json:
    ordered = {code: codes[code] for code in CODES if code in codes}
    schemas = [_narrowed(code, reasons) for code, reasons in ordered.items()]
    headers = dict(prose.EVERY_RESPONSE)
    for code in ordered:
        headers |= prose.HEADERS_OF_CODE.get(code, {})
    return {
        "description": "\n".join(_line(code, reasons) for code, reasons in ordered.items()),
        "headers": headers,
        "content": {
            "application/json": {
                "schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas},
                "examples": {
                    " ".join(part for part in (code, reason) if part): {"value": example_body(code, reason)}
                    for code, reasons in ordered.items()
                    for reason in reasons or ("",)
                },
            }
        },
    }


def _line(code: str, reasons: tuple[str, ...]) -> str:
    why = f" ({', '.join(reasons)})" if reasons else ""
    return f"`{code}`{why}: {prose.when(code)}"


def _narrowed(code: str, reasons: tuple[str, ...]) -> Json:
    """A code's schema, with only those reasons that this response may have."""
    schema = {"$ref": f"#/components/schemas/{_name(code)}"}
    if not reasons:
        return schema
    details = {"properties": {"reason": {"enum": list(reasons)}}}
    return {"allOf": [schema, {"properties": {"error": {"properties": {"details": details}}}}]}


def example_body(code: str, reason: str = "") -> Json:
    """The body of such a refusal, made by the real error table."""
    details = {"reason": reason} if reason else prose.EXAMPLE_DETAILS.get(code)
    if code == "INTERNAL":
        return describe(InternalError("")).body()
    message = f"{details[0]['field']}: {details[0]['reason']}" if isinstance(details, list) else None
    return describe(Refused(code, details, message)).body()


def _name(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("_")) + "Error"


def _schema(code: str) -> Json:
    error: Json = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"const": code},
            "message": {"type": "string", "description": "For a person to read.", "minLength": 1},
        },
        "additionalProperties": False,
    }
    details = _details(code)
    if details is not None:
        error["properties"]["details"] = details
        error["required"] = ["code", "message", "details"]
    if code == "SERVICE_UNAVAILABLE":
        error["properties"]["details"] = {
            "description": "Of /health alone: what is wrong.",
            "$ref": "#/components/schemas/HealthResponse",
        }
    return {
        "description": prose.when(code),
        "type": "object",
        "required": ["error"],
        "properties": {"error": error},
        "additionalProperties": False,
    }


def _details(code: str) -> Json | None:
    if code == "VALIDATION_FAILED":
        return {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_FIELD_ERRORS,
            "items": _object(field={"type": "string"}, reason={"type": "string"}),
        }
    if code in REASONS:
        return _object(reason={"type": "string", "enum": sorted(REASONS[code])})
    if code in prose.EXAMPLE_DETAILS:
        return _object(**{to_camel(name): {"type": "integer"} for name in prose.EXAMPLE_DETAILS[code]})
    return None


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}
