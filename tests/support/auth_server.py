"""Sign-in's stand-in served over real HTTP, with the mailbox it mails to and a clock that tests may move."""

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import requests
from flask import Flask

from local.auth import AuthSettings, anon_key, create_blueprint
from local.mail import inbox
from local.mail.mailbox import Mail, Mailbox
from tests.support.http_server import HttpServer

SECRET = "a-secret-of-this-test-suite-and-of-nothing-else"
APP_URL = "https://app.example.test"


@dataclass
class Clock:
    """The stand-in's clock: real time and what the test has added to it, in seconds."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class AuthServer:
    """A running stand-in. `known` are the users it told the app's database about, in order."""

    url: str
    settings: AuthSettings
    mailbox: Mailbox
    clock: Clock
    known: list[tuple[uuid.UUID, str]] = field(default_factory=list)
    database_down: bool = False

    def on_user(self, user_id: uuid.UUID, email: str) -> None:
        if self.database_down:
            raise ConnectionError(f"cannot store {email}")
        self.known.append((user_id, email))

    def call(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """A request as a client with the API key makes it, signed in when there is a token."""
        headers = {"apikey": self.settings.anon_key, **options.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(
            method, f"{self.url}/auth/v1/{path}", headers=headers, allow_redirects=False, timeout=10, **options
        )

    def ask(self, email: str, redirect_to: str | None = None, **body: Any) -> requests.Response:
        """Asks for a code."""
        params = {} if redirect_to is None else {"redirect_to": redirect_to}
        return self.call("POST", "otp", params=params, json={"email": email, **body})

    def last_mail(self, email: str) -> Mail:
        return self.mailbox.newest(email)[0]

    def mailed_code(self, email: str) -> str:
        """The six digits of the last mail to the address."""
        found = re.search(r"\b\d{6}\b", self.last_mail(email).letter.text)
        assert found is not None
        return found[0]

    def mailed_link(self, email: str) -> str:
        """The link of the last mail to the address."""
        found = re.search(r"http\S+/verify\?\S+", self.last_mail(email).letter.text)
        assert found is not None
        return found[0]

    def follow(self, link: str) -> str:
        """Where a click on the link leads to."""
        answer = requests.get(link, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def sign_in(self, email: str) -> dict[str, Any]:
        """A whole sign-in by code; the session."""
        assert self.ask(email).status_code == 200
        answer = self.call("POST", "verify", json={"email": email, "token": self.mailed_code(email), "type": "email"})
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session


@contextmanager
def serve(
    folder: Path, http_server: HttpServer, signing: Literal["HS256", "ES256"] = "HS256", app_url: str = APP_URL
) -> Iterator[AuthServer]:
    """The stand-in and the inbox behind the server; what was stored in the folder before is there again."""
    app = Flask(__name__)
    settings = AuthSettings(http_server.url, SECRET, anon_key(SECRET), app_url, signing)
    running = AuthServer(http_server.url, settings, Mailbox(folder / "mail.sqlite3"), Clock())
    blueprint = create_blueprint(
        folder, settings=settings, send_mail=running.mailbox.send, on_user=running.on_user, now=running.clock
    )
    app.register_blueprint(blueprint)
    app.register_blueprint(inbox.create_blueprint(running.mailbox))
    http_server.serve(app)
    try:
        yield running
    finally:
        running.mailbox.close()
