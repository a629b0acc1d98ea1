"""Waveforms: reserved, counted and checked; a wrong one never costs the voice, and is never announced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.storage.deletion import delete_object
from chalicelib.storage.store import Store, StoredObject, audio_store
from tests.support.api import Person, upload_of
from tests.support.gateway import Response
from tests.support.object_store import send, voice
from tests.support.quota import stored
from tests.support.schedules import Schedules

WAVEFORM = b"[0.1,0.25]"
SIZE = len(WAVEFORM)
MAX = 256 * 1024
JSON = "application/json"


def declared(schedules: Schedules, size: int = SIZE) -> tuple[str, Person, str, str]:
    """A voice that was put, and a waveform of `size` bytes that was declared: family, keeper, recording, key."""
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper, waveformSizeBytes=size)
    return family, keeper, recording, schedules.key(family, recording).replace(".audio.m4a", ".waveform.json")


def finalize(keeper: Person, family: str, recording: str) -> Response:
    return keeper.ask("finalize-recording", {"familyId": family, "recordingId": recording})


def kept(schedules: Schedules, way: str, keeper: Person, family: str, recording: str) -> None:
    """The upload becomes a recording, by its app or by the schedule."""
    if way == "finalize":
        assert finalize(keeper, family, recording).status == 200
    else:
        schedules.pass_time(recording, "16 minutes")
        assert schedules.now("settle_uploads")["rescued"] == 1


def announced(keeper: Person, recording: str) -> str | None:
    """The waveform's URL, as the app gets it."""
    url: str | None = keeper.ask("get-signed-playback-url", {"recordingId": recording}).data["waveformUrl"]
    return url


def has_waveform(schedules: Schedules, recording: str) -> bool:
    """What a member reads directly, and realtime shows."""
    return bool(schedules.value("SELECT has_waveform FROM public.recordings WHERE id = %s", recording))


def refused(schedules: Schedules) -> list[dict[str, Any]]:
    return [row[0] for row in schedules.run("SELECT details FROM ops.anomalies WHERE kind = 'waveform_refused'")]


def a_day_passes(schedules: Schedules) -> None:
    schedules.run("UPDATE ops.stray_waveforms SET delete_after = delete_after - interval '26 hours'")


# Reserved and counted ------------------------------------------------------------------------------


def test_the_bytes_of_a_waveform_need_room_like_the_audio_s(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    schedules.run("UPDATE public.entitlements SET storage_quota_bytes = 3000")
    body = upload_of(family, 1_000, waveformSizeBytes=501)
    assert keeper.ask("get-signed-upload-url", body, idempotency_key="one").data["reservedBytes"] == 1_501
    again = keeper.ask("get-signed-upload-url", body, idempotency_key="one")
    assert again.data["reservedBytes"] == 1_501, "its own bytes are not held against it"
    reply = keeper.ask("get-signed-upload-url", upload_of(family, 1_000, waveformSizeBytes=500))
    assert reply.code == "QUOTA_EXCEEDED"
    assert reply.details == {"quotaBytes": 3_000, "usedBytes": 0, "reservedBytes": 1_501, "requestedBytes": 1_500}
    assert keeper.get(f"/v1/families/{family}").data["family"]["entitlement"]["storageReservedBytes"] == 1_501
    assert keeper.ask("get-signed-upload-url", upload_of(family, 1_000, waveformSizeBytes=499)).status == 200


@pytest.mark.parametrize("way", ["finalize", "rescue"])
def test_a_waveform_is_counted_announced_and_purged_with_its_recording(schedules: Schedules, way: str) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper, 3_000, waveform=WAVEFORM)
    kept(schedules, way, keeper, family, recording)
    answer = finalize(keeper, family, recording).data
    assert (answer["recording"]["sizeBytes"], answer["receipt"]["sizeBytes"]) == (3_000, 3_000)
    assert answer["usage"]["usedBytes"] == schedules.used(family) == 3_000 + SIZE
    url = announced(keeper, recording)
    assert url is not None and send("GET", url) == (200, WAVEFORM)
    assert schedules.now("audit_storage")["counts"] == {
        "objects": 2, "recordings": 1, "missing": 0, "orphaned": 0, "differing": 0, "drifted": 0,
    }  # fmt: skip
    schedules.trash(recording)
    assert schedules.now("cleanup_media", dryRun=True)["steps"][0]["sizeBytes"] == 3_000 + SIZE
    assert schedules.now("cleanup_media")["purged"] == 1
    assert (schedules.used(family), schedules.stored(), schedules.kinds()) == (0, [], [])


