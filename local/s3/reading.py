"""Answers for objects that exist: their headers, the range of bytes asked for, and the conditions of both.

It opens no file and writes none; its caller has checked the signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import BinaryIO, Final

from werkzeug.http import parse_etags

from local.s3.errors import S3Error
from local.s3.files import StoredObject

_PIECE: Final = 64 * 1024
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """Status, headers and body of one answer."""

    status: int
    headers: Headers = ()
    body: Iterable[bytes] = ()

    @classmethod
    def of_xml(cls, status: int, text: str, headers: Headers = ()) -> Reply:
        """An XML document with its type and length."""
        encoded = text.encode()
        usual = (("Content-Type", "application/xml"), ("Content-Length", str(len(encoded))))
        return cls(status, (*usual, *headers), (encoded,))

    @classmethod
    def of_error(cls, error: S3Error, headers: Headers = ()) -> Reply:
        """A refusal the way S3 words it."""
        return cls.of_xml(error.status, error.xml(), headers)


class _FileRange:
    """A part of an open file as a WSGI body; closed with the answer, also when the client hangs up half-way."""

    def __init__(self, stream: BinaryIO, start: int, length: int) -> None:
        self._stream = stream
        self._stream.seek(start)
        self._remaining = length

    def __iter__(self) -> Iterator[bytes]:
        while self._remaining and (piece := self._stream.read(min(_PIECE, self._remaining))):
            self._remaining -= len(piece)
            yield piece

    def close(self) -> None:
        self._stream.close()


def read_reply(
    found: StoredObject, stream: BinaryIO, request_headers: Mapping[str, str], overrides: Mapping[str, str]
) -> Reply:
    """The object, or its part; 304, 412 or 416 when the request's conditions or range say so. Closes `stream`."""
    reply = describe(found, request_headers, overrides)
    if reply.status not in (200, 206):
        stream.close()
        return reply
    start, length = _part(found, request_headers) or (0, found.size)
    return Reply(reply.status, reply.headers, _FileRange(stream, start, length))


def describe(found: StoredObject, request_headers: Mapping[str, str], overrides: Mapping[str, str]) -> Reply:
    """The same answer without a body, for HEAD. Raises S3Error for conditions that do not hold."""
    etag = f'"{found.md5}"'
    if "if-unmodified-since" in request_headers:
        raise S3Error("NotImplemented")
    if "if-match" in request_headers and not _names(request_headers["if-match"], found):
        raise S3Error("PreconditionFailed")
    if "if-none-match" in request_headers and _names(request_headers["if-none-match"], found):
        return Reply(304, (("ETag", etag),))
    common = (
        *_kept_headers(found, overrides),
        ("ETag", etag),
        ("Last-Modified", formatdate(found.modified_ms // 1000, usegmt=True)),
        ("Accept-Ranges", "bytes"),
    )
    part = _part(found, request_headers)
    if part is None:
        return Reply(200, (*common, ("Content-Length", str(found.size))))
    start, length = part
    if length == 0:
        return Reply.of_error(S3Error("InvalidRange"), (("Content-Range", f"bytes */{found.size}"),))
    content_range = f"bytes {start}-{start + length - 1}/{found.size}"
    return Reply(206, (*common, ("Content-Range", content_range), ("Content-Length", str(length))))


def check_write_conditions(request_headers: Mapping[str, str], current: StoredObject | None) -> None:
    """Raises S3Error PreconditionFailed unless the present object, or its absence, is what the upload expects."""
    if "if-modified-since" in request_headers or "if-unmodified-since" in request_headers:
        raise S3Error("NotImplemented")
    if "if-match" in request_headers and (current is None or not _names(request_headers["if-match"], current)):
        raise S3Error("PreconditionFailed")
    if "if-none-match" in request_headers and current is not None and _names(request_headers["if-none-match"], current):
        raise S3Error("PreconditionFailed")


def _names(condition: str, found: StoredObject) -> bool:
    """Whether `*` or one of the listed ETags stands for the object."""
    etags = parse_etags(condition)
    return etags.star_tag or etags.contains_weak(found.md5)


def _part(found: StoredObject, request_headers: Mapping[str, str]) -> tuple[int, int] | None:
    """(start, length) of the range asked for; None for the whole object, length 0 when it holds none of the bytes.

    Like S3, a range that is malformed or one of several is ignored, and so is one whose If-Range no longer holds.
    """
    parts = _RANGE.fullmatch(request_headers.get("range", "").strip())
    if parts is None or parts[1] == parts[2] == "":
        return None
    if "if-range" in request_headers and request_headers["if-range"] != f'"{found.md5}"':
        return None
    if parts[1] == "":
        length = min(int(parts[2]), found.size)
        return found.size - length, length
    start = int(parts[1])
    end = int(parts[2]) if parts[2] else found.size - 1
    if parts[2] and end < start:
        return None
    return start, max(0, min(end, found.size - 1) - start + 1)


def _kept_headers(found: StoredObject, overrides: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The header that the upload gave the object, or that a signed `response-...` parameter gives in its place."""
    headers = dict(found.headers)
    for name, value in overrides.items():
        if not (value.isprintable() and value.isascii()):
            raise S3Error("InvalidArgument")  # a line break here would let the caller add headers
        headers[name.removeprefix("response-")] = value
    return iter(headers.items())
