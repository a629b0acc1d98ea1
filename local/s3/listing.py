"""ListObjectsV2: one page of a bucket's keys as S3's XML.

A page is a range scan of the index, so the last page of a large bucket costs as much as the first. It reads no file and
does not group keys by a delimiter.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from local.s3.errors import XML_PROLOGUE, S3Error
from local.s3.files import ObjectFiles, StoredObject
from local.s3.reading import Reply

MAX_KEYS: Final = 1000


def list_page(files: ObjectFiles, bucket: str, parameters: Mapping[str, str]) -> Reply:
    """The page `parameters` ask for: prefix, max-keys, continuation-token, start-after, encoding-type."""
    if parameters.get("list-type") != "2":
        raise S3Error("NotImplemented", "Only ListObjectsV2 (list-type=2) is implemented.")
    if parameters.get("encoding-type", "url") != "url":
        raise S3Error("InvalidArgument", "Invalid encoding method specified in request.")
    limit = _read_limit(parameters.get("max-keys", str(MAX_KEYS)))
    prefix = parameters.get("prefix", "")
    token = parameters.get("continuation-token")
    after = parameters.get("start-after", "") if token is None else _key_of_token(token)
    found = files.listing(bucket, prefix, after, limit + 1) if limit else []
    page, truncated = found[:limit], len(found) > limit
    encoded = "encoding-type" in parameters

    def text(value: str) -> str:
        return quote(value, safe="/") if encoded else escape(value)

    facts = [
        ("Name", bucket),
        ("Prefix", text(prefix)),
        *([("StartAfter", text(parameters["start-after"]))] if "start-after" in parameters else []),
        *([("ContinuationToken", escape(token))] if token is not None else []),
        *([("NextContinuationToken", _token_of_key(page[-1].key))] if truncated else []),
        *([("EncodingType", "url")] if encoded else []),
        ("KeyCount", str(len(page))),
        ("MaxKeys", str(limit)),
        ("IsTruncated", "true" if truncated else "false"),
    ]
    body = [XML_PROLOGUE, '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">']
    body.extend(f"<{name}>{value}</{name}>" for name, value in facts)
    body.extend(_contents(each, text(each.key)) for each in page)
    body.append("</ListBucketResult>")
    return Reply.of_xml(200, "".join(body))


def _contents(entry: StoredObject, key: str) -> str:
    moment = datetime.fromtimestamp(entry.modified_ms / 1000, UTC)
    modified = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return (
        f"<Contents><Key>{key}</Key><LastModified>{modified}</LastModified><ETag>&quot;{entry.md5}&quot;</ETag>"
        f"<Size>{entry.size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


def _read_limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise S3Error("InvalidArgument", "max-keys must be a number from 0.")
    return min(int(value), MAX_KEYS)


def _token_of_key(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _key_of_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect.") from None
