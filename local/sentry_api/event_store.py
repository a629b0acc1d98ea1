"""The events and traces of Sentry's stand-in, in one SQLite file."""

import json
import time
from pathlib import Path
from typing import Any

from local.sqlite_file import SqliteFile

MOST_LISTED = 200

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    request_id TEXT,
    body TEXT NOT NULL,
    received_at REAL NOT NULL
);
"""


class EventStore:
    """The events on disk, safe under threads."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _SCHEMA)

    def keep(self, events: list[dict[str, Any]]) -> None:
        """Stores the events, all or none."""
        rows = [
            (event["type"], (event.get("tags") or {}).get("requestId"), json.dumps(event), time.time())
            for event in events
        ]
        with self._file.transaction() as connection:
            connection.executemany("INSERT INTO events (type, request_id, body, received_at) VALUES (?, ?, ?, ?)", rows)

    def newest(self, type_: str | None = None, request_id: str | None = None) -> list[dict[str, Any]]:
        """The newest first, as they were sent; of one type and request where these are given."""
        with self._file.transaction() as connection:
            rows = connection.execute(
                "SELECT body FROM events WHERE (? IS NULL OR type = ?) AND (? IS NULL OR request_id = ?)"
                " ORDER BY number DESC LIMIT ?",
                (type_, type_, request_id, request_id, MOST_LISTED),
            ).fetchall()
        return [json.loads(row["body"]) for row in rows]

    def forget(self) -> None:
        """Removes everything."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM events")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
