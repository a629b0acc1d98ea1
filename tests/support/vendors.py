"""The vendors of mail and product events: stand-ins reached over real HTTP, which fail when a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from chalicelib import config
from local import posthog_api
from local.faults import Faults
from local.mail import resend_api
from local.mail.mailbox import Letter, Mailbox
from local.posthog_api import EventStore
from local.server import Server

MAIL_KEY, EVENTS_KEY = "re_a_key_of_the_api_tests", "phc_a_key_of_the_api_tests"
OPERATOR = "operator@example.org"


class Vendors:
    """Resend's and PostHog's stand-ins, and what arrived there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mailbox, self.mail_faults = Mailbox(folder / "mail.sqlite3"), Faults()
        self.event_store, self.event_faults = EventStore(folder / "events.sqlite3"), Faults()
        self.app = Flask("vendors")
        self.app.register_blueprint(
            resend_api.create_blueprint(self.mailbox, api_key=MAIL_KEY, faults=self.mail_faults)
        )
        self.app.register_blueprint(
            posthog_api.create_blueprint(self.event_store, api_key=EVENTS_KEY, faults=self.event_faults)
        )
        self._monkeypatch = monkeypatch

    def use(self, url: str) -> None:
        """Points the backend at the stand-ins."""
        for name, value in {
            "RESEND_API_KEY": MAIL_KEY,
            "RESEND_API_URL": f"{url}/_local/resend",
            "MAIL_FROM": "Stories From the Sun <stories@example.org>",
            "ALERT_EMAILS": OPERATOR,
            "POSTHOG_API_KEY": EVENTS_KEY,
            "POSTHOG_HOST": f"{url}/_local/posthog",
        }.items():
            self._monkeypatch.setenv(name, value)
        config.reset()

    def letters(self, to: str | None = None) -> list[Letter]:
        """The mails that arrived, newest first."""
        return [mail.letter for mail in self.mailbox.newest(to)]

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """The events that arrived, newest first."""
        return self.event_store.newest(name)

    def close(self) -> None:
        self.mailbox.close()
        self.event_store.close()


@contextmanager
def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    vendors = Vendors(folder, monkeypatch)
    server = Server(vendors.app)
    server.start()
    vendors.use(server.url)
    try:
        yield vendors
    finally:
        server.stop()
        vendors.close()
