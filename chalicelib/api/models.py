"""The wire: JSON in and out, and the models that translate between its camelCase and our snake_case.

Strict on the way in (types, encoding, duplicate keys, depth), exact on the way out (times in UTC with a Z). It
never puts what a caller sent into an error.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from chalicelib.errors import MAX_FIELD_ERRORS, invalid

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1


class WireModel(BaseModel):
    """Base of everything that crosses the wire.

    Requests are read by `parse_body` and `parse_query`; responses are made from a row with `from_row`, or by field
    name. Times must be `Timestamp`, so that they leave in UTC.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        strict=True,
        frozen=True,
        extra="ignore",
        # Fifty models are declared and a cold start needs two: each is built when first used.
        defer_build=True,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        for name, field in cls.model_fields.items():
            plain = field.annotation is datetime and not field.metadata
            if plain or datetime in get_args(field.annotation):
                raise TypeError(f"{cls.__name__}.{name}: use Timestamp, a bare datetime would leave without UTC and Z")

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """The model of a row as SQL gives it: snake_case keys, ids and times as text."""
        return cls.model_validate(row, strict=False, by_alias=False, by_name=True)


Model = TypeVar("Model", bound=WireModel)

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")


def _utc(value: Any) -> datetime:
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        try:
            value = datetime.fromisoformat(value.upper())
        except ValueError:
            value = None
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError:
            pass
    raise PydanticCustomError("timestamp", "must be a time as in RFC 3339, such as 2026-11-20T10:00:00Z")


def _one_line(value: str) -> str:
    """A name goes into mails, headers and pages: nothing that breaks a line, hides or turns round what follows."""
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") or letter in _DIRECTION_MARKS for letter in value):
        raise PydanticCustomError("one_line", "must be a single line without control characters")
    return value


_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Timestamp = Annotated[datetime, BeforeValidator(_utc)]
"""A moment: RFC 3339 with an offset on the way in, UTC with Z on the way out."""

# The same as a pattern for the OpenAPI document, which knows no functions of ours.
_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
_BLANKS = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
LINE_PATTERN = f"^[^{_CONTROLS}]*$"
NOT_BLANK_LINE = f"^[^{_CONTROLS}]*[^{_CONTROLS}{_BLANKS}][^{_CONTROLS}]*$"
NOT_BLANK_TEXT = rf"^[^\u0000]*[^\u0000\u0009-\u000d\u0085\u2028\u2029{_BLANKS}][^\u0000]*$"

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_one_line),
    Field(json_schema_extra={"pattern": LINE_PATTERN}),
]
"""One line of text, outer blanks taken off. Bound it: `name: Annotated[Line, Field(min_length=1, max_length=80)]`."""


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
        # JSONDecodeError carries the document, so nothing of it is kept.
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
    """A dotted path. A key is the caller's text, so only what looks like a field's name is repeated."""
    name = str(part) if isinstance(part, int) or _FIELD_NAME.fullmatch(part) else "?"
    return f"{path}.{name}" if path else name


def parse_body(model: type[Model], raw: bytes) -> Model:
    """The request model of a body. Raises VALIDATION_FAILED."""
    if not raw:
        raise invalid(("body", "must be a JSON object"))
    parse_json(raw)
    try:
        # From the bytes and not from the document just checked: only so pydantic's strict mode takes ids and times
        # as text.
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


# pydantic's kind of error -> our words; {braces} are filled from the constraint, never from the input.
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
    # PydanticCustomError and ValueError are raised by validators of ours, whose words do not hold the input.
    if kind == "value_error":
        return str(context.get("error", "is not valid"))
    return message if message.startswith("must ") else "is not valid"


def fingerprint(request: WireModel) -> str:
    """SHA-256 in hex of what a request asks for: the same for the same request, however it was spelled."""
    canonical = json.dumps(request.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def to_json(body: Mapping[str, Any]) -> str:
    """JSON of a body whose values are models or plain data. NaN is an error: it would not be JSON."""
    return json.dumps(body, default=_dump, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _dump(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(f"{type(value).__name__} does not go over the wire")
