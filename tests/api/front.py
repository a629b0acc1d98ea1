"""The house with its front door: people call the operations as API Gateway hands them on, over a real object store."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from app import app
from chalicelib.storage.store import AUDIO_TYPE
from tests.api.house import House, Person, Reply
from tests.database_server import Database
from tests.stores import RunningStore, send, use_store, voice

GIB = 1024**3


class Caller(Person):
    """Somebody signed in who calls operations; `ip` is where they call from."""

    def __init__(self, house: House, user_id: uuid.UUID, ip: str = "203.0.113.7") -> None:
        super().__init__(house, user_id)
        self.ip = ip

    def ask(self, name: str, body: Any = None, **headers: str) -> Reply:
        """POST /functions/v1/<name>; `headers` with underscores for dashes."""
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        sent |= {header.replace("_", "-"): value for header, value in headers.items()}
        return post(name, json.dumps(body) if not isinstance(body, bytes | str) else body, sent, self.ip)


class Front(House):
    """Adds to the house what the operations need: the object store and its settings."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch, store: RunningStore) -> None:
        super().__init__(database, monkeypatch)
        use_store(monkeypatch, store.url)
        self.store = store

    def person(self, ip: str = "203.0.113.7") -> Caller:
        return Caller(self, self.database.add_user(), ip)

    def join(self, family: str, person: Person, role: str = "storyteller") -> Caller:
        super().join(family, person, role)
        assert isinstance(person, Caller)
        return person

    def member(self, family: str, role: str = "storyteller") -> Caller:
        return self.join(family, self.person(), role)

    def remove(self, family: str, person: Person) -> None:
        self.run("DELETE FROM public.family_members WHERE family_id = %s AND user_id = %s", family, person.id)

    def reserve(self, family: str, person: Caller, size: int = 2_000, **more: Any) -> dict[str, Any]:
        """An upload URL's answer."""
        data: dict[str, Any] = person.ask("get-signed-upload-url", upload_of(family, size, **more)).data
        return data

    def upload(self, family: str, person: Caller, size: int = 2_000, **more: Any) -> str:
        """Reserved and put, not finalized yet."""
        answer = self.reserve(family, person, size, **more)
        assert send("PUT", answer["uploadUrl"], voice(size), answer["uploadHeaders"])[0] == 200
        return str(answer["recordingId"])

    def kept(self, family: str, person: Caller, size: int = 2_000, **more: Any) -> str:
        """Reserved, put and finalized, all through the API."""
        recording = self.upload(family, person, size, **more)
        answer = person.ask("finalize-recording", {"familyId": family, "recordingId": recording})
        assert answer.status == 200, answer.body
        return recording

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
            " (SELECT coalesce(sum(size_bytes), 0) FROM public.recordings WHERE family_id = %s)"
            " FROM public.entitlements WHERE family_id = %s",
            family,
            family,
            family,
        )[0]
        assert used == ledger == kept
        return int(used)


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


def post(name: str, body: str | bytes, headers: Mapping[str, str], ip: str = "203.0.113.7") -> Reply:
    """An event as API Gateway makes it, served by the real app object."""
    path = f"/functions/v1/{name}"
    event = {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": "POST",
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": ip},
        },
        "body": body.decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": False,
    }
    answer = app(event, None)
    headers_out = {header.lower(): value for header, value in answer["headers"].items()}
    return Reply(answer["statusCode"], headers_out, json.loads(answer["body"] or "null"))


def at_once(jobs: list[Callable[[], Reply]]) -> list[Reply]:
    """Does them all at the same moment."""
    barrier = threading.Barrier(len(jobs))
    replies: list[Reply | None] = [None] * len(jobs)

    def one(index: int) -> None:
        barrier.wait()
        replies[index] = jobs[index]()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [reply for reply in replies if reply is not None]
