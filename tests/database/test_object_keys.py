"""The keys of objects: kept for the uploads that were under way before they were kept, and found by index."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.generate import fill
from chalicelib.storage.keys import object_key, waveform_key
from sql import migrate
from tests.support.database_server import Cluster

MIGRATION = "20261121120100_object_keys"

RESERVE = """
    INSERT INTO ops.upload_reservations (family_id, size_bytes, duration_seconds, content_type, waveform_size_bytes,
                                         url_expires_at, live_until, watch_until, updated_at)
    SELECT id, 1, 1, 'audio/mp4', %s, now(), now(), now(), '2026-11-20' FROM public.families
"""


def test_an_upload_under_way_gets_the_keys_that_its_urls_were_signed_for(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    for path in migrate.MIGRATIONS.glob("*.sql"):
        if path.name < MIGRATION:
            shutil.copy(path, tmp_path / "migrations")
    with cluster.database("template1") as database:
        cluster.shape(database.name)
        migrate.apply(database.url("postgres"), folder=tmp_path, report=lambda _: None)
        database.run("INSERT INTO public.families (name) VALUES ('Sol')")
        for waveform_bytes in (None, 3):
            database.run(RESERVE, [waveform_bytes])
        migrate.apply(database.url("postgres"), report=lambda _: None)
        rows = database.run(
            "SELECT object_key, waveform_key, family_id, id, waveform_size_bytes, updated_at::date::text"
            " FROM ops.upload_reservations"
        )
    assert len(rows) == 2
    for kept, kept_waveform, family, recording, waveform_bytes, looked_at in rows:
        assert kept == object_key(family, recording)
        assert kept_waveform == (waveform_key(family, recording) if waveform_bytes else None)
        assert looked_at == "2026-11-20", "whoever was looked at longest ago is still looked at first"


def test_a_key_is_looked_up_in_indexes_alone(cluster: Cluster) -> None:
    with cluster.database() as database:
        fill(database.connect(), 500, 5_000)
        database.run(
            "INSERT INTO ops.upload_reservations (family_id, object_key, size_bytes, duration_seconds, content_type,"
            " url_expires_at, live_until, watch_until)"
            " SELECT id, 'a/' || id, 1, 1, 'audio/mp4', now(), now(), now() FROM public.families"
        )
        database.run("ANALYZE ops.upload_reservations")
        connection = database.connect(autocommit=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT ops.unclaimed_keys(ARRAY['a/b', 'a/c'])")
            cursor.execute(
                "SELECT relname, seq_scan, idx_scan FROM pg_stat_xact_user_tables"
                " WHERE relname IN ('recordings', 'upload_reservations') ORDER BY 1"
            )
            assert cursor.fetchall() == [("recordings", 0, 4), ("upload_reservations", 0, 4)]
        connection.rollback()
