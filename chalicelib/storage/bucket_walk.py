"""Walks a bucket's objects and the recordings' rows side by side, and says where they differ.

Both come in the order of their keys, byte by byte, so one look at each is enough and nothing is kept. A recording's
waveform is listed right after its audio. Knows neither the store nor the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.storage.keys import ids_of_key

if TYPE_CHECKING:
    from uuid import UUID

    from chalicelib.storage.store import ListedObject

STEPS_A_PAGE = 1000
FINDINGS_A_PAGE = 200

Finding = dict[str, Any]
Row = Mapping[str, Any]


@dataclass
class Page:
    """What was seen since the last page. Everything up to `position`, in objects and rows, has been compared."""

    position: str
    objects: int = 0
    recordings: int = 0
    findings: list[Finding] = field(default_factory=list)
    last: bool = False

    def is_full(self) -> bool:
        return self.objects + self.recordings >= STEPS_A_PAGE or len(self.findings) >= FINDINGS_A_PAGE


def compare(objects: Iterable[ListedObject], rows: Iterable[Row], after: str) -> Iterator[Page]:
    """Pages of findings, the last of them marked. A walk that ended at a page's position may go on from there.

    `rows` have id, family_id, object_key, waveform_key, waveform_size_bytes, size_bytes, etag. A finding is {kind:
    missing | waveform_missing | orphaned | differing, recording_id, family_id, details}; it is to be confirmed, for
    objects and rows were read at different moments. A walk that goes on from a page's end knows nothing of the waveform
    of the recording before it.
    """
    walk = _Walk(rows, after)
    for found in objects:
        # The listing is past the keys of these rows: their objects are missing.
        while walk.row is not None and walk.row["object_key"] < found.key:
            walk.miss()
            yield from walk.full_page()
        walk.meet(found)
        yield from walk.full_page()
    while walk.row is not None:
        walk.miss()
        yield from walk.full_page()
    walk.miss_waveform()
    walk.page.last = True
    yield walk.page


class _Walk:
    """Where the two walks stand."""

    def __init__(self, rows: Iterable[Row], after: str) -> None:
        self._rows = iter(rows)
        self.row = next(self._rows, None)
        self.page = Page(after)
        self._waveform_key: str | None = None
        self._expected: Row | None = None
        """The recording just passed, while its waveform is still to come."""

    def miss(self) -> None:
        """The row's object is not there."""
        row = self._pass_row()
        self._find("missing", row["id"], row["family_id"], object_key=row["object_key"], size_bytes=row["size_bytes"])

    def miss_waveform(self) -> None:
        """The waveform of the row before did not come, and cannot come any more."""
        if self._expected is not None:
            row, self._expected = self._expected, None
            self._find("waveform_missing", row["id"], row["family_id"], object_key=row["waveform_key"])

    def meet(self, found: ListedObject) -> None:
        """The next object: the row's own, the waveform of the row before, or nobody's."""
        if self._expected is not None and found.key > self._expected["waveform_key"]:
            self.miss_waveform()
        self.page.objects += 1
        self.page.position = found.key
        if self.row is not None and self.row["object_key"] == found.key:
            self._compare(self._pass_row(), found)
            return
        if found.key == self._waveform_key:
            self._expected = None
            return
        # What the key says is a hint for the operator; whether a row has the key is asked when the finding is written.
        family_id, recording_id = ids_of_key(found.key) or (None, None)
        stored_at = found.stored_at.isoformat()
        self._find(
            "orphaned", recording_id, family_id, object_key=found.key, size_bytes=found.size_bytes, stored_at=stored_at
        )

    def _compare(self, row: Row, found: ListedObject) -> None:
        differs = [name for name in ("size_bytes", "etag") if row[name] != getattr(found, name)]
        if differs:
            self._find("differing", row["id"], row["family_id"], object_key=found.key, differs=differs,
                       size_bytes=row["size_bytes"], stored_bytes=found.size_bytes)  # fmt: skip

    def _pass_row(self) -> Row:
        self.miss_waveform()
        row = self.row
        assert row is not None
        self.page.recordings += 1
        self.page.position = row["object_key"]
        self._waveform_key = row["waveform_key"]
        # Before waveforms were counted, a row named one that perhaps never came: at 0 bytes.
        self._expected = row if row["waveform_key"] and row["waveform_size_bytes"] else None
        self.row = next(self._rows, None)
        return row

    def _find(self, kind: str, recording_id: UUID | str | None, family_id: UUID | str | None, **details: Any) -> None:
        self.page.findings.append(
            {"kind": kind, "recording_id": recording_id, "family_id": family_id, "details": details}
        )

    def full_page(self) -> Iterator[Page]:
        """The page, if it is full; then a new one is begun."""
        if self.page.is_full():
            full, self.page = self.page, Page(self.page.position)
            yield full
