"""The walk of a bucket beside its rows, without either: tests/api/test_audit_storage.py has the whole audit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chalicelib.storage import bucket_walk
from chalicelib.storage.bucket_walk import compare
from chalicelib.storage.keys import object_key, waveform_key
from chalicelib.storage.store import ListedObject

FAMILY, RECORDING = uuid4(), uuid4()
AUDIO, WAVEFORM = object_key(FAMILY, RECORDING), waveform_key(FAMILY, RECORDING)


def row(waveform: str | None) -> dict[str, Any]:
    ids = {"id": str(RECORDING), "family_id": str(FAMILY)}
    return {**ids, "object_key": AUDIO, "waveform_key": waveform, "waveform_size_bytes": 2, "size_bytes": 2,
            "etag": "e"}  # fmt: skip


def findings(keys: list[str], rows: list[dict[str, Any]], after: str = "") -> list[tuple[str, str]]:
    """(kind, key) of everything the walk finds."""
    listed = [ListedObject(key, 2, "e", datetime.now(UTC)) for key in keys]
    pages = compare(listed, rows, after)
    return [(finding["kind"], finding["details"]["object_key"]) for page in pages for finding in page.findings]


def test_a_waveform_that_its_row_names_is_no_finding_and_costs_no_question() -> None:
    assert findings([AUDIO, WAVEFORM], [row(WAVEFORM)]) == []
    assert findings([WAVEFORM], [row(WAVEFORM)]) == [("missing", AUDIO)]


@pytest.mark.parametrize("behind", [[], ["families/z"]])
def test_a_waveform_that_its_row_names_and_that_is_gone_is_a_finding_and_no_missing_voice(behind: list[str]) -> None:
    assert ("waveform_missing", WAVEFORM) in findings([AUDIO, *behind], [row(WAVEFORM)])
    key = object_key(FAMILY, UUID(int=2**128 - 1))
    assert findings([AUDIO, key], [row(WAVEFORM), {**row(None), "object_key": key}]) == [("waveform_missing", WAVEFORM)]
    both = [row(WAVEFORM), {**row(None), "object_key": key}]
    assert findings([AUDIO], both) == [("waveform_missing", WAVEFORM), ("missing", key)], "a missing voice hides none"
    # From before waveforms were counted: perhaps it was never there.
    assert ("waveform_missing", WAVEFORM) not in findings([AUDIO], [{**row(WAVEFORM), "waveform_size_bytes": 0}])


def test_a_waveform_that_no_row_names_is_orphaned_whatever_its_key_says() -> None:
    assert findings([AUDIO, WAVEFORM], [row(None)]) == [("orphaned", WAVEFORM)]
    assert findings([WAVEFORM], [], after=AUDIO) == [("orphaned", WAVEFORM)]


def test_an_orphan_s_finding_says_since_when_it_lies_there_and_whose_it_seems_to_be() -> None:
    stored_at = datetime(2026, 5, 1, tzinfo=UTC)
    [page] = compare([ListedObject(AUDIO, 2, "e", stored_at), ListedObject("x", 3, "e", stored_at)], [], "")
    ours, foreign = page.findings
    assert (ours["recording_id"], ours["family_id"]) == (RECORDING, FAMILY)
    assert (foreign["recording_id"], foreign["family_id"]) == (None, None)
    assert foreign["details"] == {"object_key": "x", "size_bytes": 3, "stored_at": "2026-05-01T00:00:00+00:00"}


def pair(number: int) -> tuple[ListedObject, dict[str, Any]]:
    """A recording's object and its row; a larger number has a later key."""
    key = object_key(FAMILY, UUID(int=number))
    return ListedObject(key, 2, "e", datetime.now(UTC)), {**row(None), "object_key": key}


def test_a_page_holds_so_many_steps_and_no_more_where_there_is_nothing_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_walk, "STEPS_A_PAGE", 4)
    objects, rows = zip(*(pair(number) for number in range(5)), strict=True)
    pages = list(compare(objects, rows, ""))
    assert [(page.objects, page.recordings, page.last) for page in pages] == [
        (2, 2, False),
        (2, 2, False),
        (1, 1, True),
    ]
    assert [page.position for page in pages] == [objects[1].key, objects[3].key, objects[4].key]


def test_a_page_holds_so_many_findings_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_walk, "FINDINGS_A_PAGE", 2)
    _, rows = zip(*(pair(number) for number in range(4)), strict=True)
    pages = list(compare([], rows, ""))
    assert [(len(page.findings), page.last) for page in pages] == [(2, False), (2, False), (0, True)]
    last_key = rows[3]["object_key"]
    assert [page.position for page in pages] == [rows[1]["object_key"], last_key, last_key], "it never goes back"
