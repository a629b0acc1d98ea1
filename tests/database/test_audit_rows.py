"""What the schedules note: audits, second copies, adoption, alerts, sweeping: each about its own rows, in its time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from chalicelib.storage.keys import shards
from tests.support.database_server import Database
from tests.support.quota import stored, transact
from tests.support.quota_family import Family
from tests.support.races import call, run_into

TABLES = (
    *("audit_runs", "anomalies", "alert_digest", "stripe_events", "invite_mails", "call_counts", "schedule_runs"),
    *("jobs", "dead_jobs", "audit_shards"),
)
TOKEN = "00000000-0000-4000-8000-000000000001"
"""Of the worker that holds every shard here."""


@pytest.fixture
def family(module_database: Database) -> Iterator[Family]:
    module_database.run("TRUNCATE " + ", ".join(f"ops.{table}" for table in TABLES))
    yield Family(module_database, quota=100_000)
    module_database.run("UPDATE public.recordings SET copied_at = coalesce(copied_at, now())")


def ask(family: Family, function: str, **parameters: Any) -> Any:
    return transact(family.line, None, function, **parameters)


def value(family: Family, expression: str, *parameters: Any) -> Any:
    return family.database.run(f"SELECT {expression}", parameters)[0][0]


def audit(family: Family, hours_ago: float = 0, finished: bool = False) -> str:
    """An audit that began so long ago."""
    insert = (
        "INSERT INTO ops.audit_runs (started_at, finished_at)"
        " VALUES (now() - make_interval(secs => %s), CASE WHEN %s THEN now() END) RETURNING id::text"
    )
    run = str(family.database.run(insert, [hours_ago * 3600, finished])[0][0])
    hold(family, run)
    return run


def hold(family: Family, run: str, shard: str = "all", **bounds: str) -> None:
    """A shard of an audit, which a worker holds."""
    columns, values = ["run_id", "shard", "lease_token", *bounds], [run, shard, TOKEN, *bounds.values()]
    if "keys_after" not in bounds:
        columns, values = [*columns, "keys_after"], [*values, ""]
    places = ", ".join(["%s"] * len(columns))
    family.database.run(
        f"INSERT INTO ops.audit_shards ({', '.join(columns)}, leased_until) VALUES ({places}, 'infinity')", values
    )


def find(family: Family, run: str, kind: str, recording: str | None = None, token: str = TOKEN, **details: Any) -> bool:
    """Whether the finding was written."""
    finding = {"kind": kind, "recording_id": recording, "family_id": family.id, "details": details}
    note = "ops.note_findings_tx(%s, 'all', %s, 'position', 2, 1, %s::jsonb)"
    return not value(family, note, run, token, json.dumps([finding]))["lost"]


def page_of_families(family: Family, run: str, after: str | None, limit: int, **more: Any) -> dict[str, Any]:
    held = {"run_id": run, "shard": "all", "lease_token": TOKEN, **more}
    return dict(ask(family, "verify_families_tx", after=after, limit=limit, position_prefix="families:", **held))


def verify(family: Family, run: str, **more: Any) -> bool:
    """Compares all families; whether this one was verified."""
    family.database.run("UPDATE public.families SET last_verified_at = NULL")
    page_of_families(family, run, None, 1000, **more)
    return bool(value(family, "last_verified_at IS NOT NULL FROM public.families WHERE id = %s", family.id))


@contextmanager
def holding(family: Family) -> Iterator[Connection]:
    """A connection in a transaction, which is over when the block is, also where the block fails."""
    connection = family.database.connect(autocommit=False)
    try:
        yield connection
    finally:
        connection.rollback()


def claim(family: Family, run: str, failed: Sequence[str] = ()) -> str | None:
    shard = value(family, "ops.claim_audit_shard_tx(%s, 900, %s)", run, list(failed))["shard"]
    return None if shard is None else str(shard["shard"])


def end(family: Family, run: str, **more: Any) -> None:
    ask(family, "end_audit_shard_tx", **{"run_id": run, "shard": "all", "lease_token": TOKEN, "finished": True, **more})


# The audit --------------------------------------------------------------------------------------


def test_the_audit_of_the_last_twenty_hours_that_began_last_goes_on(family: Family) -> None:
    old = audit(family, 21)
    fresh = ask(family, "begin_audit_tx", fresh=False)["run_id"]
    assert fresh not in (None, old)
    family.database.run("UPDATE ops.audit_runs SET started_at = now() - interval '19 hours' WHERE id = %s", [fresh])
    assert ask(family, "begin_audit_tx", fresh=False)["run_id"] == fresh
    last = audit(family, 3)
    assert ask(family, "begin_audit_tx", fresh=False)["run_id"] == last
    family.database.run("UPDATE ops.audit_runs SET finished_at = now() WHERE id = %s", [last])
    assert ask(family, "begin_audit_tx", fresh=False) == {"run_id": None}
    assert ask(family, "begin_audit_tx", fresh=True)["run_id"] not in (None, last, fresh)


def test_a_finding_that_is_no_longer_true_is_not_noted(family: Family) -> None:
    run, purging, kept = audit(family), family.trash_for_a_month(), family.keep(100)
    ask(family, "mark_purging_tx", recording_id=purging)
    for kind in ("missing", "differing"):
        find(family, run, kind, purging)
        find(family, run, kind, str(uuid.uuid4()))
    find(family, run, "orphaned", object_key=f"audio/{kept}")
    assert value(family, "count(*) FROM ops.anomalies") == 0
    assert value(family, "count(*) FROM ops.alert_digest") == 0


def test_an_audit_s_figures_are_its_own_and_of_all_its_pages(family: Family) -> None:
    other, run, kept = audit(family), audit(family), family.keep(100)
    for _ in range(2):
        find(family, run, "missing", kept)
        find(family, run, "orphaned", object_key="stray")
    find(family, other, "differing", kept)
    for _ in range(2):
        family.database.run("UPDATE public.entitlements SET storage_used_bytes = 7 WHERE family_id = %s", [family.id])
        verify(family, run)
    assert ask(family, "audit_summary", run_id=run, limit=1)["finished"] is False
    end(family, run)
    summary = ask(family, "audit_summary", run_id=run, limit=1)
    assert summary["finished"] is True
    assert summary["counts"] == {
        "objects": 8,
        "recordings": 4,
        "missing": 2,
        "orphaned": 2,
        "differing": 0,
        "drifted": 2,
    }
    assert {kind: len(summary[kind]) for kind in ("missing", "orphaned", "differing", "drifted")} == {
        "missing": 1,
        "orphaned": 1,
        "differing": 0,
        "drifted": 1,
    }
    assert value(family, "finished_at IS NULL FROM ops.audit_runs WHERE id = %s", other) is True
    assert value(family, "objects_seen = 2 FROM ops.audit_shards WHERE run_id = %s", other) is True
    assert value(family, "position LIKE 'families:%%' FROM ops.audit_shards WHERE run_id = %s", run) is True
    totals = "(objects_seen, recordings_seen, missing, orphaned, differing, drifted)::text"
    assert value(family, f"{totals} FROM ops.audit_runs WHERE id = %s", run) == "(8,4,2,2,0,2)"
    family.database.run("UPDATE public.entitlements SET storage_used_bytes = 100 WHERE family_id = %s", [family.id])


@pytest.mark.parametrize("wrong", ["used", "ledger", "kept"])
def test_used_bytes_ledger_and_recordings_must_all_agree(family: Family, wrong: str) -> None:
    other = Family(family.database)
    other.keep(50)
    run, row = audit(family), family.keep(100)
    assert verify(family, run) is True
    spoil = {
        "used": "UPDATE public.entitlements SET storage_used_bytes = storage_used_bytes + 1 WHERE family_id = %s",
        "ledger": "INSERT INTO public.usage_ledger (family_id, recording_id, operation, delta_bytes, used_after_bytes)"
        f" VALUES (%s, '{row}', 'purge', -1, 99)",
        "kept": "UPDATE public.recordings SET size_bytes = size_bytes + 1 WHERE family_id = %s",
    }[wrong]
    family.database.run(spoil, [family.id])
    assert verify(family, run) is False
    noted = "SELECT kind FROM ops.anomalies WHERE family_id = ANY (%s::uuid[])"
    assert family.database.run(noted, [[family.id, other.id]]) == [("audit_drifted",)]
    assert family.database.run("SELECT fingerprint, severity FROM ops.alert_digest") == [("audit-drifted", "error")]
    assert value(family, "last_verified_at IS NOT NULL FROM public.families WHERE id = %s", other.id) is True


@pytest.mark.parametrize("kind", ["missing", "differing"])
def test_a_family_is_verified_again_by_the_next_audit_that_finds_nothing(family: Family, kind: str) -> None:
    run, kept = audit(family, 5), family.keep(100)
    find(family, run, kind, kept)
    other = Family(family.database)
    assert verify(family, run) is False
    assert value(family, "last_verified_at IS NOT NULL FROM public.families WHERE id = %s", other.id) is True
    family.database.run("UPDATE ops.anomalies SET created_at = now() - interval '4 hours'")
    assert verify(family, audit(family, 1)) is True


def test_the_families_are_compared_page_by_page_to_an_end(family: Family) -> None:
    run, seen = audit(family), list[str]()
    while len(seen) < 1000:
        after = seen[-1] if seen else None
        last = page_of_families(family, run, after, 1)["last"]
        if last is None:
            break
        seen.append(last)
    assert seen == [row[0] for row in family.database.run("SELECT id::text FROM public.families ORDER BY id")]


def test_a_worker_that_lost_its_shard_writes_nothing(family: Family) -> None:
    run, kept = audit(family), family.keep(100)
    stranger = str(uuid.uuid4())
    assert find(family, run, "missing", kept, token=stranger) is False
    assert verify(family, run, lease_token=stranger) is False
    end(family, run, lease_token=stranger)
    assert value(family, "count(*) FROM ops.anomalies") == 0
    untouched = (
        "position IS NULL AND finished_at IS NULL AND objects_seen = 0 AND lease_token = %s FROM ops.audit_shards"
    )
    assert value(family, untouched, TOKEN) is True
    assert find(family, run, "missing", kept) is True


def test_an_audit_is_finished_when_all_its_shards_are(family: Family) -> None:
    run = audit(family)
    hold(family, run, "rest")
    finished = "finished_at IS NOT NULL FROM ops.audit_runs WHERE id = %s"
    end(family, run)
    assert value(family, finished, run) is False
    end(family, run, shard="rest", finished=False)
    assert value(family, finished, run) is False
    assert claim(family, run) == "rest"
    family.database.run("UPDATE ops.audit_shards SET lease_token = %s WHERE shard = 'rest'", [TOKEN])
    end(family, run, shard="rest")
    assert value(family, finished, run) is True


def test_the_last_two_shards_that_end_at_once_finish_the_audit(family: Family) -> None:
    run = audit(family)
    hold(family, run, "rest")
    end_shard = "ops.end_audit_shard_tx(%s, %s, %s, true)"
    with holding(family) as first:
        call(first, end_shard, run, "all", TOKEN)
        second = run_into(family.database, family.database.connect(), end_shard, run, "rest", TOKEN)
        first.commit()
        second.result()
    assert value(family, "finished_at IS NOT NULL FROM ops.audit_runs WHERE id = %s", run) is True


def test_a_shard_has_one_worker_and_the_next_is_the_one_that_waited_longest(family: Family) -> None:
    run = ask(family, "begin_audit_tx", fresh=True, shards=json.dumps(shards()))["run_id"]
    assert [claim(family, run) for _ in range(17)] == [*"0123456789abcdef", None]
    for shard in "3a":
        family.database.run(
            "UPDATE ops.audit_shards SET lease_token = NULL, leased_until = NULL WHERE shard = %s", [shard]
        )
    family.database.run("UPDATE ops.audit_shards SET leased_until = now() WHERE shard = 'b'")
    assert claim(family, run, failed=["b"]) == "3"
    assert [claim(family, run) for _ in range(3)] == ["a", "b", None]
    family.database.run("UPDATE ops.audit_shards SET leased_until = now(), finished_at = now()")
    assert claim(family, run) is None


def test_two_workers_that_begin_at_once_begin_one_audit(family: Family) -> None:
    with holding(family) as first:
        began = call(first, "ops.begin_audit_tx(false)")
        second = run_into(family.database, family.database.connect(), "ops.begin_audit_tx(false)")
        first.commit()
        assert second.result() == began
    assert value(family, "count(*) FROM ops.audit_runs") == 1


def test_a_family_with_a_key_that_another_shard_looks_at_is_not_verified(family: Family) -> None:
    run, kept = audit(family), family.keep(100)
    family.database.run("UPDATE ops.audit_shards SET keys_after = 'families/1', keys_up_to = 'families/2'")
    for key, verified in (("families/1", False), ("families/1a", True), ("families/2", True), ("families/2a", False)):
        family.database.run("UPDATE public.recordings SET object_key = %s WHERE id = %s", [key, kept])
        assert verify(family, run) is verified, key
    family.database.run("UPDATE public.recordings SET object_key = %s WHERE id = %s", [f"audio/{kept}", kept])


def test_a_shard_compares_its_own_families_and_recordings_alone(family: Family) -> None:
    others = [Family(family.database) for _ in range(3)]
    ids = sorted([family.id, *(other.id for other in others)])
    run = audit(family)
    family.database.run("UPDATE ops.audit_shards SET families_up_to = %s", [ids[2]])
    family.database.run("UPDATE public.families SET last_verified_at = NULL")
    page_of_families(family, run, ids[0], 1000)
    verified = "SELECT id::text FROM public.families WHERE last_verified_at IS NOT NULL AND id >= %s ORDER BY 1"
    assert [row[0] for row in family.database.run(verified, [ids[0]]) if row[0] in ids] == ids[1:3]
    rows, prefix = [family.keep(100) for _ in range(3)], uuid.uuid4().hex
    for name, row in zip("abc", rows, strict=True):
        family.database.run("UPDATE public.recordings SET object_key = %s WHERE id = %s", [f"{prefix}/{name}", row])
    page = ask(family, "recordings_by_key", after=f"{prefix}/a", limit=9, up_to=f"{prefix}/b")["recordings"]
    assert [found["object_key"] for found in page] == [f"{prefix}/b"]


# Second copies ----------------------------------------------------------------------------------


def enqueue(family: Family, limit: int = 100, after: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Enqueues a page of copies; where the next one begins."""
    after = after or {"created_at": None, "id": None}
    page = ask(family, "enqueue_copies_tx", after_created_at=after["created_at"], after_id=after["id"], limit=limit)
    return page["last"]  # type: ignore[no-any-return]


