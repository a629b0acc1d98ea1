"""One message: which connections are kept for the next one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import psycopg2
import pytest

from chalicelib import config
from chalicelib.database import connecting, connections, lost, messages
from chalicelib.database.lost import Lost
from local.settings import ROOT
from tests.support.database_server import Database
from tests.support.messages import a_call, outcome


def taken() -> tuple[connecting.Connection, config.DatabaseSettings]:
    """A connection in use, and the settings it was opened by."""
    messages.transact(a_call(), "test_echo")
    return connections._KEPT.pop(), config.load(config.DatabaseSettings)


@pytest.mark.parametrize("sqlstate", ["57P01", "57P03", "08006"])
def test_after_a_server_said_that_it_goes_away_its_connection_is_not_kept(sqlstate: str, prepared: Database) -> None:
    outcome(lambda: messages.transact(a_call(), "test_raise_tx", sqlstate=sqlstate, secret="s"))
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

    def refused_once(settings: config.DatabaseSettings, until: float) -> connecting.Connection:
        tried.append(until)
        if len(tried) == 1:
            raise Lost("connection refused", sent=False, in_time=True)
        return connect(settings, until)

    connections.reset()
    monkeypatch.setattr(connections, "_connect", refused_once)
    assert messages.transact(a_call(), "test_note_tx", note="once") == {"done": True}
    assert len(tried) == 2


def test_a_cause_that_nobody_foresaw_is_told_without_the_driver_s_words() -> None:
    assert (
        lost.while_connecting(psycopg2.OperationalError("db.example.org: something of tomorrow")).cause
        == "cannot connect"
    )


class Clocks:
    """The clocks of that module, which a test moves each by itself."""

    def __init__(self) -> None:
        self.up, self.day = 1000.0, 2000.0

    def monotonic(self) -> float:
        return self.up

    def time(self) -> float:
        return self.day


@pytest.mark.parametrize(
    ("monotonic", "time_of_day", "is_kept"),
    [
        (59, 59, True),
        (60, 60, False),
        (60, 0, False),
        # Frozen for an hour: the monotonic clock stood still.
        (0, 3600, False),
        # Somebody set the clock back while the connection was idle: for how long it was, only the other one says.
        (1, -3600, False),
        (0, 0, True),
    ],
)
def test_a_connection_idle_for_a_minute_by_either_clock_is_replaced_before_anything_is_sent(
    prepared: Database, monkeypatch: pytest.MonkeyPatch, monotonic: float, time_of_day: float, is_kept: bool
) -> None:
    clocks = Clocks()
    monkeypatch.setattr(connections, "time", clocks)
    messages.ping()
    (kept,) = connections._KEPT
    clocks.up += monotonic
    clocks.day += time_of_day
    call = a_call()
    messages.transact(call, "test_note_tx", note="one")
    assert call.messages == 1
    assert ([kept] == connections._KEPT) is is_kept
    assert bool(kept.closed) is not is_kept


def test_every_use_begins_the_minute_anew(prepared: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks()
    monkeypatch.setattr(connections, "time", clocks)
    messages.ping()
    kept = list(connections._KEPT)
    for _ in range(3):
        clocks.up += 40
        clocks.day += 40
        messages.ping()
    assert kept == connections._KEPT


def test_a_process_that_stood_still_counts_the_time_it_stood(prepared: Database) -> None:
    """Stopped by the kernel as a whole, which is what a function sees of being frozen."""
    script = (
        "import time; from chalicelib.database import connections, messages; connections.IDLE_SECONDS = 1.0;"
        "messages.ping(); (kept,) = connections._KEPT; print('kept', flush=True); input();"
        "messages.ping(); print('closed' if kept.closed else 'used again')"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "kept\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.0)
        process.send_signal(signal.SIGCONT)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "closed\n"
