"""Connections to Postgres: kept for a minute, looked at before use, and never waited on without a deadline.

A stack, last in first out: one connection in Lambda, a few under the threaded local server. Nothing connects before
it is asked to. A connection that broke, timed out, came back in the middle of something or was not used for a minute
is closed and never reused: what stands between may have forgotten an idle one without a word, and a message on it would
wait for an answer until its deadline.
"""

from __future__ import annotations

import select
import time
from collections.abc import Mapping
from typing import Any

import psycopg2
import psycopg2.extensions

from chalicelib import config
from chalicelib.config import parameter
from chalicelib.database.connecting import Connection, TooSlow, connect_to, waiting
from chalicelib.database.lost import Lost, in_a_message
from chalicelib.restored import on_restore

IDLE_SECONDS = 60.0
"""How long a connection is kept that nobody uses."""

_KEPT: list[Connection] = []
_MAX_KEPT = 8
_kept_for: config.DatabaseSettings | None = None
_password_refused = False
"""Whether the server refused the password of `_kept_for`: then its next one is tried."""


def exchange(message: str, values: Mapping[str, Any], until: float) -> Any:
    """Sends one message, waits at most until `until` (monotonic seconds), gives the last result's first value.

    Raises Lost when there is no answer, psycopg2.Error (with its SQLSTATE) when the server refused.
    """
    settings = config.load(config.DatabaseSettings)
    if settings is not _kept_for:
        _begin_with(settings)
    connection = _take(settings, until)
    waiting.until = until
    try:
        with connection.cursor() as cursor:
            cursor.execute(message, values)
            row = cursor.fetchone()
    except TooSlow:
        connection.close()
        raise Lost("too slow", sent=True, in_time=False) from None
    except psycopg2.ProgrammingError:
        # A statement or a parameter that cannot be right, said by psycopg2 itself or by the server.
        _keep(connection, settings)
        raise
    except psycopg2.Error as error:
        if error.pgcode is None or error.pgcode.startswith(("57P", "08")):
            # No SQLSTATE: the connection broke. 57P: the server is going away.
            connection.close()
            raise in_a_message(error) from None
        _keep(connection, settings)
        raise
    except BaseException:
        connection.close()
        raise
    finally:
        waiting.until = None
    _keep(connection, settings)
    return row[0] if row else None


def _begin_with(settings: config.DatabaseSettings) -> None:
    """The configuration was read, or has changed: connections to what it named before are closed."""
    global _kept_for
    reset()
    _kept_for = settings


def _take(settings: config.DatabaseSettings, until: float) -> Connection:
    """A live connection: the one used last, or a new one."""
    while _KEPT:
        try:
            connection = _KEPT.pop()
        except IndexError:
            break
        if not connection.closed and not _idle_for_long(connection) and not _readable(connection):
            return connection
        connection.close()
    return _connect(settings, until)


def _clocks() -> tuple[float, ...]:
    """Both clocks, in seconds. While Lambda freezes a function the monotonic one may stand still; time.time() is right
    again after it, and may be set at any moment.
    """
    return time.monotonic(), time.time()


def _idle_for_long(connection: Connection) -> bool:
    """Whether a minute has passed by either clock. A clock that was set back proves nothing, and counts as a minute."""
    return any(not 0 <= now - then < IDLE_SECONDS for now, then in zip(_clocks(), connection.kept_since, strict=True))


def _readable(connection: Connection) -> bool:
    """Data on an idle connection means that the server closed it."""
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))


def _keep(connection: Connection, settings: config.DatabaseSettings) -> None:
    is_idle = connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
    if connection.closed or not is_idle or settings is not _kept_for or len(_KEPT) >= _MAX_KEPT:
        connection.close()
    else:
        connection.kept_since = _clocks()
        _KEPT.append(connection)


def _connect(settings: config.DatabaseSettings, until: float) -> Connection:
    """A new connection, by the password that the server took last. Raises Lost."""
    global _password_refused
    following = settings.database_url_next
    try:
        return connect_to(following if _password_refused and following else settings.database_url, settings, until)
    except Lost as lost:
        if lost.cause != "wrong password":
            raise
        # It may have been rotated: the parameter is read again, and the message is sent once more by what it says.
        parameter.look_again()
        _password_refused = not _password_refused
        if following is None or not _password_refused:
            raise
    return connect_to(following, settings, until)


def reset() -> None:
    """Closes what is kept, and forgets for which settings it was."""
    global _kept_for, _password_refused
    _kept_for, _password_refused = None, False
    while _KEPT:
        _KEPT.pop().close()


on_restore(reset)
