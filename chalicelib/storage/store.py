"""The object store (Cloudflare R2, by its S3 API): signed URLs for clients, and the backend's own requests.

One `Store` for the bucket of the recordings, one for the bucket of their second copies. Nothing here overwrites an
object or deletes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from chalicelib import config, vendor_http
from chalicelib.errors import MissingConfiguration
from chalicelib.storage.mp4 import is_mp4
from chalicelib.storage.s3_http import S3Http, Unexpected, says
from chalicelib.vendor_http import read, read_some

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

URL_SECONDS = 900
AUDIO_TYPE = "audio/mp4"
WAVEFORM_TYPE = "application/json"
HEAD_BYTES = 4096
PAGE = 1000

_XML = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}


@dataclass(frozen=True)
class SignedUpload:
    """A URL for one PUT, and the headers its sender sets: host and content-length are for its HTTP stack to send."""

    url: str = field(repr=False)
    headers: Mapping[str, str]


@dataclass(frozen=True)
class SignedDownload:
    """A URL for GETs until a moment."""

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class StoredObject:
    """An object as the store knows it: size in bytes, ETag without its quotes, stored_at by the store's own clock."""

    size_bytes: int
    content_type: str
    etag: str
    stored_at: datetime
    is_mp4: bool
    head: bytes = field(repr=False)

    def facts(self) -> dict[str, Any]:
        """What the database judges an upload by."""
        names = ("size_bytes", "content_type", "etag", "stored_at", "is_mp4")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class ListedObject:
    """An entry of a bucket's listing, which has no content type."""

    key: str
    size_bytes: int
    etag: str
    stored_at: datetime


class Store:
    """One bucket and what can be done with it."""

    def __init__(self, http: S3Http) -> None:
        self.http = http

    def sign_upload(self, key: str, size_bytes: int, content_type: str, content_md5: str | None = None) -> SignedUpload:
        """A URL that takes exactly this size and type (and content, by its MD5 in base64), and never overwrites."""
        headers = {"content-type": content_type, "if-none-match": "*"}
        if content_md5 is not None:
            headers["content-md5"] = content_md5
        url, _ = self.http.presign("PUT", key, {**headers, "content-length": str(size_bytes)}, URL_SECONDS)
        return SignedUpload(url, headers)

    def sign_download(self, key: str) -> SignedDownload:
        """A URL for GETs of the object. It lets the client choose no response header."""
        url, signed_at = self.http.presign("GET", key, {}, URL_SECONDS)
        return SignedDownload(url, signed_at + timedelta(seconds=URL_SECONDS))

    def inspect_object(self, key: str, head_bytes: int = HEAD_BYTES) -> StoredObject | None:
        """The object under a key, by one GET of its first bytes; None when there is none. Raises Unavailable."""
        look = partial(_inspected, head_bytes=head_bytes)
        return self.http.ask("GET", key, look, headers={"range": f"bytes=0-{head_bytes - 1}"})

    def list_objects(self, prefix: str, start_after: str = "") -> Iterator[list[ListedObject]]:
        """Pages of at most 1000 objects in the order of their keys, from the first key after `start_after`.

        One page is held at a time, so a bucket of any size is listed in constant memory; an interrupted listing goes on
        behind the last key it saw. Raises Unavailable, also half-way: the pages until then are not the whole list.
        """
        more = True
        while more:
            query = {"list-type": "2", "max-keys": str(PAGE), "prefix": prefix, "start-after": start_after}
            encoded = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in query.items() if value)
            page, more = self.http.ask("GET", "", _listed, query=encoded)
            if page:
                keys = [start_after, *(found.key for found in page)]
                if any(key >= following for key, following in pairwise(keys)):
                    # A listing that does not move on would never end.
                    raise self.http.failed("GET", "unreadable answer")
                yield page
                start_after = page[-1].key


def _inspected(answer: BaseHTTPResponse, head_bytes: int) -> StoredObject | None:
    if answer.status == 404 and says(answer, "NoSuchKey"):
        return None
    if answer.status == 416 and says(answer, "InvalidRange"):
        # There is no first byte: the object is empty, and these headers describe the error, not the object.
        return StoredObject(0, "", "", _moment(answer.headers["date"]), False, b"")
    if answer.status not in (200, 206):
        raise Unexpected(answer.status)
    etag, stored_at = answer.headers["etag"].strip('"'), _moment(answer.headers["last-modified"])
    # 206 has the whole size behind the slash of its range; a store that ignored the range has it as the length.
    stated = answer.headers["content-range" if answer.status == 206 else "content-length"]
    size = int(stated.rpartition("/")[2])
    # Read last: what has no such headers is no object, and may have no end.
    head = read_some(answer, head_bytes)
    return StoredObject(
        size_bytes=size,
        content_type=answer.headers.get("content-type", ""),
        etag=etag,
        stored_at=stored_at,
        is_mp4=is_mp4(head, size),
        head=head,
    )


def _listed(answer: BaseHTTPResponse) -> tuple[list[ListedObject], bool]:
    """A page of a listing, and whether there are more."""
    if answer.status != 200:
        raise Unexpected(answer.status)
    page = ElementTree.fromstring(read(answer, vendor_http.MOST_BYTES))
    objects = [
        ListedObject(
            key=found.findtext("s3:Key", "", _XML),
            size_bytes=int(found.findtext("s3:Size", "", _XML)),
            etag=found.findtext("s3:ETag", "", _XML).strip('"'),
            stored_at=datetime.fromisoformat(found.findtext("s3:LastModified", "", _XML)),
        )
        for found in page.iterfind("s3:Contents", _XML)
    ]
    truncated = {"true": True, "false": False}[page.findtext("s3:IsTruncated", "", _XML)]
    if truncated and not objects:
        raise ValueError("a truncated page without objects")
    return objects, truncated


def _moment(header: str) -> datetime:
    return parsedate_to_datetime(header).astimezone(UTC)


_stores: dict[str, tuple[config.Settings, Store]] = {}


def audio_store() -> Store:
    """The bucket of the families' recordings. Raises MissingConfiguration."""
    return _store_of("storage", config.load(config.StorageSettings))


def backup_store() -> Store:
    """The bucket of the second copies, in another account. Raises MissingConfiguration."""
    settings = config.load(config.BackupSettings)
    if not settings.configured:
        raise MissingConfiguration({"BACKUP_ENDPOINT_URL": "is missing"})
    return _store_of("backup", settings)


def _store_of(service: str, settings: config.StorageSettings | config.BackupSettings) -> Store:
    """Kept with its connections until the settings change."""
    known = _stores.get(service)
    if known is None or known[0] is not settings:
        http = S3Http(service, settings.endpoint, settings.bucket, settings.keys)
        known = _stores[service] = settings, Store(http)
    return known[1]


def reset() -> None:
    """Forgets the stores and their connections."""
    _stores.clear()
