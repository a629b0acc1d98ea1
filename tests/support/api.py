"""People and families over the real app: what tests call the operations with.

Families, recordings and invites are made by the SQL functions that make them in production, called as the person who
would.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
from psycopg2.extensions import connection as Connection
from pydantic.alias_generators import to_camel

from chalicelib.analytics import read_event
from chalicelib.api import rate_limits
from chalicelib.api.models import WireModel
from chalicelib.database import connections
from chalicelib.errors import NotRetryable
from chalicelib.storage.keys import object_key
from chalicelib.storage.store import AUDIO_TYPE
from tests.support import gateway
from tests.support.database_server import Database
from tests.support.gateway import IP, Response
from tests.support.object_store import RunningStore, send, use_store, voice

GIB = 1024**3
SECRET = "a-secret-of-the-resource-tests-0123456789abcdef"
ISSUER = "https://auth.example.org"
KEEPER, STORYTELLER = "keeper", "storyteller"


class Person:
    """Somebody signed in who calls the API; `ip` is the address they call from."""

    def __init__(self, user_id: uuid.UUID, ip: str = IP) -> None:
        self.id = str(user_id)
        self.ip = ip
        now = int(time.time())
        claims = {"iss": f"{ISSUER}/auth/v1", "sub": self.id, "aud": "authenticated", "role": "authenticated"}
        self.token = jwt.encode({**claims, "iat": now, "exp": now + 3600}, SECRET, algorithm="HS256")

    def ask(self, name: str, body: Any = None, **headers: str) -> Response:
        """POST /functions/v1/<name>; `headers` with underscores for dashes."""
        return self.call("POST", f"/functions/v1/{name}", body, **headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Text and bytes are sent as they are, anything else as JSON."""
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        sent |= {header.replace("_", "-"): value for header, value in headers.items()}
        raw = body if body is None or isinstance(body, bytes | str) else json.dumps(body)
        return gateway.call(method, path, sent, raw, ip=self.ip)

    def get(self, path: str) -> Response:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Response:
        return self.call("POST", path, body)

    def patch(self, path: str, body: Any) -> Response:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Response:
        return self.call("DELETE", path)


