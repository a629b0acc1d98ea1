"""Opening a connection to Postgres: to each address of its host, over TLS, and never without a deadline.

Outside the local stack the password goes only to a server that has shown a certificate of the configured authority for
its host name, and only by SCRAM, which proves that both know it and does not send it.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg2
import psycopg2.extensions

from chalicelib import config
from chalicelib.config.addresses import certificate_file
from chalicelib.database.lost import Lost, while_connecting
from chalicelib.deadlines import within

CONNECT_SECONDS = 3.0

waiting = threading.local()
"""`until`: when this thread's wait for Postgres ends, in monotonic seconds."""


class TooSlow(Exception):
    """The deadline passed while waiting for the server."""


class Connection(psycopg2.extensions.connection):
    """A connection that knows since when it is kept."""

    kept_since: tuple[float, ...]


def connect_to(url: str, settings: config.DatabaseSettings, until: float) -> Connection:
    """A new connection to the first address of the host that takes one. Raises Lost."""
    if psycopg2.extensions.get_wait_callback() is not _wait:
        psycopg2.extensions.set_wait_callback(_wait)
    parameters = _parameters(url, settings)
    until = min(until, time.monotonic() + CONNECT_SECONDS)
    addresses = _addresses(parameters["host"], until)
    while True:
        address = addresses.pop(0)
        now = time.monotonic()
        # An address where nothing answers gets its share of the time, one that answers all of it.
        reached_by = now + (until - now) / (len(addresses) + 1)
        try:
            return _open({**parameters, "hostaddr": address}, reached_by, until)
        except Lost as lost:
            if not addresses or lost.cause not in _TRY_NEXT_ADDRESS:
                raise


def _open(parameters: Mapping[str, Any], reached_by: float, until: float) -> Connection:
    waiting.first, waiting.until = reached_by, until
    try:
        connection: Connection = psycopg2.connect(**parameters, connection_factory=Connection)
    except TooSlow:
        raise Lost("connecting too slow", sent=False, in_time=False) from None
    except psycopg2.Error as error:
        raise while_connecting(error) from None
    finally:
        waiting.first = waiting.until = None
    connection.autocommit = True
    return connection


def _addresses(host: str, until: float) -> list[str]:
    """The addresses of a host, in the resolver's order. libpq would wait for the resolver without any deadline."""
    try:
        found = within(until - time.monotonic(), lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except TimeoutError:
        raise Lost("name resolution too slow", sent=False, in_time=False) from None
    except (OSError, UnicodeError):
        raise Lost("unknown host", sent=False, in_time=True) from None
    return [str(address[0]) for *_, address in found]


def _parameters(url: str, settings: config.DatabaseSettings) -> dict[str, Any]:
    """What libpq gets: the URL's parts and our own choices, which its environment variables do not change."""
    parameters: dict[str, Any] = {
        **psycopg2.extensions.parse_dsn(url),
        "application_name": "stories-from-the-sun",
        "client_encoding": "utf8",
        "connect_timeout": 3,
        "tcp_user_timeout": 3000,
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 2,
        # One round trip less: no server here speaks GSSAPI.
        "gssencmode": "disable",
    }
    if settings.stage != "local":
        parameters |= {
            "sslmode": "verify-full",
            "sslrootcert": certificate_file(settings.database_ca),
            "require_auth": "scram-sha-256",
            "channel_binding": settings.database_channel_binding,
        }
    return parameters


_TRY_NEXT_ADDRESS = frozenset({"connecting too slow", "connection refused", "network unreachable"})


def _wait(connection: psycopg2.extensions.connection) -> None:
    """psycopg2's wait callback: every wait of every connection ends by the deadline its thread has set.

    The first wait of a new connection, for the TCP handshake, may have a deadline of its own.
    """
    until: float | None = getattr(waiting, "first", None) or getattr(waiting, "until", None)
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
            raise TooSlow
        if left is None:
            poller.poll()
        # The address has answered, or this was not a new connection's first wait.
        waiting.first, until = None, getattr(waiting, "until", None)