def to_copy(family: Family) -> list[str]:
    """The recordings whose copies are enqueued, in the order of their jobs."""
    jobs = "SELECT payload ->> 'recording_id' FROM ops.jobs WHERE kind = 'copy_recording' ORDER BY turn_at"
    return [row[0] for row in family.database.run(jobs)]


def test_each_voice_without_a_copy_is_enqueued_once_the_oldest_first(family: Family) -> None:
    rows = sorted(family.keep(100) for _ in range(4))
    moment = "UPDATE public.recordings SET created_at = current_date - %s WHERE id = %s"
    for days, row in zip((1, 2, 2, 3), rows, strict=True):
        family.database.run(moment, [days, row])
    last, pages = enqueue(family, 1), 1
    while last is not None:
        last, pages = enqueue(family, 1, last), pages + 1
        assert pages <= 5
    assert to_copy(family) == [rows[3], rows[1], rows[2], rows[0]]
    assert enqueue(family) is None
    assert len(to_copy(family)) == 4, "a recording whose job waits gets no second one"


def test_a_voice_being_purged_is_neither_copied_nor_late(family: Family) -> None:
    row = family.trash_for_a_month()
    ask(family, "mark_purging_tx", recording_id=row)
    family.database.run("UPDATE public.recordings SET created_at = now() - interval '2 days' WHERE id = %s", [row])
    enqueue(family)
    assert to_copy(family) == []
    assert ask(family, "recording_to_copy", recording_id=row) == {"recording": None}
    assert ask(family, "alert_uncopied_tx") == {"late": 0}


