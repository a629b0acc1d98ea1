"""The log: one JSON line a request, and lines for what an operator must know.

It never writes a name, an address, a token, a code, a signed URL or the text of a foreign exception: fields are ids,
numbers and fixed words, and everything passes through `scrub`. Lines go to standard output, one JSON object each.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import config
from chalicelib.call import Call, served
from chalicelib.errors import InternalError, MissingConfiguration, Refused, Unavailable
from chalicelib.telemetry.scrubbing import scrub

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

SERVICE = "stories-from-the-sun"

_logger: Logger | None = None
_served = 0


def logger() -> Logger:
    """The one logger, made on first use."""
    global _logger
    if _logger is None:
        from aws_lambda_powertools import Logger

        _logger = Logger(
            service=SERVICE,
            level=os.environ.get("LOG_LEVEL", "INFO"),
            location=None,
            use_rfc3339=True,
            utc=True,
            # ASCII, because U+2028 ends a line in many viewers.
            json_serializer=functools.partial(json.dumps, separators=(",", ":")),
        )
    return _logger


def reset() -> None:
    """Forgets the logger and that anything was served: a test needs it to capture standard output."""
    global _logger, _served
    if _logger is not None:
        _logger.handlers.clear()
        # Powertools marks a standard logger as set up, and would not set it up again.
        for mark in ("init", "powertools_handler"):
            vars(logging.getLogger(SERVICE)).pop(mark, None)
    _logger = None
    _served = 0


def info(event: str, call: Call | None = None, **fields: Any) -> None:
    """A line about something normal; `event` is a fixed name, `fields` are ids and numbers."""
    logger().info(event, extra=_fields(call, fields))


def warning(event: str, call: Call | None = None, **fields: Any) -> None:
    """A line about something an operator may want to look at tomorrow."""
    logger().warning(event, extra=_fields(call, fields))


def error(event: str, call: Call | None = None, **fields: Any) -> None:
    """A line about something an operator must look at."""
    logger().error(event, extra=_fields(call, fields))


def failure(event: str, exception: BaseException, call: Call | None = None, **fields: Any) -> None:
    """An error line with an exception's class and where it was raised; its text only if we wrote it."""
    error(event, call, **fields, **facts_of(exception))


def facts_of(exception: BaseException) -> dict[str, Any]:
    """Class, place and, where we wrote it, text. The text of a foreign exception may quote what a caller sent."""
    frames = traceback.extract_tb(exception.__traceback__)[-12:]
    facts: dict[str, Any] = {
        "error": type(exception).__name__,
        "where": [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(exception, InternalError | MissingConfiguration | Refused | Unavailable):
        facts["reason"] = str(exception)
    return facts


def request(call: Call, status: int, code: str, duration_ms: float) -> None:
    """The line of a request. `code` is OK or the error's code."""
    global _served
    _served += 1
    fields = {
        "method": call.method,
        "route": call.route,
        "status": status,
        "code": code,
        "durationMs": round(duration_ms, 1),
        "dbMs": round(call.db_ms, 1),
        "dbMessages": call.messages,
        "coldStart": _served == 1,
        "function": call.function,
    }
    logger().info("request", extra=_fields(call, fields))


def configuration_refused(call: Call) -> MissingConfiguration | None:
    """What is wrong with the configuration since the operator changed it under this function, logged; once for each."""
    problems = config.take_refused()
    if not problems:
        return None
    refused = MissingConfiguration(problems)
    error("configuration_refused", call, reason=str(refused))
    return refused


# Names that the log line uses itself; a field of the same name would be lost or break the line.
_RESERVED = frozenset({"message", "level", "timestamp", "service", "location", "name", "args", "msg", "exc_info"})


def _fields(call: Call | None, fields: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {name.lower(): os.environ.get(name, "unknown") for name in ("STAGE", "VERSION")}
    call = call or served()
    if call is not None:
        described["requestId"] = call.request_id
        if call.own_id != call.request_id:
            described["ownId"] = call.own_id
        if call.lambda_request_id:
            described["lambdaRequestId"] = call.lambda_request_id
        if call.user_id is not None:
            described["userId"] = str(call.user_id)
        described.update(_renamed(call.log_fields))
    described.update(_renamed(fields))
    cleaned: dict[str, Any] = scrub(described)
    return cleaned


def _renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {(f"field_{key}" if key in _RESERVED else key): value for key, value in fields.items()}
