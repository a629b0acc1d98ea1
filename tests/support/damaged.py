"""A WSGI application whose requests or answers are damaged on the way: a vendor that does something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Environ = dict[str, Any]
Answered = tuple[str, list[tuple[str, str]], bytes]
Serve = Callable[[Environ], Answered]
Damage = Callable[[Environ, Serve], Answered]


class Damaged:
    """A WSGI application whose requests or answers are damaged on the way."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.damage: Damage = lambda environ, serve: serve(environ)

    def __call__(self, environ: Environ, start_response: Any) -> list[bytes]:
        status, headers, body = self.damage(environ, self._serve)
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _serve(self, environ: Environ) -> Answered:
        answered: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            answered[:] = [status, headers]

        body = self.app(environ, start_response)
        try:
            return answered[0], answered[1], b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()


def with_header(name: str, value: str | None) -> Damage:
    """Another value of a header, or none."""

    def damage(environ: Environ, serve: Serve) -> Answered:
        status, headers, body = serve(environ)
        kept = [pair for pair in headers if pair[0].lower() != name]
        return status, kept if value is None else [*kept, (name, value)], body

    return damage


def with_body(pattern: bytes, text: bytes) -> Damage:
    """Another text in the answer."""

    def damage(environ: Environ, serve: Serve) -> Answered:
        status, headers, body = serve(environ)
        return status, headers, re.sub(pattern, text, body, flags=re.DOTALL)

    return damage


def without(variable: str) -> Damage:
    """A request without one of its headers."""

    def damage(environ: Environ, serve: Serve) -> Answered:
        environ.pop(variable, None)
        return serve(environ)

    return damage


def ignoring(method: str, status: str) -> Damage:
    """A request of a method that is answered and not carried out."""

    def damage(environ: Environ, serve: Serve) -> Answered:
        return (status, [], b"") if environ["REQUEST_METHOD"] == method else serve(environ)

    return damage


def refused_as(status: str) -> Damage:
    """Another status for what is refused."""

    def damage(environ: Environ, serve: Serve) -> Answered:
        answered, headers, body = serve(environ)
        return (status if answered[0] == "4" else answered), headers, body

    return damage