def test_a_voice_whose_job_is_dead_is_enqueued_by_an_operator_alone(family: Family) -> None:
    deadly, other = family.keep(100), family.keep(100)
    enqueue(family, 1)
    family.database.run("SELECT ops.move_to_dead_jobs(id, 'it died') FROM ops.jobs WHERE kind = 'copy_recording'")
    enqueue(family)
    assert to_copy(family) == [other]
    ask(family, "requeue_kind_tx", kind="copy_recording", limit=10)
    assert sorted(to_copy(family)) == sorted([deadly, other])


def test_no_copy_is_enqueued_while_copies_are_paused(family: Family) -> None:
    family.keep(100)
    family.database.run(
        "INSERT INTO ops.feature_flags (name, source, enabled, changed_by, note)"
        " VALUES ('job:copy_recording', 'operator', false, 'test', 'A test.')"
    )
    assert enqueue(family, 1) is None
    assert to_copy(family) == []
    family.database.run("DELETE FROM ops.feature_flags WHERE name = 'job:copy_recording'")
    enqueue(family)
    assert len(to_copy(family)) == 1


def test_a_copy_is_noted_for_one_voice_and_its_very_bytes(family: Family) -> None:
    first, second = family.keep(100), family.keep(100)
    assert ask(family, "note_copied_tx", recording_id=first, etag="other") == {"noted": False}
    assert ask(family, "note_copied_tx", recording_id=first, etag="e") == {"noted": True}
    enqueue(family)
    assert to_copy(family) == [second]


