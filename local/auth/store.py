"""Users, sessions and codes of Supabase Auth's stand-in, on disk.

Codes, links and authorization codes are kept as hashes only. Every method is one transaction, so of two callers at once
one alone uses a code, redeems an authorization code or moves a session's counter.
"""

import hmac
import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from local.auth.records import AuthCode, Code, Session, User
from local.auth.settings import AUTH_CODE_SECONDS, CODE_SECONDS, MAILS_PER_HOUR, REUSE_SECONDS, WRONG_CODES_ALLOWED
from local.sqlite_file import SqliteFile

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    metadata TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    confirmed_at REAL,
    last_sign_in_at REAL
);
CREATE TABLE IF NOT EXISTS codes (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    link_hash TEXT NOT NULL UNIQUE,
    challenge TEXT,
    challenge_method TEXT,
    wrong INTEGER NOT NULL DEFAULT 0,
    expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS auth_codes (
    code_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    challenge TEXT NOT NULL,
    challenge_method TEXT NOT NULL,
    expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at REAL NOT NULL,
    counter INTEGER NOT NULL DEFAULT 0,
    refreshed_at REAL
);
CREATE INDEX IF NOT EXISTS sessions_user_id ON sessions (user_id);
CREATE TABLE IF NOT EXISTS mails_sent (email TEXT NOT NULL, sent_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS mails_sent_email ON mails_sent (email, sent_at);
"""


class AuthStore:
    """The tables, safe under threads. `now` returns seconds since 1970."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._file = SqliteFile(path, _SCHEMA)
        self._now = now

    def key(self, name: str, make: Callable[[], bytes] = lambda: secrets.token_bytes(32)) -> bytes:
        """The secret of this name, made on first use and kept."""
        with self._file.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (name, make()))
            return bytes(connection.execute("SELECT value FROM keys WHERE name = ?", (name,)).fetchone()["value"])

    def user_by_email(self, email: str) -> User | None:
        """The user with this address in lower case."""
        with self._file.transaction() as connection:
            return _maybe_user(connection.execute("SELECT * FROM users WHERE email = ?", (email,)).fetchone())

    def user(self, user_id: uuid.UUID) -> User | None:
        """The user with this id."""
        with self._file.transaction() as connection:
            return _maybe_user(connection.execute("SELECT * FROM users WHERE id = ?", (str(user_id),)).fetchone())

    def create_user(self, email: str, metadata: dict[str, Any]) -> User:
        """A new user, or the one who has the address already; two callers at once get the same."""
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO users (id, email, metadata, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                (str(uuid.uuid4()), email, json.dumps(metadata), self._now(), self._now()),
            )
            return User.of(connection.execute("SELECT * FROM users WHERE email = ?", (email,)).fetchone())

    def merge_metadata(self, user_id: uuid.UUID, metadata: dict[str, Any]) -> User:
        """Merges into the user's metadata; a null removes its key."""
        with self._file.transaction() as connection:
            row = connection.execute("SELECT * FROM users WHERE id = ?", (str(user_id),)).fetchone()
            merged = {**json.loads(row["metadata"]), **metadata}
            kept = {name: value for name, value in merged.items() if value is not None}
            updated = connection.execute(
                "UPDATE users SET metadata = ?, updated_at = ? WHERE id = ? RETURNING *",
                (json.dumps(kept), self._now(), str(user_id)),
            ).fetchone()
            return User.of(updated)

    def may_mail(self, email: str) -> bool:
        """Counts one more mail to the address; False, and not counted, when the hour's limit is reached."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM mails_sent WHERE sent_at < ?", (self._now() - 3600,))
            sent = connection.execute("SELECT count(*) AS n FROM mails_sent WHERE email = ?", (email,)).fetchone()["n"]
            if sent >= MAILS_PER_HOUR:
                return False
            connection.execute("INSERT INTO mails_sent VALUES (?, ?)", (email, self._now()))
            return True

    def put_code(
        self, user_id: uuid.UUID, code_hash: str, link_hash: str, challenge: str | None, challenge_method: str | None
    ) -> None:
        """Makes this the user's one code: an earlier one is void."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM codes WHERE user_id = ?", (str(user_id),))
            connection.execute(
                "INSERT INTO codes (user_id, code_hash, link_hash, challenge, challenge_method, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (str(user_id), code_hash, link_hash, challenge, challenge_method, self._now() + CODE_SECONDS),
            )

    def try_code(self, user_id: uuid.UUID, code_hash: str) -> Code | None:
        """The user's code if this is its hash. After WRONG_CODES_ALLOWED wrong ones, the right one fails too."""
        with self._file.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM codes WHERE user_id = ? AND expires_at > ? AND wrong < ?",
                (str(user_id), self._now(), WRONG_CODES_ALLOWED),
            ).fetchone()
            if row is None:
                return None
            if not hmac.compare_digest(str(row["code_hash"]), code_hash):
                connection.execute("UPDATE codes SET wrong = wrong + 1 WHERE user_id = ?", (str(user_id),))
                return None
            return Code.of(row)

    def find_link(self, link_hash: str) -> Code | None:
        """The code whose mail held the link with this hash."""
        with self._file.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM codes WHERE link_hash = ? AND expires_at > ?", (link_hash, self._now())
            ).fetchone()
            return None if row is None else Code.of(row)

    def use_code(self, code: Code) -> bool:
        """Uses the code up; False when another caller was first."""
        with self._file.transaction() as connection:
            return connection.execute("DELETE FROM codes WHERE link_hash = ?", (code.link_hash,)).rowcount == 1

    def put_auth_code(self, code_hash: str, code: Code) -> None:
        """Keeps an authorization code, with the challenge that its verifier has to match."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM auth_codes WHERE expires_at < ?", (self._now() - 3600,))
            connection.execute(
                "INSERT INTO auth_codes VALUES (?, ?, ?, ?, ?)",
                (code_hash, str(code.user_id), code.challenge, code.challenge_method, self._now() + AUTH_CODE_SECONDS),
            )

    def auth_code(self, code_hash: str) -> AuthCode | None:
        """The authorization code with this hash, also one that has expired."""
        with self._file.transaction() as connection:
            row = connection.execute("SELECT * FROM auth_codes WHERE code_hash = ?", (code_hash,)).fetchone()
        return None if row is None else AuthCode.of(row)

    def use_auth_code(self, code: AuthCode) -> bool:
        """Uses the authorization code up; False when another caller was first."""
        with self._file.transaction() as connection:
            return connection.execute("DELETE FROM auth_codes WHERE code_hash = ?", (code.code_hash,)).rowcount == 1

    def open_session(self, user_id: uuid.UUID) -> tuple[User, Session]:
        """Opens a session for the user; the first one confirms the address."""
        with self._file.transaction() as connection:
            now = self._now()
            user = connection.execute(
                "UPDATE users SET last_sign_in_at = ?, confirmed_at = coalesce(confirmed_at, ?), updated_at = ?"
                " WHERE id = ? RETURNING *",
                (now, now, now, str(user_id)),
            ).fetchone()
            session = connection.execute(
                "INSERT INTO sessions (id, user_id, created_at) VALUES (?, ?, ?) RETURNING *",
                (str(uuid.uuid4()), str(user_id), now),
            ).fetchone()
            return User.of(user), Session.of(session)

    def session(self, session_id: uuid.UUID) -> Session | None:
        """The session, while it is open."""
        with self._file.transaction() as connection:
            row = connection.execute("SELECT * FROM sessions WHERE id = ?", (str(session_id),)).fetchone()
            return None if row is None else Session.of(row)

    def refresh(self, session_id: uuid.UUID, counter: int) -> Session | Literal["unknown", "reused"]:
        """The session after a refresh with the token of this counter.

        The current token moves the counter on. The one before it, or any within REUSE_SECONDS of the last refresh, gets
        the current one again. An older one may be stolen, so the session ends, for every holder of a token.
        """
        with self._file.transaction() as connection:
            row = connection.execute("SELECT * FROM sessions WHERE id = ?", (str(session_id),)).fetchone()
            if row is None or counter > row["counter"]:
                return "unknown"
            behind = row["counter"] - counter
            just_refreshed = row["refreshed_at"] is not None and self._now() - row["refreshed_at"] < REUSE_SECONDS
            if behind > 1 and not just_refreshed:
                connection.execute("DELETE FROM sessions WHERE id = ?", (str(session_id),))
                return "reused"
            updated = connection.execute(
                "UPDATE sessions SET counter = counter + ?, refreshed_at = ? WHERE id = ? RETURNING *",
                (1 if behind == 0 else 0, self._now(), str(session_id)),
            ).fetchone()
            return Session.of(updated)

    def close_sessions(self, session: Session, scope: str) -> None:
        """Ends sessions of the session's user: `local` this one, `others` all but this one, `global` all."""
        conditions = {"local": "id = :id", "others": "user_id = :user AND id <> :id", "global": "user_id = :user"}
        with self._file.transaction() as connection:
            connection.execute(
                f"DELETE FROM sessions WHERE {conditions[scope]}",
                {"id": str(session.id), "user": str(session.user_id)},
            )

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _maybe_user(row: sqlite3.Row | None) -> User | None:
    return None if row is None else User.of(row)
