"""One message: which connections are kept for the next one."""

from __future__ import annotations

import time

import psycopg2
import pytest

from chalicelib import config
from chalicelib.database import connecting, connections, messages
from chalicelib.database.connections import Lost
from tests.support.database_server import Database
from tests.support.messages import a_call, outcome


def taken() -> tuple[psycopg2.extensions.connection, config.DatabaseSettings]:
    """A connection in use, and the settings it was opened by."""
    messages.transact(a_call(), "test_echo")
    return connections._KEPT.pop(), config.load(config.DatabaseSettings)


@pytest.mark.parametrize("sqlstate", ["57P01", "57P03", "08006"])
def test_after_a_server_said_that_it_goes_away_its_connection_is_not_kept(sqlstate: str, prepared: Database) -> None:
    outcome(lambda: messages.transact(a_call(), "test_raise", sqlstate=sqlstate, secret="s"))
    assert connections._KEPT == []


def test_a_connection_in_the_middle_of_something_is_closed(prepared: Database) -> None:
    connection, settings = taken()
    connection.cursor().execute("BEGIN")
    connections._keep(connection, settings)
    assert connection.closed and connections._KEPT == []


def test_a_connection_by_another_configuration_is_closed(prepared: Database) -> None:
    connection, settings = taken()
    connections._keep(connection, settings.model_copy())
    assert connection.closed and connections._KEPT == []


def test_eight_connections_are_kept_and_no_more(prepared: Database) -> None:
    first, settings = taken()
    until = time.monotonic() + 30
    others = [connections._connect(settings, until) for _ in range(8)]
    for connection in (first, *others):
        connections._keep(connection, settings)
    assert [bool(connection.closed) for connection in (first, *others)] == [False] * 8 + [True]
    assert len(connections._KEPT) == 8


def test_a_deadline_ends_with_its_message(prepared: Database) -> None:
    messages.transact(a_call(), "test_echo")
    assert connecting.waiting.until is None


def test_what_was_not_sent_is_sent_again_though_it_must_not_be_done_twice(
    prepared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, tried = connections._connect, []

    def refused_once(settings: config.DatabaseSettings, until: float) -> psycopg2.extensions.connection:
        tried.append(until)
        if len(tried) == 1:
            raise Lost("connection refused", sent=False, in_time=True)
        return connect(settings, until)

    connections.reset()
    monkeypatch.setattr(connections, "_connect", refused_once)
    assert messages.transact(a_call(), "test_note", note="once") == {"done": True}
    assert len(tried) == 2


def test_a_cause_that_nobody_foresaw_is_told_without_the_driver_s_words() -> None:
    assert connecting._why(psycopg2.OperationalError("db.example.org: something of tomorrow")) == "cannot connect"
