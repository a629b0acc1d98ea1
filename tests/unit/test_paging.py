"""Pages and cursors, without a database: tests/api/test_resources_recordings.py has the lists themselves."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chalicelib.api import paging
from chalicelib.api.paging import Page, PageQuery
from chalicelib.api.parsing import parse_query
from chalicelib.errors import Refused

FAMILY = uuid4()
NEWEST = datetime(2026, 5, 1, 12, 0, 0, 999_999, tzinfo=UTC)


def page(limit: int = 2, cursor: str | None = None, *chosen_by: object, ordered_by: str = "created_at") -> Page:
    query = PageQuery(limit=limit, cursor=cursor)
    return paging.page_of(query, "recordings", FAMILY, *chosen_by, ordered_by=ordered_by)


def rows(count: int) -> list[dict[str, Any]]:
    """Rows as a query gives them, newest first, a microsecond apart."""
    return [
        {
            "id": str(UUID(int=0xABC000 + count - number)),
            "created_at": (NEWEST - timedelta(microseconds=number)).isoformat(),
            "joined_at": (NEWEST - timedelta(days=1 + number)).isoformat(),
        }
        for number in range(count)
    ]


def refused(cursor: str, *chosen_by: object) -> bool:
    with pytest.raises(Refused) as caught:
        page(2, cursor, *chosen_by)
    return (caught.value.code, caught.value.details) == (
        "VALIDATION_FAILED",
        [{"field": "cursor", "reason": "must be the nextCursor of this very list"}],
    )


def test_a_page_has_twenty_rows_unless_asked_and_a_hundred_at_most() -> None:
    assert parse_query(PageQuery, {}).limit == 20
    assert [parse_query(PageQuery, {"limit": [text]}).limit for text in ("1", "100")] == [1, 100]


@pytest.mark.parametrize("text", ["0", "101", "5.0", "+5", " 5", "1_0", "", "²", "\uff12\uff10", "9" * 5000])
def test_a_limit_is_digits_alone_and_within_its_bounds(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_query(PageQuery, {"limit": [text]})
    assert isinstance(caught.value.details, list)
    (problem,) = caught.value.details
    assert problem["field"] == "limit"
    bounds = {"0": "must be at least 1", "101": "must be at most 100"}
    assert problem["reason"] == bounds.get(text, "must be a whole number")


def test_the_row_beyond_the_limit_is_not_shown_and_the_cursor_is_the_place_of_the_last_one_shown() -> None:
    found = rows(3)
    shown = page().cut({"recordings": found})
    assert shown["recordings"] == found[:2]
    following = page(2, shown["next_cursor"]).parameters()
    assert following == {"limit": 2, "after_at": found[1]["created_at"], "after_id": UUID(found[1]["id"])}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_page_that_is_the_last_has_no_next(count: int) -> None:
    assert page().cut({"recordings": rows(count)}) == {"recordings": rows(count), "next_cursor": None}


def test_a_list_of_another_order_goes_on_by_its_own_column() -> None:
    found = rows(3)
    cursor = page(ordered_by="joined_at").cut({"recordings": found})["next_cursor"]
    assert page(2, cursor, ordered_by="joined_at").parameters()["after_at"] == found[1]["joined_at"]


def test_a_cursor_serves_no_list_that_other_filters_choose() -> None:
    cursor = page(2, None, None, True).cut({"recordings": rows(3)})["next_cursor"]
    page(2, cursor, None, True)
    assert refused(cursor, None, False)
    assert refused(cursor, uuid4(), True)
    assert refused(cursor)


def forged(change: Any) -> str:
    """A cursor of this very list with its place changed."""
    cursor = page().cut({"recordings": rows(3)})["next_cursor"]
    place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return base64.urlsafe_b64encode(json.dumps(change(place), separators=(",", ":")).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda place: [place[0], True, place[2]], id="a moment that is true"),
        pytest.param(lambda place: [place[0], place[1] + 0.5, place[2]], id="a moment between two"),
        pytest.param(lambda place: [place[0], 10**19, place[2]], id="a moment beyond all time"),
        pytest.param(lambda place: [place[0], None, place[2]], id="no moment"),
        pytest.param(lambda place: [place[0], place[1], 5], id="a number for an id"),
        pytest.param(lambda place: [place[0], place[1], place[2].upper()], id="an id spelled otherwise"),
        pytest.param(lambda place: ["0" * 12, place[1], place[2]], id="another list's"),
        pytest.param(lambda place: [*place, 1], id="a place of four parts"),
        pytest.param(lambda place: 5, id="no place at all"),
    ],
)
def test_a_forged_cursor_is_refused_and_never_an_error_of_ours(change: Any) -> None:
    assert forged(list)  # as it is, it passes: see below
    assert refused(forged(change))


def test_a_cursor_is_refused_when_one_letter_of_it_is_not_ours() -> None:
    assert page(2, forged(list)).after_at is not None
    for spoilt in ("", "é", "W" * 5000, base64.urlsafe_b64encode(b"[" * 5000).decode(), f"{forged(list)}=", "\ud800"):
        assert refused(spoilt)