def test_trouble_with_a_copy_is_noted_once_a_day_for_each_voice_and_reason(family: Family) -> None:
    first, second = family.keep(100), family.keep(100)
    for row, reason in ((first, "missing"), (first, "missing"), (second, "missing"), (first, "changed")):
        ask(family, "note_copy_trouble_tx", recording_id=row, reason=reason)
    noted = "SELECT kind, family_id::text, recording_id::text FROM ops.anomalies ORDER BY created_at"
    once = [("copy_missing", family.id, first), ("copy_missing", family.id, second), ("copy_changed", family.id, first)]
    assert family.database.run(noted) == once
    family.database.run("UPDATE ops.anomalies SET created_at = created_at - interval '25 hours'")
    ask(family, "note_copy_trouble_tx", recording_id=first, reason="missing")
    assert family.database.run(noted) == [*once, once[0]]


# Keys -------------------------------------------------------------------------------------------


def adopt(family: Family, key: str, waveform: str | None = None, **more: Any) -> Any:
    given = {"recording_id": str(uuid.uuid4()), "family_id": family.id, **more}
    return ask(
        family,
        "adopt_object_tx",
        object_key=key,
        waveform_key=waveform,
        object=stored(100),
        duration_seconds=3.0,
        **given,
    )


def test_only_an_object_that_nothing_has_is_adopted_by_a_family_that_there_is(family: Family) -> None:
    taken = {"refused": "CONFLICT", "details": {"reason": "claimed"}}
    kept, upload, stray = family.keep(100), family.reserve(100), uuid.uuid4().hex
    family.database.run("UPDATE public.recordings SET waveform_key = %s WHERE id = %s", [f"w/{kept}", kept])
    assert adopt(family, f"audio/{kept}") == adopt(family, f"audio/{upload}") == taken
    assert adopt(family, stray, f"w/{kept}") == taken
    assert adopt(family, stray, recording_id=kept) == adopt(family, stray, recording_id=upload) == taken
    assert adopt(family, stray, family_id=str(uuid.uuid4())) == {"refused": "NOT_FOUND", "details": {}}
    assert adopt(family, stray)["recording"]["created_by"] is None
    assert family.books()["used"] == 200


