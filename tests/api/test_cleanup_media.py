"""cleanup_media: deletes what a row condemns and nothing else; killed anywhere, it converges; in doubt, it keeps."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.schedules import cleanup_media
from chalicelib.storage.store import Store, audio_store
from tests.api.clock import Clock
from tests.api.front import Caller
from tests.stores import voice


class Killed(BaseException):
    """The function is cut off: nothing of ours catches it."""


def trashed(clock: Clock, age: str = "31 days") -> tuple[str, str, Caller]:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    clock.store.put(clock.key(family, recording).replace(".audio.m4a", ".waveform.json"), b"[1]", "application/json")
    clock.run("UPDATE public.recordings SET waveform_key = replace(object_key, '.audio.m4a', '.waveform.json')")
    clock.trash(recording, age)
    return family, recording, keeper


def abandoned(clock: Clock) -> tuple[str, str]:
    family, keeper = clock.family_of_one()
    recording = clock.reserve(family, keeper)["recordingId"]
    clock.pass_time(recording, "15 days")
    clock.run("UPDATE ops.upload_reservations SET state = 'abandoned'")
    return family, recording


def test_what_lay_in_the_trash_for_thirty_days_goes_with_its_bytes_once(clock: Clock) -> None:
    family, recording, _ = trashed(clock)
    assert clock.used(family) == 2_000, "trash counts until it is purged"
    summary = clock.now("cleanup_media")
    assert summary == {"armed": True, "planned": 1, "capped": False, "purged": 1, "finished": True}
    assert clock.stored() == []
    assert clock.used(family) == 0
    assert clock.run("SELECT operation, delta_bytes FROM public.usage_ledger ORDER BY created_at") == [
        ("finalize", 2_000),
        ("purge", -2_000),
    ]
    assert clock.now("cleanup_media")["planned"] == 0
    assert clock.value("SELECT ops.finish_purge_tx(%s)", recording) == {"purged": False}
    assert clock.used(family) == 0
    assert clock.kinds() == []


def test_nothing_goes_before_its_thirty_days(clock: Clock) -> None:
    family, recording, _ = trashed(clock, "29 days 23 hours")
    assert clock.now("cleanup_media")["planned"] == 0
    # Nor where a plan of another moment names it.
    assert clock.value("SELECT ops.mark_purging_tx(%s)", recording) == {"keys": []}
    assert clock.key(family, recording) in clock.stored()


def test_a_date_that_a_client_writes_shortens_nothing(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    connection = clock.database.connect_as("authenticated", keeper.id)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE public.recordings SET deleted_at = '2000-01-01' WHERE id = %s", [recording])
        assert cursor.rowcount == 1
    assert clock.now("cleanup_media")["planned"] == 0


def test_a_live_or_restored_recording_is_never_deleted(clock: Clock) -> None:
    family, recording, keeper = trashed(clock, "29 days")
    live = clock.kept(family, keeper)
    assert keeper.post(f"/v1/recordings/{recording}/restore").status == 200
    for each in (recording, live):
        assert clock.value("SELECT ops.mark_purging_tx(%s)", each) == {"keys": []}
        assert clock.value("SELECT ops.finish_purge_tx(%s)", each) == {"purged": False}
    assert clock.now("cleanup_media")["planned"] == 0
    assert {clock.key(family, recording), clock.key(family, live)} <= set(clock.stored())


def test_a_recording_restored_between_plan_and_deed_stays(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    family, recording, _ = trashed(clock)
    first = cleanup_media._purge

    def too_late(call: Any, recording_id: str) -> str:
        clock.run("UPDATE public.recordings SET deleted_at = NULL WHERE id = %s", recording_id)
        return first(call, recording_id)

    monkeypatch.setitem(cleanup_media._STEPS, "purge", too_late)  # type: ignore[arg-type]
    assert clock.now("cleanup_media")["skipped"] == 1
    assert clock.key(family, recording) in clock.stored()
    assert clock.used(family) == 2_000


def test_what_is_being_purged_cannot_be_restored_played_or_listed(clock: Clock) -> None:
    family, recording, keeper = trashed(clock)
    clock.value("SELECT ops.mark_purging_tx(%s)", recording)
    assert keeper.post(f"/v1/recordings/{recording}/restore").status in (404, 409)
    assert keeper.get(f"/v1/families/{family}/recordings?trashed=true").data["recordings"] == []
    assert clock.used(family) == 2_000


@pytest.mark.parametrize("deed", ["mark", "audio", "waveform", "finish"])
def test_a_purge_killed_before_or_after_any_step_converges(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    family, recording, _ = trashed(clock)
    delete, transact = Store.delete_object, cleanup_media.transact

    def dying_delete(store: Store, key: str) -> None:
        delete(store, key)
        if (deed == "audio" and key.endswith("m4a")) or (deed == "waveform" and key.endswith("json")):
            raise Killed

    def dying_transact(call: Any, name: str, **parameters: Any) -> dict[str, Any]:
        answer = transact(call, name, **parameters)
        if (deed == "mark" and name == "mark_purging_tx") or (deed == "finish" and name == "finish_purge_tx"):
            raise Killed
        return answer

    monkeypatch.setattr(Store, "delete_object", dying_delete)
    monkeypatch.setattr(cleanup_media, "transact", dying_transact)
    with pytest.raises(Killed):
        clock.now("cleanup_media")
    monkeypatch.setattr(Store, "delete_object", delete)
    monkeypatch.setattr(cleanup_media, "transact", transact)

    used_in_between = clock.used(family)
    assert used_in_between == (0 if deed == "finish" else 2_000)
    clock.now("cleanup_media")
    assert (clock.stored(), clock.used(family)) == ([], 0)
    assert clock.value("SELECT count(*) FROM public.recordings WHERE id = %s", recording) == 0
    assert clock.value("SELECT count(*) FROM public.usage_ledger WHERE operation = 'purge'") == 1


def test_an_object_that_is_gone_already_hinders_no_purge(clock: Clock) -> None:
    family, _, _ = trashed(clock)
    for key in clock.stored():
        audio_store().delete_object(key)
    assert clock.now("cleanup_media")["purged"] == 1
    assert clock.used(family) == 0


def test_a_store_that_is_down_leaves_the_row_that_says_what_is_to_be_done(clock: Clock) -> None:
    family, _, _ = trashed(clock)
    clock.store.app.fail_next(503, times=10, method="DELETE")
    assert clock.now("cleanup_media")["failed"] == 1
    assert clock.used(family) == 2_000
    clock.store.app.heal()
    assert clock.now("cleanup_media")["purged"] == 1


def test_an_abandoned_upload_goes_with_whatever_it_left(clock: Clock) -> None:
    family, recording = abandoned(clock)
    clock.store.put(clock.key(family, recording), voice())
    assert clock.now("cleanup_media") == {
        "armed": True,
        "planned": 1,
        "capped": False,
        "dropped": 1,
        "finished": True,
    }
    assert clock.stored() == []
    assert clock.run("SELECT count(*) FROM ops.upload_reservations") == [(0,)]


def test_an_upload_still_watched_is_not_dropped_whatever_its_state_says(clock: Clock) -> None:
    family, recording = abandoned(clock)
    clock.store.put(clock.key(family, recording), voice())
    clock.run("UPDATE ops.upload_reservations SET watch_until = now() + interval '1 day'")
    assert clock.now("cleanup_media")["planned"] == 0
    assert clock.value("SELECT ops.check_abandoned_tx(%s)", recording) == {"keys": []}
    assert clock.stored() == [clock.key(family, recording)]


def test_a_recording_that_appears_under_an_abandoned_upload_s_key_keeps_its_voice(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, recording = abandoned(clock)
    clock.store.put(clock.key(family, recording), voice())
    step = cleanup_media._drop

    def after_it_appeared(call: Any, recording_id: str) -> str:
        clock.run(
            "INSERT INTO public.recordings (id, family_id, size_bytes, duration_seconds, content_type, recorded_at,"
            " object_key, etag, stored_at) VALUES (%s, %s, 2000, 1, 'audio/mp4', now(), %s, 'x', now())",
            recording,
            family,
            clock.key(family, recording),
        )
        return step(call, recording_id)

    monkeypatch.setitem(cleanup_media._STEPS, "abandon", after_it_appeared)  # type: ignore[arg-type]
    assert clock.now("cleanup_media")["skipped"] == 1
    assert clock.stored() == [clock.key(family, recording)]


def test_an_object_without_a_row_is_none_of_its_business(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    clock.run("DELETE FROM public.recordings WHERE id = %s", recording)
    clock.store.put("somebody/put/this/here", b"x")
    assert clock.now("cleanup_media")["planned"] == 0
    assert len(clock.stored()) == 2


def test_disarmed_it_deletes_nothing_and_says_so(clock: Clock) -> None:
    family, recording, _ = trashed(clock)
    clock.run("UPDATE ops.feature_flags SET enabled = false WHERE name = 'deleting_armed'")
    before = clock.stored()
    assert clock.now("cleanup_media") == {"armed": False, "planned": 1}
    assert clock.value("SELECT ops.mark_purging_tx(%s)", recording) == {"keys": []}
    assert clock.stored() == before
    clock.run("DELETE FROM ops.feature_flags")
    assert clock.now("cleanup_media")["armed"] is False, "a flag that is missing means no"
    assert clock.used(family) == 2_000


def test_a_dry_run_says_what_a_real_run_does_and_does_nothing(clock: Clock) -> None:
    family, recording, _ = trashed(clock)
    _, dropped = abandoned(clock)
    before = clock.stored()
    plan = clock.tick("cleanup_media", dryRun=True)
    assert plan["dryRun"] is True
    assert clock.stored() == before
    assert clock.used(family) == 2_000
    assert {step["recordingId"] for step in plan["steps"]} == {recording, dropped}
    assert clock.now("cleanup_media")["planned"] == len(plan["steps"])


def test_more_than_a_run_may_delete_alerts_and_waits(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    family, keeper = clock.family_of_one()
    for _ in range(3):
        clock.trash(clock.kept(family, keeper))
    monkeypatch.setattr(cleanup_media, "MOST", 2)
    summary = clock.now("cleanup_media")
    assert (summary["purged"], summary["capped"], summary["finished"]) == (2, True, False)
    assert clock.alerts() == {"cleanup-capped": "error"}
    assert clock.now("cleanup_media")["purged"] == 1
    assert clock.used(family) == 0
