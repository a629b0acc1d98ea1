"""Replies: the one shape of success, the one shape of error, and the headers every response carries.

What went wrong on our side is logged here, once, and sent to Sentry when it is a bug. It knows HTTP but not Chalice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import config, monitoring
from chalicelib.api.models import WireModel, to_json
from chalicelib.api.problems import Problem, describe
from chalicelib.call import Call
from chalicelib.errors import MissingConfiguration, Refused, Unavailable
from chalicelib.telemetry import logs

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

ALLOWED_HEADERS = "authorization, x-client-info, apikey, content-type, x-request-id, idempotency-key"
EXPOSED_HEADERS = "x-request-id, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset"
PREFLIGHT_SECONDS = 86_400


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


@dataclass(frozen=True)
class Reply:
    """A response before the headers all responses share. `code` is OK or the error's code, for the log line."""

    status: int
    body: str
    code: str = "OK"
    headers: dict[str, str] = field(default_factory=dict)
    error: BaseException | None = field(default=None, repr=False, compare=False)
    """What made it an error."""


def success(result: Any) -> Reply:
    """200 with {"data": ...}; an Answer adds its metadata, a Bare is sent as it stands."""
    if isinstance(result, Bare):
        return Reply(200, to_json(result.body))
    if isinstance(result, Answer):
        metadata = result.metadata()
        return Reply(200, to_json({"data": result.data, **({"metadata": metadata} if metadata else {})}))
    return Reply(200, to_json({"data": result}))


def failure(error: BaseException, call: Call) -> Reply:
    """The reply to an error; logs it when it is not simply a refusal."""
    problem = describe(error)
    if isinstance(error, MissingConfiguration):
        logs.error("missing_configuration", call, variables=[f"{key}: {why}" for key, why in error.problems.items()])
    elif isinstance(error, Unavailable):
        logs.error("unavailable", call, dependency=error.service)
    elif problem.code == "INTERNAL":
        logs.failure("internal_error", error, call)
        monitoring.capture(error, call)
    elif isinstance(error, Refused) and error.note:
        call.log_fields["why"] = error.note
    return from_problem(problem, error)


def from_problem(problem: Problem, error: BaseException | None = None) -> Reply:
    return Reply(problem.status, to_json(problem.body()), problem.code, problem.headers, error)


def preflight(methods: Iterable[str]) -> Reply:
    """204 for OPTIONS, saying which methods and headers a browser may send."""
    return Reply(
        204,
        "",
        headers={
            "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )


def to_lambda(reply: Reply, call: Call) -> dict[str, Any]:
    """The reply as API Gateway wants it, with the headers all responses share."""
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "x-request-id": call.request_id,
        **_cors(call.headers),
        **reply.headers,
    }
    if reply.status == 204:
        del headers["Content-Type"]
    return {"statusCode": reply.status, "headers": headers, "multiValueHeaders": {}, "body": reply.body}


def _cors(headers: Mapping[str, str]) -> dict[str, str]:
    """An origin is allowed when it is on the list, letter for letter. Credentials never are: we use no cookies."""
    try:
        allowed = config.load(config.HttpSettings).allowed_origins
    except MissingConfiguration:
        # The operation itself has answered 503 and logged why; a browser then sees a network error.
        allowed = ()
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED_HEADERS}
    origin = headers.get("origin")
    if origin is None or origin not in allowed:
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED_HEADERS, "Vary": "Origin"}