def test_recordings_are_read_in_the_order_of_a_bucket(family: Family) -> None:
    rows = [family.keep(100) for _ in range(3)]
    prefix = uuid.uuid4().hex
    for name, row in zip(("a", "B", "_"), rows, strict=True):
        family.database.run("UPDATE public.recordings SET object_key = %s WHERE id = %s", [f"{prefix}/{name}", row])
    page = ask(family, "recordings_by_key", after=prefix, limit=3)["recordings"]
    assert [found["object_key"] for found in page] == [f"{prefix}/{name}" for name in ("B", "_", "a")]


def alert(family: Family, fingerprint: str, severity: str = "error", request: str | None = None) -> None:
    family.database.run("SELECT ops.note_alert(%s, %s, 'It is.', %s)", [fingerprint, severity, request])


# Slots and sweeping -----------------------------------------------------------------------------


def test_a_run_that_is_finished_finishes_no_other(family: Family) -> None:
    first, second = (ask(family, "claim_schedule_slot_tx", schedule=name, seconds=900)["run_id"] for name in "ab")
    ask(family, "finish_schedule_run_tx", run_id=first, summary={"done": 1})
    runs = "SELECT id::text, finished_at IS NOT NULL, summary FROM ops.schedule_runs ORDER BY schedule"
    assert family.database.run(runs) == [(first, True, {"done": 1}), (second, False, None)]


