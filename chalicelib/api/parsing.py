"""Requests in: a body's bytes or a query string become a model, or VALIDATION_FAILED.

Strict about types, encoding, duplicate keys and depth. An error never repeats what the caller sent.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from chalicelib.api.models import WireModel
from chalicelib.errors import MAX_FIELD_ERRORS, invalid

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1

Model = TypeVar("Model", bound=WireModel)


def parse_json(raw: bytes) -> dict[str, Any]:
    """A JSON object out of a request's bytes. Raises VALIDATION_FAILED for anything that is not exactly one."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid(("body", "must be UTF-8")) from None
    try:
        document = json.loads(
            text, object_pairs_hook=_unique_keys, parse_int=_integer, parse_float=_number, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        # JSONDecodeError holds the whole document, so it is not chained to ours.
        raise invalid(("body", "must be valid JSON")) from None
    if not isinstance(document, dict):
        raise invalid(("body", "must be a JSON object"))
    check_texts(document)
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise invalid(("body", "must not name a key twice"))
    return result


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > MAX_INTEGER:
        raise invalid(("body", "must not hold a number beyond 64 bits"))
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise invalid(("body", "must not hold a number beyond 64 bits"))
    return value


def _no_constant(_name: str) -> NoReturn:
    raise invalid(("body", "must not hold NaN or Infinity"))


def check_texts(document: Any) -> None:
    """Refuses what Postgres cannot store: NUL, lone surrogates; and nesting beyond MAX_DEPTH."""
    waiting: list[tuple[str, Any, int]] = [("", document, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise invalid(("body", f"must not be nested deeper than {MAX_DEPTH} levels"))
        if isinstance(value, str):
            if not storable(value):
                raise invalid((path or "body", "must not hold NUL or broken Unicode"))
        elif isinstance(value, dict):
            for key, item in value.items():
                if not storable(key):
                    raise invalid(("body", "must not hold NUL or broken Unicode"))
                waiting.append((_join(path, key), item, depth + 1))
        elif isinstance(value, list):
            waiting.extend((_join(path, index), item, depth + 1) for index, item in enumerate(value))


def storable(text: str) -> bool:
    """Whether Postgres can keep this text: no NUL, no lone surrogate."""
    if "\x00" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def _join(path: str, part: str | int) -> str:
    """A dotted path. A key is text of the caller's, so it is repeated only where it looks like a field's name."""
    name = str(part) if isinstance(part, int) or _FIELD_NAME.fullmatch(part) else "?"
    return f"{path}.{name}" if path else name


def parse_body(model: type[Model], raw: bytes) -> Model:
    """The request model of a body. Raises VALIDATION_FAILED."""
    if not raw:
        raise invalid(("body", "must be a JSON object"))
    parse_json(raw)
    try:
        # From the bytes and not from the parsed document: pydantic's strict mode takes ids and times as text only
        # from JSON.
        return model.model_validate_json(raw, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _refused(error) from None


def parse_query(model: type[Model], query: Mapping[str, list[str]]) -> Model:
    """The model of a query string. A parameter given twice is refused. Raises VALIDATION_FAILED."""
    known = {to_camel(name) for name in model.model_fields}
    single: dict[str, str] = {}
    for name, values in query.items():
        if name not in known:
            continue
        if len(values) != 1:
            raise invalid((name, "must be given once"))
        if not storable(values[0]):
            raise invalid((name, "must not hold NUL or broken Unicode"))
        single[name] = values[0]
    try:
        return model.model_validate_strings(single, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _refused(error) from None


# pydantic's kind of error -> our reason; {braces} are filled from the constraint, never from the input.
_REASONS: dict[str, str] = {
    "missing": "is required",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} characters",
    "too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "does not have the right form",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
}


def _refused(error: ValidationError) -> Exception:
    problems = []
    for problem in error.errors(include_url=False, include_input=False)[:MAX_FIELD_ERRORS]:
        path = ""
        for part in problem["loc"]:
            path = _join(path, part)
        problems.append((path or "body", _reason(problem["type"], problem["msg"], problem.get("ctx") or {})))
    return invalid(*problems)


def _reason(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if context.get("min_length") == 1:
        return "must not be empty"
    if kind in _REASONS:
        return _REASONS[kind].format_map(context)
    # Our own validators raise PydanticCustomError and ValueError, with texts that do not hold the input.
    if kind == "value_error":
        return str(context.get("error", "is not valid"))
    return message if message.startswith("must ") else "is not valid"
