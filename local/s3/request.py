"""Reads an S3 request exactly as it was sent, and refuses what no operation here implements.

Nothing is normalised: the path and the query stay as the client wrote and signed them, and only the key is decoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from local.s3.errors import S3Error

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_KEY_BYTES: Final = 1024
MAX_OBJECT_BYTES: Final = 5 * 1024**3

_SIGNING_PARAMETERS: Final = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "x-id",  # the JavaScript SDK names its operation here
    }
)
_KNOWN_AMZ_HEADERS: Final = frozenset(
    {"x-amz-date", "x-amz-content-sha256", "x-amz-checksum-mode", "x-amz-sdk-checksum-algorithm", "x-amz-user-agent"}
)


@dataclass(frozen=True)
class WireRequest:
    """A request as it came: path and query exactly as on the request line, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query string decoded, in its order, repeated names included."""
        return parse_qsl(self.query, keep_blank_values=True)


def read_request(environ: WSGIEnvironment) -> WireRequest:
    """The request as it came: cheroot passes on the raw target, which is what the client signed."""
    target = environ["REQUEST_URI"]
    # Other characters would have to be encoded before they are signed, and there is more than one way to do that.
    if not (target.startswith("/") and target.isascii() and target.isprintable()):
        raise S3Error("InvalidURI")
    path, _, query = target.partition("?")
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if name in environ:
            headers[name.replace("_", "-").lower()] = environ[name]
    return WireRequest(environ["REQUEST_METHOD"], path, query, headers)


def decode_key(raw: str) -> str:
    """The key of a raw path below its bucket; raises S3Error when it is not UTF-8, unprintable or too long."""
    try:
        key = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI") from None
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in key):
        raise S3Error("InvalidURI")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError")
    return key


def operation_parameters(request: WireRequest, known: frozenset[str]) -> dict[str, str]:
    """The query's parameters besides those of signing; raises S3Error for one that the operation does not know."""
    given = dict(request.parameters)
    wanted = {name: value for name, value in given.items() if name not in _SIGNING_PARAMETERS}
    if not wanted.keys() <= known:
        raise S3Error("NotImplemented")
    return wanted


def refuse_unknown_headers(request: WireRequest) -> None:
    """Raises S3Error for an x-amz- header that asks for something not implemented here: an ACL, a copy, encryption."""
    for name in request.headers:
        if name.startswith("x-amz-") and not (
            name in _KNOWN_AMZ_HEADERS or name.startswith(("x-amz-meta-", "x-amz-checksum-"))
        ):
            raise S3Error("NotImplemented", f"Header '{name}' is not implemented.")


def declared_length(request: WireRequest) -> int:
    """Bytes of the body to come; raises S3Error when no length is declared, or more than R2 takes in one upload."""
    length = request.headers.get("content-length")
    if length is None or "transfer-encoding" in request.headers:
        raise S3Error("MissingContentLength")
    if not length.isdigit():
        raise S3Error("InvalidArgument", "Content-Length must be a number of bytes.")
    if int(length) > MAX_OBJECT_BYTES:
        raise S3Error("EntityTooLarge")
    return int(length)
