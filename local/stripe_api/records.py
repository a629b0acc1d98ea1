"""What the stand-in stores: Stripe's objects, the answers given under idempotency keys, and the deliveries of events.

The work of one request is one transaction of one SQLite file, so kill -9 at any moment leaves all of it or nothing: no
object without its event, no event without its delivery, no work without its answer for the idempotency key.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.sqlite_file import SqliteFile

KEYS_LIVE_SECONDS = 24 * 3600

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    customer TEXT,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, number);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (customer, kind, number) WHERE customer IS NOT NULL;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request_id TEXT NOT NULL,
    given_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    event_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    first_at REAL NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_status INTEGER
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE state = 'waiting';
"""


@dataclass(frozen=True)
class Answer:
    """An answer as it was sent; the body is the JSON text."""

    status: int
    body: str
    request_id: str


@dataclass(frozen=True)
class KeptAnswer:
    """What an idempotency key was used for, and what was answered."""

    path: str
    fingerprint: str
    answer: Answer


@dataclass(frozen=True)
class Delivery:
    """The delivery of one event. `last_status` is the last HTTP status of the app, 0 when it did not answer."""

    event_id: str
    state: str
    first_at: float
    due_at: float
    attempts: int
    last_status: int | None


class Records:
    """The records, open inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def get(self, kind: str, object_id: str) -> dict[str, Any] | None:
        """The object of this kind ("subscription", "checkout.session", ...) and id."""
        row = self._db.execute("SELECT body FROM objects WHERE id = ? AND kind = ?", (object_id, kind)).fetchone()
        return json.loads(row["body"]) if row else None

    def put(self, thing: dict[str, Any]) -> None:
        """Writes the object, new or changed; it keeps its place in the lists."""
        customer = thing.get("customer")
        self._db.execute(
            "INSERT INTO objects (id, kind, customer, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, body = excluded.body",
            (thing["id"], thing["object"], customer, json.dumps(thing)),
        )

    def number_of(self, kind: str, object_id: str) -> int | None:
        """The object's place in the order of creation, for paging."""
        row = self._db.execute("SELECT number FROM objects WHERE id = ? AND kind = ?", (object_id, kind)).fetchone()
        return int(row["number"]) if row else None

    def newest_first(
        self, kind: str, *, customer: str | None = None, below: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """All of a kind, one by one: of one customer only, older than the one with this number only."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE kind = ? AND (? IS NULL OR customer = ?) AND (? IS NULL OR number < ?)"
            " ORDER BY number DESC",
            (kind, customer, customer, below, below),
        )
        return (json.loads(row["body"]) for row in rows)

    def oldest_first_above(self, kind: str, above: int, *, customer: str | None = None) -> Iterator[dict[str, Any]]:
        """All of a kind that are newer than the one with this number, oldest first."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE kind = ? AND (? IS NULL OR customer = ?) AND number > ? ORDER BY number",
            (kind, customer, customer, above),
        )
        return (json.loads(row["body"]) for row in rows)

    def kept_answer(self, key: str, now: float) -> KeptAnswer | None:
        """What was answered under this idempotency key within the last day."""
        self._db.execute("DELETE FROM answers WHERE given_at < ?", (now - KEYS_LIVE_SECONDS,))
        row = self._db.execute("SELECT * FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        return KeptAnswer(row["path"], row["fingerprint"], Answer(row["status"], row["body"], row["request_id"]))

    def keep_answer(self, key: str, kept: KeptAnswer, now: float) -> None:
        """Stores the answer under its key."""
        self._db.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                kept.path,
                kept.fingerprint,
                kept.answer.status,
                kept.answer.body,
                kept.answer.request_id,
                now,
            ),
        )

    def dispatch(self, event_id: str, now: float) -> None:
        """Adds an event to those that are to be delivered to the app."""
        self._db.execute(
            "INSERT INTO deliveries (event_id, state, first_at, due_at) VALUES (?, 'waiting', ?, ?)",
            (event_id, now, now),
        )

    def due(self, now: float) -> list[str]:
        """The events to send now, oldest first."""
        rows = self._db.execute(
            "SELECT event_id FROM deliveries WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, rowid", (now,)
        )
        return [row["event_id"] for row in rows]

    def waiting(self) -> list[str]:
        """All events that the app has not accepted yet, oldest first."""
        rows = self._db.execute("SELECT event_id FROM deliveries WHERE state = 'waiting' ORDER BY rowid")
        return [row["event_id"] for row in rows]

    def delivery(self, event_id: str) -> Delivery | None:
        """The state of an event's delivery."""
        row = self._db.execute("SELECT * FROM deliveries WHERE event_id = ?", (event_id,)).fetchone()
        return Delivery(**dict(row)) if row else None

    def record_attempt(self, event_id: str, *, state: str, due_at: float, status: int) -> None:
        """Stores the outcome of one attempt."""
        self._db.execute(
            "UPDATE deliveries SET state = ?, due_at = ?, last_status = ?, attempts = attempts + 1 WHERE event_id = ?",
            (state, due_at, status, event_id),
        )


class RecordsFile:
    """The file of the records. Its transactions run one after another."""

    def __init__(self, directory: Path) -> None:
        """Opens or makes `stripe.sqlite` in the directory."""
        self._file = SqliteFile(directory / "stripe.sqlite", _SCHEMA)

    @contextmanager
    def opened(self) -> Iterator[Records]:
        """The records inside one transaction: committed when the block ends, rolled back when it raises."""
        with self._file.transaction() as connection:
            yield Records(connection)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
