"""HTTP to vendors: one request, one small answer, and nothing that a vendor answers can cost more than its share.

No redirect is followed, nothing encoded is asked for or decoded, an answer is bounded, and all of it ends by one
deadline (see deadlines). Whatever goes wrong is Unavailable with a word of ours for it; what a vendor says stays in
the Answer. urllib3 is imported on first use. The object store has its own way, in storage: its answers are streams.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from chalicelib import deadlines
from chalicelib.call import served
from chalicelib.config import parameter
from chalicelib.errors import Trouble, Unavailable
from chalicelib.telemetry import logs

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

MOST_BYTES = 4 * 1024 * 1024
"""Of one answer: a hundred of Stripe's subscriptions are a tenth of that."""
CONNECT_SECONDS = 2.0
USER_AGENT = "stories-from-the-sun"
_PIECE = 64 * 1024

_pool: PoolManager | None = None


@dataclass(frozen=True)
class Answer:
    """Any status. `body` is as it was sent; it may hold anything, so it is never logged nor put into an error."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json_object(self) -> Mapping[str, Any]:
        """The body, where it is a JSON object; empty where it is anything else."""
        try:
            document = json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}


def ask(
    service: str,
    method: str,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """The answer to one request, `seconds` for all of it. Raises Unavailable(service): too slow, out of reach,
    unreadable answer.
    """
    try:
        with timed(service):
            return deadlines.within(
                seconds, lambda: send(service, method, url, headers or {}, body, most_bytes=most_bytes)
            )
    except TimeoutError:
        raise Unavailable(service, trouble="too slow") from None


@contextmanager
def timed(service: str) -> Iterator[None]:
    """What runs inside is a part of the served call's trace, under the vendor's name."""
    started = time.monotonic()
    try:
        yield
    finally:
        call = served()
        if call is not None:
            call.add_span("vendor", service, time.monotonic() - started)


def send(
    service: str,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | str | None,
    *,
    most_bytes: int = MOST_BYTES,
    wait_seconds: float = float("inf"),
) -> Answer:
    """The same for work that runs `within` a deadline already. `wait_seconds`: for each single read."""
    try:
        answer = _open(method, url, headers, body, wait_seconds)
        return Answer(answer.status, answer.headers, read(answer, most_bytes))
    except Exception as error:
        # Whatever a library, a socket or an answer without sense can raise.
        raise Unavailable(service, trouble=trouble_of(error)) from None


class Unreadable(Exception):
    """An answer that is longer than it may be."""


def read(answer: BaseHTTPResponse, most_bytes: int) -> bytes:
    """The whole body; then the connection is kept, otherwise closed. Raises Unreadable, TimeoutError once the deadline
    is over, and what urllib3 raises.
    """
    try:
        body = _read(answer, most_bytes)
    except BaseException:
        answer.close()
        raise
    answer.release_conn()
    return body


def _read(answer: BaseHTTPResponse, most_bytes: int) -> bytes:
    if (answer.length_remaining or 0) > most_bytes:
        raise Unreadable
    body = read_some(answer, most_bytes + 1)
    if len(body) > most_bytes:
        raise Unreadable
    return body


def read_some(answer: BaseHTTPResponse, most_bytes: int) -> bytes:
    """The first `most_bytes` of the body, or all of a shorter one. Raises TimeoutError once the deadline is over."""
    pieces, missing = list[bytes](), most_bytes
    while missing > 0 and (piece := answer.read1(min(_PIECE, missing))):
        pieces.append(piece)
        missing -= len(piece)
        if deadlines.left() <= 0:
            raise TimeoutError
    return b"".join(pieces)


def trouble_of(error: BaseException) -> Trouble:
    """What an error of a socket, of urllib3 or of reading means, in our words."""
    from urllib3.exceptions import HTTPError, InvalidHeader, NewConnectionError
    from urllib3.exceptions import TimeoutError as TooSlow

    # For urllib3 a connection that was refused is a kind of time-out.
    if isinstance(error, TooSlow | TimeoutError) and not isinstance(error, NewConnectionError):
        return "too slow"
    # urllib3 keeps what the standard library said beside its own words.
    if any(isinstance(each, InvalidHeader | HTTPException) for each in (error, *error.args)):
        return "unreadable answer"
    return "out of reach" if isinstance(error, HTTPError | OSError) else "unreadable answer"


def _open(
    method: str, url: str, headers: Mapping[str, str], body: bytes | str | None, wait_seconds: float
) -> BaseHTTPResponse:
    global _pool
    from urllib3 import PoolManager, Timeout

    if _pool is None:
        _pool = PoolManager(maxsize=8, retries=False)
    left = deadlines.left()
    if left <= 0:
        raise TimeoutError
    wait = min(wait_seconds, left)
    timeout = Timeout(connect=min(CONNECT_SECONDS, left), read=wait if wait < float("inf") else None)
    return _pool.request(
        method,
        url,
        body=body,
        # urllib3 asks for no encoding by itself; what comes encoded all the same is left so, and is no JSON then.
        headers={"User-Agent": USER_AGENT, **headers},
        redirect=False,
        preload_content=False,
        decode_content=False,
        timeout=timeout,
    )


def trouble_of_status(status: int) -> Trouble:
    """What a status says that says nothing of what was asked."""
    if status in (401, 403, 404):
        return "refuses us"
    return "in trouble" if status >= 500 or status in (408, 409, 429) else "unreadable answer"


def failed(service: str, trouble: Trouble, **fields: Any) -> Unavailable:
    """Logs a vendor's failure, in one line and in words of ours, and gives the error to raise."""
    if trouble == "refuses us":
        parameter.look_again()
    write = logs.error if trouble in ("refuses us", "unreadable answer") else logs.warning
    write("vendor_failed", vendor=service, trouble=trouble, **fields)
    return Unavailable(service, trouble=trouble)


def reset() -> None:
    """Closes the kept connections."""
    global _pool
    pool, _pool = _pool, None
    if pool is not None:
        pool.clear()
