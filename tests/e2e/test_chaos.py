"""Families tell stories while the app, Postgres and everything are killed and frozen: what was acknowledged stays.

Seeded: `CHAOS_SEED=7 pytest -m heavy tests/e2e/test_chaos.py` makes the same kills in the same order; CHAOS_KILLS says
how many. Only processes that this test started are killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import requests

from tests.support.local_stack import RunningStack, free_ports, running
from tests.support.object_store import voice
from tests.support.stack_people import sign_up

SEED = int(os.environ.get("CHAOS_SEED", "1"))
KILLS = int(os.environ.get("CHAOS_KILLS", "10"))
TELLERS = 4


@dataclass
class Teller:
    """A phone: it tells one story after another, and asks again whenever something fails, as the client does."""

    origin: str
    token: str
    family: str
    chance: random.Random
    kept: dict[str, str] = field(default_factory=dict)
    """Recording -> SHA-256 of its bytes, for each whose finalizing was acknowledged."""
    trashed: set[str] = field(default_factory=set)
    failures: int = 0
    unexpected: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with requests.Session() as session:
            while not self.stop.is_set():
                self._tell(session, self.chance)

    def _tell(self, session: requests.Session, chance: random.Random) -> None:
        body = voice(chance.randrange(2_000, 200_000)) + chance.randbytes(16)
        upload = {"familyId": self.family, "fileSizeBytes": len(body), "durationSeconds": 9.5,
                  "contentType": "audio/mp4"}  # fmt: skip
        key = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        reserved = self._ask(session, "POST", "/functions/v1/get-signed-upload-url", upload, {"Idempotency-Key": key})
        if reserved is None or not self._put(session, reserved, body):
            return
        recording = str(reserved["recordingId"])
        if self._ask(session, "POST", "/functions/v1/finalize-recording",
                     {"familyId": self.family, "recordingId": recording}) is None:  # fmt: skip
            return
        self.kept[recording] = hashlib.sha256(body).hexdigest()
        if chance.random() < 0.1:
            # From here on it may be in the trash, acknowledged or not.
            told = self.kept.pop(recording)
            if self._ask(session, "DELETE", f"/v1/recordings/{recording}") is not None:
                self.trashed.add(recording)
            if chance.random() < 0.5 and self._ask(session, "POST", f"/v1/recordings/{recording}/restore") is not None:
                self.trashed.discard(recording)
                self.kept[recording] = told

    def _ask(self, session: requests.Session, method: str, path: str, body: object = None,
             headers: dict[str, str] | None = None) -> dict[str, Any] | None:  # fmt: skip
        """The answer's data; None when the test ends before there is one."""
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        while not self.stop.is_set():
            try:
                answer = session.request(
                    method, self.origin + path, data=json.dumps(body) if body is not None else None, headers=sent,
                    timeout=20,
                )  # fmt: skip
            except requests.RequestException:
                self.failures += 1
                self.stop.wait(0.1)
                continue
            if answer.status_code in (200, 201, 204):
                document: dict[str, Any] = answer.json()["data"] if answer.content else {}
                return document
            self.failures += 1
            if answer.status_code not in (429, 500, 502, 503, 504):
                self.unexpected.append(f"{method} {path.split('?')[0]}: {answer.status_code} {answer.text[:200]}")
                return None
            if answer.status_code == 500:
                self.unexpected.append(f"{method} {path.split('?')[0]}: 500")
            self.stop.wait(0.2)
        return None

    def _put(self, session: requests.Session, reserved: dict[str, Any], body: bytes) -> bool:
        while not self.stop.is_set():
            try:
                answer = session.put(
                    str(reserved["uploadUrl"]), data=body, headers=reserved["uploadHeaders"], timeout=20
                )
            except requests.RequestException:
                self.stop.wait(0.1)
                continue
            # 412: an earlier attempt, whose answer was lost, has stored it.
            if answer.status_code in (200, 412):
                return True
            self.stop.wait(0.2)
        return False


