"""Every dashboard answers to the role an operator has, on an empty database too, and shows the rows it is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from app import app
from local.settings import ROOT
from tests.support import isolation_rows
from tests.support.database_server import Cluster, Database

DASHBOARDS = sorted((ROOT / "sql" / "dashboards").glob("*.sql"))


@pytest.fixture(scope="module", params=["empty", "with families"])
def watched(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Database]:
    with cluster.database() as database:
        if request.param != "empty":
            isolation_rows.build(database)
        yield database


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_answers_and_changes_nothing(watched: Database, path: Path) -> None:
    connection = watched.connect("postgres")
    connection.set_session(readonly=True, autocommit=True)
    with connection.cursor() as cursor:
        try:
            cursor.execute(path.read_text("utf-8"))
        except psycopg2.Error as error:
            pytest.fail(f"sql/dashboards/{path.name} fails for the operator's role: {error}")
        assert cursor.description is not None, f"sql/dashboards/{path.name} returns nothing: let it end with a SELECT"
        cursor.fetchall()


FAMILY = "(SELECT id FROM public.families ORDER BY created_at, id LIMIT 1)"
UPLOAD = (
    "INSERT INTO ops.upload_reservations (family_id, size_bytes, duration_seconds, content_type, object_key, state,"
    " url_expires_at, live_until, watch_until, created_at)"
    f" SELECT {FAMILY}, 100, 1, 'audio/mp4', 'families/x' || n, '{{0}}', now() - interval '1 hour',"
    " now() - interval '1 hour', now() + interval '1 day', now() - interval '2 hours' FROM generate_series(1, {1}) AS n"
)
DEAD = (
    "INSERT INTO ops.dead_jobs (kind, payload, payload_version, lane, attempts, max_attempts, enqueued_at)"
    " SELECT 'send_invite_email', '{{}}', 1, 'x', 8, 8, now() FROM generate_series(1, {})"
)
EVENT = (
    "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, state, created_at, applied_at)"
    " VALUES ('evt_1', 'x', false, now() - interval '100 seconds', 'applied', now() - interval '90 seconds', now()),"
    " ('evt_2', 'x', false, now() - interval '90 seconds', 'stored', now() - interval '90 seconds', NULL)"
)
TALLY = "INSERT INTO ops.tallies (measure, subject, hour, bucket, amount) VALUES {}"
SLOW = TALLY.format(
    "('job_took', 'send_invite_email', date_trunc('hour', now()), ops.tally_bucket(100), 90),"
    " ('job_took', 'send_invite_email', date_trunc('hour', now()), ops.tally_bucket(70000), 10),"
    " ('job_waited', 'send_invite_email', date_trunc('hour', now()), ops.tally_bucket(3000), 100),"
    " ('job_failed', 'send_invite_email', date_trunc('hour', now()), 0, 25)"
)
REFUSED = (
    "INSERT INTO ops.call_counts (key, bucket, calls, refused) VALUES ('redeem:2001:db8::/64', 1, 1, 4),"
    " ('redeem:198.51.100.7', 1, 1, 3), ('wrong-code/hour/0c9eaf06', 1, 1, 9), ('reads:x', 1, 1, 0)"
)
NO_RUNS = "UPDATE ops.health_probes SET created_at = now() - interval '2 days'"

# Dashboard, what an operator would look for, and columns of the row that must show it.
SHOWN: list[tuple[str, str, dict[str, Any]]] = [
    ("health", DEAD.format(4), {"status": "warn", "name": "dead_jobs", "reason": "dead"}),
    ("health", "SELECT ops.arm_deleting_tx(false)", {"status": "warn", "name": "deleting", "reason": "disarmed"}),
    ("queue", DEAD.format(4), {"kind": "send_invite_email", "due": 0, "oldest": None, "dead": 4}),
    (
        "queue",
        "SELECT ops.set_flag_tx('job:capture_events', NULL, false, 100, NULL, 'ana', 'PostHog is down')",
        {"kind": "capture_events", "paused": True, "due": 0, "dead": 0},
    ),
    (
        "queue",
        "INSERT INTO ops.jobs (kind, lane, turn_at, run_at) VALUES ('capture_events', 'x', now(), now())",
        {"kind": "capture_events", "due": 1, "dead": 0},
    ),
    (
        "jobs",
        SLOW + "; " + DEAD.format(2),
        {"kind": "send_invite_email", "done": 100, "failed_attempts": 25, "failed_per_cent": 20, "dead": 2},
    ),
    ("upload_days", UPLOAD.format("pending", 3), {"open": 3}),
    ("upload_days", UPLOAD.format("abandoned", 2), {"abandoned": 2}),
    ("upload_days", TALLY.format("('upload_abandoned', '', date_trunc('hour', now()), 0, 5)"), {"abandoned": 5}),
    ("upload_days", "UPDATE public.recordings SET rescued = true", {"rescued": 6, "finished": None}),
    ("uploads", UPLOAD.format("abandoned", 2), {"stage": "5 abandoned, to be cleaned up", "uploads": 2}),
    ("quota", "UPDATE public.entitlements SET storage_used_bytes = 950", {"full_per_cent": 95, "used": "950 bytes"}),
    ("webhooks", EVENT, {"events": 2, "not_applied": 1, "applied_p50_s": 90, "arrived_p95_s": 9.5}),
    (
        "errors",
        "SELECT ops.note_alert('internal/x', 'error', 'm'), ops.note_alert('internal/x', 'error', 'm')",
        {"fingerprint": "internal/x", "occurrences": 2, "mailed": None},
    ),
    ("limits", REFUSED, {"class": "redeem", "callers": 2, "refused": 7, "most_of_one_caller": 4}),
    ("limits", REFUSED, {"class": "wrong-code/hour", "refused": 9}),
    (
        "families",
        "UPDATE public.recordings SET created_at = now() - interval '3 days'",
        {"window": "1 day", "active": 0, "families": 2},
    ),
    ("usage", "SELECT", {"plan": "free", "recordings": 5, "members": 2}),
    ("schedules", NO_RUNS, {"status": "fail", "schedule": "process_jobs", "reason": "never_ran", "last_success": None}),
    ("service_levels", SLOW, {"status": "warn", "name": "job-time"}),
    ("service_levels", DEAD.format(1), {"status": "warn", "name": "retries-exhausted", "value": 1}),
    ("service_levels", DEAD.format(11), {"status": "warn", "name": "dead-jobs-growth", "value": 11}),
    ("service_levels", UPLOAD.format("pending", 20), {"status": "warn", "name": "upload-failures"}),
    (
        "service_levels",
        "INSERT INTO ops.jobs (kind, lane, turn_at, run_at)"
        " VALUES ('capture_events', 'x', now(), now() - interval '10 minutes')",
        {"status": "warn", "name": "queue-age", "value": 600},
    ),
    (
        "billing",
        "SELECT ops.set_flag_tx('uploads', id, false, 100, NULL, 'ana', 'asked') FROM public.families",
        {"fact": "families suspended by the operator", "value": "2"},
    ),
    (
        "storage",
        "UPDATE public.recordings SET copied_at = now() WHERE id = (SELECT id FROM public.recordings LIMIT 1)",
        {"without_second_copy": 5},
    ),
]


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Connection]:
    """A superuser's session on a database with families; whatever a test adds goes with its transaction."""
    with cluster.database() as database:
        isolation_rows.build(database)
        # The template, with all that a migration inserts, is as old as the run.
        database.run("UPDATE ops.health_probes SET created_at = now()")
        yield database.connect(autocommit=False)


