"""One call, from the moment it arrives: who, what, by when. And what an operation may give back.

A Call is made by the api for a request and by `Call.system` for a schedule or a job. It holds no connection and no
secret but the raw body and headers, which are never logged.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from chalicelib.api.models import WireModel
    from chalicelib.api.rate_limits import Limit


@dataclass
class Call:
    """What shared modules and operations may know about the call they serve."""

    request_id: str
    user_id: UUID | None = None
    method: str = ""
    route: str = ""
    source_ip: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    raw_body: bytes = b""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    limit: Limit | None = None
    counted: bool = False
    """Whether this call was counted against its limit; the first message to Postgres does it."""
    idempotency_key: str | None = None
    db_ms: float = 0.0
    messages: int = 0
    """Messages sent to Postgres, repeats included."""
    notes: dict[str, Any] = field(default_factory=dict)
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


@dataclass(frozen=True)
class Answer:
    """A response with metadata: `Answer(response, warnings=["prompts_not_seeded"])`."""

    data: WireModel
    warnings: list[str] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        return {"warnings": self.warnings} if self.warnings else {}


@dataclass(frozen=True)
class Bare:
    """A response that is sent as it stands, without the envelope: the OpenAPI document."""

    body: Mapping[str, Any]
