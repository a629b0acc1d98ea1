"""get-signed-upload-url over HTTP: who may upload how much, in which order it is refused, what is signed."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.support.api import GIB, Api, Person, at_once, upload_of
from tests.support.object_store import send, voice

NAME = "get-signed-upload-url"
MIB = 1024**2


def md5_of(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


@pytest.fixture
def keeper(module_api: Api) -> Person:
    return module_api.person()


@pytest.fixture
def family(module_api: Api, keeper: Person) -> str:
    return module_api.family(keeper)


# What is given -----------------------------------------------------------------------------------


def test_a_member_gets_a_url_that_takes_the_upload(module_api: Api, family: str) -> None:
    data = module_api.member(family).ask(NAME, upload_of(family, 2_000)).data
    recording = data["recordingId"]
    assert set(data) == {
        "recordingId", "uploadUrl", "uploadHeaders", "waveformUploadUrl", "waveformUploadHeaders", "objectKey",
        "expiresAt", "expiresInSeconds", "reservedBytes",
    }  # fmt: skip
    assert data["objectKey"] == f"families/{family}/recordings/{recording}.audio.m4a"
    assert data["uploadHeaders"] == {"content-type": "audio/mp4", "if-none-match": "*"}
    assert (data["waveformUploadUrl"], data["waveformUploadHeaders"]) == (None, None)
    assert (data["expiresInSeconds"], data["reservedBytes"]) == (900, 2_000)
    quarter = datetime.now(UTC) + timedelta(minutes=15)
    assert abs(datetime.fromisoformat(data["expiresAt"]) - quarter) < timedelta(seconds=20)
    assert send("PUT", data["uploadUrl"], voice(2_000), data["uploadHeaders"])[0] == 200


def test_size_type_content_and_condition_are_signed(module_api: Api, keeper: Person, family: str) -> None:
    body = voice(2_000)
    data = keeper.ask(NAME, upload_of(family, 2_000, contentMd5=md5_of(body))).data
    signed = parse_qs(urlsplit(data["uploadUrl"]).query)["X-Amz-SignedHeaders"]
    assert signed == ["content-length;content-md5;content-type;host;if-none-match"]
    assert send("PUT", data["uploadUrl"], body[:-1] + b"!", data["uploadHeaders"])[0] == 400
    assert send("PUT", data["uploadUrl"], body, data["uploadHeaders"])[0] == 200


def test_the_store_refuses_more_bytes_than_were_declared(module_api: Api, keeper: Person, family: str) -> None:
    data = keeper.ask(NAME, upload_of(family, 1)).data
    assert send("PUT", data["uploadUrl"], voice(MIB), data["uploadHeaders"])[0] == 403


def test_a_waveform_gets_its_own_url_beside_the_audio_s(module_api: Api, keeper: Person, family: str) -> None:
    data = keeper.ask(NAME, upload_of(family, waveformSizeBytes=9)).data
    assert urlsplit(data["waveformUploadUrl"]).path.endswith(
        f"/{family}/recordings/{data['recordingId']}.waveform.json"
    )
    assert data["waveformUploadHeaders"] == {"content-type": "application/json", "if-none-match": "*"}
    assert send("PUT", data["waveformUploadUrl"], b"[0.1,0.2]", data["waveformUploadHeaders"])[0] == 200
    assert data["reservedBytes"] == 2_009


def test_bytes_are_reserved_and_not_used(module_api: Api, keeper: Person, family: str) -> None:
    module_api.reserve(family, keeper, 5_000)
    entitlement = keeper.get(f"/v1/families/{family}").data["family"]["entitlement"]
    assert (entitlement["storageReservedBytes"], entitlement["storageUsedBytes"]) == (5_000, 0)


# What is refused, in its order -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"familyId": None}, "familyId"),
        ({"familyId": "../../etc"}, "familyId"),
        ({"fileSizeBytes": None}, "fileSizeBytes"),
        ({"fileSizeBytes": 0}, "fileSizeBytes"),
        ({"fileSizeBytes": -1}, "fileSizeBytes"),
        ({"fileSizeBytes": 512 * MIB + 1}, "fileSizeBytes"),
        ({"fileSizeBytes": "2000"}, "fileSizeBytes"),
        ({"fileSizeBytes": 2000.0}, "fileSizeBytes"),
        ({"fileSizeBytes": True}, "fileSizeBytes"),
        ({"durationSeconds": None}, "durationSeconds"),
        ({"durationSeconds": 0}, "durationSeconds"),
        ({"durationSeconds": -0.5}, "durationSeconds"),
        ({"durationSeconds": "12"}, "durationSeconds"),
        ({"durationSeconds": True}, "durationSeconds"),
        ({"contentType": None}, "contentType"),
        ({"contentType": "audio/mpeg"}, "contentType"),
        ({"contentType": "audio/mp4; codecs=opus"}, "contentType"),
        ({"contentMd5": "abc"}, "contentMd5"),
        ({"contentMd5": ""}, "contentMd5"),
        ({"contentMd5": "d41d8cd98f00b204e9800998ecf8427e"}, "contentMd5"),
        ({"contentMd5": md5_of(b"")[:-2]}, "contentMd5"),
        ({"contentMd5": md5_of(b"") + "\n"}, "contentMd5"),
        ({"contentMd5": "1B2M2Y8AsgTpgAmY7PhCfh=="}, "contentMd5"),
        ({"waveformSizeBytes": 0}, "waveformSizeBytes"),
        ({"waveformSizeBytes": 256 * 1024 + 1}, "waveformSizeBytes"),
    ],
)
def test_an_invalid_field_is_refused_by_name(module_api: Api, change: dict[str, Any], field: str) -> None:
    reply = module_api.person().ask(NAME, upload_of(str(uuid4()), **change))
    assert reply.code == "VALIDATION_FAILED"
    assert [problem["field"] for problem in reply.details] == [field]


@pytest.mark.parametrize("duration", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_duration_that_is_not_a_number_is_refused(
    module_api: Api, family: str, keeper: Person, duration: str
) -> None:
    body = f'{{"familyId": "{family}", "fileSizeBytes": 1, "durationSeconds": {duration}, "contentType": "audio/mp4"}}'
    assert keeper.ask(NAME, body).code == "VALIDATION_FAILED"


@pytest.mark.parametrize("duration", [1, 0.001, 600, 600.0])
def test_whole_and_fractional_seconds_are_accepted(
    module_api: Api, family: str, keeper: Person, duration: float
) -> None:
    assert keeper.ask(NAME, upload_of(family, durationSeconds=duration)).status == 200


def test_strangers_and_unknown_families_get_the_same_answer(module_api: Api, family: str, keeper: Person) -> None:
    stranger = module_api.person().ask(NAME, upload_of(family))
    assert (stranger.status, stranger.code) == (403, "FORBIDDEN")
    assert stranger.without_request_id == keeper.ask(NAME, upload_of(str(uuid4()))).without_request_id


def test_a_removed_member_is_refused_on_the_very_next_call(module_api: Api, family: str) -> None:
    member = module_api.member(family)
    assert member.ask(NAME, upload_of(family)).status == 200
    module_api.remove(family, member)
    assert member.ask(NAME, upload_of(family)).code == "FORBIDDEN"


def spoil(api: Api, family: str, *, until: str) -> None:
    """Makes the family fail every check from `until` on: what comes first must answer."""
    changes = {
        "unpaid": "status = 'paused'",
        "full": f"storage_quota_bytes = {GIB}, storage_used_bytes = {GIB}",
        "long": "max_recording_seconds = 1",
    }
    order = list(changes)
    wanted = ", ".join(changes[name] for name in order[order.index(until) :])
    api.run(f"UPDATE public.entitlements SET {wanted} WHERE family_id = %s", family)


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("unpaid", "SUBSCRIPTION_INACTIVE"),
        ("full", "QUOTA_EXCEEDED"),
        ("long", "DURATION_EXCEEDED"),
    ],
)
def test_the_first_reason_in_a_fixed_order_is_the_answer(
    module_api: Api, family: str, keeper: Person, until: str, code: str
) -> None:
    spoil(module_api, family, until=until)
    reply = keeper.ask(NAME, upload_of(family))
    assert (reply.status, reply.code) == (403, code)
    assert module_api.person().ask(NAME, upload_of(family)).code == "FORBIDDEN"


def test_uploads_that_the_operator_suspended_for_a_family_are_refused_before_anything_of_its_billing(
    module_api: Api, family: str, keeper: Person
) -> None:
    admitted, kept = module_api.upload(family, keeper), module_api.kept(family, keeper)
    spoil(module_api, family, until="unpaid")
    module_api.suspend_uploads(family)
    reply = keeper.ask(NAME, upload_of(family))
    assert (reply.status, reply.code) == (403, "ENTITLEMENT_INACTIVE")
    shown = keeper.get(f"/v1/families/{family}").data["family"]
    assert (shown["entitlement"]["status"], shown["features"]["uploads"]) == ("suspended", False)
    # What was admitted is kept, what is kept is heard, and another family is not concerned.
    assert keeper.ask("finalize-recording", {"familyId": family, "recordingId": admitted}).status == 200
    assert keeper.ask("get-signed-playback-url", {"recordingId": kept}).status == 200
    other = module_api.family(keeper)
    assert keeper.ask(NAME, upload_of(other)).status == 200


def test_a_full_family_is_refused_with_the_numbers(module_api: Api, family: str, keeper: Person) -> None:
    module_api.reserve(family, keeper, 400 * MIB)
    module_api.reserve(family, keeper, 500 * MIB)
    reply = keeper.ask(NAME, upload_of(family, 200 * MIB))
    assert reply.details == {
        "quotaBytes": GIB,
        "usedBytes": 0,
        "reservedBytes": 900 * MIB,
        "requestedBytes": 200 * MIB,
    }


def test_a_recording_too_long_for_the_plan_is_refused_with_the_limit(
    module_api: Api, family: str, keeper: Person
) -> None:
    for duration in (600.5, 1e12):
        reply = keeper.ask(NAME, upload_of(family, durationSeconds=duration))
        assert reply.code == "DURATION_EXCEEDED"
        assert reply.details == {"maxRecordingSeconds": 600}


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("status = 'active'", None),
        ("status = 'trialing'", None),
        ("status = 'past_due', current_period_end = now() - interval '6 days 23 hours'", None),
        ("status = 'past_due', current_period_end = now() - interval '7 days 1 minute'", "SUBSCRIPTION_INACTIVE"),
        ("status = 'incomplete'", "SUBSCRIPTION_INACTIVE"),
        ("status = 'paused'", "SUBSCRIPTION_INACTIVE"),
    ],
)
def test_each_billing_state_admits_or_refuses_an_upload(
    module_api: Api, family: str, keeper: Person, state: str, code: str | None
) -> None:
    module_api.run(f"UPDATE public.entitlements SET {state} WHERE family_id = %s", family)
    reply = keeper.ask(NAME, upload_of(family))
    assert (reply.status == 200) if code is None else (reply.code == code)


# At the limit ------------------------------------------------------------------------------------


def test_of_twenty_requests_at_once_where_one_fits_one_is_granted(module_api: Api, family: str) -> None:
    module_api.run("UPDATE public.entitlements SET storage_quota_bytes = 2000 WHERE family_id = %s", family)
    members = [module_api.member(family) for _ in range(20)]
    replies = at_once([lambda who=who: who.ask(NAME, upload_of(family, 2_000)) for who in members])  # type: ignore[misc]
    assert sorted(reply.status for reply in replies) == [200] + [403] * 19
    assert {reply.code for reply in replies if reply.status != 200} == {"QUOTA_EXCEEDED"}


def test_the_last_free_byte_is_reserved_and_one_more_is_refused(module_api: Api, family: str, keeper: Person) -> None:
    module_api.run("UPDATE public.entitlements SET storage_quota_bytes = 2000 WHERE family_id = %s", family)
    assert keeper.ask(NAME, upload_of(family, 2_000)).status == 200
    assert keeper.ask(NAME, upload_of(family, 1)).code == "QUOTA_EXCEEDED"


def test_an_unused_reservation_expires_by_itself(module_api: Api, family: str, keeper: Person) -> None:
    module_api.run("UPDATE public.entitlements SET storage_quota_bytes = 2000 WHERE family_id = %s", family)
    module_api.reserve(family, keeper, 2_000)
    passes = (
        "UPDATE ops.upload_reservations SET url_expires_at = url_expires_at - interval '2 hours',"
        " live_until = live_until - %s::interval WHERE family_id = %s"
    )
    module_api.run(passes, "1 hour 59 minutes", family)
    assert keeper.ask(NAME, upload_of(family, 2_000)).code == "QUOTA_EXCEEDED", "it holds its bytes for two hours"
    module_api.run(passes, "2 minutes", family)
    assert keeper.ask(NAME, upload_of(family, 2_000)).status == 200


def test_a_twenty_first_pending_upload_is_refused(module_api: Api, family: str, keeper: Person) -> None:
    replies = at_once([lambda: keeper.ask(NAME, upload_of(family, 1))] * 24)
    assert sorted(reply.status for reply in replies) == [200] * 20 + [409] * 4
    assert {reply.reason for reply in replies if reply.status == 409} == {"too_many_uploads"}


def test_the_twentieth_upload_is_not_granted_twice_by_two_families_at_once(
    module_api: Api, family: str, keeper: Person
) -> None:
    other = module_api.family(keeper, "Luna")
    for _ in range(19):
        module_api.reserve(family, keeper, 1)
    # Held up between its count and its commit, by a key that somebody else seems to be writing.
    held = (
        "INSERT INTO ops.idempotency_keys (user_id, operation, key, request_hash, result)"
        " VALUES (%s, 'get-signed-upload-url', 'held', 'x', '{}')"
    )
    with ThreadPoolExecutor() as pool:
        with module_api.while_held(held, keeper.id):
            first = pool.submit(keeper.ask, NAME, upload_of(family, 1), idempotency_key="held")
            module_api.until_waiting(1)
            second = pool.submit(keeper.ask, NAME, upload_of(other, 1))
            module_api.until_waiting(2)
        assert (first.result().status, second.result().reason) == (200, "too_many_uploads")


def test_pending_uploads_are_counted_for_each_person_alone(module_api: Api, family: str, keeper: Person) -> None:
    for _ in range(20):
        module_api.reserve(family, keeper, 1)
    assert module_api.member(family).ask(NAME, upload_of(family, 1)).status == 200


# Asked again -------------------------------------------------------------------------------------


def test_the_same_key_reserves_once_and_signs_a_new_url(module_api: Api, family: str, keeper: Person) -> None:
    replies = at_once([lambda: keeper.ask(NAME, upload_of(family), idempotency_key="once")] * 5)
    assert len({reply.data["recordingId"] for reply in replies}) == 1
    assert keeper.get(f"/v1/families/{family}").data["family"]["entitlement"]["storageReservedBytes"] == 2_000
    again = keeper.ask(NAME, upload_of(family), idempotency_key="once").data
    assert send("PUT", again["uploadUrl"], voice(2_000), again["uploadHeaders"])[0] == 200


def test_the_same_key_signs_for_the_objects_that_were_reserved(module_api: Api, family: str, keeper: Person) -> None:
    body = upload_of(family, waveformSizeBytes=3)
    recording = keeper.ask(NAME, body, idempotency_key="once").data["recordingId"]
    keys = f"older/{recording}/a", f"older/{recording}/w"
    statement = "UPDATE ops.upload_reservations SET object_key = %s, waveform_key = %s WHERE id = %s"
    module_api.run(statement, *keys, recording)
    again = keeper.ask(NAME, body, idempotency_key="once").data
    assert again["objectKey"] == keys[0]
    assert keys[0] in again["uploadUrl"] and keys[1] in again["waveformUploadUrl"]


def test_the_same_key_at_the_quota_is_not_refused_for_its_own_bytes(
    module_api: Api, family: str, keeper: Person
) -> None:
    module_api.run("UPDATE public.entitlements SET storage_quota_bytes = 2000 WHERE family_id = %s", family)
    for _ in range(2):
        assert keeper.ask(NAME, upload_of(family, 2_000), idempotency_key="once").status == 200


def test_the_same_key_with_another_body_is_a_conflict(module_api: Api, family: str, keeper: Person) -> None:
    keeper.ask(NAME, upload_of(family), idempotency_key="once")
    assert keeper.ask(NAME, upload_of(family, 2_001), idempotency_key="once").reason == "idempotency_key_reused"


def test_the_key_of_a_finished_upload_is_a_conflict(module_api: Api, family: str, keeper: Person) -> None:
    data = keeper.ask(NAME, upload_of(family), idempotency_key="once").data
    send("PUT", data["uploadUrl"], voice(2_000), data["uploadHeaders"])
    keeper.ask("finalize-recording", {"familyId": family, "recordingId": data["recordingId"]})
    assert keeper.ask(NAME, upload_of(family), idempotency_key="once").reason == "already_finalized"


# What goes wrong around it -----------------------------------------------------------------------


def test_without_the_store_s_settings_nothing_is_reserved(
    module_api: Api, family: str, keeper: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("R2_SECRET_ACCESS_KEY")
    from chalicelib import config
    from chalicelib.storage import store

    config.reset()
    store.reset()
    reply = keeper.ask(NAME, upload_of(family))
    assert (reply.status, reply.code) == (503, "SERVICE_UNAVAILABLE")
    assert module_api.value("SELECT count(*) FROM ops.upload_reservations WHERE family_id = %s", family) == 0


def test_no_signature_reaches_the_log(
    module_api: Api, family: str, keeper: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    from chalicelib.telemetry import logs

    logs.reset()
    url = keeper.ask(NAME, upload_of(family, waveformSizeBytes=9)).data["uploadUrl"]
    told = capsys.readouterr().out
    assert '"route":"/functions/v1/get-signed-upload-url"' in told
    assert "X-Amz" not in told
    assert parse_qs(urlsplit(url).query)["X-Amz-Signature"][0] not in told
