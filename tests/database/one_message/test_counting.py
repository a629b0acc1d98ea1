"""One message: counting."""

from __future__ import annotations

import threading
import time
from uuid import UUID

import pytest

from chalicelib import config
from chalicelib.api.rate_limits import REDEEM
from chalicelib.call import Limit
from chalicelib.database import messages
from chalicelib.errors import Refused
from tests.support.database_server import Database
from tests.support.in_time import in_time
from tests.support.messages import a_call, notes, outcome


def counted(prepared: Database) -> int:
    return int(prepared.run("SELECT coalesce(sum(calls), 0) FROM ops.call_counts")[0][0])


def test_a_call_is_counted_once_however_many_messages_it_sends(prepared: Database, person: UUID) -> None:
    call = a_call(person, REDEEM)
    for _ in range(3):
        messages.transact(call, "test_echo")
    assert counted(prepared) == 1


def test_a_call_that_fails_is_counted_too_and_its_work_is_undone(prepared: Database, person: UUID) -> None:
    for _ in range(3):
        outcome(lambda: messages.transact(a_call(person, REDEEM), "test_raise_tx", sqlstate="P0001", secret="s"))
    assert counted(prepared) == 3
    assert notes(prepared) == []


def test_over_the_limit_nothing_is_done_and_the_refusal_says_when_to_come_back(
    prepared: Database, person: UUID
) -> None:
    limit = Limit("tiny", 2)
    for number in range(2):
        messages.transact(a_call(person, limit), "test_note_tx", note=str(number))
    error = outcome(lambda: messages.transact(a_call(person, limit), "test_note_tx", note="too many"))
    assert isinstance(error, Refused) and error.code == "RATE_LIMIT"
    assert isinstance(error.details, dict)
    assert error.details["limit"] == 2 and error.details["remaining"] == 0 and error.details["retry_after"] >= 1
    assert notes(prepared) == ["0", "1"]
    # The verdict was this message's alone.
    assert messages.transact(a_call(person), "test_echo")["role"] == "app_service"
    assert messages.transact(a_call(prepared.add_user(), limit), "test_echo")["role"] == "app_service"


def test_no_call_waits_for_a_counter_while_another_works(prepared: Database, person: UUID) -> None:
    def work() -> None:
        messages.read(a_call(person, REDEEM), "slow", seconds=0.4)

    threads = [threading.Thread(target=work) for _ in range(3)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    in_time(time.monotonic() - started, at_most=1.0)
    assert counted(prepared) == 3


def test_the_count_is_exact_however_many_ask_at_once(prepared: Database, person: UUID) -> None:
    through: list[int] = []

    def work() -> None:
        for _ in range(5):
            try:
                messages.transact(a_call(person, REDEEM), "test_echo")
                through.append(1)
            except Refused:
                continue

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == REDEEM.per_minute


def test_with_redis_postgres_counts_nothing(prepared: Database, person: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", "memory://")
    config.reset()
    call = a_call(person, Limit("tiny", 1))
    messages.transact(call, "test_echo")
    messages.transact(call, "test_echo")
    error = outcome(lambda: messages.transact(a_call(person, Limit("tiny", 1)), "test_echo"))
    assert isinstance(error, Refused) and error.code == "RATE_LIMIT"
    assert counted(prepared) == 0
