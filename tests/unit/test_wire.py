"""JSON comes in strictly or not at all, and leaves in one form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from chalicelib.api.models import Line, Timestamp, WireModel, fingerprint, to_json
from chalicelib.api.parsing import MAX_DEPTH, parse_body, parse_json, parse_query
from chalicelib.errors import Refused


class Part(WireModel):
    part_name: str


class Request(WireModel):
    family_id: UUID | None = None
    name: Annotated[Line, Field(min_length=1, max_length=8)] = "n"
    locale: Literal["en", "es"] = "en"
    size_bytes: Annotated[int, Field(ge=1, le=2**40)] = 1
    duration_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.5
    shared: bool = False
    recorded_at: Timestamp | None = None
    parts: tuple[Part, ...] = ()


class Query(WireModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    trashed: bool = False
    prompt_id: UUID | None = None
    cursor: Annotated[str, Field(max_length=200)] | None = None


def refusal(raw: bytes, model: type[WireModel] = Request) -> dict[str, str]:
    """Field -> reason of what is wrong with a body."""
    with pytest.raises(Refused) as caught:
        parse_body(model, raw)
    assert caught.value.code == "VALIDATION_FAILED"
    assert isinstance(caught.value.details, list)
    first = caught.value.details[0]
    assert caught.value.message == f"{first['field']}: {first['reason']}"
    return {problem["field"]: problem["reason"] for problem in caught.value.details}


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_camel_case_comes_in_as_snake_case() -> None:
    family_id = uuid4()
    request = parse_body(
        Request, body(familyId=str(family_id), sizeBytes=7, recordedAt="2026-11-20T10:00:00+02:00", unknown=[1])
    )
    assert request.family_id == family_id
    assert request.size_bytes == 7
    assert request.recorded_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_snake_case_on_the_wire_is_an_unknown_key() -> None:
    assert parse_body(Request, b'{"size_bytes": 9}').size_bytes == 1


def test_an_integer_is_good_enough_for_a_number_of_seconds() -> None:
    assert parse_body(Request, b'{"durationSeconds": 3}').duration_seconds == 3.0


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"sizeBytes": "5"}, "sizeBytes", "must be a whole number"),
        ({"sizeBytes": 5.0}, "sizeBytes", "must be a whole number"),
        ({"sizeBytes": True}, "sizeBytes", "must be a whole number"),
        ({"sizeBytes": 0}, "sizeBytes", "must be at least 1"),
        ({"durationSeconds": "1"}, "durationSeconds", "must be a number"),
        ({"durationSeconds": -1}, "durationSeconds", "must be greater than 0.0"),
        ({"shared": 1}, "shared", "must be true or false"),
        ({"shared": "true"}, "shared", "must be true or false"),
        ({"name": 5}, "name", "must be a text"),
        ({"name": "   "}, "name", "must not be empty"),
        ({"name": "abcdefghi"}, "name", "must have at most 8 characters"),
        ({"name": "a\nb"}, "name", "must be a single line without control characters"),
        ({"name": "a\u202eb"}, "name", "must be a single line without control characters"),
        ({"locale": "de"}, "locale", "must be 'en' or 'es'"),
        ({"familyId": "x"}, "familyId", "must be a UUID"),
        ({"familyId": 5}, "familyId", "must be a UUID"),
        ({"parts": [{}]}, "parts.0.partName", "is required"),
        ({"parts": {}}, "parts", "must be a list"),
        ({"parts": ["x"]}, "parts.0", "must be an object"),
    ],
)
def test_what_is_wrong_is_said_by_field_and_reason(fields: dict[str, Any], field: str, reason: str) -> None:
    assert refusal(body(**fields))[field] == reason


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-20", "2026-11-20T10:00:00", "1700000000", "20261120T100000Z", "2026-13-01T00:00:00Z"),
        *("0001-01-01T00:00:00+14:00", "2026-11-20T10:00:00.1234567890Z", " 2026-11-20T10:00:00Z", "", "now"),
        *(1_700_000_000, 1.5, True, []),
    ],
)
def test_a_time_without_its_offset_or_in_another_form_is_refused(text: Any) -> None:
    assert "RFC 3339" in refusal(body(recordedAt=text))["recordedAt"]


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"null", b"[]", b"5", b'"x"', b"{} {}", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"a":"\xff"}'),
        *(b'{"sizeBytes": NaN}', b'{"sizeBytes": Infinity}', b'{"sizeBytes": -Infinity}', b'{"sizeBytes": 1e999}'),
        *(b'{"x": 9223372036854775808}', b'{"x": ' + b"9" * 5000 + b"}", b'{"name":"a","name":"b"}'),
        *(b'{"parts":[{"a":1,"a":1}]}', b"{'name': 'a'}", b'{"name":"a",}', b'{"x": 01}', b'{"x":"\x01"}'),
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 60_000,
        b'{"x":' + b"[" * 40 + b"]" * 40 + b"}",
    ],
)
def test_what_is_not_exactly_one_json_object_is_refused(raw: bytes) -> None:
    assert set(refusal(raw)) == {"body"}


def test_nesting_is_allowed_up_to_the_bound_and_not_beyond() -> None:
    def nested(levels: int) -> bytes:
        return b'{"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    assert parse_json(nested(MAX_DEPTH))
    with pytest.raises(Refused):
        parse_json(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800", "\\udc00", "\\ud800\\ud800"])
def test_nul_and_lone_surrogates_are_refused_wherever_they_stand(bad: str) -> None:
    reason = "must not hold NUL or broken Unicode"
    assert refusal(f'{{"name": "a{bad}"}}'.encode()) == {"name": reason}
    assert refusal(f'{{"parts": [{{"partName": "{bad}"}}]}}'.encode()) == {"parts.0.partName": reason}
    assert refusal(f'{{"{bad}": 1}}'.encode()) == {"body": reason}
    assert refusal(f'{{"unknown": "{bad}"}}'.encode()) == {"unknown": reason}


def test_a_pair_of_surrogates_is_a_letter_like_any_other() -> None:
    assert parse_body(Request, b'{"name": "\\ud83c\\udf1e"}').name == "🌞"


def test_an_error_never_repeats_what_was_sent() -> None:
    secret = "grandma"
    for field in ("familyId", "name", "locale", "sizeBytes", "durationSeconds", "shared", "recordedAt", "parts"):
        for value in (secret, secret * 100, {secret: secret}, [secret], [{secret: secret}]):
            raw = body(**{field: value})
            try:
                parse_body(Request, raw)
            except Refused as error:
                assert secret not in f"{error} {error.message} {error.details}"
                assert error.__cause__ is None and error.__suppress_context__
    hostile = refusal(json.dumps({f"<{secret} b=1>": "\x00"}).encode())
    assert hostile == {"?": "must not hold NUL or broken Unicode"}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_whatever_are_anything_but_parsed_or_refused(raw: bytes) -> None:
    try:
        parse_body(Request, raw)
    except Refused as error:
        assert error.code == "VALIDATION_FAILED"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["familyId", "name", "sizeBytes", "recordedAt", "parts"]), _JSON))
def test_no_json_whatever_is_anything_but_parsed_or_refused(document: dict[str, Any]) -> None:
    try:
        parse_body(Request, json.dumps(document).encode())
    except Refused as error:
        assert error.code == "VALIDATION_FAILED"


def test_a_query_string_is_read_from_text() -> None:
    prompt_id = uuid4()
    query = parse_query(Query, {"limit": ["5"], "trashed": ["true"], "promptId": [str(prompt_id)], "x": ["1", "2"]})
    assert (query.limit, query.trashed, query.prompt_id) == (5, True, prompt_id)
    assert parse_query(Query, {}) == Query()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": ["0"]}, "limit"),
        ({"limit": ["101"]}, "limit"),
        ({"limit": ["five"]}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"limit": ["9" * 5000]}, "limit"),
        ({"trashed": ["perhaps"]}, "trashed"),
        ({"promptId": ["1"]}, "promptId"),
        ({"cursor": ["a\x00"]}, "cursor"),
        ({"cursor": ["\ud800"]}, "cursor"),
    ],
)
def test_a_wrong_query_string_is_refused_by_field(query: dict[str, list[str]], field: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_query(Query, query)
    assert isinstance(caught.value.details, list)
    assert [problem["field"] for problem in caught.value.details] == [field]


class Response(WireModel):
    recording_id: UUID
    created_at: Timestamp
    deleted_at: Timestamp | None
    size_bytes: int


def test_a_row_of_sql_leaves_as_camel_case_with_times_in_utc() -> None:
    row = {
        "recording_id": "7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11",
        "created_at": "2026-11-20T12:00:00.5+02:00",
        "deleted_at": None,
        "size_bytes": 2**53 + 1,
        "object_key": "families/…",
    }
    assert json.loads(to_json({"data": Response.from_row(row)})) == {
        "data": {
            "recordingId": "7b0d2a5c-0f0e-4f0f-8b8e-0c6f3a3b2a11",
            "createdAt": "2026-11-20T10:00:00.500000Z",
            "deletedAt": None,
            "sizeBytes": 2**53 + 1,
        }
    }


def test_a_moment_of_any_zone_leaves_in_utc() -> None:
    moment = datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=5)))
    response = Response(recording_id=uuid4(), created_at=moment, deleted_at=None, size_bytes=1)
    assert '"createdAt":"2026-11-19T20:00:00Z"' in to_json({"data": response})


@pytest.mark.parametrize("annotation", [datetime, datetime | None])
def test_a_bare_datetime_cannot_be_declared(annotation: Any) -> None:
    with pytest.raises(TypeError, match="Timestamp"):
        type("Wrong", (WireModel,), {"__annotations__": {"at": annotation}, "__module__": __name__})


def test_what_is_not_json_is_never_sent() -> None:
    with pytest.raises(ValueError):
        to_json({"data": float("nan")})
    with pytest.raises(TypeError):
        to_json({"data": object()})


def test_a_fingerprint_is_of_what_is_asked_and_not_of_how_it_was_spelled() -> None:
    one = parse_body(Request, b'{"name": "Sol", "sizeBytes": 5}')
    other = parse_body(Request, b'{ "sizeBytes":5,\n"name":"\\u0053ol", "unknown": 1}')
    assert fingerprint(one) == fingerprint(other) != fingerprint(parse_body(Request, b'{"name": "Sol"}'))