def swept(family: Family) -> dict[str, int]:
    return dict(value(family, "ops.sweep_tx()"))


def test_events_are_swept_after_stripe_s_last_repetition_and_only_those_that_were_settled(family: Family) -> None:
    for days in (35, 399, 401):
        for state in ("stored", "applied", "ignored", "failed", "dead"):
            family.database.run(
                "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, state, created_at)"
                " VALUES (gen_random_uuid(), 't', false, now(), %s, now() - make_interval(days => %s))",
                [state, days],
            )
    assert swept(family) == {"stripe_events": 2}
    assert value(family, "count(*) FROM ops.stripe_events") == 13


def test_what_budgets_count_stays_for_as_long_as_the_longest_of_them(family: Family) -> None:
    for hours in (25, 49):
        family.database.run(
            "INSERT INTO ops.invite_mails (family_id, email_hash, created_at)"
            " VALUES (%s, '\\x00', now() - make_interval(hours => %s))",
            [family.id, hours],
        )
        family.database.run(
            "INSERT INTO ops.call_counts (key, bucket, calls, updated_at)"
            " VALUES (%s, 1, 1, now() - make_interval(hours => %s))",
            [str(hours), hours],
        )
    assert swept(family) == {"invite_mails": 1, "call_counts": 1}


def test_what_was_found_stays_for_more_than_a_year_and_what_was_not_mailed_for_ever(family: Family) -> None:
    for days in (395, 405):
        audit(family, days * 24, finished=True)
        alert(family, f"{days} unsent")
        alert(family, f"{days} sent")
        family.database.run(
            "INSERT INTO ops.anomalies (kind, created_at) VALUES ('x', now() - make_interval(days => %s))", [days]
        )
    family.database.run(
        "UPDATE ops.alert_digest SET created_at = now() - interval '2 years',"
        " sent_at = CASE WHEN fingerprint LIKE '% sent' THEN now() - interval '91 days' END"
    )
    assert swept(family) == {"audit_runs": 1, "anomalies": 1, "alert_digest": 2}


def test_a_sweep_is_bounded_and_waits_for_nobody(family: Family) -> None:
    for number in range(4):
        family.database.run(
            "INSERT INTO ops.call_counts (key, bucket, calls, updated_at) VALUES (%s, 1, 1, '2020-01-01')",
            [str(number)],
        )
    holder = family.database.connect(autocommit=False)
    with holder.cursor() as cursor:
        cursor.execute("SELECT FROM ops.call_counts WHERE key = '0' FOR UPDATE")
        family.database.run("SET lock_timeout = '5s'")
        assert value(family, "ops.sweep_tx(2)") == {"call_counts": 2}
        assert value(family, "ops.sweep_tx(2)") == {"call_counts": 1}
        family.database.run("RESET lock_timeout")
    holder.rollback()
    assert value(family, "ops.sweep_tx(2)") == {"call_counts": 1}
