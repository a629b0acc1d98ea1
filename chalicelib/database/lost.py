"""Why there is no answer from Postgres, in words of ours, and whether the message may have been carried out.

libpq, Postgres and the poolers say why in texts that name the host and the user. They are searched for signs, and never
logged. docs/connections.md has a table of the cases, and says on what each was tried.
"""

from __future__ import annotations

import random
import re

import psycopg2

NO_ROOM = frozenset({"too many connections", "no free connection in the pool", "blocked by the pooler"})
"""Causes that mean overload: to try again at once makes it worse, so the caller is asked to come back later."""

_CAUSES = (
    ("certificate verify failed", "certificate not trusted or expired"),
    ("does not match host name", "certificate of another host"),
    ("could not get server's host name", "certificate of another host"),
    ("root certificate file", "certificate authority unreadable"),
    ("does not support ssl", "no TLS"),
    ("authentication method requirement", "no SCRAM"),
    ("channel binding", "no channel binding"),
    # Supavisor, after many wrong passwords or failed connections to Postgres.
    ("ecircuitbreaker", "blocked by the pooler"),
    ("authentication failed", "wrong password"),
    ("refused", "connection refused"),
    # PgBouncer's word, and Supavisor's: the pooler has the client, and found no connection to Postgres for it in time.
    ("query_wait_timeout", "no free connection in the pool"),
    ("pool checkout timeout", "no free connection in the pool"),
    ("idle-session timeout", "closed while idle"),
    ("client_idle_timeout", "closed while idle"),
    ("timeout", "connecting too slow"),
    ("unreachable", "network unreachable"),
    ("no route", "network unreachable"),
    ("too many", "too many connections"),
    ("connection slots", "too many connections"),
    ("no more connections allowed", "too many connections"),
    ("max client connections", "too many connections"),
    ("max clients reached", "too many connections"),
    ("starting up", "starting up"),
    ("not yet accepting", "starting up"),
    ("recovery mode", "starting up"),
    ("shutting down", "shutting down"),
    ("administrator command", "shutting down"),
    # PgBouncer, whose last logins to Postgres failed; and while it looks up a password in a Postgres that is gone.
    ("server login", "pooler cannot reach Postgres"),
    ("cannot connect to server", "pooler cannot reach Postgres"),
    ("bouncer config error", "pooler cannot reach Postgres"),
    ("pool terminating", "pooler cannot reach Postgres"),
    ("ssl", "TLS failed"),
    ("does not exist", "no such database or role"),
    ("no such", "no such database or role"),
    ("not found", "no such database or role"),
)
"""A sign in libpq's or the server's message -> the cause in words of ours; the first that fits."""
_NEVER_BEGUN = NO_ROOM | {"closed while idle", "starting up", "shutting down", "pooler cannot reach Postgres"}
"""Causes that a server or pooler states instead of an answer: the transaction was not begun, or was rolled back."""
_WHERE = re.compile(r"connection to server at .*?, port \d+ failed: ")


class Lost(Exception):
    """No answer. `cause` is a word of ours; `sent`: the message may have been carried out; `in_time`: trying again
    may help.
    """

    def __init__(self, cause: str, sent: bool, in_time: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.sent = sent
        self.in_time = in_time


def while_connecting(error: psycopg2.Error) -> Lost:
    """What to raise when no connection was made: nothing was sent."""
    # In the host's name, which may stand before, any sign may occur.
    cause = _cause(_WHERE.sub("", str(error))) or "cannot connect"
    return Lost(cause, sent=False, in_time=cause not in NO_ROOM)


def in_a_message(error: psycopg2.Error) -> Lost:
    """What to raise when the connection broke before the answer came.

    Only what the other end said in its last words counts. Without any, the message may have been carried out.
    """
    said = "\n".join(line for line in str(error).splitlines() if line.startswith("FATAL:"))
    cause = _cause(said) if error.pgcode is None else None
    if cause not in _NEVER_BEGUN:
        return Lost("connection broke", sent=True, in_time=True)
    return Lost(cause, sent=False, in_time=cause not in NO_ROOM)


def retry_after(cause: str) -> int:
    """Seconds after which a caller may come back.

    Where there is no room, the callers that are turned away come back at different moments, and not all at once.
    """
    return random.randint(1, 8) if cause in NO_ROOM else 2


def _cause(text: str) -> str | None:
    text = text.lower()
    return next((cause for sign, cause in _CAUSES if sign in text), None)
