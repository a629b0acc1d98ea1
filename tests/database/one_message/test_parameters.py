"""One message: parameters and results."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from chalicelib.database import messages
from chalicelib.database.literals import Json, to_literal
from chalicelib.errors import InternalError, Refused
from tests.support.database_server import Database
from tests.support.messages import a_call, notes, outcome


def test_values_keep_their_types(prepared: Database) -> None:
    ids = [uuid4(), uuid4()]
    result = messages.transact(
        a_call(),
        "test_types",
        id=ids[0],
        ids=ids,
        names=['a"b', "c\\d", "e,f", "{}", "NULL", None, ""],
        size=2**53 + 1,
        seconds=1.5,
        at="2026-11-20T10:00:00Z",
        flag=True,
        none=None,
        list=Json([1, {"a": 2}]),
    )
    assert result["id"] == str(ids[0])
    assert result["ids"] == [str(ids[0]), str(ids[1])]
    assert result["names"] == ['a"b', "c\\d", "e,f", "{}", "NULL", None, ""]
    assert result["size"] == 2**53 + 1 and isinstance(result["size"], int)
    assert (result["seconds"], result["flag"], result["none"], result["list"]) == (1.5, True, None, [1, {"a": 2}])
    assert to_literal([]) == "{}"


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE ops.test_notes; --", "\\'; SELECT 1; --", "%(user_id)s", "$$", "/* */"]
)
def test_a_value_is_never_read_as_sql(text: str, prepared: Database) -> None:
    assert messages.transact(a_call(), "test_echo", value={"x": text})["value"] == {"x": text}
    messages.transact(a_call(), "test_note_tx", note=text)
    assert notes(prepared) == [text]


@pytest.mark.parametrize("name", ["test_echo()--", "Test", "", "a.b", "test echo", "x" * 64])
def test_an_invalid_function_name_is_never_sent(name: str, prepared: Database, person: UUID) -> None:
    call = a_call(person)
    assert isinstance(outcome(lambda: messages.transact(call, name)), InternalError)
    assert isinstance(outcome(lambda: messages.transact(call, "test_echo", **{name: cast(Any, 1)})), InternalError)
    assert isinstance(outcome(lambda: messages.read(call, name)), InternalError)
    assert call.messages == 0


def test_a_refusal_is_raised_with_its_details(prepared: Database) -> None:
    error = outcome(lambda: messages.transact(a_call(), "test_refuse_tx", code="QUOTA_EXCEEDED"))
    assert isinstance(error, Refused)
    assert (error.code, error.details) == ("QUOTA_EXCEEDED", {"quota_bytes": 5})


def test_a_query_that_finds_nothing_is_refused_as_its_caller_says(prepared: Database, person: UUID) -> None:
    for missing in ("NOT_FOUND", "FORBIDDEN"):
        error = outcome(lambda missing=missing: messages.read(a_call(person), "nothing", missing=missing))  # type: ignore[misc]
        assert isinstance(error, Refused) and error.code == missing


@pytest.mark.parametrize("name", ["test_null", "test_list", "test_unknown"])
def test_a_missing_function_or_one_without_an_object_is_an_internal_error(name: str, prepared: Database) -> None:
    assert isinstance(outcome(lambda: messages.transact(a_call(), name)), InternalError)


def test_time_and_messages_are_measured(prepared: Database, person: UUID) -> None:
    call = a_call(person)
    messages.read(call, "slow", seconds=0.1)
    messages.transact(call, "test_echo")
    assert call.messages == 2
    assert 100 <= call.db_ms < 2000
