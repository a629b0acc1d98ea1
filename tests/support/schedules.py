"""The schedules run through app.py's own handlers, over buckets that hold nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from chalice.local import LambdaContext

from app import app
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import audio_store, backup_store
from tests.support.api import Api, Person
from tests.support.database_server import Database
from tests.support.object_store import RunningStore

BY_HAND = {"byHand": True}


class Schedules(Api):
    """Adds the schedules, and rows that grow older."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> None:
        super().__init__(database, monkeypatch, object_store)
        for bucket in (audio_store(), backup_store()):
            for page in list(bucket.list_objects("")):
                for found in page:
                    delete_object(bucket, found.key)

    def tick(self, schedule: str, seconds: int = 300, **detail: Any) -> dict[str, Any]:
        """Fires a schedule; its summary. `seconds`: how long its function may live."""
        event = {
            "id": schedule,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "test",
            "time": "2026-11-20T10:00:00Z",
            "region": "test",
            "resources": [],
            "detail": detail,
            "version": "0",
        }
        summary: dict[str, Any] = app.handler_map[schedule](event, LambdaContext(schedule, 512, seconds * 1000))
        return summary

    def now(self, schedule: str, **detail: Any) -> dict[str, Any]:
        """Runs a schedule by hand."""
        return self.tick(schedule, **BY_HAND, **detail)

    def family_of_one(self) -> tuple[str, Person]:
        keeper = self.person()
        return self.family(keeper), keeper

    def pass_time(self, recording: str, interval: str) -> None:
        """An upload's reservation becomes this much older."""
        self.run(
            "UPDATE ops.upload_reservations SET url_expires_at = url_expires_at - older,"
            " live_until = live_until - older, watch_until = watch_until - older, next_look_at = next_look_at - older"
            " FROM CAST(%s AS interval) AS older WHERE id = %s",
            interval,
            recording,
        )

    def trash(self, recording: str, age: str = "31 days") -> None:
        """Puts a recording into the trash, this long ago."""
        self.run("UPDATE public.recordings SET deleted_at = now() WHERE id = %s", recording)
        self.run("UPDATE public.recordings SET deleted_at = now() - %s::interval WHERE id = %s", age, recording)

    def key(self, family: str, recording: str) -> str:
        return f"families/{family}/recordings/{recording}.audio.m4a"

    def stored(self) -> list[str]:
        """The keys in the audio bucket."""
        return [found.key for page in audio_store().list_objects("") for found in page]

    def kinds(self) -> list[str]:
        """The anomalies' kinds, oldest first."""
        return [row[0] for row in self.run("SELECT kind FROM ops.anomalies ORDER BY created_at, id")]

    def alerts(self) -> dict[str, str]:
        """Fingerprint -> severity."""
        return dict(self.run("SELECT fingerprint, severity FROM ops.alert_digest"))  # type: ignore[arg-type]
