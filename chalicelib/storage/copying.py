"""The second copy of an object: streamed from one bucket to the other, and never written over another object."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from chalicelib.storage.s3_http import CONNECT_SECONDS, S3Http, finish
from chalicelib.storage.store import AUDIO_TYPE, audio_store, backup_store

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_MD5 = re.compile(r"[0-9a-f]{32}")
"""The ETag of an object that was uploaded in one piece, as every recording is."""
_COPY_SECONDS = CONNECT_SECONDS, 30.0

CopyOutcome = Literal["copied", "already_there", "missing", "differs"]


def copy_to_backup(key: str) -> CopyOutcome:
    """Streams an object from the audio store to the backup store, in constant memory, and never overwrites there.

    `already_there`: an equal copy stands; `differs`: another object stands under the key; `missing`: there is nothing
    to copy. The backup store holds what arrives against the MD5 that is the source's ETag. Raises Unavailable.
    """
    source, backup = audio_store().http, backup_store()
    stream = _send_once(source, "GET", key, {}, None)
    try:
        if stream.status == 404:
            return "missing"
        if stream.status != 200:
            raise source.unavailable("GET", str(stream.status))
        size, etag = stream.headers["content-length"], stream.headers["etag"].strip('"')
        headers = {
            "content-type": stream.headers.get("content-type", AUDIO_TYPE),
            "content-length": size,
            "if-none-match": "*",
        }
        if _MD5.fullmatch(etag):
            headers["content-md5"] = base64.b64encode(bytes.fromhex(etag)).decode()
        answer = _send_once(backup.http, "PUT", key, headers, stream)
        finish(answer)
    finally:
        finish(stream)
    if answer.status == 200:
        return "copied"
    if answer.status != 412:
        raise backup.http.unavailable("PUT", str(answer.status))
    standing = backup.inspect_object(key)
    return "already_there" if standing and (standing.size_bytes, standing.etag) == (int(size), etag) else "differs"


def _send_once(
    http: S3Http, method: str, key: str, headers: Mapping[str, str], body: BaseHTTPResponse | None
) -> BaseHTTPResponse:
    """One request, tried once: a stream cannot be sent again."""
    try:
        return http.send(method, key, headers, body=body, seconds=_COPY_SECONDS)
    except Exception as error:
        raise http.unavailable(method, type(error).__name__) from None
