"""The base of every request and response model, the types they share, and JSON on its way out.

The wire speaks camelCase, our code snake_case; the models translate. Times leave in UTC with a Z.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


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
    """A name is shown in mails, headers and pages: no control character, line break or change of writing direction."""
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") or letter in _DIRECTION_MARKS for letter in value):
        raise PydanticCustomError("one_line", "must be a single line without control characters")
    return value


_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Timestamp = Annotated[datetime, BeforeValidator(_utc)]
"""A moment: RFC 3339 with an offset on the way in, UTC with Z on the way out."""

# The same rule as a pattern for the OpenAPI document, which cannot hold Python functions.
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


def camelise(value: Any) -> Any:
    """The same value with every mapping's keys in camelCase, all the way down."""
    if isinstance(value, Mapping):
        return {to_camel(str(key)): camelise(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [camelise(item) for item in value]
    return value
