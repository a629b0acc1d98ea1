"""copy_recordings: every voice twice, byte for byte; what is wrong is told, and never copied over what is right."""

from __future__ import annotations

import pytest

from chalicelib.storage.store import audio_store, backup_store
from tests.api.clock import Clock
from tests.stores import send, voice


def copies() -> dict[str, int]:
    return {found.key: found.size_bytes for page in backup_store().list_objects("") for found in page}


def copied(clock: Clock, recording: str) -> bool:
    return bool(clock.value("SELECT copied_at IS NOT NULL FROM public.recordings WHERE id = %s", recording))


def test_each_recording_gets_a_second_copy_once(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper, 50_000)
    assert clock.now("copy_recordings") == {"configured": True, "copied": 1, "late": 0, "finished": True}
    assert copied(clock, recording)
    _, body = send("GET", backup_store().sign_download(clock.key(family, recording)).url)
    assert body == voice(50_000)
    assert clock.now("copy_recordings") == {"configured": True, "late": 0, "finished": True}


def test_a_copy_that_was_made_and_not_noted_is_noted(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    clock.now("copy_recordings")
    clock.run("UPDATE public.recordings SET copied_at = NULL")
    assert clock.now("copy_recordings")["alreadyThere"] == 1
    assert copied(clock, recording)


def test_what_stands_in_the_second_bucket_is_never_overwritten(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    key = clock.key(family, recording)
    upload = backup_store().sign_upload(key, 5, "audio/mp4")
    assert send("PUT", upload.url, b"older", upload.headers)[0] == 200
    for _ in range(2):
        assert clock.now("copy_recordings")["differs"] == 1
    assert not copied(clock, recording)
    assert copies() == {key: 5}
    assert (clock.kinds(), clock.alerts()) == (["copy_differing"], {"copy-differing": "critical"})


def test_what_is_not_what_was_stored_is_not_taken_for_the_voice(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    key = clock.key(family, recording)
    audio_store().delete_object(key)
    assert clock.now("copy_recordings")["missing"] == 1
    clock.store.put(key, voice(2_000)[::-1])
    assert clock.now("copy_recordings")["changed"] == 1
    assert copies() == {}
    assert clock.alerts() == {"copy-missing": "critical", "copy-changed": "critical"}


def test_a_backup_that_is_down_is_tried_again_and_after_a_day_alarms(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    clock.store.app.fail_next(503, times=10, method="PUT")
    assert clock.now("copy_recordings") == {"configured": True, "failed": 1, "late": 0, "finished": True}
    assert clock.alerts() == {}
    clock.run("UPDATE public.recordings SET created_at = created_at - interval '25 hours'")
    assert clock.now("copy_recordings")["late"] == 1
    assert clock.alerts() == {"uncopied": "critical"}
    clock.store.app.heal()
    assert clock.now("copy_recordings") == {"configured": True, "copied": 1, "late": 0, "finished": True}
    assert copied(clock, recording)


def test_one_that_fails_keeps_no_other_from_being_copied(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    first, second = clock.kept(family, keeper), clock.kept(family, keeper)
    audio_store().delete_object(clock.key(family, first))
    summary = clock.now("copy_recordings")
    assert (summary["missing"], summary["copied"]) == (1, 1)
    assert copied(clock, second)


def test_the_trash_has_a_second_copy_too_until_it_is_emptied(clock: Clock) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    clock.trash(recording, "1 day")
    assert clock.now("copy_recordings")["copied"] == 1


def test_without_a_second_store_it_says_so(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import config

    monkeypatch.delenv("BACKUP_BUCKET_NAME")
    config.reset()
    assert clock.now("copy_recordings") == {"configured": False}
