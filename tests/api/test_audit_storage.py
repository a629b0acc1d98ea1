"""audit_storage: names exactly what was broken, cries no wolf, stamps who is whole, and goes on where it stopped."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.schedules import audit_storage
from chalicelib.storage import bucket_walk
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import Store, audio_store
from tests.support.object_store import voice
from tests.support.schedules import Schedules

NOTHING: dict[str, list[Any]] = {"missing": [], "orphaned": [], "differing": [], "drifted": []}


def lists(summary: dict[str, Any]) -> dict[str, list[Any]]:
    return {kind: summary[kind] for kind in NOTHING}


def verified(schedules: Schedules, family: str) -> bool:
    return bool(schedules.value("SELECT last_verified_at IS NOT NULL FROM public.families WHERE id = %s", family))


def delete_behind_its_back(key: str) -> None:
    delete_object(audio_store(), key)


def test_where_everything_agrees_there_are_no_findings_and_families_are_verified(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    schedules.kept(family, keeper, waveform=b"[1]")
    trash = schedules.kept(family, keeper)
    schedules.trash(trash, "1 day")
    empty = schedules.family(keeper)
    before = keeper.get(f"/v1/families/{family}").data["family"]["lastVerifiedAt"]
    summary = schedules.now("audit_storage")
    assert before is None
    assert lists(summary) == NOTHING
    assert summary["finished"] is True
    assert summary["counts"] == {
        "objects": 3,
        "recordings": 2,
        "missing": 0,
        "orphaned": 0,
        "differing": 0,
        "drifted": 0,
    }
    assert verified(schedules, family)
    assert verified(schedules, empty)
    assert keeper.get(f"/v1/families/{family}").data["family"]["lastVerifiedAt"] is not None
    assert (schedules.kinds(), schedules.alerts()) == ([], {})


def test_the_audit_names_exactly_the_objects_and_rows_that_differ(schedules: Schedules) -> None:
    whole, keeper = schedules.family_of_one()
    schedules.kept(whole, keeper)
    family, keeper = schedules.family_of_one()
    lost, changed, swapped, fine = (schedules.kept(family, keeper) for _ in range(4))
    delete_behind_its_back(schedules.key(family, lost))
    for recording, body in ((changed, voice(1_000)), (swapped, voice(2_000)[::-1])):
        delete_behind_its_back(schedules.key(family, recording))
        schedules.store.put(schedules.key(family, recording), body)
    stray = "families/nobody/knows.m4a"
    schedules.store.put(stray, b"x")
    drifting, _ = schedules.family_of_one()
    schedules.run("UPDATE public.entitlements SET storage_used_bytes = 77 WHERE family_id = %s", drifting)

    summary = schedules.now("audit_storage")
    assert [found["recordingId"] for found in summary["missing"]] == [lost]
    assert summary["missing"][0]["familyId"] == family
    assert [found["objectKey"] for found in summary["orphaned"]] == [stray]
    differing = {found["recordingId"]: found["differs"] for found in summary["differing"]}
    assert differing == {changed: ["size_bytes", "etag"], swapped: ["etag"]}
    assert summary["drifted"] == [{"familyId": drifting, "usedBytes": 77, "ledgerBytes": 0, "keptBytes": 0}]
    assert summary["counts"]["recordings"] == 5
    assert {name: summary["counts"][name] for name in NOTHING} == {
        "missing": 1,
        "orphaned": 1,
        "differing": 2,
        "drifted": 1,
    }
    assert [verified(schedules, each) for each in (whole, family, drifting)] == [True, False, False]
    assert schedules.alerts() == {
        "audit-missing": "critical",
        "audit-differing": "critical",
        "audit-orphaned": "error",
        "audit-drifted": "error",
    }
    assert fine not in str(lists(summary))


def test_a_waveform_that_vanished_is_a_finding_and_its_voice_is_not_missing(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    schedules.kept(family, keeper, waveform=b"[1, 2]")
    lost = schedules.kept(family, keeper, waveform=b"[1, 2]")
    key = schedules.key(family, lost).replace(".audio.m4a", ".waveform.json")
    delete_behind_its_back(key)
    summary = schedules.now("audit_storage")
    assert summary["waveformMissing"] == [{"recordingId": lost, "familyId": family, "objectKey": key}]
    assert not any(summary["counts"][name] for name in NOTHING)
    assert schedules.alerts() == {"audit-waveforms": "error"}


def test_an_empty_bucket_reports_every_recording_as_missing(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recordings = {schedules.kept(family, keeper) for _ in range(3)}
    for key in schedules.stored():
        delete_behind_its_back(key)
    assert {found["recordingId"] for found in schedules.now("audit_storage")["missing"]} == recordings


def test_an_object_belongs_to_the_row_that_names_its_key_and_to_no_other(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    other, other_keeper = schedules.family_of_one()
    upload = schedules.upload(other, other_keeper, waveformSizeBytes=3)
    # The ids of a recording and of an upload, in keys that no row has: a waveform that was never announced, another
    # family's folder.
    unnamed = [
        schedules.key(family, recording).replace(".audio.m4a", ".waveform.json"),
        schedules.key(other, recording),
        schedules.key(family, upload),
    ]
    for key in unnamed:
        schedules.store.put(key, b"[1]")
    # Keys of another form, named by a row.
    schedules.run("UPDATE public.recordings SET object_key = 'older/a', waveform_key = 'older/w'")
    schedules.run("UPDATE ops.upload_reservations SET waveform_key = 'older/z' WHERE id = %s", upload)
    schedules.store.put("older/a", voice(2_000))
    for key in ("older/w", "older/z"):
        schedules.store.put(key, b"[1]")
    unnamed.append(schedules.key(family, recording))
    summary = schedules.now("audit_storage")
    assert {found["objectKey"] for found in summary["orphaned"]} == set(unnamed)
    assert (summary["missing"], summary["differing"]) == ([], [])
    unclaimed = schedules.value("SELECT ops.unclaimed_keys(%s)", schedules.stored())
    assert unclaimed == {"armed": True, "keys": sorted(unnamed)}


def test_uploads_and_purges_in_progress_are_neither_missing_nor_orphaned(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    schedules.upload(family, keeper)
    purging = schedules.kept(family, keeper)
    schedules.trash(purging)
    schedules.value("SELECT ops.mark_purging_tx(%s)", purging)
    delete_behind_its_back(schedules.key(family, purging))
    summary = schedules.now("audit_storage")
    assert lists(summary) == NOTHING
    assert verified(schedules, family)


def test_an_object_stored_during_the_audit_is_not_a_finding(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    monkeypatch.setattr(Store, "list_objects", lambda store, prefix, start_after="": iter([]))
    assert lists(schedules.now("audit_storage")) == NOTHING, "listed too early, it is there when asked for by name"
    monkeypatch.undo()
    monkeypatch.setattr(audit_storage, "_recordings", lambda call, after, last: iter([]))
    assert lists(schedules.now("audit_storage")) == NOTHING, "a row made after its page was read still counts"
    assert recording


def test_an_audit_interrupted_after_any_page_finds_the_same(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, strays = set(), set()
    for _ in range(3):
        family, keeper = schedules.family_of_one()
        for number in range(4):
            recording = schedules.kept(family, keeper, waveform=b"[1]")
            key = schedules.key(family, recording)
            if number == 1:
                delete_behind_its_back(key)
                lost.add(recording)
        strays.add(f"families/{family}/recordings/{family}.audio.m4a")
        schedules.store.put(f"families/{family}/recordings/{family}.audio.m4a", voice())
    monkeypatch.setattr(bucket_walk, "STEPS_A_PAGE", 3)
    monkeypatch.setattr(bucket_walk, "FINDINGS_A_PAGE", 1)
    monkeypatch.setattr(audit_storage, "FAMILIES", 2)
    bounds = ("keys_up_to", "families_after", "families_up_to")
    monkeypatch.setattr(audit_storage, "shards", lambda: [{"shard": "all", "keys_after": "", **dict.fromkeys(bounds)}])

    runs = 0
    while True:
        # A function with less to live than one page's spare time: it does one page and leaves.
        summary = schedules.tick("audit_storage", seconds=int(audit_storage.SPARE_SECONDS) - 1)
        schedules.run("DELETE FROM ops.schedule_runs")
        runs += 1
        assert not summary["finished"] and runs < 200
        if schedules.value("SELECT bool_and(coalesce(position, '') LIKE 'families:%%') FROM ops.audit_shards"):
            # Families are looked at only while there is time.
            summary = schedules.tick("audit_storage")
            break
    assert runs > 8
    assert summary["finished"] is True
    assert {found["recordingId"] for found in summary["missing"]} == lost
    assert {found["objectKey"] for found in summary["orphaned"]} == strays
    counts = summary["counts"]
    assert (counts["recordings"], counts["missing"], counts["orphaned"], counts["objects"]) == (12, 3, 3, 24)
    assert schedules.value("SELECT count(*) FROM ops.audit_runs") == 1


def test_the_audit_runs_once_a_night(schedules: Schedules) -> None:
    assert schedules.tick("audit_storage")["finished"] is True
    schedules.run("UPDATE ops.schedule_runs SET slot = slot - interval '1 minute'")
    assert schedules.tick("audit_storage") == {"skipped": "done_today"}
    schedules.run("UPDATE ops.schedule_runs SET slot = slot - interval '1 day'")
    schedules.run("UPDATE ops.audit_runs SET started_at = started_at - interval '1 day'")
    assert schedules.tick("audit_storage")["finished"] is True


def test_the_summary_names_a_bounded_number_and_counts_all(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_storage, "LISTED", 2)
    for number in range(5):
        schedules.store.put(f"stray/{number}", b"x")
    summary = schedules.now("audit_storage")
    assert (len(summary["orphaned"]), summary["counts"]["orphaned"]) == (2, 5)
