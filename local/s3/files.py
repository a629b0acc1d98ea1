"""Keeps the object store's objects on disk: bytes in files with random names, everything else in one SQLite table.

An object exists exactly when its row does. Its bytes are written and synced first, then the row is committed, so a kill
at any moment leaves the whole object or nothing; the next start removes files without a row. A key is a value in the
table and never part of a path, so no key can reach outside the folder. This module knows nothing of HTTP, signatures or
S3.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from local.file_lock import try_lock
from local.sqlite_file import SqliteFile

_SCHEMA = """
PRAGMA synchronous = FULL; -- an upload that was answered survives a power cut
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL,
    key BLOB NOT NULL, -- UTF-8, compared byte by byte: the order S3 lists in
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL, -- hexadecimal
    modified_ms INTEGER NOT NULL, -- since 1970, UTC
    headers TEXT NOT NULL, -- JSON object: what the uploader said about it and is sent back with it
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID
"""
Condition: TypeAlias = "Callable[[StoredObject | None], None]"
_COLUMNS = "key, file, size, md5, modified_ms, headers"


class StoreInUse(Exception):
    """Another store has this folder open, here or in another process. Each would remove the other's uploads."""


@dataclass(frozen=True)
class StoredObject:
    """One object's row. `size` in bytes, `md5` in hexadecimal, `modified_ms` since 1970; `file` is the store's own."""

    key: str
    file: str
    size: int
    md5: str
    modified_ms: int
    headers: dict[str, str]


class ObjectFiles:
    """The objects of every bucket below one folder. Safe under threads; one at a time per folder."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder when it is missing; raises StoreInUse."""
        self._files = folder / "files"
        self._files.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = (folder / "lock").open("a")
        if not try_lock(self._lock.fileno()):
            self._lock.close()
            raise StoreInUse(f"another object store has {folder} open")
        self._table = SqliteFile(folder / "objects.sqlite3", _SCHEMA)
        self._sweep()

    def close(self) -> None:
        """Closes the folder, so that another store can open it. Running reads of objects go on to their end."""
        self._table.close()
        self._lock.close()

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """A file that receives an upload; removed at the end of the block unless keep() made it an object."""
        upload = Incoming(self._files / uuid.uuid4().hex)
        try:
            yield upload
        finally:
            upload.stream.close()
            if not upload.kept:
                upload.path.unlink(missing_ok=True)

    def keep(
        self,
        upload: Incoming,
        bucket: str,
        key: str,
        md5: str,
        headers: dict[str, str],
        condition: Condition,
    ) -> None:
        """Makes the upload the object under `key`, in place of any other.

        `condition` gets the present object, or None, and raises to refuse. It runs in the transaction that writes, so
        no other upload comes between.
        """
        upload.stream.flush()
        size = upload.stream.tell()
        os.fsync(upload.stream.fileno())
        _sync_folder(self._files)
        row = (bucket, key.encode(), upload.path.name, size, md5, time.time_ns() // 1_000_000, json.dumps(headers))
        with self._table.transaction() as table:
            before = _find(table, bucket, key)
            condition(before)
            table.execute(f"REPLACE INTO objects (bucket, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            # Before the commit: if that fails, an unused file is removed later, and a missing one would be a loss.
            upload.kept = True
        if before is not None:
            (self._files / before.file).unlink(missing_ok=True)

    def find(self, bucket: str, key: str) -> StoredObject | None:
        """The object under `key`, without its bytes."""
        with self._table.transaction() as table:
            return _find(table, bucket, key)

    def open(self, bucket: str, key: str) -> tuple[StoredObject, BinaryIO] | None:
        """The object and its bytes, open for reading; they stay readable when it is replaced or deleted meanwhile."""
        while (found := self.find(bucket, key)) is not None:
            try:
                return found, (self._files / found.file).open("rb")
            except FileNotFoundError:
                if self.find(bucket, key) == found:
                    raise  # not replaced since: somebody removed the file of a present object
        return None

    def delete(self, bucket: str, key: str) -> None:
        """Deletes the object; nothing happens when there is none."""
        with self._table.transaction() as table:
            found = _find(table, bucket, key)
            table.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key.encode()))
        if found is not None:
            (self._files / found.file).unlink(missing_ok=True)

    def listing(self, bucket: str, prefix: str, after: str, limit: int) -> list[StoredObject]:
        """Up to `limit` objects whose key starts with `prefix` and comes after `after`, in the keys' byte order."""
        start, end = prefix.encode(), _end_of_prefix(prefix.encode())
        with self._table.transaction() as table:
            rows = table.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key >= ? AND key > ? AND key < ? "
                "ORDER BY key LIMIT ?",
                (bucket, start, after.encode(), end, limit),
            ).fetchall()
        return [_as_object(row) for row in rows]

    def _sweep(self) -> None:
        """Removes the files of uploads, and of deletions, that a kill interrupted."""
        with self._table.transaction() as table:
            kept = {name for (name,) in table.execute("SELECT file FROM objects")}
        with os.scandir(self._files) as entries:
            for entry in entries:
                if entry.name not in kept:
                    os.unlink(entry.path)


class Incoming:
    """An upload on its way: write its bytes to `stream`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stream: BinaryIO = path.open("xb")
        self.kept = False


def _find(connection: sqlite3.Connection, bucket: str, key: str) -> StoredObject | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key = ?", (bucket, key.encode())
    ).fetchone()
    return _as_object(row) if row else None


def _as_object(row: sqlite3.Row) -> StoredObject:
    key, file, size, md5, modified_ms, headers = row
    return StoredObject(key.decode(), file, size, md5, modified_ms, json.loads(headers))


def _end_of_prefix(prefix: bytes) -> bytes:
    """The first key after all that start with `prefix`; UTF-8 has no byte 0xFF, so its last can always be raised."""
    return prefix[:-1] + bytes([prefix[-1] + 1]) if prefix else b"\xff"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