def answer(operator: Connection, name: str, added: str) -> list[dict[str, Any]]:
    with operator.cursor() as cursor:
        cursor.execute(added)
        cursor.execute((ROOT / "sql" / "dashboards" / f"{name}.sql").read_text("utf-8"))
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    operator.rollback()
    return rows


@pytest.mark.parametrize(("name", "added", "shown"), SHOWN)
def test_a_dashboard_shows_what_an_operator_looks_for(
    operator: Connection, name: str, added: str, shown: dict[str, Any]
) -> None:
    before, rows = answer(operator, name, "SELECT"), answer(operator, name, added)
    assert any(shown.items() <= row.items() for row in rows), rows
    assert added == "SELECT" or not any(shown.items() <= row.items() for row in before), "it stands there without"


def test_every_dashboard_is_tried_on_a_row_that_it_must_show() -> None:
    assert {name for name, _, _ in SHOWN} == {path.stem for path in DASHBOARDS}


def test_percentiles_of_jobs_are_right_within_a_tenth(operator: Connection) -> None:
    row = next(row for row in answer(operator, "jobs", SLOW) if row["kind"] == "send_invite_email")
    assert (90 <= row["took_p50_ms"] <= 110, 63_000 <= row["took_p95_ms"] <= 77_000) == (True, True), row
    assert 2_700 <= row["waited_p95_ms"] <= 3_300


def test_what_needs_somebody_stands_first(operator: Connection) -> None:
    assert answer(operator, "health", NO_RUNS + "; " + DEAD.format(1))[0]["status"] == "fail"
    assert answer(operator, "schedules", NO_RUNS)[0]["status"] == "fail"


def test_every_schedule_stands_there_though_none_ever_ran(operator: Connection) -> None:
    listed = {row["schedule"] for row in answer(operator, "schedules", "SELECT")}
    assert listed == {name for name in app.handler_map if " " not in name}


def test_a_broken_service_level_is_alerted_by_its_name(operator: Connection) -> None:
    with operator.cursor() as cursor:
        cursor.execute(DEAD.format(11))
        cursor.execute("SELECT ops.note_service_levels_tx(), ops.note_service_levels_tx()")
        assert cursor.fetchall()[0][0] == {"broken": ["dead-jobs-growth", "retries-exhausted"]}
        cursor.execute("SELECT fingerprint, severity, occurrences FROM ops.alert_digest ORDER BY fingerprint")
        alerts = cursor.fetchall()
    operator.rollback()
    assert alerts == [
        ("service-level/dead-jobs-growth", "error", 2),
        ("service-level/retries-exhausted", "error", 2),
    ]