class Api:
    """The app configured for one database and one object store, and people and families in them."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> None:
        self.database = database
        self.store = object_store
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
        rate_limits.reset()
        connections.reset()
        use_store(monkeypatch, object_store.url)

    # People and families --------------------------------------------------------------------------

    def person(self, ip: str = IP) -> Person:
        return Person(self.database.add_user(), ip)

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

    def remove(self, family: str, person: Person) -> None:
        self.run("DELETE FROM public.family_members WHERE family_id = %s AND user_id = %s", family, person.id)

    def suspend_uploads(self, family: str) -> None:
        """The operator lets this family upload nothing, as `make pause UPLOADS=1 FAMILY=...` does."""
        self.run("SELECT ops.set_flag_tx('uploads', %s, false, 100, NULL, 'ana', 'asked')", family)

    # What they made ---------------------------------------------------------------------------------

    def reserve(self, family: str, person: Person, size: int = 2_000, **more: Any) -> dict[str, Any]:
        """An upload URL's answer."""
        data: dict[str, Any] = person.ask("get-signed-upload-url", upload_of(family, size, **more)).data
        return data

    def upload(
        self, family: str, person: Person, size: int = 2_000, *, waveform: bytes | None = None, **more: Any
    ) -> str:
        """Reserved and put, not finalized yet."""
        if waveform is not None:
            more["waveformSizeBytes"] = len(waveform)
        answer = self.reserve(family, person, size, **more)
        assert send("PUT", answer["uploadUrl"], voice(size), answer["uploadHeaders"])[0] == 200
        if waveform is not None:
            assert send("PUT", answer["waveformUploadUrl"], waveform, answer["waveformUploadHeaders"])[0] == 200
        return str(answer["recordingId"])

    def kept(self, family: str, person: Person, size: int = 2_000, **more: Any) -> str:
        """Reserved, put and finalized, all through the API."""
        recording = self.upload(family, person, size, **more)
        answer = person.ask("finalize-recording", {"familyId": family, "recordingId": recording})
        assert answer.status == 200, answer.body
        return recording

    def recording(self, family: str, person: Person, size: int = 1000, title: str | None = None) -> str:
        """Reserved and finalized by its person."""
        recording = str(uuid.uuid4())
        self.as_service(
            person,
            "ops.get_signed_upload_url_tx(%s, %s, %s, NULL, %s, 12.5, 'audio/mp4', NULL, NULL, 900)",
            family,
            recording,
            object_key(uuid.UUID(family), uuid.UUID(recording)),
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

    # The database under it --------------------------------------------------------------------------

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

    def value(self, statement: str, *parameters: Any) -> Any:
        """The first value of a statement's first row."""
        return self.run(statement, *parameters)[0][0]

    @contextmanager
    def while_held(self, statement: str, *parameters: Any) -> Iterator[Connection]:
        """Holds the locks that a statement takes, until the block ends or commits or rolls back by itself."""
        holder = self.database.connect(autocommit=False)
        try:
            with holder.cursor() as cursor:
                cursor.execute(statement, parameters)
            yield holder
        finally:
            holder.rollback()
            holder.close()

    def until_waiting(self, count: int) -> None:
        """Returns when so many of this database's sessions wait for a lock."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 4
        while self.value(waiting) < count:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.01)

    def used(self, family: str) -> int:
        """storage_used_bytes, after holding it against ledger and recordings: the three are one number, always."""
        used, ledger, kept = self.run(
            "SELECT storage_used_bytes,"
            " (SELECT coalesce(sum(delta_bytes), 0) FROM public.usage_ledger WHERE family_id = %s),"
            " (SELECT coalesce(sum(size_bytes + waveform_size_bytes), 0) FROM public.recordings WHERE family_id = %s)"
            " FROM public.entitlements WHERE family_id = %s",
            family,
            family,
            family,
        )[0]
        assert used == ledger == kept
        return int(used)

    def check_events(self) -> None:
        """Holds every product event that waits to be sent to its model."""
        for (payload,) in self.run("SELECT payload FROM ops.jobs WHERE kind = 'capture_events'"):
            try:
                read_event("job", payload)
            except NotRetryable:
                told = f"{payload['event']} with {sorted(payload['properties'])}"
                pytest.fail(f"declare the event {told} in EVENTS of chalicelib/analytics.py", pytrace=False)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The product events of a name that wait to be sent."""
        rows = self.run("SELECT payload FROM ops.jobs WHERE kind = 'capture_events' AND payload ->> 'event' = %s", name)
        return [row[0] for row in rows]


def fields_of(model: type[WireModel]) -> set[str]:
    """The keys that the API returns a model with."""
    return {to_camel(name) for name in model.model_fields}


def hash_of(invite: str) -> bytes:
    """What stands for the hash of an invite's code: these tests never redeem by the code itself."""
    return hashlib.sha256(invite.encode()).digest()


def upload_of(family: str, size: int = 2_000, **more: Any) -> dict[str, Any]:
    """The body of get-signed-upload-url; a change to None leaves a field out."""
    body = {
        "familyId": family,
        "fileSizeBytes": size,
        "durationSeconds": 12.5,
        "contentType": AUDIO_TYPE,
        **more,
    }
    return {name: value for name, value in body.items() if value is not None}


def at_once(jobs: list[Callable[[], Response]]) -> list[Response]:
    """Does them all at the same moment."""
    barrier = threading.Barrier(len(jobs))
    replies: list[Response | None] = [None] * len(jobs)

    def one(index: int) -> None:
        barrier.wait()
        replies[index] = jobs[index]()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [reply for reply in replies if reply is not None]
