"""People, families and what they made, for the tests of the resources: the real app over the real database.

Families, recordings and invites are made by the functions that make them in earnest, called as the person who would.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from chalice.config import Config
from chalice.local import LocalGateway

from app import app
from chalicelib import config
from chalicelib.api import rate_limits
from chalicelib.database import connections
from tests.database_server import Database

# Not the client of chalice.test: for each call it puts a copy in place of os.environ, where two threads leave it.
GATEWAY = LocalGateway(app, Config())

SECRET = "a-secret-of-the-resource-tests-0123456789abcdef"
ISSUER = "https://auth.example.org"
KEEPER, STORYTELLER = "keeper", "storyteller"


@dataclass(frozen=True)
class Reply:
    """What came back: status, headers in lower case, and the parsed body."""

    status: int
    headers: dict[str, str]
    body: Any
    raw: bytes = b""

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        return self.body["data"]

    @property
    def error(self) -> str:
        """The error's code."""
        assert self.status != 200, self.body
        return str(self.body["error"]["code"])

    @property
    def reason(self) -> str:
        """details.reason of a CONFLICT."""
        assert self.error == "CONFLICT", self.body
        return str(self.body["error"]["details"]["reason"])

    @property
    def anonymous(self) -> tuple[int, dict[str, str], bytes]:
        """The whole answer without what belongs to the one request: to compare two answers byte by byte."""
        return self.status, {k: v for k, v in self.headers.items() if k != "x-request-id"}, self.raw


class Person:
    """Somebody signed in, and their phone."""

    def __init__(self, house: House, user_id: uuid.UUID) -> None:
        self.house = house
        self.id = str(user_id)
        now = int(time.time())
        claims = {"iss": f"{ISSUER}/auth/v1", "sub": self.id, "aud": "authenticated", "role": "authenticated"}
        self.token = jwt.encode({**claims, "iat": now, "exp": now + 3600}, SECRET, algorithm="HS256")

    def call(self, method: str, path: str, body: Any = None) -> Reply:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        raw = b"" if body is None else json.dumps(body).encode()
        response = GATEWAY.handle_request(method=method, path=path, headers=headers, body=raw)
        received = {name.lower(): value for name, value in response["headers"].items()}
        text = response["body"]
        return Reply(response["statusCode"], received, json.loads(text or "null"), text.encode())

    def get(self, path: str) -> Reply:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Reply:
        return self.call("POST", path, body)

    def patch(self, path: str, body: Any) -> Reply:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Reply:
        return self.call("DELETE", path)


class House:
    """A database with the app in front of it."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = database
        for name, value in {
            "STAGE": "local",
            "DATABASE_URL": database.url("app_login"),
            "SUPABASE_URL": ISSUER,
            "SUPABASE_JWT_SECRET": SECRET,
            "APP_URL": "https://app.example.org",
            "INVITE_CODE_SECRET": "an-invite-secret-of-the-resource-tests-0123456789",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("RATE_LIMIT_STORAGE_URL", raising=False)
        config.reset()
        rate_limits.reset()
        connections.reset()

    def person(self) -> Person:
        return Person(self, self.database.add_user())

    def run(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.database.run(statement, parameters)

    def as_service(self, person: Person, statement: str, *parameters: Any) -> Any:
        """One `SELECT ops...` as app_service with the person's claims; its jsonb."""
        connection = self.database.connect_as("app_service", person.id)
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {statement}", parameters)
                row = cursor.fetchone()
                assert row is not None
                assert "refused" not in row[0], row[0]
                return row[0]
        finally:
            connection.close()

    def family(self, keeper: Person, name: str = "Sol", locale: str = "en") -> str:
        result = self.as_service(keeper, "ops.create_family_tx(%s, %s, NULL, 1073741824, 600)", name, locale)
        return str(result["family"]["id"])

    def join(self, family: str, person: Person, role: str = STORYTELLER) -> Person:
        """Makes a person a member, as an invite would."""
        self.run(
            "INSERT INTO public.family_members (family_id, user_id, role) VALUES (%s, %s, %s)", family, person.id, role
        )
        return person

    def member(self, family: str, role: str = STORYTELLER) -> Person:
        return self.join(family, self.person(), role)

    def recording(self, family: str, person: Person, size: int = 1000, title: str | None = None) -> str:
        """Reserved and finalized by its person."""
        recording = str(uuid.uuid4())
        self.as_service(
            person,
            "ops.get_signed_upload_url_tx(%s, %s, %s, 12.5, 'audio/mp4', NULL, NULL, 900)",
            family,
            recording,
            size,
        )
        stored = {
            "size_bytes": size,
            "content_type": "audio/mp4",
            "is_mp4": True,
            "etag": uuid.uuid4().hex,
            "stored_at": "2026-11-20T10:00:00Z",
        }
        self.as_service(
            person, "ops.finalize_recording_tx(%s, %s, %s::jsonb, %s)", family, recording, json.dumps(stored), title
        )
        return recording

    def prompt(self, family: str, person: Person, text: str = "Who taught you to dance?") -> str:
        return str(self.as_service(person, "ops.create_prompt_tx(%s, %s)", family, text)["prompt"]["id"])

    def invite(self, family: str, keeper: Person, email: str | None = None, max_uses: int = 1, days: int = 7) -> str:
        invite = str(uuid.uuid4())
        self.as_service(
            keeper,
            "ops.create_invite_tx(%s, %s, %s, %s, %s, %s)",
            family,
            invite,
            hash_of(invite),
            email,
            max_uses,
            days,
        )
        return invite

    def redeem(self, person: Person, code_hash: bytes) -> Any:
        """The function's own answer, refusals too."""
        connection = self.database.connect_as("app_service", person.id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT ops.redeem_invite_tx(ARRAY[%s], NULL, NULL)", [code_hash])
            row = cursor.fetchone()
        connection.close()
        assert row is not None
        return row[0]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The product events of a name that wait to be sent."""
        rows = self.run("SELECT payload FROM ops.jobs WHERE kind = 'capture_events' AND payload ->> 'event' = %s", name)
        return [row[0] for row in rows]


def hash_of(invite: str) -> bytes:
    """What stands for the hash of an invite's code: these tests never redeem by the code itself."""
    return hashlib.sha256(invite.encode()).digest()
