"""The app object: a Chalice whose every response has our shape and headers, also those Chalice makes itself.

app.py registers functions here, a line each; the work is in `endpoints`. Nothing escapes as an exception: API Gateway
would answer in words of its own.
"""

from __future__ import annotations

import base64
import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from chalice.app import Chalice, Response

from chalicelib import logs, monitoring
from chalicelib.api import responses
from chalicelib.api.dispatch import Access, Endpoint, answer, describe_endpoint
from chalicelib.api.models import camelise, to_json
from chalicelib.api.problems import describe
from chalicelib.call import Call, Limit
from chalicelib.errors import InternalError, Refused, invalid

FUNCTIONS = "/functions/v1"
MAX_BODY = 64 * 1024
MAX_WEBHOOK_BODY = 512 * 1024

# A status Chalice chose by itself -> our code.
_CHALICE_CODES = {400: "VALIDATION_FAILED", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 415: "UNSUPPORTED_MEDIA_TYPE"}


@dataclass
class _Served:
    """The request being served by this thread, and its reply once a view has made one."""

    call: Call
    reply: responses.Reply | None = None


# Not Chalice's current_request: that is one attribute for all threads of the local server.
_current: ContextVar[_Served] = ContextVar("served")


class SunApi(Chalice):
    """`app = SunApi("stories-from-the-sun")`; then one line for each endpoint."""

    def __init__(self, app_name: str) -> None:
        super().__init__(app_name=app_name, configure_logs=False)
        self.endpoints: list[Endpoint] = []
        self._webhook_paths: set[str] = set()

    def operation(self, name: str, function: Callable[..., Any], *, limit: Limit, idempotent: bool = False) -> None:
        """POST /functions/v1/<name> for signed-in users; `idempotent` where an Idempotency-Key is honoured."""
        self._declare("POST", f"{FUNCTIONS}/{name}", function, "user", limit, idempotent)

    def get(self, path: str, function: Callable[..., Any], *, limit: Limit) -> None:
        """GET for signed-in users."""
        self._declare("GET", path, function, "user", limit)

    def post(self, path: str, function: Callable[..., Any], *, limit: Limit) -> None:
        """POST for signed-in users."""
        self._declare("POST", path, function, "user", limit)

    def patch(self, path: str, function: Callable[..., Any], *, limit: Limit) -> None:
        """PATCH for signed-in users."""
        self._declare("PATCH", path, function, "user", limit)

    def delete(self, path: str, function: Callable[..., Any], *, limit: Limit) -> None:
        """DELETE for signed-in users."""
        self._declare("DELETE", path, function, "user", limit)

    def public(self, path: str, function: Callable[..., Any]) -> None:
        """GET for anyone, uncounted."""
        self._declare("GET", path, function, "public")

    def webhook(self, name: str, function: Callable[..., Any]) -> None:
        """POST /functions/v1/<name> for a vendor: any content type, a larger body, no user, uncounted."""
        self._webhook_paths.add(f"{FUNCTIONS}/{name}")
        self._declare("POST", f"{FUNCTIONS}/{name}", function, "webhook")

    def _declare(
        self,
        method: str,
        path: str,
        function: Callable[..., Any],
        access: Access,
        limit: Limit | None = None,
        idempotent: bool = False,
    ) -> None:
        endpoint = describe_endpoint(method, path, function, access, limit, idempotent)
        self.endpoints.append(endpoint)

        def view(**path_parameters: str) -> Response:
            served = _current.get()
            served.reply = answer(endpoint, served.call, path_parameters)
            return Response(body="")

        if "OPTIONS" not in self.routes[path]:
            self._route("OPTIONS", path, self._preflight)
        self._route(method, path, view)

    def _route(self, method: str, path: str, view: Callable[..., Response]) -> None:
        # Any content type: Chalice's own check knows nothing of empty bodies, ours answers in our shape.
        self.route(path, methods=[method], content_types=["*/*"], name=f"{method} {path}")(view)

    def _preflight(self, **_path_parameters: str) -> Response:
        served = _current.get()
        served.reply = responses.preflight(self.routes[served.call.route])
        return Response(body="")

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Serves an API Gateway event."""
        started = time.perf_counter()
        call = Call(request_id=str(uuid.uuid4()))
        try:
            event = _completed(event)
            call = _call_of(event, context)
            reply = self._serve(event, context, call)
        except Exception as error:
            reply = responses.failure(error, call)
        logs.request(call, reply.status, reply.code, (time.perf_counter() - started) * 1000)
        return responses.to_lambda(reply, call)

    def _serve(self, event: dict[str, Any], context: Any, call: Call) -> responses.Reply:
        # Looked at first, for a body too large is not worth any other answer.
        call.raw_body = _body(event, MAX_WEBHOOK_BODY if call.route in self._webhook_paths else MAX_BODY)
        if call.route not in self.routes:
            raise Refused("NOT_FOUND")
        served = _Served(call)
        token = _current.set(served)
        try:
            response = super().__call__(event, context)
        finally:
            _current.reset(token)
        return served.reply or _reshaped(response)

    def run(self, function: Callable[[Call], Mapping[str, Any]], event: Any) -> dict[str, Any]:
        """Runs what the clock starts: `function(call)` gives a summary, which is logged and returned in camelCase.

        Raises InternalError when it fails, after logging and reporting why: Lambda then counts the failure, and prints
        nothing of the original.
        """
        name = function.__name__
        context = getattr(event, "context", None)
        call = Call.system(name, seconds=_seconds_left(context))
        call.detail = getattr(event, "detail", None) or {}
        started = time.perf_counter()
        try:
            summary: dict[str, Any] = json.loads(to_json(camelise(function(call))))
        except Exception as error:
            logs.failure("schedule_failed", error, call, schedule=name)
            monitoring.capture(error, call)
            raise InternalError(f"{name} failed") from None
        duration_ms = round((time.perf_counter() - started) * 1000, 1)
        logs.info("schedule", call, schedule=name, durationMs=duration_ms, dbMs=round(call.db_ms, 1), summary=summary)
        return summary


def _completed(event: Any) -> dict[str, Any]:
    """The event with every key Chalice reads without asking."""
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        raise InternalError("not an event of API Gateway")
    defaults = dict.fromkeys(("body", "pathParameters", "stageVariables", "multiValueQueryStringParameters"))
    context = {"httpMethod": "", "resourcePath": "", **event["requestContext"]}
    return {**defaults, **event, "headers": event.get("headers") or {}, "requestContext": context}


def _call_of(event: dict[str, Any], context: Any) -> Call:
    headers = {str(name).lower(): str(value) for name, value in event["headers"].items()}
    where = event["requestContext"]
    remaining = _seconds_left(context)
    return Call(
        request_id=_request_id(headers.get("x-request-id"), where.get("requestId")),
        method=where["httpMethod"],
        route=where["resourcePath"] or "",
        source_ip=str((where.get("identity") or {}).get("sourceIp") or ""),
        headers=headers,
        query=event["multiValueQueryStringParameters"] or {},
        function=getattr(context, "function_name", ""),
        version=os.environ.get("VERSION", "unknown"),
        ends_at=None if remaining is None else time.monotonic() + remaining,
    )


def _request_id(*offered: Any) -> str:
    """The first id offered that is safe to put into a log, a header and an SQL comment; else one of ours."""
    for candidate in offered:
        if isinstance(candidate, str) and responses.REQUEST_ID.fullmatch(candidate):
            return candidate
    return str(uuid.uuid4())


def _seconds_left(context: Any) -> float | None:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return None if remaining is None else float(remaining()) / 1000


def _body(event: dict[str, Any], limit: int) -> bytes:
    """The request's bytes, exactly as they were sent. Raises PAYLOAD_TOO_LARGE before decoding what is too long."""
    body = event["body"] or b""
    encoded = bool(event.get("isBase64Encoded"))
    if len(body) > (limit * 4 // 3 + 4 if encoded else limit):
        raise Refused("PAYLOAD_TOO_LARGE")
    if encoded:
        try:
            raw = base64.b64decode(body, validate=True)
        except ValueError:
            raise invalid(("body", "cannot be decoded")) from None
    else:
        # A lone surrogate survives into the bytes, where decoding them strictly refuses it.
        raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    if len(raw) > limit:
        raise Refused("PAYLOAD_TOO_LARGE")
    return raw


def _reshaped(response: dict[str, Any]) -> responses.Reply:
    """A response Chalice made by itself, in our shape."""
    code = _CHALICE_CODES.get(response["statusCode"])
    if code is None:
        raise InternalError("Chalice answered by itself")
    allow = response["headers"].get("Allow")
    return responses.from_problem(replace(describe(Refused(code)), headers={"Allow": allow} if allow else {}))
