"""Signed requests to an S3 API: URLs signed for others, and requests sent by ourselves with deadlines and retries.

The transport of `storage`, which alone uses it. It signs with botocore's SigV4 and sends with urllib3, which botocore
brings: boto3 takes 376 ms to import and 107 ms for a client. A signature of our own requests travels in a header and
never in a URL, so that no error or log of an HTTP library can repeat it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from chalicelib import deadlines, vendor_http
from chalicelib.errors import Trouble, Unavailable
from chalicelib.vendor_http import read_some, trouble_of, trouble_of_status

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

BUDGET = 4.0
"""Seconds a request that may be repeated takes at most, with all its attempts."""
CONNECT_SECONDS = 1.0
_READ_SECONDS = 1.5
_ATTEMPTS = 3
_AGAIN = frozenset({429, 500, 502, 503, 504})
_KEY_REFUSED = frozenset({401, 403})
_NO_OBJECT = "no-such-object"
_WORTH_DRAINING = 64 * 1024
_ERROR_BYTES = 4096

Result = TypeVar("Result")


class Unexpected(Exception):
    """A status that asking again does not change, such as that of a refused signature."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _GivenUp(Exception):
    """Why no further attempt is made."""

    def __init__(self, trouble: Trouble, status: int | None = None) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.status = status


class S3Http:
    """One bucket's HTTP. `service` names it in errors and logs. Connects when it is first asked something."""

    def __init__(self, service: str, endpoint: str, bucket: str, keys: Sequence[tuple[str, str]]) -> None:
        """`keys`: (access key id, secret); the first that the store accepts signs."""
        self.service = service
        self._root = f"{endpoint}/{bucket}"
        self._keys = keys
        self._accepted: tuple[str, str] | None = keys[0] if len(keys) == 1 else None
        self._pool: PoolManager | None = None

    def presign(self, method: str, key: str, headers: Mapping[str, str], seconds: int) -> tuple[str, datetime]:
        """A URL that allows one kind of request with exactly these headers, and when it was signed."""
        from botocore.auth import S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method=method, url=self._url(key), headers=dict(headers))
        S3SigV4QueryAuth(_credentials(self._key()), "s3", "auto", expires=seconds).add_auth(request)
        signed_at = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return str(request.url), signed_at

    def ask(
        self,
        method: str,
        key: str,
        use: Callable[[BaseHTTPResponse], Result],
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Result:
        """What `use` makes of the answer to a request that may be repeated; it raises Unexpected for a wrong status.

        `query` is sorted and percent-encoded. Raises Unavailable when the store did not answer well within BUDGET,
        which is for all attempts and all of each answer.
        """
        try:
            with vendor_http.timed(self.service):
                return deadlines.within(BUDGET, lambda: self._attempts(method, key, use, headers or {}, query))
        except _GivenUp as reason:
            raise self.failed(method, reason.trouble, reason.status) from None
        except TimeoutError:
            raise self.failed(method, "too slow") from None

    def _attempts(
        self, method: str, key: str, use: Callable[[BaseHTTPResponse], Result], headers: Mapping[str, str], query: str
    ) -> Result:
        for attempt in range(_ATTEMPTS):
            if attempt:
                # A little apart, so that those who failed together do not come back together.
                time.sleep(random.uniform(0.02, 0.1) * attempt)
            left = deadlines.left()
            if left <= 0:
                raise TimeoutError
            waits = min(CONNECT_SECONDS, left), min(_READ_SECONDS, left)
            answer = None
            try:
                answer = self.send(method, key, headers, query=query, seconds=waits)
                if answer.status not in _AGAIN:
                    return use(answer)
                reason = _GivenUp(trouble_of_status(answer.status), answer.status)
            except Unexpected as unexpected:
                raise _GivenUp(trouble_of_status(unexpected.status), unexpected.status) from None
            except Exception as error:
                # Whatever a library, a socket or an answer without sense can raise: ask again, then give up.
                reason = _GivenUp(trouble_of(error))
            finally:
                if answer is not None:
                    finish(answer)
        raise reason

    def send(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str],
        *,
        query: str = "",
        body: Iterable[bytes] | None = None,
        seconds: tuple[float, float],
    ) -> BaseHTTPResponse:
        """One signed request on a kept connection; its answer's body is not read yet.

        `seconds` to connect, and to wait for each read. Raises whatever urllib3 raises.
        """
        answer = self._send(self._key(), method, key, headers, query, body, seconds)
        if answer.status in _KEY_REFUSED and len(self._keys) > 1:
            self._accepted = None
        return answer

    def _send(
        self,
        signing: tuple[str, str],
        method: str,
        key: str,
        headers: Mapping[str, str],
        query: str,
        body: Iterable[bytes] | None,
        seconds: tuple[float, float],
    ) -> BaseHTTPResponse:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from urllib3 import PoolManager, Timeout

        url = self._url(key) + (f"?{query}" if query else "")
        request = AWSRequest(method=method, url=url, headers=dict(headers))
        # Bodies are streams: TLS and Content-MD5 protect them, and nobody reads them twice to hash them.
        request.context["client_config"] = SimpleNamespace(s3={"payload_signing_enabled": False})
        S3SigV4Auth(_credentials(signing), "s3", "auto").add_auth(request)
        if self._pool is None:
            self._pool = PoolManager(maxsize=8, blocksize=64 * 1024, retries=False)
        return self._pool.request(
            method,
            url,
            headers=dict(request.headers.items()),
            body=body,
            preload_content=False,
            decode_content=False,
            redirect=False,
            timeout=Timeout(connect=seconds[0], read=seconds[1]),
        )

    def failed(self, method: str, trouble: Trouble, status: int | None = None) -> Unavailable:
        """Logs a failure and gives the error to raise."""
        return vendor_http.failed(self.service, trouble, method=method, status=status)

    def _url(self, key: str) -> str:
        return f"{self._root}/{quote(key)}" if key else self._root

    def _key(self) -> tuple[str, str]:
        """The key that signs.

        While keys are rotated there are two, and the store is asked which it accepts: a URL is signed without asking
        it, and nobody could upload by a URL whose key is refused.
        """
        if self._accepted is None:
            self._accepted = next((key for key in self._keys[:-1] if self._is_accepted(key)), self._keys[-1])
        return self._accepted

    def _is_accepted(self, key: tuple[str, str]) -> bool:
        """Whether the store does not refuse it; a store that does not answer refuses nothing."""
        try:
            answer = self._send(key, "GET", _NO_OBJECT, {}, "", None, (CONNECT_SECONDS, _READ_SECONDS))
        except Exception:
            return True
        finish(answer)
        return answer.status not in _KEY_REFUSED


def _credentials(key: tuple[str, str]) -> Any:
    from botocore.credentials import Credentials

    return Credentials(*key)


def says(answer: BaseHTTPResponse, code: str) -> bool:
    """Whether the store itself says so, by an error code of S3's: a status alone may be any proxy's."""
    return f"<Code>{code}</Code>".encode() in read_some(answer, _ERROR_BYTES)


def finish(answer: BaseHTTPResponse) -> None:
    """Keeps the connection where the rest of the answer is small, and drops it where reading the rest costs more."""
    rest = answer.length_remaining
    try:
        if rest is not None and rest <= _WORTH_DRAINING:
            read_some(answer, rest)
            answer.release_conn()
            return
    except Exception:
        # It breaks off, or comes a byte at a time: nobody waits for it.
        pass
    answer.close()