def test_the_largest_waveform_is_read_to_its_end(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    numbers = b"[" + b"0.5," * 60_000 + b"0.5]"
    largest = numbers + b" " * (MAX - len(numbers))
    recording = schedules.kept(family, keeper, waveform=largest)
    url = announced(keeper, recording)
    assert url is not None and send("GET", url) == (200, largest)
    assert schedules.used(family) == 2_000 + MAX


def test_an_older_recording_keeps_its_uncounted_waveform_and_releases_nothing_for_it(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    key = schedules.key(family, recording).replace(".audio.m4a", ".waveform.json")
    schedules.store.put(key, WAVEFORM, JSON)
    schedules.run("UPDATE public.recordings SET waveform_key = %s WHERE id = %s", key, recording)
    assert announced(keeper, recording) is not None
    schedules.trash(recording)
    assert schedules.now("cleanup_media")["purged"] == 1
    assert (schedules.used(family), schedules.stored(), schedules.kinds()) == (0, [], [])


# Wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["finalize", "rescue"])
@pytest.mark.parametrize(
    ("body", "content_type", "declared_bytes", "reason"),
    [
        pytest.param(b"<script>1", JSON, 9, "content", id="no JSON"),
        pytest.param(b'["a","b"]', JSON, 9, "content", id="no numbers"),
        pytest.param(b"[NaN,NaN]", JSON, 9, "content", id="no finite numbers"),
        pytest.param(b"[1e999,2]", JSON, 9, "content", id="too large a number"),
        pytest.param(b"[" * MAX, JSON, MAX, "content", id="nested"),
        pytest.param(b"[" + b"1," * 70_000 + b"1]", JSON, 140_003, "content", id="too many numbers"),
        pytest.param(WAVEFORM, "text/html", SIZE, "content", id="another media type"),
        pytest.param(WAVEFORM, JSON, SIZE - 1, "size", id="longer than declared"),
        pytest.param(b"[1" + b" " * MAX + b"]", JSON, MAX, "size", id="longer than any"),
        pytest.param(b"", JSON, SIZE, "size", id="empty"),
    ],
)
def test_a_wrong_waveform_never_costs_the_voice_and_is_not_counted_nor_announced(
    schedules: Schedules, way: str, body: bytes, content_type: str, declared_bytes: int, reason: str
) -> None:
    family, keeper, recording, key = declared(schedules, declared_bytes)
    # Past the signed URL, which takes the declared size and type alone.
    schedules.store.put(key, body, content_type)
    kept(schedules, way, keeper, family, recording)
    assert schedules.used(family) == 2_000
    assert announced(keeper, recording) is None and not has_waveform(schedules, recording)
    assert refused(schedules) == [{"reason": reason, "declared_bytes": declared_bytes}]
    assert schedules.alerts() == {}
    # Its object is gone a day later, by its row; the audit has nothing to say meanwhile, and the voice stays.
    audit = schedules.now("audit_storage")
    assert (audit["orphaned"], audit["counts"]["drifted"]) == ([], 0)
    assert schedules.now("cleanup_media")["planned"] == 0
    a_day_passes(schedules)
    assert schedules.now("cleanup_media")["dropped"] == 1
    assert schedules.stored() == [schedules.key(family, recording)]
    assert schedules.now("cleanup_media")["planned"] == 0


def test_a_waveform_that_comes_after_finalize_is_never_announced_and_goes_again(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    answer = schedules.reserve(family, keeper, waveformSizeBytes=SIZE)
    recording = answer["recordingId"]
    send("PUT", answer["uploadUrl"], voice(2_000), answer["uploadHeaders"])
    assert finalize(keeper, family, recording).status == 200
    assert announced(keeper, recording) is None
    assert schedules.kinds() == [], "a waveform that is only missing is nothing to look at"
    assert send("PUT", answer["waveformUploadUrl"], WAVEFORM, answer["waveformUploadHeaders"])[0] == 200
    assert finalize(keeper, family, recording).data["usage"]["usedBytes"] == schedules.used(family) == 2_000
    assert announced(keeper, recording) is None
    assert schedules.now("audit_storage")["orphaned"] == []
    a_day_passes(schedules)
    assert schedules.now("cleanup_media")["dropped"] == 1
    assert schedules.stored() == [schedules.key(family, recording)]


def test_a_stray_waveform_is_kept_as_long_as_its_url_may_be_used(schedules: Schedules) -> None:
    family, keeper, recording, _ = declared(schedules)
    kept(schedules, "finalize", keeper, family, recording)
    left = "SELECT delete_after > now() + interval '1 day 14 minutes' FROM ops.stray_waveforms"
    assert schedules.value(left) is True
    assert schedules.value("SELECT ops.check_stray_waveform(%s)", recording) == {"keys": []}
    assert schedules.value("SELECT ops.drop_stray_waveform_tx(%s)", recording) == {"dropped": False}


def test_while_deleting_is_disarmed_or_a_recording_has_it_no_waveform_is_deleted(schedules: Schedules) -> None:
    family, keeper, recording, key = declared(schedules)
    schedules.store.put(key, b"<script>", JSON)
    kept(schedules, "finalize", keeper, family, recording)
    a_day_passes(schedules)
    schedules.run("SELECT ops.arm_deleting_tx(false)")
    assert schedules.now("cleanup_media")["armed"] is False
    assert schedules.value("SELECT ops.check_stray_waveform(%s)", recording) == {"keys": []}
    assert schedules.value("SELECT ops.drop_stray_waveform_tx(%s)", recording) == {"dropped": False}
    schedules.run("SELECT ops.arm_deleting_tx(true)")
    schedules.run("UPDATE public.recordings SET waveform_key = %s WHERE id = %s", key, recording)
    assert schedules.now("cleanup_media")["skipped"] == 1
    assert key in schedules.stored()


def test_a_clean_up_killed_before_the_row_goes_on_with_it(schedules: Schedules) -> None:
    family, keeper, recording, key = declared(schedules)
    schedules.store.put(key, b"<script>", JSON)
    kept(schedules, "finalize", keeper, family, recording)
    a_day_passes(schedules)
    schedules.store.app.fail_next(503, times=10, method="DELETE")
    assert schedules.now("cleanup_media")["failed"] == 1
    schedules.store.app.heal()
    delete_object(audio_store(), key)
    assert schedules.now("cleanup_media")["dropped"] == 1


# Of people who left --------------------------------------------------------------------------------


def test_a_waveform_that_a_removed_member_stores_later_is_left_out_of_what_they_stored_before(
    schedules: Schedules,
) -> None:
    family, keeper = schedules.family_of_one()
    teller = schedules.member(family)
    recording = schedules.upload(family, teller, waveformSizeBytes=SIZE)
    assert keeper.delete(f"/v1/families/{family}/members/{teller.id}").status == 200
    found = stored(2_000, SIZE)
    found["waveform"]["stored_at"] = "2999-01-01T00:00:00Z"
    settled = schedules.value("SELECT ops.rescue_recording_tx(%s, %s)", recording, json.dumps(found))
    assert settled == {"outcome": "rescued"}
    assert schedules.used(family) == 2_000
    assert announced(keeper, recording) is None
    assert [details["reason"] for details in refused(schedules)] == ["left"]


def test_a_parked_upload_that_is_accepted_brings_its_waveform_along(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    teller = schedules.member(family)
    recording = schedules.upload(family, teller, waveform=WAVEFORM)
    assert keeper.delete(f"/v1/families/{family}/members/{teller.id}").status == 200
    schedules.run("UPDATE ops.upload_reservations SET uploader_left_at = now() - interval '1 hour'")
    assert schedules.now("settle_uploads")["parked"] == 1
    assert keeper.post(f"/v1/parked-uploads/{recording}/accept").status == 200
    assert schedules.used(family) == 2_000 + SIZE
    url = announced(keeper, recording)
    assert url is not None and send("GET", url) == (200, WAVEFORM)


# What the store is asked ---------------------------------------------------------------------------


def test_a_store_that_fails_on_the_waveform_finalizes_nothing_and_loses_nothing(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.upload(family, keeper, waveform=WAVEFORM)
    inspect = Store.inspect_object

    def half(store: Store, key: str, *more: Any) -> StoredObject | None:
        if key.endswith(".json"):
            raise Unavailable("storage", trouble="in trouble")
        return inspect(store, key, *more)

    schedules.pass_time(recording, "16 minutes")
    with monkeypatch.context() as patched:
        patched.setattr(Store, "inspect_object", half)
        assert finalize(keeper, family, recording).status == 503
        assert schedules.now("settle_uploads")["failed"] == 1
    assert finalize(keeper, family, recording).status == 200
    assert announced(keeper, recording) is not None
