"""What the database knows of a stage's health: each fact on rows that it must judge, every limit in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from app import app
from local.settings import ROOT
from tests.support import isolation_rows
from tests.support.database_server import Cluster

JOB = (
    "INSERT INTO ops.jobs (kind, lane, turn_at, run_at)"
    " SELECT 'capture_events', 'x', now(), now() - interval '{}' FROM generate_series(1, {})"
)
PAUSED = "SELECT ops.set_flag_tx('job:capture_events', NULL, false, 100, NULL, 'ana', 'PostHog is down')"
ALARM = (
    "INSERT INTO ops.alert_digest (fingerprint, severity, message, last_seen_at)"
    " VALUES ('internal-error/x/KeyError', '{}', 'Requests fail.', now() - interval '{}')"
)
DEAD = (
    "INSERT INTO ops.dead_jobs (kind, payload, payload_version, lane, attempts, max_attempts, enqueued_at)"
    " SELECT 'capture_events', '{{}}', 1, 'x', 8, 8, now() FROM generate_series(1, {})"
)
COPIED = "UPDATE public.recordings SET copied_at = now()"
UNCOPIED = "UPDATE public.recordings SET copied_at = NULL, created_at = now() - interval '{}'"
ONE_IS_NEW = "UPDATE public.recordings SET created_at = now() WHERE id = (SELECT id FROM public.recordings LIMIT 1)"
PURGING = "UPDATE public.recordings SET deleted_at = now() - interval '31 days', purging_at = now()"
AUDIT = (
    "INSERT INTO ops.audit_runs (started_at, finished_at, missing, differing, drifted)"
    " VALUES (now() - interval '{0}', now() - interval '{0}', {1}, {2}, {3})"
)
DRILL = (
    "INSERT INTO ops.maintenance_runs (kind, last_run_at, last_succeeded_at)"
    " VALUES ('drill', now(), now() - interval '{}')"
)
RUN = (
    "INSERT INTO ops.schedule_runs (schedule, slot, started_at, finished_at)"
    " VALUES ('{0}', now() - interval '{1}', now() - interval '{1}', {2})"
)
OLD = "UPDATE ops.health_probes SET created_at = now() - interval '{}'"

FACTS = [
    ("queue", JOB.format("4 minutes", 1), "pass", None),
    ("queue", JOB.format("6 minutes", 1), "warn", "old"),
    ("queue", JOB.format("31 minutes", 1), "fail", "old"),
    ("queue", JOB.format("1 minute", 1000), "warn", "many"),
    ("queue", JOB.format("-1 hour", 1000), "pass", None),
    ("queue", JOB.format("31 minutes", 1) + "; " + PAUSED, "pass", None),
    ("alarms", ALARM.format("critical", "29 minutes"), "warn", "alarmed"),
    ("alarms", ALARM.format("critical", "31 minutes"), "pass", None),
    ("alarms", ALARM.format("error", "1 minute"), "pass", None),
    (
        "alarms",
        ALARM.format("critical", "1 minute") + "; UPDATE ops.alert_digest SET recovered_at = now()",
        "pass",
        None,
    ),
    ("dead_jobs", DEAD.format(1), "warn", "dead"),
    ("dead_jobs", DEAD.format(100), "fail", "dead"),
    ("copies", UNCOPIED.format("23 hours"), "pass", None),
    ("copies", UNCOPIED.format("25 hours"), "warn", "late"),
    ("copies", UNCOPIED.format("73 hours"), "fail", "late"),
    ("copies", UNCOPIED.format("25 hours") + "; " + ONE_IS_NEW, "warn", "late"),
    ("copies", UNCOPIED.format("73 hours") + "; " + COPIED, "pass", None),
    ("copies", UNCOPIED.format("73 hours") + "; " + PURGING, "pass", None),
    ("audit", AUDIT.format("29 hours", 0, 0, 0), "pass", None),
    ("audit", AUDIT.format("2 hours", 1, 1, 1) + "; INSERT INTO ops.audit_runs DEFAULT VALUES", "fail", "missing"),
    ("audit", AUDIT.format("26 hours", 1, 1, 1) + "; " + AUDIT.format("2 hours", 0, 0, 0), "pass", None),
    ("audit", AUDIT.format("31 hours", 0, 0, 0), "warn", "late"),
    ("audit", AUDIT.format("97 hours", 0, 0, 0), "fail", "late"),
    ("audit", AUDIT.format("1 hour", 1, 0, 0), "fail", "missing"),
    ("audit", AUDIT.format("31 hours", 1, 1, 1), "fail", "missing"),
    ("audit", AUDIT.format("1 hour", 0, 1, 0), "warn", "differing"),
    ("audit", AUDIT.format("1 hour", 0, 0, 1), "warn", "differing"),
    ("audit", OLD.format("31 hours"), "warn", "never_ran"),
    ("drill", DRILL.format("34 days"), "pass", None),
    ("drill", DRILL.format("36 days"), "warn", "late"),
    ("drill", OLD.format("36 days"), "warn", "never_ran"),
    ("drill", OLD.format("36 days") + "; SELECT ops.note_maintenance_run_tx('other', true)", "warn", "never_ran"),
    ("deleting", "SELECT ops.arm_deleting_tx(false)", "warn", "disarmed"),
    ("schedule/process_jobs", RUN.format("process_jobs", "4 minutes", "now()"), "pass", None),
    ("schedule/process_jobs", RUN.format("process_jobs", "6 minutes", "now()"), "warn", "late"),
    ("schedule/process_jobs", RUN.format("process_jobs", "16 minutes", "now()"), "fail", "late"),
    ("schedule/process_jobs", OLD.format("16 minutes"), "fail", "never_ran"),
    ("schedule/cleanup_media", RUN.format("cleanup_media", "9 days", "now()"), "warn", "late"),
    ("schedule/settle_uploads", RUN.format("settle_uploads", "16 minutes", "NULL"), "warn", "failing"),
    ("schedule/settle_uploads", RUN.format("settle_uploads", "14 minutes", "NULL"), "pass", None),
]


@pytest.fixture(scope="module")
def families(cluster: Cluster) -> Iterator[Connection]:
    with cluster.database() as database:
        isolation_rows.build(database)
        database.run(COPIED)
        # The template, with all that a migration inserts, is as old as the run.
        database.run("UPDATE ops.health_probes SET created_at = now()")
        yield database.connect(autocommit=False)


@pytest.fixture
def rows(families: Connection) -> Iterator[Connection]:
    """Rows that are there for one test."""
    yield families
    families.rollback()


def run(rows: Connection, statement: str) -> list[tuple[Any, ...]]:
    with rows.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def checks(rows: Connection) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in run(rows, "SELECT ops.health() -> 'checks'")[0][0]}


def test_a_new_stage_passes(rows: Connection) -> None:
    assert {check["status"] for check in checks(rows).values()} == {"pass"}


@pytest.mark.parametrize(("name", "statement", "status", "reason"), FACTS)
def test_a_fact_is_judged_by_its_limits(
    rows: Connection, name: str, statement: str, status: str, reason: str | None
) -> None:
    run(rows, statement)
    found = checks(rows)
    assert (found[name]["status"], found[name]["reason"]) == (status, reason)
    if not statement.startswith("UPDATE ops.health_probes"):
        assert {check["name"] for check in found.values() if check["status"] != "pass"} <= {name}


def test_a_failing_run_is_forgotten_after_the_next_success(rows: Connection) -> None:
    run(rows, RUN.format("settle_uploads", "31 minutes", "NULL"))
    run(rows, RUN.format("settle_uploads", "16 minutes", "now()"))
    found = checks(rows)["schedule/settle_uploads"]
    assert (found["status"], found["measures"]["failures"]) == ("pass", 0)


def test_every_schedule_of_the_map_has_its_limits_and_no_other_has(rows: Connection) -> None:
    limited = run(rows, "SELECT substr(name, 10) FROM ops.health_limits() WHERE name LIKE 'schedule/%'")
    schedules = {name for name in app.handler_map if " " not in name}
    assert {row[0] for row in limited} == schedules, "sql/functions/health_limits.sql: a line a schedule"


def test_every_limit_belongs_to_a_measure_and_every_measure_has_a_limit(rows: Connection) -> None:
    measured = {
        ("schedule" if measure == "failures" else check["name"], measure)
        for check in checks(rows).values()
        for measure in check["measures"]
    }
    assert {*run(rows, "SELECT name, measure FROM ops.health_limits()")} == measured


def test_the_operators_page_states_the_limits_that_hold(rows: Connection) -> None:
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    stated = re.findall(r"^\| `([a-z_/]+)` \| ([a-z]+) \| (\d+) \| (\d+|-) \|", page, re.MULTILINE)
    limits = run(rows, "SELECT name, measure, warn_at::text, coalesce(fail_at::text, '-') FROM ops.health_limits()")
    assert sorted(stated) == sorted(limits), "docs/operating.md, Health: the table of sql/functions/health_limits.sql"
