"""One message: what is known when no answer comes. Each case happens on a real server, a real pooler or the wire."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from chalicelib import config
from chalicelib.call import Limit
from chalicelib.database import connections, lost, messages
from chalicelib.errors import Refused, Unavailable
from local import pooler
from local.pooler import Pooler
from local.ports import free_port
from tests.support.database_server import Database
from tests.support.messages import a_call, backend, notes, outcome
from tests.support.wire import Fate, Wire, fatal

pytestmark = pytest.mark.own_backend
behind_a_pooler = pytest.mark.skipif(pooler.WHY_NOT is not None, reason=str(pooler.WHY_NOT))


@pytest.fixture
def wire(prepared: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The app's way to Postgres, with one connection kept."""
    with Wire(prepared.cluster.server.port).open() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.through(prepared.url("app_login")))
        config.reset()
        messages.ping()
        yield wire
        connections.reset()


@pytest.fixture
def pool(
    prepared: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[Pooler, Wire]]]:
    """Starts a pooler with these settings, which reaches Postgres over a wire, and points the app to it."""
    with Wire(prepared.cluster.server.port).open() as wire:
        started: list[Pooler] = []

        def start(**settings: str) -> tuple[Pooler, Wire]:
            (running,) = started[:] = [Pooler(tmp_path, prepared.cluster.server, to=wire.port, **settings).start()]
            monkeypatch.setenv("DATABASE_URL", running.before(prepared.url("app_login")))
            config.reset()
            return running, wire

        yield start
        connections.reset()
        for running in started:
            running.stop()


def lost_by(work: Callable[[], Any]) -> tuple[str, bool, bool]:
    """How one attempt ended: its cause, whether it may have been carried out, whether to try at once."""
    with pytest.raises(lost.Lost) as caught:
        work()
    return caught.value.cause, caught.value.sent, caught.value.in_time


def ask(statement: str = "SELECT 1", seconds: float = 5) -> Any:
    return connections.exchange(statement, {}, time.monotonic() + seconds)


NEVER_RAN = (False, True)
MAY_HAVE_RUN = (True, True)
NO_ROOM = (False, False)


# --- the wire ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["lose answer", "reset"])
def test_after_a_reset_nobody_knows_whether_the_message_ran(wire: Wire, fate: Fate) -> None:
    wire.fates.append(fate)
    assert lost_by(ask) == ("connection broke", *MAY_HAVE_RUN)


def test_a_message_that_nobody_acknowledges_is_given_up_and_sent_on_another_connection(
    wire: Wire, prepared: Database
) -> None:
    wire.fates.append("vanish")
    call = a_call()
    assert messages.transact(call, "test_note_tx", deadline=30, note="one") == {"done": True}
    assert (call.messages, notes(prepared)) == (2, ["one"])


def test_a_message_that_is_not_answered_in_time_is_not_sent_again(wire: Wire) -> None:
    wire.fates.append("never answer")
    assert lost_by(lambda: ask(seconds=0.3)) == ("too slow", True, False)


