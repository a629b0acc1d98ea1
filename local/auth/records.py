"""The rows of Supabase Auth's stand-in as Python reads them. Times are seconds since 1970."""

import json
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class User:
    """A person; `confirmed_at` is the first sign-in, None before it."""

    id: uuid.UUID
    email: str
    metadata: dict[str, Any]
    created_at: float
    updated_at: float
    confirmed_at: float | None
    last_sign_in_at: float | None

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The user in a row of `users`."""
        return cls(**{**dict(row), "id": uuid.UUID(row["id"]), "metadata": json.loads(row["metadata"])})


@dataclass(frozen=True)
class Session:
    """A sign-in on one device; `counter` is the number of its current refresh token."""

    id: uuid.UUID
    user_id: uuid.UUID
    created_at: float
    counter: int
    refreshed_at: float | None

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The session in a row of `sessions`."""
        return cls(**{**dict(row), "id": uuid.UUID(row["id"]), "user_id": uuid.UUID(row["user_id"])})


@dataclass(frozen=True)
class Code:
    """A mailed code that is not used yet; `challenge` is set in the PKCE flow."""

    user_id: uuid.UUID
    code_hash: str
    link_hash: str
    challenge: str | None
    challenge_method: str | None
    wrong: int
    expires_at: float

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The code in a row of `codes`."""
        return cls(**{**dict(row), "user_id": uuid.UUID(row["user_id"])})


@dataclass(frozen=True)
class AuthCode:
    """An authorization code of the PKCE flow that is not redeemed yet."""

    code_hash: str
    user_id: uuid.UUID
    challenge: str
    challenge_method: str
    expires_at: float

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The authorization code in a row of `auth_codes`."""
        return cls(**{**dict(row), "user_id": uuid.UUID(row["user_id"])})
