"""copy_recordings: every voice twice, byte for byte; what is wrong is told, and never copied over what is right."""

from __future__ import annotations

import pytest

from chalicelib import config
from chalicelib.schedules import copy_recordings
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import audio_store, backup_store
from tests.support.object_store import send, voice
from tests.support.schedules import Schedules


def copies() -> dict[str, int]:
    return {found.key: found.size_bytes for page in backup_store().list_objects("") for found in page}


def copied(schedules: Schedules, recording: str) -> bool:
    return bool(schedules.value("SELECT copied_at IS NOT NULL FROM public.recordings WHERE id = %s", recording))


def test_each_recording_is_copied_once(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper, 50_000)
    assert schedules.now("copy_recordings") == {"configured": True, "copied": 1, "late": 0, "finished": True}
    assert copied(schedules, recording)
    _, body = send("GET", backup_store().sign_download(schedules.key(family, recording)).url)
    assert body == voice(50_000)
    assert schedules.now("copy_recordings") == {"configured": True, "late": 0, "finished": True}


@pytest.mark.parametrize("trouble", [False, True])
def test_a_waveform_is_copied_too_and_never_costs_the_voice_its_copy(schedules: Schedules, trouble: bool) -> None:
    family, keeper = schedules.family_of_one()
    key = schedules.key(family, schedules.kept(family, keeper, 2_000, waveform=b"[1]"))
    waveform = key.replace(".audio.m4a", ".waveform.json")
    if trouble:
        delete_object(audio_store(), waveform)
    assert schedules.now("copy_recordings")["copied"] == 1
    assert copies() == {key: 2_000} | ({} if trouble else {waveform: 3})
    assert schedules.alerts() == {}


def test_a_copy_made_but_not_recorded_is_recorded_by_the_next_run(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    schedules.now("copy_recordings")
    schedules.run("UPDATE public.recordings SET copied_at = NULL")
    assert schedules.now("copy_recordings")["alreadyThere"] == 1
    assert copied(schedules, recording)


def test_an_object_in_the_backup_bucket_is_never_overwritten(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    key = schedules.key(family, recording)
    upload = backup_store().sign_upload(key, 5, "audio/mp4")
    assert send("PUT", upload.url, b"older", upload.headers)[0] == 200
    for _ in range(2):
        assert schedules.now("copy_recordings")["differs"] == 1
    assert not copied(schedules, recording)
    assert copies() == {key: 5}
    assert (schedules.kinds(), schedules.alerts()) == (["copy_differing"], {"copy-differing": "critical"})


def test_an_object_that_differs_from_its_row_is_not_taken_for_a_copy(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    key = schedules.key(family, recording)
    delete_object(audio_store(), key)
    assert schedules.now("copy_recordings")["missing"] == 1
    schedules.store.put(key, voice(2_000)[::-1])
    assert schedules.now("copy_recordings")["changed"] == 1
    assert copies() == {}
    assert schedules.alerts() == {"copy-missing": "critical", "copy-changed": "critical"}


def test_a_backup_store_that_is_down_is_tried_again_and_alerts_after_a_day(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    schedules.store.app.fail_next(503, times=10, method="PUT")
    assert schedules.now("copy_recordings") == {"configured": True, "failed": 1, "late": 0, "finished": True}
    assert schedules.alerts() == {}
    schedules.run("UPDATE public.recordings SET created_at = created_at - interval '25 hours'")
    assert schedules.now("copy_recordings")["late"] == 1
    assert schedules.alerts() == {"uncopied": "critical"}
    schedules.store.app.heal()
    assert schedules.now("copy_recordings") == {"configured": True, "copied": 1, "late": 0, "finished": True}
    assert copied(schedules, recording)


def test_a_backup_store_that_refuses_our_key_is_told_at_once(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    schedules.kept(family, keeper)
    schedules.store.app.fail_next(403, times=10, method="PUT")
    assert schedules.now("copy_recordings")["failed"] == 1
    assert schedules.alerts() == {"vendor-refuses-us/backup": "critical"}


def test_one_failed_copy_does_not_stop_the_others_nor_the_pages_after_it(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_recordings, "PAGE", 1)
    family, keeper = schedules.family_of_one()
    first, second = schedules.kept(family, keeper), schedules.kept(family, keeper)
    delete_object(audio_store(), schedules.key(family, first))
    summary = schedules.now("copy_recordings")
    assert (summary["missing"], summary["copied"]) == (1, 1)
    assert copied(schedules, second)


def test_recordings_in_the_trash_are_copied_too_until_they_are_purged(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    schedules.trash(recording, "1 day")
    assert schedules.now("copy_recordings")["copied"] == 1


BACKUP = ("BACKUP_ACCESS_KEY_ID", "BACKUP_SECRET_ACCESS_KEY", "BACKUP_BUCKET_NAME", "BACKUP_ENDPOINT_URL")


def test_the_local_stage_may_do_without_a_backup_store(schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BACKUP:
        monkeypatch.delenv(name)
    config.reset()
    assert schedules.now("copy_recordings") == {"configured": False}
    assert schedules.alerts() == {}


def test_a_backup_store_that_is_configured_by_half_alerts_at_once(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, keeper = schedules.family_of_one()
    schedules.kept(family, keeper)
    schedules.run("UPDATE public.recordings SET created_at = created_at - interval '25 hours'")
    monkeypatch.delenv("BACKUP_BUCKET_NAME")
    config.reset()
    assert schedules.now("copy_recordings") == {"configured": False, "late": 1}
    assert schedules.alerts() == {"no-second-bucket": "critical", "uncopied": "critical"}
