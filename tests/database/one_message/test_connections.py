"""One message: broken connections and deadlines."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from chalicelib import config
from chalicelib.database import connecting, connections, messages
from chalicelib.errors import Unavailable
from tests.support.database_server import Database
from tests.support.in_time import in_time
from tests.support.messages import a_call, backend, notes, outcome


def terminate(prepared: Database, pid: int) -> None:
    prepared.run("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.own_backend
def test_a_connection_that_died_while_it_was_kept_is_replaced_before_anything_is_sent(prepared: Database) -> None:
    messages.transact(a_call(), "test_echo")
    before = backend()
    terminate(prepared, before)
    call = a_call()
    messages.transact(call, "test_note_tx", note="one")
    assert call.messages == 1
    assert backend() != before


def in_mid_message(prepared: Database, work: Callable[[], Any]) -> Any:
    """Runs `work` and ends its server process while it sleeps there; gives what it returned or raised."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(work())
        except Exception as error:
            result.append(error)

    messages.transact(a_call(), "test_echo")
    pid = backend()
    thread = threading.Thread(target=run)
    thread.start()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if prepared.run("SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", [pid]):
            break
        time.sleep(0.01)
    terminate(prepared, pid)
    thread.join()
    return result[0]


@pytest.mark.own_backend
@pytest.mark.parametrize("repeatable", [True, False], ids=["by itself", "by its answer"])
def test_a_write_cut_off_in_mid_message_is_sent_again_and_done_once(prepared: Database, repeatable: bool) -> None:
    call = a_call()
    work = lambda: messages.transact(call, "test_note_tx", repeatable=repeatable, note="one", sleep=0.5)  # noqa: E731
    assert in_mid_message(prepared, work) == {"done": True}
    assert call.messages == 2
    assert notes(prepared) == ["one"]


@pytest.mark.own_backend
def test_a_read_is_sent_again(prepared: Database, person: UUID) -> None:
    call = a_call(person)
    assert "slept" in in_mid_message(prepared, lambda: messages.read(call, "slow", seconds=0.5))
    assert call.messages == 2


def test_only_a_write_that_is_not_repeatable_leaves_its_answer(prepared: Database, person: UUID) -> None:
    kept = lambda: prepared.run("SELECT answer FROM ops.message_answers")  # noqa: E731
    call = a_call(person)
    call.idempotency_key = "the-key"
    messages.transact(call, "test_keyed_tx", request_hash="the-hash", sleep=0)
    messages.transact(call, "test_note_tx", repeatable=True, note="one")
    messages.transact(call, "test_echo")
    messages.read(call, "who_am_i", value="x")
    outcome(lambda: messages.transact(call, "test_refuse_tx", code="CONFLICT"))
    outcome(lambda: messages.transact(call, "test_raise_tx", sqlstate="P0001", secret="s"))
    assert kept() == []
    messages.transact(call, "test_note_tx", note="two")
    assert kept() == [({"done": True},)]
    call.idempotency_key = None
    messages.transact(call, "test_keyed_tx", request_hash="the-hash", sleep=0)
    assert len(kept()) == 2


@pytest.mark.own_backend
def test_a_stopped_server_process_is_not_waited_for_past_the_deadline(prepared: Database) -> None:
    messages.transact(a_call(), "test_echo")
    pid = backend()
    os.kill(pid, signal.SIGSTOP)
    try:
        call = a_call()
        started = time.monotonic()
        error = outcome(lambda: messages.transact(call, "test_note_tx", deadline=0.6, repeatable=True, note="one"))
        took = time.monotonic() - started
    finally:
        os.kill(pid, signal.SIGCONT)
    assert isinstance(error, Unavailable)
    assert took > 0.5
    in_time(took, at_most=1.2)
    assert call.messages == 1
    assert connections._KEPT == []
    assert messages.transact(a_call(), "test_echo")["role"] == "app_service"


def test_the_server_gives_up_a_little_before_we_do(prepared: Database, person: UUID) -> None:
    messages.transact(a_call(), "test_echo")
    before = backend()
    started = time.monotonic()
    error = outcome(lambda: messages.read(a_call(person), "slow", deadline=0.6, seconds=5))
    assert isinstance(error, Unavailable)
    in_time(time.monotonic() - started, at_most=0.7)
    # It was the server's time-out and not ours: the connection is still good, and nothing goes on working.
    assert backend() == before


def test_a_call_about_to_be_cut_off_waits_no_longer_than_it_lives(prepared: Database, person: UUID) -> None:
    call = a_call(person)
    call.ends_at = time.monotonic() + 0.8
    started = time.monotonic()
    assert isinstance(outcome(lambda: messages.read(call, "slow", seconds=5)), Unavailable)
    in_time(time.monotonic() - started, at_most=0.8)


def test_a_server_that_accepts_and_says_nothing_is_not_waited_for(
    prepared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://a:b@127.0.0.1:{silent.getsockname()[1]}/x")
        config.reset()
        call = a_call()
        started = time.monotonic()
        assert isinstance(outcome(lambda: messages.transact(call, "test_echo")), Unavailable)
        in_time(time.monotonic() - started, at_most=1.0)
        # Whoever was silent once is not waited for a second time.
        assert call.messages == 1


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("postgresql://a:geheim@127.0.0.1:9/x", "connection refused"),
        ("postgresql://a:geheim@no-such-host.invalid/x", "unknown host"),
    ],
)
def test_a_server_that_cannot_be_reached_is_unavailable_and_the_log_says_why_without_the_address(
    url: str, cause: str, prepared: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    config.reset()
    error = outcome(lambda: messages.transact(a_call(), "test_echo"))
    assert isinstance(error, Unavailable)
    written = capsys.readouterr().out
    assert f'"cause":"{cause}"' in written
    assert "geheim" not in written and "no-such-host" not in written


def test_a_wrong_password_is_reported_in_our_words(
    prepared: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = prepared.url("app_login")
    monkeypatch.setenv("DATABASE_URL", right.replace(prepared.cluster.password, "wrong"))
    config.reset()
    assert isinstance(outcome(lambda: messages.transact(a_call(), "test_echo")), Unavailable)
    assert '"cause":"wrong password"' in capsys.readouterr().out


def test_nothing_connects_before_the_first_message(prepared: Database) -> None:
    assert connections._KEPT == []
    messages.ping()
    assert len(connections._KEPT) == 1


@pytest.mark.own_backend
def test_a_new_connection_names_the_application_and_leaves_nothing_open(prepared: Database) -> None:
    messages.ping()
    (row,) = prepared.run("SELECT application_name, state, usename FROM pg_stat_activity WHERE pid = %s", [backend()])
    assert row == ("stories-from-the-sun", "idle", "app_login")
