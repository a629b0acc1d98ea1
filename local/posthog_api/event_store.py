"""The captured events of PostHog's stand-in, in one SQLite file."""

import json
import time
from pathlib import Path
from typing import Any

from local.sqlite_file import SqliteFile

MOST_LISTED = 1000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at REAL NOT NULL
);
"""


class EventStore:
    """The captured events on disk, safe under threads."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _SCHEMA)

    def keep(self, events: list[dict[str, Any]]) -> None:
        """Stores the events, all or none; one whose uuid is known already is not stored again."""
        rows = [(event["uuid"], event["event"], json.dumps(event), time.time()) for event in events]
        with self._file.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO events (uuid, event, body, received_at) VALUES (?, ?, ?, ?)", rows
            )

    def newest(self, event: str | None = None, limit: int = MOST_LISTED) -> list[dict[str, Any]]:
        """The newest events first as they were posted; only those of one name when `event` is given."""
        with self._file.transaction() as connection:
            rows = connection.execute(
                "SELECT body FROM events WHERE ? IS NULL OR event = ? ORDER BY number DESC LIMIT ?",
                (event, event, limit),
            ).fetchall()
        return [json.loads(row["body"]) for row in rows]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
