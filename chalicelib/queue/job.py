"""What a job is given, and how it says that trying again will not help.

A job's payload holds ids and numbers; whatever else it needs it reads when it runs, from where it is true by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """A claimed job. `attempts` counts the present one."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    payload_version: int
    attempts: int
    max_attempts: int
    request_id: str | None


class NotRetryable(Exception):
    """The job can never succeed as it is. `cause` is a fixed word of ours: it is kept with the dead job."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
