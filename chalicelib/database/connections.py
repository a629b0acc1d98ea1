"""Connections to Postgres: kept, looked at before use, and never waited on without a deadline.

A stack, last in first out: one connection in Lambda, a few under the threaded local server. Nothing connects before
it is asked to. A connection that broke, timed out or came back in the middle of something is closed and never
reused.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg2
import psycopg2.extensions

from chalicelib import config

CONNECT_SECONDS = 3.0

_KEPT: list[psycopg2.extensions.connection] = []
_MAX_KEPT = 8
_waiting = threading.local()


class Lost(Exception):
    """No answer. `cause` is a word of ours; `sent`: the message may have been carried out; `in_time`: trying again
    may help.
    """

    def __init__(self, cause: str, sent: bool, in_time: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.sent = sent
        self.in_time = in_time


class _TooSlow(Exception):
    """The deadline passed while waiting for the server."""


def exchange(message: str, values: Mapping[str, Any], until: float) -> Any:
    """Sends one message, waits at most until `until` (monotonic seconds), gives the last result's first value.

    Raises Lost when there is no answer, psycopg2.Error (with its SQLSTATE) when the server refused.
    """
    connection = _take(until)
    _waiting.until = until
    try:
        with connection.cursor() as cursor:
            cursor.execute(message, values)
            row = cursor.fetchone()
    except _TooSlow:
        connection.close()
        raise Lost("too slow", sent=True, in_time=False) from None
    except psycopg2.ProgrammingError:
        # A statement or a parameter that cannot be right, said by psycopg2 itself or by the server.
        _keep(connection)
        raise
    except psycopg2.Error as error:
        if error.pgcode is None or error.pgcode.startswith(("57P", "08")):
            # No SQLSTATE: the connection broke. 57P: the server is going away. Whether it committed first is unknown.
            connection.close()
            raise Lost("connection broke", sent=True, in_time=True) from None
        _keep(connection)
        raise
    except BaseException:
        connection.close()
        raise
    finally:
        _waiting.until = None
    _keep(connection)
    return row[0] if row else None


def _take(until: float) -> psycopg2.extensions.connection:
    """A live connection: the one used last, or a new one."""
    while _KEPT:
        try:
            connection = _KEPT.pop()
        except IndexError:
            break
        if not connection.closed and not _readable(connection):
            return connection
        connection.close()
    return _connect(until)


def _readable(connection: psycopg2.extensions.connection) -> bool:
    """An idle connection has nothing to say: if it has, that is the server's farewell."""
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))


def _keep(connection: psycopg2.extensions.connection) -> None:
    idle = psycopg2.extensions.TRANSACTION_STATUS_IDLE
    if connection.closed or connection.info.transaction_status != idle or len(_KEPT) >= _MAX_KEPT:
        connection.close()
    else:
        _KEPT.append(connection)


def _connect(until: float) -> psycopg2.extensions.connection:
    settings = config.load(config.DatabaseSettings)
    if psycopg2.extensions.get_wait_callback() is not _wait:
        psycopg2.extensions.set_wait_callback(_wait)
    _waiting.until = min(until, time.monotonic() + CONNECT_SECONDS)
    try:
        connection: psycopg2.extensions.connection = psycopg2.connect(settings.database_url, **_options(settings))
    except _TooSlow:
        raise Lost("connecting too slow", sent=False, in_time=False) from None
    except psycopg2.Error as error:
        raise Lost(_why(error), sent=False, in_time=True) from None
    finally:
        _waiting.until = None
    connection.autocommit = True
    return connection


def _options(settings: config.DatabaseSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "application_name": "stories-from-the-sun",
        "client_encoding": "utf8",
        "connect_timeout": 3,
        "tcp_user_timeout": 3000,
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 2,
        # One round trip less: nobody here speaks GSSAPI.
        "gssencmode": "disable",
    }
    if settings.stage != "local" and "sslmode=" not in settings.database_url:
        options["sslmode"] = "require"
    return options


def _why(error: psycopg2.Error) -> str:
    """Why connecting failed, in words of ours: libpq's name the host and the user."""
    text = str(error).lower()
    for sign, cause in (
        ("authentication failed", "wrong password"),
        ("refused", "connection refused"),
        ("timeout", "connecting too slow"),
        ("translate host name", "unknown host"),
        ("too many", "too many connections"),
        ("starting up", "starting up"),
        ("shutting down", "shutting down"),
        ("ssl", "no TLS"),
        ("does not exist", "no such database or role"),
    ):
        if sign in text:
            return cause
    return "cannot connect"


def _wait(connection: psycopg2.extensions.connection) -> None:
    """psycopg2's wait callback: every wait of every connection ends by the deadline its thread has set."""
    until: float | None = getattr(_waiting, "until", None)
    poller = select.poll()
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        event = select.POLLIN if state == psycopg2.extensions.POLL_READ else select.POLLOUT
        descriptor = connection.fileno()
        poller.register(descriptor, event)
        left = None if until is None else (until - time.monotonic()) * 1000
        if left is not None and (left <= 0 or not poller.poll(left)):
            raise _TooSlow
        if left is None:
            poller.poll()


def reset() -> None:
    """Closes what is kept."""
    while _KEPT:
        _KEPT.pop().close()