def test_where_nothing_listens_nothing_was_sent(prepared: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = prepared.url("app_login").replace(f":{prepared.cluster.server.port}/", f":{free_port()}/")
    monkeypatch.setenv("DATABASE_URL", nobody)
    config.reset()
    assert lost_by(ask) == ("connection refused", *NEVER_RAN)


def test_a_repetition_waits_for_the_first_which_still_works_and_gives_its_answer(
    wire: Wire, prepared: Database
) -> None:
    """The connection broke, and Postgres has not noticed it."""
    prepared.run(
        "CREATE OR REPLACE FUNCTION ops.test_slow_tx() RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        " INSERT INTO ops.test_notes SELECT 'note ' || count(*) FROM ops.test_notes; PERFORM pg_sleep(0.3);"
        " RETURN jsonb_build_object('pid', pg_backend_pid()); END $$; GRANT EXECUTE ON FUNCTION ops.test_slow_tx() TO"
        " app_service"
    )
    first = backend()
    wire.fates.append("pass on and reset")
    call = a_call()
    assert messages.transact(call, "test_slow_tx") == {"pid": first}
    assert (call.messages, notes(prepared)) == (2, ["note 0"])


def test_the_last_call_of_a_minute_gets_its_answer_though_the_repetition_is_one_too_many(
    wire: Wire, prepared: Database
) -> None:
    limit, person = Limit("tiny", 1), prepared.add_user()
    wire.fates.append("lose answer")
    assert messages.transact(a_call(person, limit), "test_note_tx", note="one") == {"done": True}
    error = outcome(lambda: messages.transact(a_call(person, limit), "test_note_tx", note="two"))
    assert isinstance(error, Refused) and error.code == "RATE_LIMIT"
    assert notes(prepared) == ["one"]


def test_a_repetition_after_a_conflict_is_not_counted_again(prepared: Database) -> None:
    limit, person = Limit("tiny", 60), prepared.add_user()
    messages.transact(a_call(), "test_note_tx", note="one")
    call = a_call(person, limit)
    outcome(lambda: messages.transact(call, "test_note_tx", note="one"))
    assert call.messages == 2
    assert prepared.run("SELECT calls FROM ops.call_counts WHERE key LIKE %s", [f"%{person}%"]) == [(1,)]


# --- Postgres ---------------------------------------------------------------------------------------------------------


def test_a_message_whose_server_process_was_ended_was_rolled_back(prepared: Database) -> None:
    """An operator, a failover or an upgrade of Postgres: the error comes only in place of the commit."""
    messages.ping()
    pid = backend()

    def end() -> None:
        while not prepared.run("SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", [pid]):
            time.sleep(0.01)
        prepared.run("SELECT pg_terminate_backend(%s, 5000)", [pid])

    thread = threading.Thread(target=end)
    thread.start()
    assert lost_by(lambda: ask("SELECT pg_sleep(60)", 30)) == ("shutting down", *NEVER_RAN)
    thread.join()


@pytest.mark.parametrize("rounds", [20, pytest.param(1000, marks=pytest.mark.heavy)])
def test_what_postgres_says_that_it_rolled_back_is_not_there(prepared: Database, rounds: int) -> None:
    """Its process is ended at a random moment of a message that writes: before, in, and after its commit."""
    seed = rounds if rounds < 100 else random.randrange(10**9)
    print(f"seed {seed}")
    chance, rolled_back, killer = random.Random(seed), 0, prepared.connect()
    for number in range(rounds):
        connections.reset()
        messages.ping()
        pid, pause = backend(), chance.random() * 0.003

        def end(pid: int = pid, pause: float = pause) -> None:
            time.sleep(pause)
            with killer.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

        thread = threading.Thread(target=end)
        thread.start()
        try:
            message = "SELECT set_config('role', 'app_service', true); SELECT ops.test_note_tx(%(note)s, 0.001)"
            connections.exchange(message, {"note": str(number)}, time.monotonic() + 30)
            expected: set[bool] = {True}
        except lost.Lost as error:
            expected = {True, False} if error.sent else {False}
            rolled_back += not error.sent
        thread.join()
        assert (str(number) in notes(prepared)) in expected
    assert rolled_back


@pytest.mark.parametrize(("how", "cause"), [("terminated", "shutting down"), ("timed out", "closed while idle")])
def test_a_connection_that_was_closed_just_before_the_message_ran_nothing(
    prepared: Database, monkeypatch: pytest.MonkeyPatch, how: str, cause: str
) -> None:
    # It closes after it was looked at and before the message is there: that is a race, so here nobody looks.
    monkeypatch.setattr(connections, "_readable", lambda connection: False)
    for _ in range(10):
        messages.ping()
        pid = backend()
        if how == "timed out":
            ask("SELECT set_config('idle_session_timeout', '1', false)")
        else:
            prepared.run("SELECT pg_terminate_backend(%s, 5000)", [pid])
        while prepared.run("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]):
            time.sleep(0.01)
        known = lost_by(ask)
        if known == (cause, *NEVER_RAN):
            return
        # The reset came before the words were read.
        assert known == ("connection broke", *MAY_HAVE_RUN)
    pytest.fail("its words never arrive")


def test_where_postgres_has_no_room_nobody_tries_again_at_once(
    prepared: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared.run("CREATE ROLE lonely LOGIN CONNECTION LIMIT 0 PASSWORD 'lonely'")
    try:
        url = prepared.url("app_login").replace(f"app_login:{prepared.cluster.password}", "lonely:lonely")
        monkeypatch.setenv("DATABASE_URL", url)
        config.reset()
        call = a_call()
        error = outcome(lambda: messages.transact(call, "test_echo"))
    finally:
        prepared.run("DROP ROLE lonely")
    assert isinstance(error, Unavailable) and call.messages == 1
    assert json.loads(capsys.readouterr().out)["cause"] == "too many connections"


# --- the pooler -------------------------------------------------------------------------------------------------------


@behind_a_pooler
def test_a_pooler_that_takes_no_more_clients_has_no_room(pool: Callable[..., Any], prepared: Database) -> None:
    running, _ = pool(max_client_conn="1")
    holder = psycopg2.connect(running.before(prepared.url("app_login")))
    assert lost_by(ask) == ("too many connections", *NO_ROOM)
    holder.close()


@behind_a_pooler
def test_a_message_that_waited_in_vain_for_a_connection_of_the_pool_never_ran(
    pool: Callable[..., Any], prepared: Database
) -> None:
    running, _ = pool(default_pool_size="1", query_wait_timeout="1")
    messages.ping()
    holder = psycopg2.connect(running.before(prepared.url("app_login")))
    holder.cursor().execute("SELECT 1")
    assert lost_by(ask) == ("no free connection in the pool", *NO_ROOM)
    holder.close()


@behind_a_pooler
def test_a_message_to_a_pooler_that_cannot_reach_postgres_never_ran(pool: Callable[..., Any]) -> None:
    _, wire = pool(server_login_retry="1", query_wait_timeout="1")
    messages.ping()
    wire.cut()
    # The pooler still has the connection that broke, or has noticed it: then it looks for another one, in vain.
    seen = [lost_by(ask) for _ in range(3)]
    assert set(seen) <= {
        ("connection broke", *MAY_HAVE_RUN),
        ("no free connection in the pool", *NO_ROOM),
        ("pooler cannot reach Postgres", *NEVER_RAN),
    }
    assert seen[-1] == ("pooler cannot reach Postgres", *NEVER_RAN)


@behind_a_pooler
def test_behind_a_pooler_too_a_message_whose_server_process_was_ended_was_rolled_back(
    pool: Callable[..., Any], prepared: Database
) -> None:
    pool()
    messages.ping()

    def end() -> None:
        name = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s"
        while not (found := prepared.run(name, [prepared.name])):
            time.sleep(0.01)
        prepared.run("SELECT pg_terminate_backend(%s, 5000)", [found[0][0]])

    thread = threading.Thread(target=end)
    thread.start()
    assert lost_by(lambda: ask("SELECT pg_sleep(60)", 30)) == ("shutting down", *NEVER_RAN)
    thread.join()


@behind_a_pooler
def test_when_the_poolers_own_connection_broke_nobody_knows(pool: Callable[..., Any]) -> None:
    _, wire = pool()
    messages.ping()
    wire.fates.append("lose answer")
    assert lost_by(ask) == ("connection broke", *MAY_HAVE_RUN)


@behind_a_pooler
def test_a_pooler_that_stops_in_mid_message_leaves_it_unknown(pool: Callable[..., Any]) -> None:
    running, wire = pool()
    messages.ping()
    before = wire.messages
    wire.fates.append("never answer")

    def stop() -> None:
        while wire.messages == before:
            time.sleep(0.01)
        running.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    assert lost_by(ask) == ("connection broke", *MAY_HAVE_RUN)
    thread.join()


# --- what only other servers say: as their published source has it ---------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sqlstate", "cause", "expected"),
    [
        ("the database system is starting up", "57P03", "starting up", NEVER_RAN),
        ("the database system is not yet accepting connections", "57P03", "starting up", NEVER_RAN),
        ("the database system is in recovery mode", "57P03", "starting up", NEVER_RAN),
        ("the database system is shutting down", "57P03", "shutting down", NEVER_RAN),
        ("sorry, too many clients already", "53300", "too many connections", NO_ROOM),
        ("remaining connection slots are reserved for roles with x", "53300", "too many connections", NO_ROOM),
        ("(EMAXCONN) max client connections reached, limit: 200", "XX000", "too many connections", NO_ROOM),
        (
            "(ECHECKOUTTIMEOUT) Pool checkout timeout. Request was dropped",
            "XX000",
            "no free connection in the pool",
            NO_ROOM,
        ),
        ("(ECIRCUITBREAKER) too many failed attempts to connect", "XX000", "blocked by the pooler", NO_ROOM),
        ("(EPOOLTERMINATING) pool terminating: x", "XX000", "pooler cannot reach Postgres", NEVER_RAN),
        ("(EDBHANDLEREXITED) DbHandler exited. Check logs", "XX000", "connection broke", MAY_HAVE_RUN),
        ("something of tomorrow", "XX000", "connection broke", MAY_HAVE_RUN),
    ],
)
def test_last_words_decide_what_is_known(
    wire: Wire, text: str, sqlstate: str, cause: str, expected: tuple[bool, bool]
) -> None:
    wire.fates.append(fatal(text, sqlstate))
    assert lost_by(ask) == (cause, *expected)


def test_words_of_a_function_are_not_last_words(prepared: Database) -> None:
    """A person may have chosen them, and the work of a function that raises this may be done elsewhere."""
    words = "DO $$ BEGIN RAISE EXCEPTION E'x\\nFATAL:  query_wait_timeout' USING ERRCODE = '57P01'; END $$"
    assert lost_by(lambda: ask(words)) == ("connection broke", *MAY_HAVE_RUN)
