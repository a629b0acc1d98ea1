"""The walk of a bucket beside its rows, without either: tests/api/test_audit_storage.py has the whole audit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from chalicelib.storage.bucket_walk import compare
from chalicelib.storage.keys import object_key, waveform_key
from chalicelib.storage.store import ListedObject

FAMILY, RECORDING = uuid4(), uuid4()
AUDIO, WAVEFORM = object_key(FAMILY, RECORDING), waveform_key(FAMILY, RECORDING)


def row(waveform: str | None) -> dict[str, Any]:
    ids = {"id": str(RECORDING), "family_id": str(FAMILY)}
    return {**ids, "object_key": AUDIO, "waveform_key": waveform, "size_bytes": 2, "etag": "e"}


def findings(keys: list[str], rows: list[dict[str, Any]], after: str = "") -> list[tuple[str, str]]:
    """(kind, key) of everything the walk finds."""
    listed = [ListedObject(key, 2, "e", datetime.now(UTC)) for key in keys]
    pages = compare(listed, rows, after)
    return [(finding["kind"], finding["details"]["object_key"]) for page in pages for finding in page.findings]


def test_a_waveform_that_its_row_names_is_no_finding_and_costs_no_question() -> None:
    assert findings([AUDIO, WAVEFORM], [row(WAVEFORM)]) == []
    assert findings([WAVEFORM], [row(WAVEFORM)]) == [("missing", AUDIO)]


def test_a_waveform_that_no_row_names_is_orphaned_whatever_its_key_says() -> None:
    assert findings([AUDIO, WAVEFORM], [row(None)]) == [("orphaned", WAVEFORM)]
    assert findings([WAVEFORM], [], after=AUDIO) == [("orphaned", WAVEFORM)]
