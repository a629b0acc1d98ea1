"""One call, from the moment it arrives: who calls, what is asked, by when it must end.

The API makes a Call for a request, `Call.system` makes one for a schedule or a job. Its raw body and headers may hold
secrets and are never logged.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
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


@dataclass
class Call:
    """What the code that serves a call may know about it."""

    request_id: str
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
    """More fields for the call's log line, such as family_id: ids and numbers, never names or texts."""
    function: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What a schedule's event asks for: the clock nothing, an operator {"byHand": true} or {"dryRun": true}."""
    version: str = ""
    ends_at: float | None = None
    """On the monotonic clock, in seconds: when the function is cut off; None where nothing cuts it off."""

    @classmethod
    def system(cls, function: str, request_id: str | None = None, seconds: float | None = None) -> Call:
        """A call of the system's own (a schedule, a job): no user, no limit, `seconds` to live."""
        ends_at = None if seconds is None else time.monotonic() + seconds
        return cls(request_id=request_id or str(uuid.uuid4()), route=function, function=function, ends_at=ends_at)

    def seconds_left(self) -> float:
        """Seconds until the function is cut off; infinite where nothing cuts it off."""
        return float("inf") if self.ends_at is None else self.ends_at - time.monotonic()
