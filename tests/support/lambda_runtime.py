"""Lambda's runtime API, served to Lambda's own runtime client: one warm function in a process of its own."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from local.settings import ROOT
from tests.support.http_server import running_http_server

_SECONDS = 60
"""For one invocation, the start of the process included."""
_PREFIX = "/2018-06-01/runtime"


class WarmFunction:
    """A function that stays warm between its invocations."""

    def __init__(self) -> None:
        self._events: queue.Queue[tuple[str, Any] | None] = queue.Queue()
        self._results: queue.Queue[Any] = queue.Queue()
        self.api = Flask("runtime")
        self.api.add_url_rule(f"{_PREFIX}/invocation/next", view_func=self._next)
        for path in ("/invocation/<id>/response", "/invocation/<id>/error", "/init/error"):
            self.api.add_url_rule(f"{_PREFIX}{path}", path, view_func=self._finished, methods=["POST"])

    def invoke(self, event: Any) -> tuple[str, Any]:
        """Lambda's id of the invocation, and what the function returned, or how it failed."""
        invocation = str(uuid.uuid4())
        self._events.put((invocation, event))
        return invocation, self._results.get(timeout=_SECONDS)

    def stop(self) -> None:
        self._events.put(None)

    def _next(self) -> Response:
        waiting = self._events.get()
        if waiting is None:
            return Response(status=500)
        invocation, event = waiting
        return Response(
            json.dumps(event),
            mimetype="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + _SECONDS) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:stories",
            },
        )

    def _finished(self, id: str = "") -> Response:
        self._results.put(json.loads(request.get_data()))
        return Response(status=202)


@contextmanager
def warm_function(handler: str, environment: Mapping[str, str], log: Path) -> Iterator[WarmFunction]:
    """A function of app.py, such as `app.app`, run by awslambdaric; what it prints goes to the file `log`."""
    function = WarmFunction()
    with running_http_server() as server, log.open("wb") as printed:
        server.serve(function.api)
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", handler],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "AWS_LAMBDA_RUNTIME_API": server.url.removeprefix("http://"),
                "AWS_LAMBDA_FUNCTION_NAME": "stories-prod-api",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_REGION": "eu-west-1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        try:
            yield function
        finally:
            process.kill()
            process.wait(_SECONDS)
            function.stop()
