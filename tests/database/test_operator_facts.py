"""What an operator reads of a stage: how long jobs took, gauges, service levels, runs. Each counts what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Cluster

HOUR_MS = 3_600_000


class Rows:
    """Rows that are there for one test, which takes them back."""

    def __init__(self, line: Connection) -> None:
        self.line = line

    def run(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.line.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, expression: str, *parameters: Any) -> Any:
        return self.run(f"SELECT {expression}", *parameters)[0][0]

    def claim(self, kind: str, count: int = 1, age: str = "0") -> tuple[list[str], str]:
        """(ids, token) of jobs that were enqueued so long ago and are being worked on."""
        made = self.run(
            "INSERT INTO ops.jobs (kind, lane, turn_at, run_at, created_at, lease_token, attempts, max_attempts)"
            " SELECT %s, %s, now(), now(), clock_timestamp() - %s::interval,"
            " '00000000-0000-0000-0000-000000000001', 1, 8 FROM generate_series(1, %s) RETURNING id::text",
            kind, kind, age, count,
        )  # fmt: skip
        return [job for (job,) in made], "00000000-0000-0000-0000-000000000001"

    def complete(self, kind: str, count: int = 1, age: str = "0", took_ms: float | None = None) -> None:
        ids, token = self.claim(kind, count, age)
        assert self.value("ops.complete_jobs_tx(%s::uuid[], %s, %s)", ids, token, took_ms) == {"completed": count}

    def times(self, kind: str | None, since: str = "0") -> tuple[Any, ...]:
        """(done, failed, took p50 and p95, waited p50 and p95) from the hour of so long ago."""
        found = self.run("SELECT * FROM ops.job_times(now() - %s::interval)", since)
        return next((row[1:] for row in found if row[0] == kind), ())

    def level(self, name: str) -> tuple[Any, bool]:
        ((value, met),) = self.run("SELECT value, met FROM ops.service_levels() WHERE name = %s", name)
        return value, met

    def die(self, count: int, age: str = "0", attempts: int = 8) -> None:
        self.run(
            "INSERT INTO ops.dead_jobs"
            " (kind, payload, payload_version, lane, attempts, max_attempts, enqueued_at, died_at)"
            " SELECT 'a', '{}', 1, 'x', %s, 8, now(), now() - %s::interval FROM generate_series(1, %s)",
            attempts, age, count,
        )  # fmt: skip

    def family(self) -> str:
        return str(self.value("id::text FROM public.families LIMIT 1"))

    def uploads(self, count: int, url_ended: str, state: str = "pending") -> list[str]:
        """Reservations whose URL ended so long ago."""
        made = self.run(
            "INSERT INTO ops.upload_reservations (family_id, size_bytes, duration_seconds, content_type, object_key,"
            " state, url_expires_at, live_until, watch_until, created_at)"
            " SELECT %s, 1, 1, 'audio/mp4', gen_random_uuid()::text, %s, ended, greatest(ended, now()),"
            " greatest(ended, now()), now() - interval '14 days'"
            " FROM (SELECT now() - %s::interval) AS url (ended), generate_series(1, %s) RETURNING id::text",
            self.family(), state, url_ended, count,
        )  # fmt: skip
        return [upload for (upload,) in made]

    def recordings(self, count: int, **columns: Any) -> None:
        self.run(
            "INSERT INTO public.recordings (family_id, size_bytes, duration_seconds, content_type, recorded_at,"
            " object_key, etag, stored_at, rescued) SELECT %s, 1, 1, 'audio/mp4', now(), gen_random_uuid()::text, 'e',"
            " now(), %s FROM generate_series(1, %s)",
            self.family(), columns.get("rescued", False), count,
        )  # fmt: skip


@pytest.fixture(scope="module")
def stage(cluster: Cluster) -> Iterator[Connection]:
    """A stage with one family, and nothing that ever happened."""
    with cluster.database() as database:
        database.run("INSERT INTO public.families (name) VALUES ('Sol')")
        # The template, with all that a migration inserts, is as old as the run.
        database.run("UPDATE ops.health_probes SET created_at = now()")
        yield database.connect(autocommit=False)


@pytest.fixture
def rows(stage: Connection) -> Iterator[Rows]:
    yield Rows(stage)
    stage.rollback()


# Jobs -------------------------------------------------------------------------------------------


def test_done_jobs_count_with_what_they_took_and_how_long_after_their_request(rows: Rows) -> None:
    rows.complete("a", 2, "1 hour", took_ms=2_000)
    rows.complete("a", 1, "1 hour", took_ms=2_000)
    rows.complete("b", 1, "0", took_ms=0.2)
    done, failed, took, took_p95, waited, waited_p95 = rows.times("a")
    assert (done, failed, took, waited) == (3, 0, took_p95, waited_p95)
    assert took == pytest.approx(2_000, rel=0.1) and waited == pytest.approx(HOUR_MS, rel=0.1)
    assert rows.times("b")[:3] == (1, 0, 1)
    assert rows.times(None)[0] == 4


def test_jobs_of_which_nobody_says_how_long_they_took_count_as_done(rows: Rows) -> None:
    rows.complete("a", 3)
    assert rows.times("a")[:4] == (3, 0, None, None)


def test_a_failed_attempt_counts_and_is_no_done_job(rows: Rows) -> None:
    (job,), token = rows.claim("a")
    rows.value("ops.fail_job_tx(%s, %s, 'KeyError', true)", job, token)
    assert rows.times("a")[:2] == (0, 1)


def test_half_of_the_jobs_and_all_but_a_twentieth_were_as_fast_as_their_figures(rows: Rows) -> None:
    for count, milliseconds in ((45, 10), (10, 1_000), (40, 5_000), (5, 600_000)):
        rows.complete("a", count, took_ms=milliseconds)
    took, took_p95 = rows.times("a")[2:4]
    assert (took, took_p95) == (pytest.approx(1_000, rel=0.1), pytest.approx(5_000, rel=0.1))


def test_what_happened_before_the_hour_and_what_is_no_job_do_not_count(rows: Rows) -> None:
    rows.complete("a", took_ms=1)
    rows.run("UPDATE ops.tallies SET hour = hour - interval '2 hours'")
    rows.run(
        "INSERT INTO ops.tallies (measure, hour, amount) VALUES ('upload_abandoned', date_trunc('hour', now()), 5)"
    )
    assert rows.run("SELECT * FROM ops.job_times(now() - interval '1 hour')") == []
    assert rows.times("a", "2 hours")[0] == 1


def test_tallies_are_of_the_hour(rows: Rows) -> None:
    rows.complete("a", took_ms=1)
    assert rows.value("every(hour = date_trunc('hour', clock_timestamp(), 'UTC')) FROM ops.tallies") is True


def test_dropped_uploads_count_in_the_hour_in_which_they_began(rows: Rows) -> None:
    for upload in rows.uploads(2, "13 days", "abandoned"):
        assert rows.value("ops.drop_abandoned_tx(%s)", upload) == {"dropped": True}
    tallies = "SELECT measure, hour = date_trunc('hour', now() - interval '14 days', 'UTC'), amount FROM ops.tallies"
    assert rows.run(tallies) == [("upload_abandoned", True, 2)]


# Health -----------------------------------------------------------------------------------------


def checked(rows: Rows, name: str) -> tuple[str, str | None]:
    """(status, reason) of a check."""
    return next((c["status"], c["reason"]) for c in rows.value("ops.health() -> 'checks'") if c["name"] == name)


def test_health_warns_of_critical_alarms_of_the_last_half_hour_that_are_not_over(rows: Rows) -> None:
    rows.value("ops.note_alert('a', 'error', 'It is.')")
    rows.value("ops.note_alert('b', 'critical', 'It is.')")
    rows.run("UPDATE ops.alert_digest SET recovered_at = now() WHERE fingerprint = 'b'")
    rows.value("ops.note_alert('c', 'critical', 'It is.')")
    rows.run("UPDATE ops.alert_digest SET last_seen_at = now() - interval '31 minutes' WHERE fingerprint = 'c'")
    assert checked(rows, "alarms") == ("pass", None)
    rows.value("ops.note_alert('d', 'critical', 'It is.')")
    assert checked(rows, "alarms") == ("warn", "alarmed")


def test_what_is_paused_or_not_due_is_late_nowhere(rows: Rows) -> None:
    rows.claim("paused", 1_000, age="1 day")
    rows.run("UPDATE ops.jobs SET run_at = now() - interval '1 day'")
    rows.claim("later", 1_000, age="1 day")
    rows.run("UPDATE ops.jobs SET run_at = now() + interval '1 day' WHERE kind = 'later'")
    late = checked(rows, "queue"), rows.level("queue-age")[1], rows.value("ops.queue_gauges() -> 'oldest_due_seconds'")
    assert late == (("fail", "old"), False, 86_400)
    rows.value("ops.set_flag_tx('job:paused', NULL, false, 100, NULL, 'ana', 'a test')")
    assert checked(rows, "queue") == ("pass", None)
    assert rows.level("queue-age") == (0, True)
    assert rows.value("ops.queue_gauges() -> 'oldest_due_seconds'") == 0


def test_a_check_that_took_long_is_not_begun_again_at_once(rows: Rows) -> None:
    assert rows.value("ops.claim_health_probe_tx(15) -> 'claimed'") is True
    rows.value("ops.store_health_probe_tx('[]')")
    rows.run("UPDATE ops.health_probes SET claimed_at = now() - interval '1 minute'")
    assert rows.value("ops.claim_health_probe_tx(15) -> 'claimed'") is False


def test_a_schedule_that_stopped_or_never_ran_is_told_by_its_name(rows: Rows) -> None:
    rows.run("UPDATE ops.health_probes SET created_at = now() - interval '20 minutes'")
    rows.run(
        "INSERT INTO ops.schedule_runs (schedule, slot, started_at, finished_at)"
        " VALUES ('send_error_digest', now(), now() - interval '2 hours', now() - interval '2 hours')"
    )
    rows.value("ops.note_service_levels_tx()")
    told = "SELECT fingerprint FROM ops.alert_digest WHERE severity = 'critical' ORDER BY 1"
    assert rows.run(told) == [("schedule-late/process_jobs",), ("schedule-late/send_error_digest",)]


# Service levels ---------------------------------------------------------------------------------


def test_where_nothing_happened_every_level_is_met_and_nothing_is_alerted(rows: Rows) -> None:
    levels = rows.run("SELECT value, met FROM ops.service_levels() ORDER BY name")
    assert levels == [(0, True), (None, True), (0, True), (0, True), (None, True)]
    assert rows.value("ops.note_service_levels_tx()") == {"broken": []}
    assert rows.value("count(*) FROM ops.alert_digest") == 0


def test_twenty_jobs_are_a_measure_and_fewer_are_none(rows: Rows) -> None:
    rows.complete("a", 19, took_ms=70_000)
    assert rows.level("job-time") == (None, True)
    rows.complete("b", 1, took_ms=70_000)
    value, met = rows.level("job-time")
    assert (value, met) == (pytest.approx(70, rel=0.1), False)


def test_a_job_that_is_not_due_is_not_late(rows: Rows) -> None:
    rows.claim("a", age="1 day")
    rows.run("UPDATE ops.jobs SET run_at = now() + interval '1 hour'")
    assert rows.level("queue-age") == (0, True)
    assert rows.value("ops.queue_gauges() -> 'oldest_due_seconds'") == 0


def test_what_could_never_succeed_used_up_no_attempts(rows: Rows) -> None:
    rows.die(1, attempts=1)
    rows.die(1, age="61 minutes")
    assert rows.level("retries-exhausted") == (0, True)
    rows.die(1)
    assert rows.level("retries-exhausted") == (1, False)


def test_ten_jobs_may_die_in_a_day(rows: Rows) -> None:
    rows.die(10)
    rows.die(10, age="25 hours")
    assert rows.level("dead-jobs-growth") == (10, True)
    rows.die(1)
    assert rows.level("dead-jobs-growth") == (11, False)


def test_an_upload_failed_when_its_url_ended_in_the_last_day_and_the_app_did_not_finish_it(rows: Rows) -> None:
    rows.uploads(19, "1 hour")
    rows.uploads(30, "-10 minutes")
    rows.uploads(30, "25 hours")
    assert rows.level("upload-failures") == (None, True), "nineteen are no measure"
    rows.recordings(171)
    assert rows.level("upload-failures") == (10, True)
    rows.recordings(1, rescued=True)
    assert rows.level("upload-failures")[1] is False


# Gauges -----------------------------------------------------------------------------------------


def test_a_gauge_of_the_last_day_or_hour_knows_nothing_older(rows: Rows) -> None:
    rows.die(2)
    rows.die(3, age="25 hours")
    for age in ("1 minute", "59 minutes", "61 minutes"):
        rows.run(
            "INSERT INTO ops.invite_mails (family_id, email_hash, created_at)"
            " VALUES (%s, '\\x00', now() - %s::interval)",
            rows.family(), age,
        )  # fmt: skip
        rows.run(
            "INSERT INTO public.invites (family_id, code_hash, expires_at, mail_refused_at)"
            " VALUES (%s, decode(md5(%s), 'hex'), now(), now() - %s::interval)",
            rows.family(), age, age,
        )  # fmt: skip
    gauges = rows.value("ops.queue_gauges()")
    assert (gauges["dead_last_day"], gauges["mails_last_hour"], gauges["mails_refused_last_hour"]) == (2, 2, 2)


@pytest.mark.parametrize(
    ("state", "lags"), [("stored", True), ("failed", True), ("applied", False), ("ignored", False)]
)
def test_an_event_of_stripe_s_lags_until_it_is_applied(rows: Rows, state: str, lags: bool) -> None:
    rows.run(
        "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, state, created_at)"
        " VALUES ('evt_1', 'x', false, now(), %s, now() - interval '90 seconds')",
        state,
    )
    assert (rows.value("ops.queue_gauges() -> 'webhook_lag_seconds'") >= 90) is lags


# Status -----------------------------------------------------------------------------------------


def test_the_status_shows_the_last_run_and_the_last_finished_audit_and_the_last_day_s_alerts(rows: Rows) -> None:
    for hours, version in ((1, "2.0"), (5, "1.0")):
        rows.run(
            "INSERT INTO ops.schedule_runs (schedule, slot, started_at, finished_at, version) VALUES ('cleanup_media',"
            " now() - make_interval(hours => %s), now() - make_interval(hours => %s), now(), %s)",
            hours, hours, version,
        )  # fmt: skip
    rows.run("INSERT INTO ops.audit_runs (started_at, missing) VALUES (now(), 0)")
    for days in (1, 2):
        rows.run(
            "INSERT INTO ops.audit_runs (started_at, finished_at, missing)"
            " SELECT at, at, %s FROM (SELECT now() - make_interval(days => %s)) AS moment (at)",
            days, days,
        )  # fmt: skip
    rows.value("ops.note_alert('today', 'error', 'It is.')")
    for name, hours in (("before", 25), ("yesterday", 1)):
        rows.value("ops.note_alert(%s, 'error', 'It is.')", name)
        rows.run(
            "UPDATE ops.alert_digest SET day = day - 1, last_seen_at = now() - make_interval(hours => %s)"
            " WHERE fingerprint = %s",
            hours, name,
        )  # fmt: skip
    status = rows.value("ops.status_overview()")
    assert [run["version"] for run in status["schedules"]] == ["2.0"]
    assert status["audit"]["missing"] == 1
    assert [alert["fingerprint"] for alert in status["alerts"]] == ["today", "yesterday"]


def test_the_status_counts_what_has_no_second_copy_and_is_not_being_purged(rows: Rows) -> None:
    rows.recordings(4)
    rows.run(
        "UPDATE public.recordings SET copied_at = now()"
        " WHERE id = (SELECT id FROM public.recordings ORDER BY id LIMIT 1)"
    )
    rows.run(
        "UPDATE public.recordings SET deleted_at = now() - interval '31 days', purging_at = now()"
        " WHERE id = (SELECT id FROM public.recordings ORDER BY id DESC LIMIT 1)"
    )
    assert rows.value("ops.status_overview() -> 'uncopied' ->> 'recordings'") == "2"
