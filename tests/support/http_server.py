"""A real HTTP server whose app is changed from test to test: stopping a server takes a third of a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.server import Server


class HttpServer:
    """Listens on a free port until it is closed; the app that answers is set by `serve`."""

    def __init__(self) -> None:
        self._app: Any = None
        self._server = Server(self._answer)
        self.url = f"http://localhost:{self._server.start()}"

    def serve(self, app: Any) -> None:
        """From now on this WSGI app answers."""
        self._app = app

    def close(self) -> None:
        self._server.stop()

    def _answer(self, environ: Any, start_response: Any) -> Any:
        assert self._app is not None
        return self._app(environ, start_response)


@contextmanager
def running_http_server() -> Iterator[HttpServer]:
    server = HttpServer()
    try:
        yield server
    finally:
        server.close()
