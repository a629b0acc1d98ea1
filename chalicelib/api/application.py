"""The app object: a Chalice whose every response has our shape and headers, also those Chalice makes itself.

app.py registers functions here, a line each; a request is served by `dispatch`. No exception leaves the app object: API
Gateway would answer it in a shape of its own.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Response

from chalicelib import monitoring
from chalicelib.api import requests, responses
from chalicelib.api.dispatch import answer
from chalicelib.api.endpoints import Access, Endpoint, describe_endpoint
from chalicelib.api.problems import describe
from chalicelib.call import Call, Limit, serving
from chalicelib.errors import InternalError, Refused
from chalicelib.telemetry import logs, metrics

FUNCTIONS = "/functions/v1"
MAX_BODY = 64 * 1024
MAX_WEBHOOK_BODY = 512 * 1024

# A status Chalice chose by itself -> our code.
_CHALICE_CODES = {400: "VALIDATION_FAILED", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 415: "UNSUPPORTED_MEDIA_TYPE"}


Alert = Callable[[Call, BaseException, str], None]


@dataclass
class _Served:
    """The request being served by this thread, and its reply once a view has made one."""

    call: Call
    reply: responses.Reply | None = None


# Not Chalice's current_request: that is one attribute for all threads of the local server.
_current: ContextVar[_Served] = ContextVar("served")


class SunApi(Chalice):
    """`app = SunApi("stories-from-the-sun")`; then one line for each endpoint.

    `refuses` lists the refusals of this route alone: "NOT_FOUND", or "CONFLICT revoked used_up" with the reasons of the
    code. What every route of its kind may answer is derived in endpoints.py.
    """

    def __init__(self, app_name: str, *, alert: Alert = lambda call, error, code: None) -> None:
        """`alert(call, error, code)` notes for the operator what made a request fail, with the code of the answer. It
        never raises.
        """
        super().__init__(app_name=app_name, configure_logs=False)
        self._alert = alert
        self.endpoints: list[Endpoint] = []
        self._webhook_paths: set[str] = set()

    def operation(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        limit: Limit,
        idempotent: bool = False,
        refuses: Sequence[str] = (),
    ) -> None:
        """POST /functions/v1/<name> for signed-in users; `idempotent` where an Idempotency-Key is honoured."""
        self._declare("POST", f"{FUNCTIONS}/{name}", function, "user", limit, refuses, idempotent)

    def get(self, path: str, function: Callable[..., Any], *, limit: Limit, refuses: Sequence[str] = ()) -> None:
        """GET for signed-in users."""
        self._declare("GET", path, function, "user", limit, refuses)

    def post(self, path: str, function: Callable[..., Any], *, limit: Limit, refuses: Sequence[str] = ()) -> None:
        """POST for signed-in users."""
        self._declare("POST", path, function, "user", limit, refuses)

    def patch(self, path: str, function: Callable[..., Any], *, limit: Limit, refuses: Sequence[str] = ()) -> None:
        """PATCH for signed-in users."""
        self._declare("PATCH", path, function, "user", limit, refuses)

    def delete(self, path: str, function: Callable[..., Any], *, limit: Limit, refuses: Sequence[str] = ()) -> None:
        """DELETE for signed-in users."""
        self._declare("DELETE", path, function, "user", limit, refuses)

    def public(self, path: str, function: Callable[..., Any], *, refuses: Sequence[str] = ()) -> None:
        """GET for anyone, uncounted."""
        self._declare("GET", path, function, "public", None, refuses)

    def webhook(self, name: str, function: Callable[..., Any], *, refuses: Sequence[str] = ()) -> None:
        """POST /functions/v1/<name> for a vendor: any content type, a larger body, no user, uncounted."""
        self._webhook_paths.add(f"{FUNCTIONS}/{name}")
        self._declare("POST", f"{FUNCTIONS}/{name}", function, "webhook", None, refuses)

    def scheduled(self, expression: str, name: str) -> None:
        """Runs `handler` of chalicelib/schedules/<name>.py at the times of `expression`, such as cron(20 * * * ? *).

        It is named and not imported: on Lambda it is a function of its own, and the API's process must not be able to
        do what schedules do. Raises TypeError where there is no such module.
        """
        module = f"chalicelib.schedules.{name}"
        if find_spec(module) is None:
            raise TypeError(f"app.py schedules {name}: there is no {module}")

        def run(event: CloudWatchEvent) -> dict[str, Any]:
            summary: dict[str, Any] = import_module(module).handler(event.to_dict(), event.context)
            return summary

        run.__name__ = name
        self.schedule(expression)(run)

    def _declare(
        self,
        method: str,
        path: str,
        function: Callable[..., Any],
        access: Access,
        limit: Limit | None,
        refuses: Sequence[str],
        idempotent: bool = False,
    ) -> None:
        endpoint = describe_endpoint(method, path, function, access, limit, idempotent, refuses)
        self.endpoints.append(endpoint)
        if access == "user":
            # Where the function starts, and not in its first request.
            import_module("chalicelib.api.auth")

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
            event = requests.completed(event)
            call = requests.call_of(event, context)
            with serving(call):
                reply = self._serve(event, context, call)
        except Exception as error:
            reply = responses.failure(error, call)
        if reply.error is not None:
            self._alert(call, reply.error, reply.code)
        # The operator changed the parameter, and this function goes on with the values before.
        if refused := logs.configuration_refused(call):
            self._alert(call, refused, "")
        seconds = time.perf_counter() - started
        logs.request(call, reply.status, reply.code, seconds * 1000)
        metrics.request(call, reply.status, reply.code, seconds * 1000)
        monitoring.trace(call, seconds, code=reply.code)
        return responses.to_lambda(reply, call)

    def _serve(self, event: dict[str, Any], context: Any, call: Call) -> responses.Reply:
        # Checked first: a body that is too large is refused whatever else is wrong.
        call.raw_body = requests.body_of(event, MAX_WEBHOOK_BODY if call.route in self._webhook_paths else MAX_BODY)
        if call.route not in self.routes:
            raise Refused("NOT_FOUND")
        served = _Served(call)
        token = _current.set(served)
        try:
            response = super().__call__(event, context)
        finally:
            _current.reset(token)
        return served.reply or _reshaped(response)


def _reshaped(response: dict[str, Any]) -> responses.Reply:
    """A response Chalice made by itself, in our shape."""
    code = _CHALICE_CODES.get(response["statusCode"])
    if code is None:
        raise InternalError("Chalice answered by itself")
    allow = response["headers"].get("Allow")
    return responses.from_problem(replace(describe(Refused(code)), headers={"Allow": allow} if allow else {}))
