"""What can go wrong, as the domain says it. Which status and sentence an error becomes, only api.problems knows.

No error carries a value that a caller sent, a token, an invite code or an address: its text may end in a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Details = Mapping[str, Any] | Sequence[Mapping[str, Any]]

MAX_FIELD_ERRORS = 20


class Refused(Exception):
    """A refusal for a reason that the caller may know.

    `code` is one of api.problems.CODES; `details` in snake_case (the reply has them in camelCase); `message` replaces
    the code's own sentence; `note` is written to our log and never sent.
    """

    def __init__(self, code: str, details: Details | None = None, message: str | None = None, note: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.message = message
        self.note = note


Trouble = Literal["out of reach", "too slow", "in trouble", "refuses us", "unreadable answer"]
"""What is wrong with a service. "in trouble": it says so itself, by a 5xx, a 429 or a 409. "refuses us": 401, 403 or
404, which is about our key or its address, and not about what was asked."""


class NotSigned(Refused):
    """A webhook without a signature that proves who sent it. `note` says why, for our log alone."""

    def __init__(self, note: str) -> None:
        details = [{"field": "stripe-signature", "reason": "is not valid"}]
        super().__init__("VALIDATION_FAILED", details, "stripe-signature: is not valid", note)


class Unavailable(Exception):
    """A service we depend on does not do its work. Ours may have been done; asking again is safe."""

    def __init__(self, service: str, retry_after: int = 2, trouble: Trouble = "out of reach") -> None:
        super().__init__(f"{service}: {trouble}")
        self.service = service
        self.retry_after = retry_after
        self.trouble = trouble


class MissingConfiguration(Exception):
    """Variables that are missing or not acceptable: `problems` maps a variable's name to the reason, never its
    value.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {reason}" for name, reason in problems.items()))
        self.problems = dict(problems)


class InternalError(Exception):
    """A fault in our own code or set-up. Its text is written by us and holds nobody's data, so it may be logged."""


class NotRetryable(Exception):
    """A job that can never succeed as it is. `cause` is a fixed word of ours: it is kept with the dead job."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def invalid(*problems: tuple[str, str]) -> Refused:
    """VALIDATION_FAILED for (field, reason) pairs; fields are dotted camelCase paths, reasons never echo the input."""
    listed: list[dict[str, str]] = [{"field": name, "reason": reason} for name, reason in problems[:MAX_FIELD_ERRORS]]
    return Refused("VALIDATION_FAILED", listed, f"{listed[0]['field']}: {listed[0]['reason']}")
