"""Pages of a list: a limit, and an opaque cursor that says where the next page begins.

A cursor holds the place of the last row shown, (time, id), and not a number of rows: when rows come and go between two
pages, none is shown twice or left out. It is valid for the list it came from alone. It is no secret and grants nothing:
every page asks the list's own rules again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.api.models import WireModel
from chalicelib.errors import Refused, invalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

_MAX_CURSOR = 128
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _digits(value: Any) -> Any:
    """Digits alone: pydantic would also take "5.0", "+5", "1_0" and blanks, and a client that sends those has a bug."""
    if not isinstance(value, str):
        return value
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise PydanticCustomError("digits", "must be a whole number")
    return int(value)


class PageQuery(WireModel):
    """What every list's query string may hold."""

    limit: Annotated[int, BeforeValidator(_digits), Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """A page to read: `parameters()` go into its query, `cut()` makes the answer from the query's result."""

    list_name: str
    """What the list is called in its answer, such as recordings."""
    ordered_by: str
    """The column that, with the id, orders the list."""
    limit: int
    scope: str
    """A digest of everything that chooses the rows of the list: a cursor of one scope is refused in another."""
    after_at: datetime | None = None
    after_id: UUID | None = None

    def parameters(self) -> dict[str, Any]:
        """The parameters limit, after_at and after_id of the list's query."""
        after_at = None if self.after_at is None else self.after_at.isoformat()
        return {"limit": self.limit, "after_at": after_at, "after_id": self.after_id}

    def cut(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """`{<list_name>: rows, next_cursor: text or None}` of a result with up to limit + 1 rows.

        The one row beyond the limit only shows that there is a next page.
        """
        rows = result[self.list_name]
        shown = rows[: self.limit]
        next_cursor = None
        if len(rows) > self.limit:
            last = shown[-1]
            next_cursor = _write(self.scope, datetime.fromisoformat(last[self.ordered_by]), UUID(last["id"]))
        return {self.list_name: shown, "next_cursor": next_cursor}


def page_of(query: PageQuery, list_name: str, *chosen_by: object, ordered_by: str = "created_at") -> Page:
    """The page a query asks for; `chosen_by` is whatever else chooses the list's rows (its family, its filters).

    Raises VALIDATION_FAILED for a cursor that this list did not give.
    """
    scope = _digest(list_name, *chosen_by)
    if query.cursor is None:
        return Page(list_name, ordered_by, query.limit, scope)
    after_at, after_id = _read(scope, query.cursor)
    return Page(list_name, ordered_by, query.limit, scope, after_at, after_id)


def _digest(*parts: object) -> str:
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).hexdigest()[:12]


def _write(scope: str, at: datetime, row_id: UUID) -> str:
    place = json.dumps([scope, (at - _EPOCH) // _MICROSECOND, str(row_id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _read(scope: str, cursor: str) -> tuple[datetime, UUID]:
    """The place that a cursor holds. A cursor that `_write` would not have written exactly so is refused."""
    try:
        # No cursor of ours is as long; json gives up on nesting that needs more, by a RecursionError.
        if len(cursor) > _MAX_CURSOR:
            raise ValueError
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        _scope, microseconds, row_id = place
        at, found = _EPOCH + microseconds * _MICROSECOND, UUID(row_id)
        if _write(scope, at, found) != cursor:
            raise ValueError
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise _bad_cursor() from None
    return at, found


def _bad_cursor() -> Refused:
    return invalid(("cursor", "must be the nextCursor of this very list"))
