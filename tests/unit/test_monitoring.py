"""Sentry is told what broke and where; it is not told anybody's words, and it never breaks a request."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from chalicelib import config
from chalicelib.call import Call
from chalicelib.errors import InternalError
from chalicelib.telemetry import monitoring
from tests.support.in_time import in_time
from tests.unit.test_scrubbing import SECRETS


class Sentry:
    """Takes envelopes as Sentry does, as slowly as it is told to."""

    def __init__(self) -> None:
        self.envelopes: list[str] = []
        self.delay = 0.0
        sentry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                time.sleep(sentry.delay)
                sentry.envelopes.append(body.decode())
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://key@127.0.0.1:{self.server.server_port}/1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def event(self) -> dict[str, Any]:
        """The last error that came in."""
        item: dict[str, Any] = json.loads(self.envelopes[-1].splitlines()[2])
        return item


@pytest.fixture
def sentry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sentry]:
    sentry = Sentry()
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("VERSION", "1.2.3")
    monkeypatch.setenv("SENTRY_DSN", sentry.dsn)
    yield sentry
    sentry.server.shutdown()
    sentry.server.server_close()


def raised(error: Exception, private: str = "") -> Exception:
    """The error with a traceback, raised beside a variable that holds something private."""
    try:
        kept_in_a_variable = private
        raise error from ValueError(kept_in_a_variable)
    except Exception as caught:
        return caught


def test_an_error_arrives_with_request_user_and_place(sentry: Sentry) -> None:
    call = Call(request_id="req-1", user_id=uuid4(), route="/functions/v1/create-family", function="api_handler")
    monitoring.capture(raised(InternalError("create_family_tx: SQLSTATE 42883")), call, schedule="process_jobs")
    event = sentry.event()
    assert event["tags"]["requestId"] == "req-1"
    assert event["tags"]["schedule"] == "process_jobs"
    assert event["user"] == {"id": str(call.user_id)}
    assert (event["environment"], event["release"]) == ("local", "1.2.3")
    last = event["exception"]["values"][-1]
    assert (last["type"], last["value"]) == ("InternalError", "create_family_tx: SQLSTATE 42883")
    assert last["stacktrace"]["frames"][-1]["function"] == "raised"


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_no_secret_reaches_sentry(name: str, sentry: Sentry) -> None:
    text, secret = SECRETS[name]
    monitoring.capture(raised(ValueError(text), private=text), Call(request_id="r"), note=text)
    monitoring.capture(raised(InternalError(text), private=text), Call(request_id="r"))
    assert len(sentry.envelopes) == 2
    assert secret not in "".join(sentry.envelopes)


def test_a_foreign_exceptions_words_and_variables_stay_here(sentry: Sentry) -> None:
    monitoring.capture(raised(KeyError("grandma Sol"), private="grandma Sol"))
    (envelope,) = sentry.envelopes
    assert "grandma" not in envelope and "vars" not in envelope


def test_one_persons_id_is_not_in_the_next_ones_error(sentry: Sentry) -> None:
    monitoring.capture(raised(KeyError("x")), Call(request_id="r1", user_id=uuid4()))
    monitoring.capture(raised(KeyError("x")), Call(request_id="r2"))
    assert "user" not in sentry.event()
    assert sentry.event()["tags"]["requestId"] == "r2"


def test_a_slow_sentry_costs_its_flush_once_and_then_nothing(sentry: Sentry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring, "FLUSH_SECONDS", 0.3)
    sentry.delay = 1.0
    started = time.monotonic()
    monitoring.capture(raised(KeyError("x")))
    in_time(time.monotonic() - started, at_most=0.9)
    started = time.monotonic()
    for _ in range(20):
        monitoring.capture(raised(KeyError("x")))
    in_time(time.monotonic() - started, at_most=0.1)
    time.sleep(1.0)


def test_a_dsn_that_is_no_dsn_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("SENTRY_DSN", "nonsense")
    monitoring.capture(raised(KeyError("x")))


@pytest.mark.parametrize("environment", [{"STAGE": "local"}, {}])
def test_without_a_dsn_nothing_is_sent_and_nothing_imported(environment: dict[str, str]) -> None:
    script = (
        "import sys; from chalicelib.telemetry import monitoring; monitoring.capture(KeyError('x'));"
        "assert 'sentry_sdk' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PATH": "/usr/bin", **environment})


def test_settings_are_looked_at_again_after_a_reset(sentry: Sentry, monkeypatch: pytest.MonkeyPatch) -> None:
    monitoring.capture(raised(KeyError("x")))
    monkeypatch.delenv("SENTRY_DSN")
    config.reset()
    monitoring.capture(raised(KeyError("x")))
    assert len(sentry.envelopes) == 1
