"""Signed requests to an S3 API: URLs signed for others, and requests sent by ourselves with deadlines and retries.

The transport of `storage`, which alone uses it. It signs with botocore's SigV4 and sends with urllib3, which botocore
brings: boto3 takes 376 ms to import and 107 ms for a client. A signature of our own requests travels in a header and
never in a URL, so that no error or log of an HTTP library can repeat it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from chalicelib import logs
from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

BUDGET = 4.0
"""Seconds a request that may be repeated takes at most, with all its attempts."""
CONNECT_SECONDS = 1.0
_READ_SECONDS = 1.5
_ATTEMPTS = 3
_AGAIN = frozenset({429, 500, 502, 503, 504})
_WORTH_DRAINING = 64 * 1024

Result = TypeVar("Result")


class Unexpected(Exception):
    """A status that asking again does not change, such as that of a refused signature."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class S3Http:
    """One bucket's HTTP. `service` names it in errors and logs. Connects when it is first asked something."""

    def __init__(self, service: str, endpoint: str, bucket: str, access_key_id: str, secret_access_key: str) -> None:
        self.service = service
        self._root = f"{endpoint.rstrip('/')}/{bucket}"
        self._access_key_id = access_key_id
        self._secret_access_key = secret_access_key
        self._pool: PoolManager | None = None

    def presign(self, method: str, key: str, headers: Mapping[str, str], seconds: int) -> tuple[str, datetime]:
        """A URL that allows one kind of request with exactly these headers, and when it was signed."""
        from botocore.auth import S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method=method, url=self._url(key), headers=dict(headers))
        S3SigV4QueryAuth(self._credentials(), "s3", "auto", expires=seconds).add_auth(request)
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

        `query` is sorted and percent-encoded. Raises Unavailable when the store did not answer well within BUDGET.
        """
        until = time.monotonic() + BUDGET
        cause = "too slow"
        for attempt in range(_ATTEMPTS):
            if attempt:
                # A little apart, so that those who failed together do not come back together.
                time.sleep(random.uniform(0.02, 0.1) * attempt)
            left = until - time.monotonic()
            if left <= 0:
                break
            waits = min(CONNECT_SECONDS, left), min(_READ_SECONDS, left)
            answer = None
            try:
                answer = self.send(method, key, headers or {}, query=query, seconds=waits)
                if answer.status not in _AGAIN:
                    return use(answer)
                cause = str(answer.status)
            except Unexpected as unexpected:
                cause = str(unexpected.status)
                break
            except Exception as error:
                # Whatever a library, a socket or an answer without sense can raise: ask again, then give up.
                cause = type(error).__name__
            finally:
                if answer is not None:
                    finish(answer)
        raise self.unavailable(method, cause)

    def send(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str],
        *,
        query: str = "",
        body: BaseHTTPResponse | None = None,
        seconds: tuple[float, float],
    ) -> BaseHTTPResponse:
        """One signed request on a kept connection; its answer's body is not read yet.

        `seconds` to connect, and to wait for each read. Raises whatever urllib3 raises.
        """
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from urllib3 import PoolManager, Timeout

        url = self._url(key) + (f"?{query}" if query else "")
        request = AWSRequest(method=method, url=url, headers=dict(headers))
        # Bodies are streams: TLS and Content-MD5 protect them, and nobody reads them twice to hash them.
        request.context["client_config"] = SimpleNamespace(s3={"payload_signing_enabled": False})
        S3SigV4Auth(self._credentials(), "s3", "auto").add_auth(request)
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

    def unavailable(self, method: str, cause: str) -> Unavailable:
        """Logs a failure and gives the error to raise; `cause` is a status or the name of an exception's class."""
        logs.error("object_store_failed", dependency=self.service, method=method, cause=cause)
        return Unavailable(self.service)

    def _url(self, key: str) -> str:
        return f"{self._root}/{quote(key)}" if key else self._root

    def _credentials(self) -> Any:
        from botocore.credentials import Credentials

        return Credentials(self._access_key_id, self._secret_access_key)


def finish(answer: BaseHTTPResponse) -> None:
    """Keeps the connection where the rest of the answer is small, and drops it where reading the rest costs more."""
    if (answer.length_remaining or 0) <= _WORTH_DRAINING:
        answer.drain_conn()
    else:
        answer.close()
    answer.release_conn()
