"""finalize-recording over HTTP: what becomes a recording, once, and what is refused until it is as announced."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.api.shapes import Recording
from chalicelib.storage.store import Store, StoredObject
from tests.support.api import GIB, Api, Person, at_once, fields_of, upload_of
from tests.support.object_store import send, voice

NAME = "finalize-recording"


@pytest.fixture
def keeper(module_api: Api) -> Person:
    return module_api.person()


@pytest.fixture
def family(module_api: Api, keeper: Person) -> str:
    return module_api.family(keeper)


def asked(family: str, recording: str, **more: Any) -> dict[str, Any]:
    return {"familyId": family, "recordingId": recording, **more}


# What is kept ------------------------------------------------------------------------------------


def test_an_upload_becomes_a_recording_with_a_receipt(module_api: Api, family: str) -> None:
    teller = module_api.member(family)
    prompt = module_api.prompt(family, teller)
    recording = module_api.upload(family, teller, 2_000)
    more = {"title": "  The dance ", "promptId": prompt, "recordedAt": "2026-11-19T21:00:00+02:00"}
    data = teller.ask(NAME, asked(family, recording, **more)).data
    assert set(data) == {"recording", "usage", "receipt"}
    kept = data["recording"]
    assert set(kept) == fields_of(Recording) - {"daysLeft"}
    assert (kept["id"], kept["familyId"], kept["createdBy"]) == (recording, family, teller.id)
    assert (kept["title"], kept["promptId"], kept["recordedAt"]) == ("The dance", prompt, "2026-11-19T19:00:00Z")
    assert (kept["sizeBytes"], kept["durationSeconds"], kept["contentType"]) == (2_000, 12.5, "audio/mp4")
    assert (kept["rescued"], kept["deletedAt"]) == (False, None)
    assert data["usage"] == {"usedBytes": 2_000, "reservedBytes": 0, "quotaBytes": GIB}
    receipt = data["receipt"]
    assert set(receipt) == {"recordingId", "sizeBytes", "etag", "storedAt"}
    assert receipt["etag"] == hashlib.md5(voice(2_000), usedforsecurity=False).hexdigest()
    assert module_api.used(family) == 2_000


def test_a_declared_md5_is_in_the_receipt(module_api: Api, family: str, keeper: Person) -> None:
    from tests.api.test_get_signed_upload_url import md5_of

    recording = module_api.upload(family, keeper, 2_000, contentMd5=md5_of(voice(2_000)))
    assert keeper.ask(NAME, asked(family, recording)).data["receipt"]["contentMd5"] == md5_of(voice(2_000))


def test_a_blank_title_is_null(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.upload(family, keeper)
    assert keeper.ask(NAME, asked(family, recording, title="  ")).data["recording"]["title"] is None


def test_ten_finalizes_at_once_make_one_recording_and_give_one_answer(
    module_api: Api, family: str, keeper: Person
) -> None:
    recording = module_api.upload(family, keeper)
    replies = at_once([lambda: keeper.ask(NAME, asked(family, recording, title="Once"))] * 10)
    assert [reply.status for reply in replies] == [200] * 10
    assert all(reply.data == replies[0].data for reply in replies)
    assert module_api.used(family) == 2_000
    assert module_api.value("SELECT count(*) FROM public.usage_ledger WHERE family_id = %s", family) == 1
    saved = "SELECT count(*) FROM ops.jobs WHERE payload ->> 'event' = 'recording_saved' AND lane LIKE %s"
    assert module_api.value(saved, f"%{family}") == 1


def test_two_delayed_finalizes_both_return_the_recording(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.upload(family, keeper)
    with ThreadPoolExecutor() as pool:
        with module_api.while_held("SELECT FROM ops.upload_reservations WHERE id = %s FOR UPDATE", recording):
            replies = [pool.submit(keeper.ask, NAME, asked(family, recording)) for _ in range(2)]
            module_api.until_waiting(2)
        assert [reply.result().status for reply in replies] == [200, 200]


def test_repeated_it_returns_the_same_recording_and_the_current_usage(
    module_api: Api, family: str, keeper: Person
) -> None:
    recording = module_api.upload(family, keeper)
    first = keeper.ask(NAME, asked(family, recording, title="First")).data
    module_api.kept(family, keeper, 3_000)
    again = keeper.ask(NAME, asked(family, recording, title="Second")).data
    assert (again["recording"], again["receipt"]) == (first["recording"], first["receipt"])
    assert again["usage"]["usedBytes"] == 5_000


def test_twenty_uploads_admitted_to_the_last_byte_are_all_kept(module_api: Api, family: str, keeper: Person) -> None:
    module_api.run("UPDATE public.entitlements SET storage_quota_bytes = 20000 WHERE family_id = %s", family)
    recordings = [module_api.upload(family, keeper, 1_000) for _ in range(20)]
    replies = at_once([lambda one=one: keeper.ask(NAME, asked(family, one)) for one in recordings])  # type: ignore[misc]
    assert [reply.status for reply in replies] == [200] * 20
    assert module_api.used(family) == 20_000


@pytest.mark.parametrize(
    "change",
    [
        "storage_quota_bytes = 1",
        "plan = 'free', storage_quota_bytes = 1, max_recording_seconds = 1",
        "status = 'paused'",
    ],
)
def test_an_admitted_upload_is_kept_whatever_happened_to_the_plan(
    module_api: Api, family: str, keeper: Person, change: str
) -> None:
    recording = module_api.upload(family, keeper)
    module_api.run(f"UPDATE public.entitlements SET {change} WHERE family_id = %s", family)
    assert keeper.ask(NAME, asked(family, recording)).status == 200
    assert module_api.used(family) == 2_000


def test_a_late_upload_is_kept_after_its_reservation_has_expired(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.upload(family, keeper)
    module_api.run(
        "UPDATE ops.upload_reservations SET url_expires_at = now(), live_until = now() WHERE id = %s", recording
    )
    assert keeper.ask(NAME, asked(family, recording)).status == 200


# What is refused ---------------------------------------------------------------------------------


def test_it_is_refused_before_the_upload_and_works_after_it(module_api: Api, family: str, keeper: Person) -> None:
    answer = module_api.reserve(family, keeper)
    reply = keeper.ask(NAME, asked(family, answer["recordingId"]))
    assert (reply.status, reply.code) == (409, "UPLOAD_NOT_FOUND")
    send("PUT", answer["uploadUrl"], voice(2_000), answer["uploadHeaders"])
    assert keeper.ask(NAME, asked(family, answer["recordingId"])).status == 200


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", "audio/mp4", "size"),
        (voice(1_999), "audio/mp4", "size"),
        (voice(2_001), "audio/mp4", "size"),
        (voice(2_000), "audio/mpeg", "content_type"),
        (b"<html>" + b" " * 1_994, "audio/mp4", "content"),
    ],
)
def test_an_upload_that_differs_from_its_declaration_is_refused(
    module_api: Api, family: str, keeper: Person, body: bytes, content_type: str, reason: str
) -> None:
    answer = module_api.reserve(family, keeper, 2_000)
    module_api.store.put(answer["objectKey"], body, content_type)
    reply = keeper.ask(NAME, asked(family, answer["recordingId"]))
    assert (reply.status, reply.code) == (409, "UPLOAD_MISMATCH")
    assert reply.details == {"reason": reason}
    assert module_api.used(family) == 0


def test_a_reservation_of_another_person_is_not_found(module_api: Api, family: str, keeper: Person) -> None:
    teller = module_api.member(family)
    recording = module_api.upload(family, teller)
    reply = keeper.ask(NAME, asked(family, recording))
    assert (reply.status, reply.code) == (404, "NOT_FOUND")
    assert reply.without_request_id == keeper.ask(NAME, asked(family, str(uuid4()))).without_request_id
    assert teller.ask(NAME, asked(family, recording)).status == 200
    assert keeper.ask(NAME, asked(family, recording)).code == "NOT_FOUND"


def test_a_stranger_gets_the_same_answer_for_known_and_unknown_ids(
    module_api: Api, family: str, keeper: Person
) -> None:
    recording = module_api.upload(family, keeper)
    reply = module_api.person().ask(NAME, asked(family, recording))
    assert reply.code == "FORBIDDEN"
    assert (
        reply.without_request_id == module_api.person().ask(NAME, asked(str(uuid4()), str(uuid4()))).without_request_id
    )


def test_a_recording_is_not_finalized_into_another_family(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.upload(family, keeper)
    other = module_api.family(keeper)
    assert keeper.ask(NAME, asked(other, recording)).code == "NOT_FOUND"


def test_a_removed_member_is_refused_on_the_very_next_call(module_api: Api, family: str) -> None:
    member = module_api.member(family)
    recording = module_api.upload(family, member)
    module_api.remove(family, member)
    assert member.ask(NAME, asked(family, recording)).code == "FORBIDDEN"


def test_a_prompt_of_another_family_is_not_found(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.upload(family, keeper)
    stranger = module_api.person()
    prompt = module_api.prompt(module_api.family(stranger), stranger)
    assert keeper.ask(NAME, asked(family, recording, promptId=prompt)).code == "NOT_FOUND"
    assert keeper.ask(NAME, asked(family, recording, promptId=str(uuid4()))).code == "NOT_FOUND"
    assert keeper.ask(NAME, asked(family, recording)).status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recordingId": "../../../etc/passwd"}, "recordingId"),
        ({"recordingId": "%2e%2e%2f"}, "recordingId"),
        ({"recordingId": 7}, "recordingId"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"promptId": "x"}, "promptId"),
        ({"recordedAt": "yesterday"}, "recordedAt"),
        ({"recordedAt": "2026-11-19T21:00:00"}, "recordedAt"),
        ({"recordedAt": 1_700_000_000}, "recordedAt"),
    ],
)
def test_an_invalid_field_is_refused_by_name(module_api: Api, change: dict[str, Any], field: str) -> None:
    reply = module_api.person().ask(NAME, {**asked(str(uuid4()), str(uuid4())), **change})
    assert reply.code == "VALIDATION_FAILED"
    assert [problem["field"] for problem in reply.details] == [field]


# A store on a bad day ----------------------------------------------------------------------------


def test_a_store_that_fails_once_is_asked_again(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.upload(family, keeper)
    module_api.store.app.fail_next(503, times=2, method="GET")
    assert keeper.ask(NAME, asked(family, recording)).status == 200


def test_a_store_that_is_down_is_503_and_the_upload_is_not_lost(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.upload(family, keeper)
    module_api.store.app.fail_next(500, times=3, method="GET")
    reply = keeper.ask(NAME, asked(family, recording))
    assert (reply.status, reply.code) == (503, "SERVICE_UNAVAILABLE")
    assert int(reply.headers["retry-after"]) >= 1
    assert keeper.ask(NAME, asked(family, recording)).status == 200


def test_no_lock_is_held_while_the_store_is_asked(module_api: Api, family: str, keeper: Person) -> None:
    teller = module_api.member(family)
    recording = module_api.upload(family, keeper)
    module_api.store.app.delay = 1.0
    slow, quick = at_once(
        [
            lambda: keeper.ask(NAME, asked(family, recording)),
            lambda: teller.ask("get-signed-upload-url", upload_of(family)),
        ]
    )
    assert (slow.status, quick.status) == (200, 200)


def test_one_finalize_is_two_messages_and_one_look_between_them(
    module_api: Api, family: str, keeper: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.telemetry import logs

    lines: list[int] = []
    monkeypatch.setattr(logs, "request", lambda call, *rest: lines.append(call.messages))
    looks: list[str] = []
    inspect = Store.inspect_object

    def watched(store: Store, key: str) -> StoredObject | None:
        looks.append(key)
        return inspect(store, key)

    monkeypatch.setattr(Store, "inspect_object", watched)
    recording = module_api.upload(family, keeper)
    lines.clear()
    keeper.ask(NAME, asked(family, recording))
    assert lines == [2]
    assert looks == [f"families/{family}/recordings/{recording}.audio.m4a"]
