"""Cloudflare R2's S3 API on this machine: path-style PUT, GET, HEAD, DELETE and ListObjectsV2 over files on disk.

It refuses what R2 refuses: every request needs a valid SigV4 signature by a credential of the bucket, and every header
that was signed into a URL (size, type, MD5, if-none-match) must arrive as signed. It answers 501 to what it does not
implement, multipart uploads among it. Only a browser's preflight needs no signature, and it tells nothing about
objects. Tests make the store fail or wait by methods of ObjectStore, which no HTTP request reaches.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local.s3.body import Digests, receive
from local.s3.errors import S3Error
from local.s3.files import ObjectFiles, StoredObject
from local.s3.listing import list_page
from local.s3.reading import Reply, check_write_conditions, describe, read_reply
from local.s3.request import (
    WireRequest,
    declared_length,
    decode_key,
    operation_parameters,
    read_request,
    refuse_unknown_headers,
)
from local.s3.signature import verify

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

_LIST_PARAMETERS: Final = frozenset(
    {"list-type", "prefix", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner"}
)
_KEPT_HEADERS: Final = frozenset(
    {"cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"}
)
_READ_PARAMETERS: Final = frozenset(f"response-{name}" for name in _KEPT_HEADERS)
_CORS_METHODS: Final = ("GET", "HEAD", "PUT")
_CORS_HEADERS: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Content-Range, Accept-Ranges, Content-Length"),
)


@dataclass(frozen=True)
class Credential:
    """One access key for one bucket. Several buckets for one key are several credentials with the same secret."""

    bucket: str
    access_key_id: str
    secret_access_key: str

    def __repr__(self) -> str:
        return f"Credential(bucket={self.bucket!r})"


@dataclass
class _Fault:
    status: int
    times: int
    method: str | None


class ObjectStore:
    """The store as a WSGI app. `delay` and fail_next() make it slow or broken for tests, in this process alone."""

    def __init__(self, data_dir: Path, credentials: Iterable[Credential]) -> None:
        self._secrets: dict[str, str] = {}
        self._buckets: dict[str, set[str]] = {}
        for credential in credentials:
            self.accept(credential)
        self._files = ObjectFiles(data_dir)
        self._closed = threading.Event()
        self._faults: list[_Fault] = []
        self._fault_lock = threading.Lock()
        self.delay = 0.0  # seconds before anything is read or answered

    def accept(self, credential: Credential) -> None:
        """From now on requests may be signed with this key too."""
        known = self._secrets.setdefault(credential.access_key_id, credential.secret_access_key)
        if known != credential.secret_access_key:
            raise ValueError("one access key id stands with two different secrets")
        self._buckets.setdefault(credential.access_key_id, set()).add(credential.bucket)

    def revoke(self, access_key_id: str) -> None:
        """From now on what this key signs is refused, URLs signed before included, as when it is deleted at R2."""
        del self._secrets[access_key_id]

    def fail_next(self, status: int = 503, times: int = 1, method: str | None = None) -> None:
        """Answers the next `times` requests (of `method` alone, when given) with `status` instead of serving them."""
        with self._fault_lock:
            self._faults.append(_Fault(status, times, method))

    def heal(self) -> None:
        """Ends every fault and delay."""
        with self._fault_lock:
            self._faults.clear()
        self.delay = 0.0

    def close(self) -> None:
        """Closes the folder, so that another store can open it, and ends running delays. Stop the server first."""
        self._closed.set()
        self._files.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            reply = self._answer(environ)
        except S3Error as refusal:
            reply = Reply.of_error(refusal)
        except Exception:
            log.exception("the object store failed")
            reply = Reply.of_error(S3Error("InternalError"))
        headers = list(reply.headers)
        if "HTTP_ORIGIN" in environ:
            headers.extend(_CORS_HEADERS)
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else reply.body

    def _answer(self, environ: WSGIEnvironment) -> Reply:
        if self.delay:
            self._closed.wait(self.delay)
        self._fail_if_told(environ["REQUEST_METHOD"])
        request = read_request(environ)
        if request.method == "OPTIONS":
            return _preflight(request)
        access_key_id = verify(request, self._secrets)
        bucket, _, raw_key = request.path[1:].partition("/")
        # The same answer whether the bucket exists or not: a credential learns nothing about other buckets.
        if bucket not in self._buckets[access_key_id]:
            raise S3Error("AccessDenied")
        return self._serve(request, environ, bucket, decode_key(raw_key))

    def _serve(self, request: WireRequest, environ: WSGIEnvironment, bucket: str, key: str) -> Reply:
        refuse_unknown_headers(request)
        if not key:
            return self._serve_bucket(request, bucket)
        served: dict[str, Callable[[], Reply]] = {
            "PUT": lambda: self._put(request, environ, bucket, key),
            "GET": lambda: self._get(request, bucket, key),
            "HEAD": lambda: self._head(request, bucket, key),
            "DELETE": lambda: self._delete(request, bucket, key),
        }
        if request.method not in served:
            raise S3Error("NotImplemented" if request.method == "POST" else "MethodNotAllowed")
        return served[request.method]()

    def _serve_bucket(self, request: WireRequest, bucket: str) -> Reply:
        if request.method == "HEAD":
            operation_parameters(request, frozenset())
            return Reply(200)
        if request.method != "GET":
            raise S3Error("NotImplemented")
        return list_page(self._files, bucket, operation_parameters(request, _LIST_PARAMETERS))

    def _put(self, request: WireRequest, environ: WSGIEnvironment, bucket: str, key: str) -> Reply:
        operation_parameters(request, frozenset())
        length = declared_length(request)
        digests = Digests(request.headers)

        def condition(current: StoredObject | None) -> None:
            check_write_conditions(request.headers, current)

        condition(self._files.find(bucket, key))  # early, to save the transfer; keep() checks again
        with self._files.incoming() as upload:
            receive(environ["wsgi.input"], length, upload.stream, digests)
            digests.check()
            self._files.keep(upload, bucket, key, digests.md5, _headers_to_keep(request), condition)
        return Reply(200, (("ETag", f'"{digests.md5}"'), ("Content-Length", "0")))

    def _get(self, request: WireRequest, bucket: str, key: str) -> Reply:
        overrides = operation_parameters(request, _READ_PARAMETERS)
        opened = self._files.open(bucket, key)
        if opened is None:
            raise S3Error("NoSuchKey")
        found, stream = opened
        try:
            return read_reply(found, stream, request.headers, overrides)
        except BaseException:
            stream.close()
            raise

    def _head(self, request: WireRequest, bucket: str, key: str) -> Reply:
        overrides = operation_parameters(request, _READ_PARAMETERS)
        found = self._files.find(bucket, key)
        if found is None:
            raise S3Error("NoSuchKey")
        return describe(found, request.headers, overrides)

    def _delete(self, request: WireRequest, bucket: str, key: str) -> Reply:
        operation_parameters(request, frozenset())
        self._files.delete(bucket, key)
        return Reply(204)

    def _fail_if_told(self, method: str) -> None:
        with self._fault_lock:
            fault = next((each for each in self._faults if each.method in (None, method)), None)
            if fault is None:
                return
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        raise S3Error.of_status(fault.status)


def _headers_to_keep(request: WireRequest) -> dict[str, str]:
    kept = {"content-type": "application/octet-stream"}
    for name, value in request.headers.items():
        if name in _KEPT_HEADERS or name.startswith("x-amz-meta-"):
            kept[name] = value
    return kept


def _preflight(request: WireRequest) -> Reply:
    """Allows a browser of any origin to send its request, which still needs its signature."""
    method = request.headers.get("access-control-request-method")
    if "origin" not in request.headers or method is None:
        raise S3Error("InvalidRequest", "Insufficient information. Origin and request method are needed.")
    if method not in _CORS_METHODS:
        raise S3Error("AccessDenied", "CORSResponse: This CORS request is not allowed.")
    return Reply(
        204,
        (
            ("Access-Control-Allow-Methods", ", ".join(_CORS_METHODS)),
            ("Access-Control-Allow-Headers", request.headers.get("access-control-request-headers", "")),
            ("Access-Control-Max-Age", "3600"),
        ),
    )