def _postgres(stack: RunningStack) -> list[psutil.Process]:
    """The server and its sessions, the postmaster first."""
    number = int((stack.folder / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    postmaster = psutil.Process(number)
    return [postmaster, *postmaster.children()]


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _freeze(processes: list[psutil.Process], seconds: float) -> None:
    _signal(processes, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        _signal(processes, signal.SIGCONT)


@contextmanager
def _telling(tellers: list[Teller]) -> Iterator[None]:
    threads = [threading.Thread(target=teller.run) for teller in tellers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for teller in tellers:
            teller.stop.set()
        for thread in threads:
            thread.join(60)


@pytest.mark.heavy
def test_what_was_acknowledged_outlives_every_kill(folder: Path) -> None:
    chance = random.Random(SEED)
    ports = free_ports()
    tellers: list[Teller] = []
    acknowledged_before = 0
    kinds = ["everything", "a session of Postgres", "Postgres frozen", "the app frozen"]
    plan = [kinds[index % len(kinds)] for index in range(KILLS)]
    chance.shuffle(plan)
    remaining = iter([*plan, None])
    kill = next(remaining)
    while kill is not None:
        with running(folder, ports) as stack:
            if not tellers:
                tellers = [_teller(stack, number) for number in range(TELLERS)]
            for teller in tellers:
                teller.stop.clear()
            with _telling(tellers):
                while kill is not None:
                    time.sleep(chance.uniform(1.0, 3.0))
                    server = _postgres(stack)
                    if kill == "everything":
                        _signal([psutil.Process(stack.process.pid), *server], signal.SIGKILL)
                        stack.process.wait(10)
                    elif kill == "a session of Postgres":
                        _signal([chance.choice(server[1:])], signal.SIGKILL)
                    elif kill == "Postgres frozen":
                        _freeze(server, chance.uniform(0.5, 4.0))
                    else:
                        _freeze([psutil.Process(stack.process.pid)], chance.uniform(0.5, 2.0))
                    ended, kill = kill == "everything", next(remaining)
                    if ended:
                        break
    with running(folder, ports) as stack:
        for teller in tellers:
            teller.stop.clear()
        with _telling(tellers):
            time.sleep(2.0)
        for teller in tellers:
            teller.stop.clear()
            _hold(teller, stack)
            acknowledged_before += len(teller.kept)
    assert acknowledged_before > KILLS, "too few stories were told to prove anything"


def _teller(stack: RunningStack, number: int) -> Teller:
    _, token = sign_up(stack)()
    teller = Teller(stack.origin, token, "", random.Random(SEED * 1000 + number))
    with requests.Session() as session:
        made = teller._ask(session, "POST", "/functions/v1/create-family", {"name": f"Sol {number}"})
    assert made is not None, teller.unexpected
    family = made["family"]
    teller.family = str(family["id"])
    with psycopg2.connect(stack.env["ADMIN_DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.entitlements SET storage_quota_bytes = 100 * 1073741824::bigint WHERE family_id = %s",
            [teller.family],
        )
    return teller


def _hold(teller: Teller, stack: RunningStack) -> None:
    """Looks for everything that was acknowledged, by the API and in the rows, and listens to it."""
    assert teller.unexpected == []
    with requests.Session() as session:
        listed: set[str] = set()
        cursor = ""
        while True:
            page = teller._ask(session, "GET", f"/v1/families/{teller.family}/recordings?limit=100{cursor}")
            assert page is not None
            recordings = page["recordings"]
            listed |= {recording["id"] for recording in recordings}
            if not page["nextCursor"]:
                break
            cursor = f"&cursor={page['nextCursor']}"
        assert teller.kept.keys() - listed == set()
        assert teller.trashed & listed == set()
        for recording, digest in teller.kept.items():
            signed = teller._ask(session, "POST", "/functions/v1/get-signed-playback-url",
                                 {"familyId": teller.family, "recordingId": recording})  # fmt: skip
            assert signed is not None
            heard = session.get(str(signed["url"]), timeout=20).content
            assert hashlib.sha256(heard).hexdigest() == digest, recording
    with psycopg2.connect(stack.env["ADMIN_DATABASE_URL"]) as connection, connection.cursor() as rows:
        rows.execute(
            "SELECT storage_used_bytes,"
            " (SELECT coalesce(sum(delta_bytes), 0) FROM public.usage_ledger WHERE family_id = %(family)s),"
            " (SELECT coalesce(sum(size_bytes), 0) FROM public.recordings WHERE family_id = %(family)s)"
            " FROM public.entitlements WHERE family_id = %(family)s",
            {"family": teller.family},
        )
        figures = rows.fetchone()
        assert figures is not None
        assert figures[0] == figures[1] == figures[2]
