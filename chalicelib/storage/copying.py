"""The second copy of an object: streamed from one bucket to the other, and never written over another object."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from chalicelib import deadlines
from chalicelib.storage.s3_http import Unexpected, finish, says
from chalicelib.storage.store import AUDIO_TYPE, audio_store, backup_store
from chalicelib.vendor_http import trouble_of, trouble_of_status

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

WINDOW_SECONDS = 30.0
LEAST_BYTES_A_SECOND = 1024 * 1024
"""On average over each window. Half a gigabyte takes nine minutes then, most of what a run of the schedule has."""
_STEP_SECONDS = 10.0, 30.0
"""To connect and for each write; for each read."""
_PIECE = 64 * 1024
_MD5 = re.compile(r"[0-9a-f]{32}")
"""The ETag of an object that was uploaded in one piece, as every recording is."""

CopyOutcome = Literal["copied", "already_there", "missing", "changed", "differs"]


def copy_to_backup(key: str, etag: str | None = None) -> CopyOutcome:
    """Streams an object from the audio store to the backup store, in constant memory, and never overwrites there.

    `already_there`: an equal copy stands; `differs`: another object stands under the key; `missing`: there is nothing
    to copy; `changed`: the object has another ETag than the one asked for, and was not copied. The backup store holds
    what arrives against the MD5 that is the source's ETag. It may take long, and ends where too little moves. Raises
    Unavailable.
    """
    copy = _Copy(key, etag)
    least = int(WINDOW_SECONDS * LEAST_BYTES_A_SECOND)
    try:
        outcome = deadlines.while_moving(copy.run, lambda: copy.moved, window_seconds=WINDOW_SECONDS, least_bytes=least)
    except Exception as error:
        copy.given_up = True
        status = error.status if isinstance(error, Unexpected) else None
        trouble = trouble_of(error) if status is None else trouble_of_status(status)
        raise copy.asked.failed(copy.method, trouble, status) from None
    if outcome != "stands":
        return outcome
    standing = backup_store().inspect_object(key)
    return "already_there" if standing and standing.etag == copy.etag else "differs"


class _Copy:
    """One copy on its way, in a thread of its own."""

    def __init__(self, key: str, expected: str | None) -> None:
        self.key, self.expected = key, expected
        self.asked, self.method = audio_store().http, "GET"
        """Who is waited for just now, and so who failed when something does."""
        self.moved = 0
        self.given_up = False
        self.etag = ""

    def run(self) -> Literal["copied", "stands", "missing", "changed"]:
        stream = self.asked.send("GET", self.key, {}, seconds=_STEP_SECONDS)
        try:
            if stream.status == 404 and says(stream, "NoSuchKey"):
                return "missing"
            if stream.status != 200:
                raise Unexpected(stream.status)
            self.etag = stream.headers["etag"].strip('"')
            if self.expected not in (None, self.etag):
                return "changed"
            return self._put(stream)
        finally:
            finish(stream)

    def _put(self, stream: BaseHTTPResponse) -> Literal["copied", "stands"]:
        size, etag = stream.headers["content-length"], self.etag
        headers = {
            "content-type": stream.headers.get("content-type", AUDIO_TYPE),
            "content-length": size,
            "if-none-match": "*",
        }
        if _MD5.fullmatch(etag):
            headers["content-md5"] = base64.b64encode(bytes.fromhex(etag)).decode()
        self.asked, self.method = backup_store().http, "PUT"
        answer = self.asked.send("PUT", self.key, headers, body=self._pieces(stream), seconds=_STEP_SECONDS)
        try:
            if answer.status == 412:
                return "stands"
            # The 200 of some proxy knows no ETag, and has stored nothing.
            stored = answer.headers.get("etag", "").strip('"')
            if answer.status != 200 or (stored != etag if _MD5.fullmatch(etag) else not stored):
                raise Unexpected(answer.status)
            return "copied"
        finally:
            finish(answer)

    def _pieces(self, stream: BaseHTTPResponse) -> Iterator[bytes]:
        sink = self.asked
        while True:
            self.asked, self.method = audio_store().http, "GET"
            piece = stream.read1(_PIECE)
            self.asked, self.method = sink, "PUT"
            if not piece:
                return
            if self.given_up:
                raise TimeoutError
            self.moved += len(piece)
            yield piece
