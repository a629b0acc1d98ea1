"""One call, from the moment it arrives: who calls, what is asked, by when it must end.

The API makes a Call for a request, `Call.system` makes one for a schedule or a job. Its raw body and headers may hold
secrets and are never logged.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True)
class Limit:
    """A class of calls: how many a minute one person may make.

    `fail_closed`: where the calls are counted outside Postgres and that store is down, a call of this class is refused
    with SERVICE_UNAVAILABLE; a call of any other class goes on uncounted.
    """

    name: str
    per_minute: int
    fail_closed: bool = False


@dataclass(frozen=True)
class Span:
    """A part of a call that took time. `name` is a word of ours, such as the name of an SQL function: never a value."""

    kind: Literal["db", "vendor"]
    name: str
    started: float
    """Seconds since 1970."""
    seconds: float


_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

MAX_SPANS = 100
"""Kept of one call: a schedule may send thousands of messages."""


@dataclass
class Call:
    """What the code that serves a call may know about it."""

    request_id: str
    """What leads through log, jobs and events. The caller may have chosen it, in x-request-id."""
    user_id: UUID | None = None
    method: str = ""
    route: str = ""
    source_ip: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    raw_body: bytes = b""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    count_key: str | None = None
    """What the call is counted under by its first message to Postgres; None where Postgres counts nothing."""
    count_limit: int = 0
    """How many calls a minute that key allows."""
    counted: bool = False
    """Whether Postgres has counted this call: a later message of the same call does not count it again."""
    idempotency_key: str | None = None
    db_ms: float = 0.0
    messages: int = 0
    """Messages sent to Postgres, repeats included."""
    log_fields: dict[str, Any] = field(default_factory=dict)
    """More fields for the call's log line, such as familyId: ids and numbers, never names or texts."""
    spans: list[Span] = field(default_factory=list)
    """What took time, for a trace: the first MAX_SPANS."""
    action: str = ""
    """The name of the Python function that serves the call, such as create_family; a job's kind."""
    function: str = ""
    """The Lambda function's name."""
    lambda_request_id: str = ""
    """Lambda's own id of the invocation, as in its START and REPORT lines."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What a schedule's event asks for: the clock nothing, an operator {"byHand": true} or {"dryRun": true}."""
    own_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """An id that no caller chose: API Gateway's, a job's, or made here. The only one that is mailed to operators."""
    ends_at: float | None = None
    """On the monotonic clock, in seconds: when the function is cut off; None where nothing cuts it off."""

    @classmethod
    def system(
        cls,
        action: str,
        request_id: str | None = None,
        seconds: float | None = None,
        *,
        own_id: str | None = None,
        within: Call | None = None,
    ) -> Call:
        """A call of the system's own (a schedule, a job): no user, no limit, `seconds` to live.

        `within`: the call whose invocation it is a part of.
        """
        own_id = own_id or str(uuid.uuid4())
        return cls(
            request_id=request_id or own_id,
            own_id=own_id,
            route=action,
            action=action,
            function=action if within is None else within.function,
            lambda_request_id="" if within is None else within.lambda_request_id,
            ends_at=None if seconds is None else time.monotonic() + seconds,
            spans=[] if within is None else within.spans,
        )

    def seconds_left(self) -> float:
        """Seconds until the function is cut off; infinite where nothing cuts it off."""
        return float("inf") if self.ends_at is None else self.ends_at - time.monotonic()

    def log_ids(self, found: Mapping[str, Any]) -> None:
        """Puts the ids among these values into the call's log lines: `family_id` as familyId; anything else is left."""
        for name, value in found.items():
            if name.endswith("_id") and _is_uuid(value):
                first, *more = name.split("_")
                self.log_fields[first + "".join(part.capitalize() for part in more)] = str(value)

    def add_span(self, kind: Literal["db", "vendor"], name: str, seconds: float) -> None:
        """Notes a part that took so long and ends now."""
        if len(self.spans) < MAX_SPANS:
            self.spans.append(Span(kind, name, time.time() - seconds, seconds))


_served: ContextVar[Call | None] = ContextVar("served", default=None)


@contextmanager
def serving(call: Call) -> Iterator[None]:
    """Inside, `served()` is this call: for code that is far from it, such as a vendor's client."""
    token = _served.set(call)
    try:
        yield
    finally:
        _served.reset(token)


def served() -> Call | None:
    """The call that this code runs for, where it is known."""
    return _served.get()


def _is_uuid(value: Any) -> bool:
    return isinstance(value, UUID) or (isinstance(value, str) and bool(_UUID.fullmatch(value)))
