"""A SQLite file that several threads share: where a stand-in keeps what must survive a kill -9.

Write-ahead logging makes every committed transaction outlive the process. One connection under one lock is enough for a
local stack and rules out "database is locked". It never holds anything of a deployed stage.
"""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SqliteFile:
    """One SQLite database, readable by its owner alone, made with `schema` (idempotent DDL) when opened."""

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made before SQLite opens it: the -wal and -shm files beside it take their permissions from it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        # A blueprint has no end of its own: what nobody closed is let go with its last user.
        weakref.finalize(self, self._connection.close)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection inside one transaction: committed when the block ends, rolled back when it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # Also where COMMIT itself failed (a full disk): left open, the transaction would fail every later one.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Lets go of the file; whatever was committed stays."""
        with self._lock:
            self._connection.close()
