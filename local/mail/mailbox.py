"""The one mailbox of the local stack: it keeps the mail of Resend's stand-in and of sign-in, and the inbox shows it.

No mail leaves the machine.
"""

import json
import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.sqlite_file import SqliteFile

MOST_LISTED = 500

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    details TEXT NOT NULL,
    sent_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS recipients (
    address TEXT NOT NULL,
    mail_number INTEGER NOT NULL REFERENCES mails (number) ON DELETE CASCADE,
    PRIMARY KEY (address, mail_number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    mail_id TEXT NOT NULL,
    created_at REAL NOT NULL
);
"""


@dataclass(frozen=True)
class Letter:
    """A mail to deliver. `to` are bare addresses; `details` is JSON with the other fields (cc, reply_to, tags, ...)."""

    to: tuple[str, ...]
    subject: str
    text: str = ""
    html: str = ""
    sender: str = ""
    details: str = "{}"


@dataclass(frozen=True)
class Mail:
    """A delivered mail. `number` grows with every delivery; `sent_at` is in seconds since 1970."""

    number: int
    id: str
    letter: Letter
    sent_at: float


class KeyReused(Exception):
    """The idempotency key was used with another body before."""


class Mailbox:
    """Mail on disk, safe under threads."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _SCHEMA)

    def send(self, to: str, subject: str, html: str, text: str) -> None:
        """Delivers one mail to one address: the form in which sign-in sends its codes."""
        self.deliver(Letter(to=(to,), subject=subject, text=text, html=html))

    def deliver(self, letter: Letter) -> str:
        """Stores the mail and returns its id."""
        with self._file.transaction() as connection:
            return _insert(connection, letter)

    def deliver_once(self, letter: Letter, key: str, fingerprint: str, keep_seconds: float) -> str:
        """Stores the mail unless this key delivered it within the last `keep_seconds`; returns the id of the one mail.

        Raises KeyReused when the key came with another fingerprint before.
        """
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM idempotency_keys WHERE created_at < ?", (time.time() - keep_seconds,))
            known = connection.execute("SELECT * FROM idempotency_keys WHERE key = ?", (key,)).fetchone()
            if known is not None:
                if known["fingerprint"] != fingerprint:
                    raise KeyReused
                return str(known["mail_id"])
            mail_id = _insert(connection, letter)
            connection.execute(
                "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)", (key, fingerprint, mail_id, time.time())
            )
            return mail_id

    def newest(self, to: str | None = None, after: int = 0, limit: int = MOST_LISTED) -> list[Mail]:
        """The newest mails first; only those to one address when `to` is given, only later than number `after`."""
        with self._file.transaction() as connection:
            if to is None:
                rows = connection.execute(
                    "SELECT * FROM mails WHERE number > ? ORDER BY number DESC LIMIT ?", (after, limit)
                )
            else:
                rows = connection.execute(
                    "SELECT mails.* FROM recipients JOIN mails ON mails.number = recipients.mail_number"
                    " WHERE recipients.address = ? AND mails.number > ? ORDER BY mails.number DESC LIMIT ?",
                    (to.strip().lower(), after, limit),
                )
            return [_mail(row) for row in rows]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _insert(connection: sqlite3.Connection, letter: Letter) -> str:
    mail_id = str(uuid.uuid4())
    number = connection.execute(
        "INSERT INTO mails (id, sender, recipients, subject, text, html, details, sent_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        (
            mail_id,
            letter.sender,
            json.dumps(letter.to),
            letter.subject,
            letter.text,
            letter.html,
            letter.details,
            time.time(),
        ),
    ).fetchone()["number"]
    _index(connection, number, letter.to)
    return mail_id


def _index(connection: sqlite3.Connection, number: int, addresses: Sequence[str]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO recipients VALUES (?, ?)", [(address.lower(), number) for address in addresses]
    )


def _mail(row: sqlite3.Row) -> Mail:
    letter = Letter(
        to=tuple(json.loads(row["recipients"])),
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
        sender=row["sender"],
        details=row["details"],
    )
    return Mail(number=row["number"], id=row["id"], letter=letter, sent_at=row["sent_at"])
