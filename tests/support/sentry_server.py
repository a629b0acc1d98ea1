"""Sentry's stand-in for the tests of the application: what arrived there, and its trouble."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, request

from local import sentry_api
from local.faults import Faults
from local.sentry_api import EventStore
from tests.support.http_server import running_http_server

KEY = "a-sentry-key-of-the-tests"


class SentryServer:
    """The running stand-in; the application reaches it by `dsn`."""

    def __init__(self, url: str, store: EventStore) -> None:
        self.dsn = url.replace("://", f"://{KEY}@") + "/_local/sentry/1"
        self.faults = Faults()
        self.received: list[str] = []
        """Every request, headers and all: what the stand-in drops of an envelope, too."""
        self._store = store

    def note_request(self) -> None:
        body = request.get_data()
        plain = gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body
        self.received.append(f"{request.headers}{plain.decode()}")

    def events(self, request_id: str | None = None) -> list[dict[str, Any]]:
        """The errors that arrived, newest first."""
        return self._store.newest("event", request_id)

    def traces(self) -> list[dict[str, Any]]:
        """The traces that arrived, newest first."""
        return self._store.newest("transaction")

    def forget(self) -> None:
        """Removes what arrived, and ends every trouble."""
        self._store.forget()
        self.received.clear()
        self.faults.reset()


@contextmanager
def running_sentry(folder: Path) -> Iterator[SentryServer]:
    store = EventStore(folder / "sentry.sqlite")
    with running_http_server() as server:
        sentry = SentryServer(server.url, store)
        app = Flask("sentry")
        app.before_request(sentry.note_request)
        app.register_blueprint(sentry_api.create_blueprint(store, key=KEY, faults=sentry.faults))
        server.serve(app)
        yield sentry
    store.close()
