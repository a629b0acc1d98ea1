"""The app as Lambda runs it: processes of Lambda's own runtime client, each for one function, behind the local gateway.

Without it, the gateway calls the app object in its own process. With it, nothing is shared between two processes but
what Postgres and the object store keep; a process that is killed is replaced, and a slow call keeps one process busy
alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chalice.app import ScheduledEventConfig

from chalicelib.api import responses
from chalicelib.api.problems import describe
from chalicelib.call import Call
from chalicelib.config.by_function import FUNCTIONS
from chalicelib.errors import Unavailable
from chalicelib.telemetry import logs
from local.functions.pool import Code, NoneFree, Pool
from local.functions.runtime_api import FunctionFailed, ProcessEnded
from local.settings import ROOT

MOST_WORKERS = 32

API = "api_handler"
WEBHOOK = "stripe_webhook"
REQUEST_SECONDS = 20.0
SCHEDULE_SECONDS = 300.0

TROUBLE = (FunctionFailed, ProcessEnded, NoneFree, TimeoutError)
"""What keeps a function from answering."""


class BadWorkers(Exception):
    """WORKERS is not acceptable; the message says why."""


def workers_from(environment: Mapping[str, str]) -> int:
    """How many processes WORKERS asks for; 0 where it is not set. Raises BadWorkers."""
    given = environment.get("WORKERS")
    if not given:
        return 0
    if not given.isdecimal() or not 1 <= int(given) <= MOST_WORKERS:
        raise BadWorkers(f"WORKERS must be a number from 1 to {MOST_WORKERS}: WORKERS=4 make run")
    if find_spec("awslambdaric") is None:
        raise BadWorkers("WORKERS needs Lambda's runtime client, which is for Linux alone: leave WORKERS out")
    return int(given)


class Functions:
    """The functions of app.py in `workers` processes each."""

    def __init__(
        self, app: Any, workers: int, environment: Mapping[str, str], log: Path, code: Code | None = None
    ) -> None:
        self.workers = workers
        code = code or Code(ROOT)
        self._webhooks = {endpoint.path for endpoint in app.endpoints if endpoint.access == "webhook"}
        self.pools = {
            name: Pool(code, name, handler, own_variables(name, environment), log, workers)
            for name, handler in handlers(app).items()
        }

    def start(self) -> None:
        """Starts the API's processes; those of the others are started when they are needed. Raises StartFailed."""
        self.pools[API].start()

    def stop(self) -> None:
        for pool in self.pools.values():
            pool.stop()

    def serve(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """The answer to a request of the gateway; 503, as API Gateway's, where the function gives none."""
        function = WEBHOOK if event.get("resource") in self._webhooks else API
        try:
            answer: dict[str, Any] = self.pools[function].invoke(event, REQUEST_SECONDS)
        except TROUBLE as trouble:
            call = Call(request_id=str(uuid.uuid4()))
            logs.error("function_failed", call, error=type(trouble).__name__)
            return responses.to_lambda(responses.from_problem(describe(Unavailable("function"))), call)
        return answer

    def run(self, schedule: str, event: Any) -> dict[str, Any]:
        """What a run of a schedule returns. Raises one of TROUBLE."""
        summary: dict[str, Any] = self.pools[schedule].invoke(event, SCHEDULE_SECONDS)
        return summary


def own_variables(function: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What a function is configured with on a stage: it sees no other variable, and so no other function's secrets."""
    names = {field.upper() for field in FUNCTIONS[function].model_fields} | {"LOG_LEVEL", "METRICS"}
    return {name: value for name, value in environment.items() if name in names}


def handlers(app: Any) -> dict[str, str]:
    """A function's name -> its handler, as in the template."""
    schedules = [source.name for source in app.event_sources if isinstance(source, ScheduledEventConfig)]
    entries = {API: "app.app", WEBHOOK: "chalicelib.webhook.app"}
    return entries | {name: f"chalicelib.schedules.{name}.handler" for name in schedules}
