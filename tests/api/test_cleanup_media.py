"""cleanup_media: deletes what a row condemns and nothing else; killed anywhere, it converges; in doubt, it keeps."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.schedules import cleanup_media
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import Store, audio_store
from tests.support.api import Person
from tests.support.object_store import voice
from tests.support.schedules import Schedules


class Killed(BaseException):
    """The function is cut off: nothing of ours catches it."""


def trashed(schedules: Schedules, age: str = "31 days") -> tuple[str, str, Person]:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper, waveform=b"[1]")
    schedules.trash(recording, age)
    return family, recording, keeper


def abandoned(schedules: Schedules, **more: Any) -> tuple[str, str]:
    family, keeper = schedules.family_of_one()
    recording = schedules.reserve(family, keeper, **more)["recordingId"]
    schedules.pass_time(recording, "15 days")
    schedules.run("UPDATE ops.upload_reservations SET state = 'abandoned'")
    return family, recording


def test_a_recording_in_the_trash_for_thirty_days_is_deleted_with_its_bytes_once(schedules: Schedules) -> None:
    family, recording, _ = trashed(schedules, "30 days 1 minute")
    assert schedules.used(family) == 2_003, "trash counts until it is purged"
    summary = schedules.now("cleanup_media")
    assert summary == {"armed": True, "planned": 1, "capped": False, "purged": 1, "finished": True}
    assert schedules.stored() == []
    assert schedules.used(family) == 0
    assert schedules.run("SELECT operation, delta_bytes FROM public.usage_ledger ORDER BY created_at") == [
        ("finalize", 2_003),
        ("purge", -2_003),
    ]
    assert schedules.now("cleanup_media")["planned"] == 0
    assert schedules.value("SELECT ops.finish_purge_tx(%s)", recording) == {"purged": False}
    assert schedules.used(family) == 0
    assert schedules.kinds() == []


def test_nothing_is_deleted_before_thirty_days(schedules: Schedules) -> None:
    family, recording, _ = trashed(schedules, "29 days 23 hours")
    assert schedules.now("cleanup_media")["planned"] == 0
    # Nor where a plan of another moment names it.
    assert schedules.value("SELECT ops.mark_purging_tx(%s)", recording) == {"keys": []}
    assert schedules.key(family, recording) in schedules.stored()


def test_a_deletion_date_written_by_a_client_shortens_nothing(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    connection = schedules.database.connect_as("authenticated", keeper.id)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.recordings SET deleted_at = '2000-01-01' WHERE id = %s", [recording])
        assert cursor.rowcount == 1
    assert schedules.now("cleanup_media")["planned"] == 0


def test_a_live_or_restored_recording_is_never_deleted(schedules: Schedules) -> None:
    family, recording, keeper = trashed(schedules, "29 days")
    live = schedules.kept(family, keeper)
    assert keeper.post(f"/v1/recordings/{recording}/restore").status == 200
    for each in (recording, live):
        assert schedules.value("SELECT ops.mark_purging_tx(%s)", each) == {"keys": []}
        assert schedules.value("SELECT ops.finish_purge_tx(%s)", each) == {"purged": False}
    assert schedules.now("cleanup_media")["planned"] == 0
    assert {schedules.key(family, recording), schedules.key(family, live)} <= set(schedules.stored())


def test_a_recording_restored_between_plan_and_purge_stays(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, recording, _ = trashed(schedules)
    first = cleanup_media._STEPS["purge"]

    def too_late(call: Any, recording_id: str) -> str:
        schedules.run("UPDATE public.recordings SET deleted_at = NULL WHERE id = %s", recording_id)
        return first(call, recording_id)

    monkeypatch.setitem(cleanup_media._STEPS, "purge", too_late)
    assert schedules.now("cleanup_media")["skipped"] == 1
    assert schedules.key(family, recording) in schedules.stored()
    assert schedules.used(family) == 2_003


def test_a_recording_being_purged_cannot_be_restored_played_or_listed(schedules: Schedules) -> None:
    family, recording, keeper = trashed(schedules)
    schedules.value("SELECT ops.mark_purging_tx(%s)", recording)
    assert keeper.post(f"/v1/recordings/{recording}/restore").status in (404, 409)
    assert keeper.get(f"/v1/families/{family}/recordings?trashed=true").data["recordings"] == []
    assert schedules.used(family) == 2_003


@pytest.mark.parametrize("deed", ["mark", "audio", "waveform", "finish"])
def test_a_purge_killed_before_or_after_any_step_converges(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    family, recording, _ = trashed(schedules)
    delete, transact = cleanup_media.delete_object, cleanup_media.transact

    def dying_delete(store: Store, key: str) -> None:
        delete(store, key)
        if (deed == "audio" and key.endswith("m4a")) or (deed == "waveform" and key.endswith("json")):
            raise Killed

    def dying_transact(call: Any, name: str, **parameters: Any) -> dict[str, Any]:
        answer = transact(call, name, **parameters)
        if (deed == "mark" and name == "mark_purging_tx") or (deed == "finish" and name == "finish_purge_tx"):
            raise Killed
        return answer

    monkeypatch.setattr(cleanup_media, "delete_object", dying_delete)
    monkeypatch.setattr(cleanup_media, "transact", dying_transact)
    with pytest.raises(Killed):
        schedules.now("cleanup_media")
    monkeypatch.setattr(cleanup_media, "delete_object", delete)
    monkeypatch.setattr(cleanup_media, "transact", transact)

    used_in_between = schedules.used(family)
    assert used_in_between == (0 if deed == "finish" else 2_003)
    schedules.now("cleanup_media")
    assert (schedules.stored(), schedules.used(family)) == ([], 0)
    assert schedules.value("SELECT count(*) FROM public.recordings WHERE id = %s", recording) == 0
    assert schedules.value("SELECT count(*) FROM public.usage_ledger WHERE operation = 'purge'") == 1


def test_an_object_already_deleted_does_not_stop_a_purge(schedules: Schedules) -> None:
    family, _, _ = trashed(schedules)
    for key in schedules.stored():
        delete_object(audio_store(), key)
    assert schedules.now("cleanup_media")["purged"] == 1
    assert schedules.used(family) == 0


def test_when_the_store_is_down_the_row_stays_for_the_next_run(schedules: Schedules) -> None:
    family, _, _ = trashed(schedules)
    schedules.store.app.fail_next(503, times=10, method="DELETE")
    assert schedules.now("cleanup_media")["failed"] == 1
    assert schedules.used(family) == 2_003
    schedules.store.app.heal()
    assert schedules.now("cleanup_media")["purged"] == 1


def test_an_abandoned_upload_is_deleted_with_its_objects(schedules: Schedules) -> None:
    family, recording = abandoned(schedules, waveformSizeBytes=3)
    audio = schedules.key(family, recording)
    schedules.store.put(audio, voice())
    schedules.store.put(audio.replace(".audio.m4a", ".waveform.json"), b"[1]", "application/json")
    assert schedules.now("cleanup_media") == {
        "armed": True,
        "planned": 1,
        "capped": False,
        "dropped": 1,
        "finished": True,
    }
    assert schedules.stored() == []
    assert schedules.run("SELECT count(*) FROM ops.upload_reservations") == [(0,)]


def test_what_is_deleted_are_the_objects_that_the_row_names(schedules: Schedules) -> None:
    family, recording = abandoned(schedules, waveformSizeBytes=3)
    schedules.run("UPDATE ops.upload_reservations SET object_key = 'older/a', waveform_key = 'older/w'")
    for key in ("older/a", "older/w", schedules.key(family, recording)):
        schedules.store.put(key, voice())
    assert schedules.now("cleanup_media")["dropped"] == 1
    assert schedules.stored() == [schedules.key(family, recording)]


def test_an_upload_still_watched_is_not_dropped_whatever_its_state(schedules: Schedules) -> None:
    family, recording = abandoned(schedules)
    schedules.store.put(schedules.key(family, recording), voice())
    schedules.run("UPDATE ops.upload_reservations SET watch_until = now() + interval '1 day'")
    assert schedules.now("cleanup_media")["planned"] == 0
    assert schedules.value("SELECT ops.check_abandoned(%s)", recording) == {"keys": []}
    assert schedules.stored() == [schedules.key(family, recording)]


def test_a_recording_under_the_key_of_an_abandoned_upload_keeps_its_object(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, recording = abandoned(schedules)
    schedules.store.put(schedules.key(family, recording), voice())
    step = cleanup_media._STEPS["abandon"]

    def after_it_appeared(call: Any, recording_id: str) -> str:
        schedules.run(
            "INSERT INTO public.recordings (id, family_id, size_bytes, duration_seconds, content_type, recorded_at,"
            " object_key, etag, stored_at) VALUES (%s, %s, 2000, 1, 'audio/mp4', now(), %s, 'x', now())",
            recording,
            family,
            schedules.key(family, recording),
        )
        return step(call, recording_id)

    monkeypatch.setitem(cleanup_media._STEPS, "abandon", after_it_appeared)
    assert schedules.now("cleanup_media")["skipped"] == 1
    assert schedules.stored() == [schedules.key(family, recording)]


def test_an_object_without_a_row_is_left_alone(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    schedules.run("DELETE FROM public.recordings WHERE id = %s", recording)
    schedules.store.put("somebody/put/this/here", b"x")
    assert schedules.now("cleanup_media")["planned"] == 0
    assert len(schedules.stored()) == 2


def test_disarmed_it_deletes_nothing_and_says_so(schedules: Schedules) -> None:
    family, recording, _ = trashed(schedules)
    schedules.run("UPDATE ops.feature_flags SET enabled = false WHERE name = 'deleting_armed'")
    before = schedules.stored()
    assert schedules.now("cleanup_media") == {"armed": False, "planned": 1}
    assert schedules.value("SELECT ops.mark_purging_tx(%s)", recording) == {"keys": []}
    assert schedules.stored() == before
    schedules.run("DELETE FROM ops.feature_flags")
    assert schedules.now("cleanup_media")["armed"] is False, "a flag that is missing means no"
    assert schedules.used(family) == 2_003


def test_a_dry_run_reports_what_a_real_run_deletes_and_deletes_nothing(schedules: Schedules) -> None:
    family, recording, _ = trashed(schedules)
    _, dropped = abandoned(schedules)
    before = schedules.stored()
    plan = schedules.tick("cleanup_media", dryRun=True)
    assert plan["dryRun"] is True
    assert schedules.stored() == before
    assert schedules.used(family) == 2_003
    assert {step["recordingId"] for step in plan["steps"]} == {recording, dropped}
    assert schedules.now("cleanup_media")["planned"] == len(plan["steps"])


def test_beyond_the_limit_of_a_run_the_rest_waits_and_an_alert_is_raised(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, keeper = schedules.family_of_one()
    for _ in range(3):
        schedules.trash(schedules.kept(family, keeper))
    monkeypatch.setattr(cleanup_media, "MOST", 2)
    summary = schedules.now("cleanup_media")
    assert (summary["purged"], summary["capped"], summary["finished"]) == (2, True, False)
    assert schedules.alerts() == {"cleanup-capped": "error"}
    assert schedules.now("cleanup_media")["purged"] == 1
    assert schedules.used(family) == 0
