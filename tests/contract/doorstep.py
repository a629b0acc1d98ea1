"""A real HTTP server whose app is changed from test to test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from local.server import Server


class Doorstep:
    """One server for many tests: what stands behind it changes from test to test, quicker than a new server."""

    def __init__(self) -> None:
        self._app: Flask | None = None
        self.server = Server(self._answer, "127.0.0.1", 0)
        self.url = f"http://localhost:{self.server.start()}"

    def place(self, app: Flask) -> None:
        """Puts the app behind the server."""
        self._app = app

    def _answer(self, environ: Any, start_response: Any) -> Any:
        assert self._app is not None
        return self._app.wsgi_app(environ, start_response)


@contextmanager
def doorstep() -> Iterator[Doorstep]:
    """A server on a free port."""
    opened = Doorstep()
    try:
        yield opened
    finally:
        opened.server.stop()
