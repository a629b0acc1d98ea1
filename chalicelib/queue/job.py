"""A claimed job, as the worker hands it to the code of its kind.

Its payload holds ids and numbers. Whatever else it needs it reads when it runs, because that may have changed since.
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
