"""Walks a bucket's objects and the recordings' rows side by side, and says where they differ.

Both come in the order of their keys, byte by byte, so one look at each is enough and nothing is kept. A recording's
audio and waveform share a stem, and the audio comes first. Knows neither the store nor the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.storage.store import ListedObject

STEPS_A_PAGE = 1000
FINDINGS_A_PAGE = 200

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(rf"(families/({_ID})/recordings/({_ID}))\.(audio\.m4a|waveform\.json)")
AUDIO = ".audio.m4a"

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

    `rows` have id, family_id, object_key, size_bytes, etag. A finding is {kind: missing | orphaned | differing,
    recording_id, family_id, details}; it is to be confirmed, for objects and rows were read at different moments.
    """
    walk = _Walk(rows, after)
    for found in objects:
        # The bucket is past these voices, and did not have them.
        while walk.row is not None and walk.row["object_key"] < found.key:
            walk.miss()
            yield from walk.full_page()
        walk.meet(found)
        yield from walk.full_page()
    while walk.row is not None:
        walk.miss()
        yield from walk.full_page()
    walk.page.last = True
    yield walk.page


class _Walk:
    """Where the two walks stand."""

    def __init__(self, rows: Iterable[Row], after: str) -> None:
        self._rows = iter(rows)
        self.row = next(self._rows, None)
        self.page = Page(after)
        self._last_row_key = ""

    def miss(self) -> None:
        """The row's object is not there."""
        row = self._pass_row()
        self._find("missing", row["id"], row["family_id"], object_key=row["object_key"], size_bytes=row["size_bytes"])

    def meet(self, found: ListedObject) -> None:
        """The next object: the row's own, the waveform of the row before, or nobody's."""
        self.page.objects += 1
        self.page.position = found.key
        if self.row is not None and self.row["object_key"] == found.key:
            self._compare(self._pass_row(), found)
            return
        named = _KEY.fullmatch(found.key)
        if named and self._last_row_key == named[1] + AUDIO:
            return
        family_id, recording_id = (named[2], named[3]) if named else (None, None)
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
        row = self.row
        assert row is not None
        self.page.recordings += 1
        self.page.position = max(self.page.position, row["object_key"])
        self._last_row_key = row["object_key"]
        self.row = next(self._rows, None)
        return row

    def _find(self, kind: str, recording_id: str | None, family_id: str | None, **details: Any) -> None:
        self.page.findings.append(
            {"kind": kind, "recording_id": recording_id, "family_id": family_id, "details": details}
        )

    def full_page(self) -> Iterator[Page]:
        """The page, if it is full; then a new one is begun."""
        if self.page.is_full():
            full, self.page = self.page, Page(self.page.position)
            yield full
