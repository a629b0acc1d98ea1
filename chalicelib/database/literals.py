"""Python values as the parameters psycopg2 writes into a message.

Each becomes a literal whose type Postgres takes from the function parameter or column that it is used for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class Json:
    """Marks a list that is meant as jsonb; a bare list is taken for a Postgres array."""

    def __init__(self, value: Any) -> None:
        self.value = value


def to_literal(value: Any) -> Any:
    """UUIDs and enums as text, mappings and models (by snake_case name) as JSON, lists as array literals."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, BaseModel):
        return value.model_dump_json(by_alias=False)
    if isinstance(value, Json):
        return json.dumps(value.value, allow_nan=False, default=str)
    if isinstance(value, Mapping):
        return json.dumps(value, allow_nan=False, default=str)
    if isinstance(value, list | tuple | set | frozenset):
        return "{" + ",".join(_element(item) for item in value) + "}"
    return value


def _element(item: Any) -> str:
    if item is None:
        return "NULL"
    text = rf"\x{item.hex()}" if isinstance(item, bytes) else str(to_literal(item))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
