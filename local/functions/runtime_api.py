"""Lambda's runtime API for one process: it asks for the next invocation, and posts what became of it."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request

from local.server import Server

_PREFIX = "/2018-06-01/runtime"
_ARN = "arn:aws:lambda:local:123456789012:function:"
# The runtime client asks one thing at a time; the next process has an API of its own.
_THREADS = 2


class FunctionFailed(Exception):
    """The function raised an error; its text is what Lambda would put into the function's answer."""


class ProcessEnded(Exception):
    """The process ended before it answered. `began`: whether it had taken the invocation."""

    def __init__(self, began: bool) -> None:
        super().__init__("the function's process ended before it answered")
        self.began = began


@dataclass
class _Invocation:
    event: Any
    function: str
    deadline_ms: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: bool = False
    result: Future[Any] = field(default_factory=Future)


class RuntimeApi:
    """Serves one process, one invocation after the other, on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Invocation | None] = queue.Queue()
        self._current: _Invocation | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.ready = threading.Event()
        """Set when the process has imported the function, and asks for an invocation for the first time."""
        api = Flask("runtime")
        api.add_url_rule(f"{_PREFIX}/invocation/next", view_func=self._next)
        for path in ("/invocation/<id>/response", "/invocation/<id>/error", "/init/error"):
            api.add_url_rule(f"{_PREFIX}{path}", path, view_func=self._finished, methods=["POST"])
        self._server = Server(api, threads=_THREADS)
        self.address = f"127.0.0.1:{self._server.start()}"
        """AWS_LAMBDA_RUNTIME_API of the process."""

    def invoke(self, event: Any, seconds: float, function: str = "stories") -> tuple[str, Any]:
        """Lambda's id of the invocation, and what the function returned.

        Raises FunctionFailed, ProcessEnded, or TimeoutError after `seconds`.
        """
        invocation = _Invocation(event, function, int((time.time() + seconds) * 1000))
        with self._lock:
            if self._closed:
                raise ProcessEnded(began=False)
            self._current = invocation
        self._waiting.put(invocation)
        return invocation.id, invocation.result.result(timeout=seconds)

    def close(self) -> None:
        """The process has ended: whoever waits for its answer is told so. Repeatable."""
        with self._lock:
            self._closed, invocation = True, self._current
        if invocation is not None and not invocation.result.done():
            invocation.result.set_exception(ProcessEnded(invocation.began))
        self._waiting.put(None)
        self._server.stop()

    def _next(self) -> Response:
        self.ready.set()
        invocation = self._waiting.get()
        if invocation is None:
            return Response(status=500)
        invocation.began = True
        return Response(
            json.dumps(invocation.event),
            mimetype="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation.id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": f"{_ARN}{invocation.function}",
            },
        )

    def _finished(self, id: str = "") -> Response:
        invocation, answer = self._current, json.loads(request.get_data())
        if invocation is None or invocation.id != id or invocation.result.done():
            return Response(status=202)
        if request.path.endswith("/error"):
            invocation.result.set_exception(FunctionFailed(f"{answer['errorType']}: {answer['errorMessage']}"))
        else:
            invocation.result.set_result(answer)
        return Response(status=202)
