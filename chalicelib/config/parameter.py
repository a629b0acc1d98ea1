"""The SSM parameter that holds a function's secrets: one SecureString, a JSON object of variable -> value.

A warm function lives for hours, and a secret may be rotated meanwhile. So the parameter is read again after five
minutes, and at once when a vendor or the database refuses what we showed it. Where it cannot be read again, what was
read before stays: trouble with a rotation stops no function that runs.

It is read by one signed request: importing boto3 takes 375 ms of a cold start.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Mapping
from types import MappingProxyType

from chalicelib import deadlines
from chalicelib.errors import MissingConfiguration

FIRST_SECONDS = 6.0
"""For reading the parameter the first time, both attempts included."""
AGAIN_SECONDS = 2.0
"""For reading it again: a request waits for it."""
FRESH_SECONDS = 300.0
PAUSE_SECONDS = 15.0
"""Between two attempts to read it again, so that a vendor that refuses everything does not flood SSM."""

_NOTHING: Mapping[str, str] = MappingProxyType({})
_reading = threading.Lock()
_values: Mapping[str, str] | None = None
untold: dict[str, str] = {}
"""Why it could not be read again, until config.take_refused() is asked."""
# By the clock of the wall: a frozen function's other clocks may stand still.
_fresh_until = 0.0
_tried_at = 0.0


def values() -> Mapping[str, str]:
    """The names and values; nothing where no parameter is named. The very same object as long as nothing changed.

    Raises MissingConfiguration when it was never read and cannot be.
    """
    global _values
    name = os.environ.get("CONFIG_PARAMETER", "").strip()
    if not name:
        return _NOTHING
    if _values is None:
        with _reading:
            if _values is None:
                _values = _read(name, FIRST_SECONDS)
    elif _is_due() and _reading.acquire(blocking=False):
        # One thread reads, the others go on with what is known.
        try:
            found = _read(name, AGAIN_SECONDS)
            if found != _values:
                _values = found
        except MissingConfiguration as trouble:
            untold.update(trouble.problems)
        finally:
            _reading.release()
    return _values


def look_again() -> None:
    """A credential was refused: it may have been rotated, so the next use reads the parameter."""
    global _fresh_until
    _fresh_until = 0.0


def reset() -> None:
    """Forgets what was read."""
    global _values, _fresh_until, _tried_at
    _values, _fresh_until, _tried_at = None, 0.0, 0.0
    untold.clear()


def _is_due() -> bool:
    now = time.time()
    # A clock that was set back must not keep an old secret for ever.
    return not _fresh_until - FRESH_SECONDS <= now < _fresh_until and not 0 <= now - _tried_at < PAUSE_SECONDS


def _read(name: str, seconds: float) -> Mapping[str, str]:
    global _fresh_until, _tried_at
    _tried_at = time.time()
    try:
        found = deadlines.within(seconds, lambda: _ask_twice(name))
    except Exception as error:
        cause = error.cause if isinstance(error, _RefusedBySsm) else type(error).__name__
        raise MissingConfiguration({"CONFIG_PARAMETER": f"cannot be read ({cause})"}) from None
    _fresh_until = time.time() + FRESH_SECONDS
    return found


class _RefusedBySsm(Exception):
    """`cause` is SSM's own word, such as AccessDeniedException; `in_time`: asking again may help."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.cause = word
        self.in_time = status >= 500 or word == "ThrottlingException"


def _ask_twice(name: str) -> Mapping[str, str]:
    try:
        return _ask(name)
    except _RefusedBySsm as refused:
        if not refused.in_time:
            raise
    except ValueError:
        raise
    except Exception:  # a socket, or urllib3
        pass
    return _ask(name)


def _ask(name: str) -> Mapping[str, str]:
    """The parameter, by GetParameter. Raises _RefusedBySsm, ValueError for what is no such object, urllib3's errors."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from urllib3 import PoolManager, Timeout

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    request = AWSRequest(
        method="POST",
        url=os.environ.get("AWS_ENDPOINT_URL_SSM") or f"https://ssm.{region}.amazonaws.com/",
        data=json.dumps({"Name": name, "WithDecryption": True}),
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"},
    )
    variables = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    SigV4Auth(Credentials(*(os.environ.get(variable) for variable in variables)), "ssm", region).add_auth(request)
    left = deadlines.left()
    with PoolManager(retries=False) as pool:
        answer = pool.request(
            "POST",
            request.url,
            body=request.data,
            headers=dict(request.headers.items()),
            redirect=False,
            timeout=Timeout(connect=min(2.0, left), read=min(3.0, left)),
        )
    if answer.status != 200:
        raise _RefusedBySsm(answer.status, _word(answer.data))
    document = json.loads(json.loads(answer.data)["Parameter"]["Value"])
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return {str(key): str(value) for key, value in document.items()}


def _word(body: bytes) -> str:
    """The kind of SSM's error, where it is a plain word: what stands in a log must be chosen by nobody else."""
    try:
        word = str(json.loads(body)["__type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError):
        return "no answer of SSM"
    return word if re.fullmatch(r"[A-Za-z]{1,64}", word) else "no answer of SSM"
