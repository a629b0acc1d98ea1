"""settle_uploads: what a phone uploaded and never finalized is kept, however late, and nothing is ever deleted."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.storage.store import Store, StoredObject
from tests.support.object_store import voice
from tests.support.schedules import Schedules

EXPIRED = "16 minutes"


def facts(schedules: Schedules, recording: str) -> tuple[Any, ...]:
    return schedules.run(
        "SELECT rescued, size_bytes, created_by::text, title FROM public.recordings WHERE id = %s", recording
    )[0]


def test_an_upload_never_finalized_is_kept_by_the_run_after_its_url_expired(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper, 3_000)
    assert schedules.now("settle_uploads") == {"finished": True}, "before the URL expired, the phone may yet come back"
    schedules.pass_time(recording, EXPIRED)
    assert schedules.now("settle_uploads") == {"rescued": 1, "finished": True}
    assert facts(schedules, recording) == (True, 3_000, keeper.id, None)
    assert schedules.used(family) == 3_000
    assert schedules.run("SELECT count(*) FROM ops.upload_reservations") == [(0,)]


def test_it_looks_where_the_upload_was_reserved_and_the_recording_keeps_those_keys(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.reserve(family, keeper, waveformSizeBytes=3)["recordingId"]
    schedules.run("UPDATE ops.upload_reservations SET object_key = 'older/a', waveform_key = 'older/w'")
    schedules.store.put("older/a", voice(2_000), "audio/mp4")
    schedules.store.put("older/w", b"[1]", "application/json")
    schedules.pass_time(recording, EXPIRED)
    assert schedules.now("settle_uploads") == {"rescued": 1, "finished": True}
    assert schedules.run("SELECT object_key, waveform_key FROM public.recordings") == [("older/a", "older/w")]


def test_a_late_finalize_returns_the_rescued_recording(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper)
    schedules.pass_time(recording, EXPIRED)
    schedules.now("settle_uploads")
    asked = {"familyId": family, "recordingId": recording, "title": "Sundays", "recordedAt": "2020-05-03T10:00:00Z"}
    answer = keeper.ask("finalize-recording", asked)
    assert answer.data["recording"]["id"] == recording
    assert schedules.used(family) == 2_000
    # It alone knew what the story is called; said once, that stands.
    assert answer.data["recording"]["title"] == "Sundays"
    assert answer.data["recording"]["recordedAt"] == "2020-05-03T10:00:00Z"
    assert keeper.ask("finalize-recording", {**asked, "title": "Mondays"}).data == answer.data


def test_a_rescue_is_never_refused_for_room_or_billing(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper)
    schedules.run("UPDATE public.entitlements SET storage_quota_bytes = 10, status = 'paused'")
    schedules.pass_time(recording, "13 days")
    assert schedules.now("settle_uploads")["rescued"] == 1
    assert schedules.kinds() == ["admitted_over_quota"]


def test_an_upload_that_lands_late_is_found_in_the_next_run(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.reserve(family, keeper)["recordingId"]
    schedules.pass_time(recording, EXPIRED)
    assert schedules.now("settle_uploads") == {"waiting": 1, "finished": True}
    schedules.store.put(schedules.key(family, recording), voice(2_000))
    schedules.pass_time(recording, "15 minutes")
    assert schedules.now("settle_uploads") == {"rescued": 1, "finished": True}


def test_an_upload_that_never_arrived_is_abandoned_when_its_watch_ends(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.reserve(family, keeper)["recordingId"]
    schedules.pass_time(recording, "13 days 23 hours")
    assert schedules.now("settle_uploads")["waiting"] == 1
    schedules.pass_time(recording, "2 hours")
    assert schedules.now("settle_uploads")["abandoned"] == 1
    assert schedules.value("SELECT state FROM ops.upload_reservations") == "abandoned"


def test_a_whole_upload_is_rescued_even_when_first_seen_after_its_watch(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper)
    schedules.pass_time(recording, "40 days")
    assert schedules.now("settle_uploads")["rescued"] == 1


def test_what_is_not_as_announced_is_kept_and_told_once(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.reserve(family, keeper, 2_000)["recordingId"]
    schedules.store.put(schedules.key(family, recording), b"not a voice" * 10)
    for _ in range(2):
        schedules.pass_time(recording, "15 days")
        assert schedules.now("settle_uploads") == {"mismatch": 1, "finished": True}
    assert schedules.kinds() == ["upload_mismatch"]
    assert schedules.value("SELECT state FROM ops.upload_reservations") == "pending"
    assert schedules.now("cleanup_media")["planned"] == 0
    assert schedules.stored() == [schedules.key(family, recording)]


def test_an_upload_with_a_renewed_url_is_not_settled(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper)
    schedules.pass_time(recording, EXPIRED)
    # Between the look at the list and the look at the object, the phone asks for the URL again.
    schedules.run("UPDATE ops.upload_reservations SET url_expires_at = now() + interval '5 minutes'")
    settled = schedules.value("SELECT ops.rescue_recording_tx(%s, NULL)", recording)
    assert settled == {"outcome": "settled"}
    assert schedules.value("SELECT state FROM ops.upload_reservations") == "pending"


def test_one_failed_rescue_does_not_stop_the_others(schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> None:
    family, keeper = schedules.family_of_one()
    recordings = [schedules.upload(family, keeper) for _ in range(3)]
    for recording in recordings:
        schedules.pass_time(recording, EXPIRED)
    inspect = Store.inspect_object

    def sometimes(store: Store, key: str) -> StoredObject | None:
        if recordings[0] in key:
            raise RuntimeError("no luck")
        return inspect(store, key)

    monkeypatch.setattr(Store, "inspect_object", sometimes)
    assert schedules.now("settle_uploads") == {"failed": 1, "rescued": 2, "finished": True}
    monkeypatch.undo()


def test_a_store_that_is_down_marks_no_upload_abandoned(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.reserve(family, keeper)["recordingId"]
    schedules.pass_time(recording, "15 days")
    schedules.store.app.fail_next(503, times=10)
    assert schedules.now("settle_uploads") == {"failed": 1, "finished": True}
    assert schedules.value("SELECT state FROM ops.upload_reservations") == "pending"


def test_a_run_cut_short_continues_where_it_stopped(schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> None:
    family, keeper = schedules.family_of_one()
    recordings = [schedules.reserve(family, keeper)["recordingId"] for _ in range(4)]
    for recording in recordings:
        schedules.pass_time(recording, EXPIRED)
    from chalicelib.schedules import settle_uploads

    monkeypatch.setattr(settle_uploads, "MOST", 2)
    looked_at: list[str] = []
    inspect = Store.inspect_object
    monkeypatch.setattr(
        Store,
        "inspect_object",
        lambda store, key: (looked_at.append(key.split("/")[3][:36]), inspect(store, key))[1],
    )
    for _ in range(2):
        assert schedules.now("settle_uploads")["waiting"] == 2
    assert looked_at == recordings


def test_uploads_that_never_come_do_not_keep_the_next_one_waiting(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.schedules import settle_uploads

    monkeypatch.setattr(settle_uploads, "MOST", 3)
    family, keeper = schedules.family_of_one()
    never = [schedules.reserve(family, keeper)["recordingId"] for _ in range(9)]
    for recording in never:
        schedules.pass_time(recording, "1 day")
    while schedules.now("settle_uploads").get("waiting"):
        pass
    for recording in never:
        schedules.pass_time(recording, "1 day")
    late = schedules.upload(family, keeper)
    schedules.pass_time(late, EXPIRED)
    assert schedules.now("settle_uploads") == {"rescued": 1, "waiting": 2, "finished": False}


def test_what_was_stored_by_a_member_who_left_is_looked_for_at_once(schedules: Schedules) -> None:
    family, _ = schedules.family_of_one()
    teller = schedules.member(family)
    recording = schedules.reserve(family, teller)["recordingId"]
    for _ in range(4):
        schedules.pass_time(recording, "1 hour")
        assert schedules.now("settle_uploads")["waiting"] == 1
    schedules.store.put(schedules.key(family, recording), voice(2_000))
    assert teller.delete(f"/v1/families/{family}/members/{teller.id}").status == 200
    assert schedules.now("settle_uploads")["rescued"] == 1
