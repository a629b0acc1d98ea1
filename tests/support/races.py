"""Two people at once on two real connections: one holds its transaction open, the other runs into it.

A race is not left to luck: the first work is done and not committed, the second is seen to wait for it, then the first
commits.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database

PATIENCE = 10.0


def call(connection: Connection, expression: str, *parameters: Any) -> Any:
    """The value of `SELECT <expression>`."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}", parameters)
        row = cursor.fetchone()
    assert row is not None
    return row[0]


class Waiting:
    """A call that runs in a thread of its own."""

    def __init__(self, connection: Connection, expression: str, parameters: tuple[Any, ...]) -> None:
        self._result: Any = None
        self._error: BaseException | None = None

        def work() -> None:
            try:
                self._result = call(connection, expression, *parameters)
            except BaseException as error:
                self._error = error

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def result(self) -> Any:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "still waiting"
        if self._error is not None:
            raise self._error
        return self._result


def run_into(database: Database, connection: Connection, expression: str, *parameters: Any) -> Waiting:
    """Starts a call and returns once it is seen to wait for another's lock."""
    process = connection.info.backend_pid
    waiting = Waiting(connection, expression, parameters)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        state = database.run("SELECT cardinality(pg_blocking_pids(%s))", [process])
        if state[0][0]:
            return waiting
        time.sleep(0.01)
    raise AssertionError("the second call never waited for the first")


@contextmanager
def open_transaction(database: Database, role: str, person: Any = None) -> Iterator[Connection]:
    """A connection whose work is committed where the block ends, and not before."""
    connection = database.connect_as(role, person) if role != "admin" else database.connect()
    connection.autocommit = False
    yield connection
    connection.commit()


def found_family(database: Database, *keepers: uuid.UUID) -> str:
    """A family with these keepers."""
    service = database.connect_as("app_service", keepers[0])
    family = call(service, "ops.create_family_tx('Sol', 'en', NULL, 1073741824, 600)")["family"]["id"]
    for keeper in keepers[1:]:
        join(database, family, keeper, "keeper")
    return str(family)


def join(database: Database, family: str, person: uuid.UUID, role: str = "storyteller") -> None:
    database.run(
        "INSERT INTO public.family_members (family_id, user_id, role) VALUES (%s, %s, %s)", [family, str(person), role]
    )


def keep_recording(database: Database, family: str, person: uuid.UUID, size: int = 1000) -> str:
    """A recording of this person's, reserved and finalized."""
    recording = str(uuid.uuid4())
    service = database.connect_as("app_service", person)
    reserve = "ops.get_signed_upload_url_tx(%s, %s, %s, NULL, %s, 10, 'audio/mp4', NULL, NULL, 900)"
    assert "refused" not in call(service, reserve, family, recording, f"audio/{recording}", size)
    stored = {
        "size_bytes": size,
        "content_type": "audio/mp4",
        "is_mp4": True,
        "etag": "e",
        "stored_at": "2026-11-20T10:00:00Z",
    }
    made = call(service, "ops.finalize_recording_tx(%s, %s, %s::jsonb)", family, recording, json.dumps(stored))
    assert "refused" not in made
    return recording


def make_invite(database: Database, family: str, keeper: uuid.UUID, code_hash: bytes, max_uses: int = 1) -> str:
    invite = str(uuid.uuid4())
    service = database.connect_as("app_service", keeper)
    made = call(service, "ops.create_invite_tx(%s, %s, %s, NULL, %s, 7)", family, invite, code_hash, max_uses)
    assert made["id"] == invite
    return invite
