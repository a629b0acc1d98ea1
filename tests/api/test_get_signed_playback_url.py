"""get-signed-playback-url over HTTP: who may listen, and that nothing about money ever stops them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.api import Api, Person
from tests.support.object_store import send, voice

NAME = "get-signed-playback-url"


@pytest.fixture
def keeper(module_api: Api) -> Person:
    return module_api.person()


@pytest.fixture
def family(module_api: Api, keeper: Person) -> str:
    return module_api.family(keeper)


def play(person: Person, recording: str) -> Any:
    return person.ask(NAME, {"recordingId": recording})


def test_a_member_plays_what_another_recorded(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.kept(family, keeper, 3_000)
    data = play(module_api.member(family), recording).data
    assert set(data) == {"url", "expiresAt", "expiresInSeconds", "refreshAfterSeconds", "waveformUrl"}
    assert (data["expiresInSeconds"], data["refreshAfterSeconds"], data["waveformUrl"]) == (900, 720, None)
    quarter = datetime.now(UTC) + timedelta(minutes=15)
    assert abs(datetime.fromisoformat(data["expiresAt"]) - quarter) < timedelta(seconds=20)
    assert send("GET", data["url"]) == (200, voice(3_000))
    assert send("GET", data["url"], headers={"range": "bytes=10-19"}) == (206, voice(3_000)[10:20])


def test_a_declared_waveform_gets_a_url(module_api: Api, family: str, keeper: Person) -> None:
    answer = module_api.reserve(family, keeper, waveformSizeBytes=9)
    send("PUT", answer["uploadUrl"], voice(2_000), answer["uploadHeaders"])
    send("PUT", answer["waveformUploadUrl"], b"[0.1,0.2]", answer["waveformUploadHeaders"])
    keeper.ask("finalize-recording", {"familyId": family, "recordingId": answer["recordingId"]})
    assert send("GET", play(keeper, answer["recordingId"]).data["waveformUrl"]) == (200, b"[0.1,0.2]")
    shown = keeper.get(f"/v1/families/{family}/recordings").data["recordings"][0]
    assert "hasWaveform" not in shown


def test_a_recording_that_the_caller_may_not_see_is_not_found(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.kept(family, keeper)
    foreign = play(module_api.person(), recording)
    assert (foreign.status, foreign.code) == (404, "NOT_FOUND")
    assert foreign.without_request_id == play(keeper, str(uuid4())).without_request_id
    assert foreign.without_request_id == play(keeper, module_api.upload(family, keeper)).without_request_id


def test_a_removed_member_gets_no_playback_url(module_api: Api, family: str, keeper: Person) -> None:
    member, recording = module_api.member(family), module_api.kept(family, keeper)
    assert play(member, recording).status == 200
    module_api.remove(family, member)
    assert play(member, recording).code == "NOT_FOUND"


def test_only_its_creator_and_keepers_play_a_recording_in_the_trash(
    module_api: Api, family: str, keeper: Person
) -> None:
    creator, other = module_api.member(family), module_api.member(family)
    recording = module_api.kept(family, creator)
    assert creator.delete(f"/v1/recordings/{recording}").status == 200
    assert [play(person, recording).status for person in (creator, keeper, other)] == [200, 200, 404]


def test_a_creator_who_left_cannot_play_their_own_recordings(module_api: Api, family: str) -> None:
    creator = module_api.member(family)
    recording = module_api.kept(family, creator)
    module_api.remove(family, creator)
    assert play(creator, recording).code == "NOT_FOUND"


def test_a_keeper_of_another_family_does_not_play_trash(module_api: Api, family: str, keeper: Person) -> None:
    recording, member = module_api.kept(family, keeper), module_api.member(family)
    module_api.family(member)
    keeper.delete(f"/v1/recordings/{recording}")
    assert play(member, recording).code == "NOT_FOUND"


def test_a_recording_being_purged_is_not_found(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.kept(family, keeper)
    module_api.run("UPDATE public.recordings SET deleted_at = now(), purging_at = now() WHERE id = %s", recording)
    assert play(keeper, recording).code == "NOT_FOUND"


@pytest.mark.parametrize(
    "state",
    [
        "status = 'paused'",
        "status = 'incomplete'",
        "status = 'past_due', current_period_end = now() - interval '1 year'",
        "storage_quota_bytes = 1",
    ],
)
def test_no_billing_state_and_no_full_quota_stops_playback(
    module_api: Api, family: str, keeper: Person, state: str
) -> None:
    recording = module_api.kept(family, keeper)
    module_api.run(f"UPDATE public.entitlements SET {state} WHERE family_id = %s", family)
    assert send("GET", play(keeper, recording).data["url"])[0] == 200


@pytest.mark.parametrize("body", [{}, {"recordingId": None}, {"recordingId": 1}, {"recordingId": "a/../b"}])
def test_an_invalid_request_is_refused(module_api: Api, body: dict[str, Any]) -> None:
    assert module_api.person().ask(NAME, body).code == "VALIDATION_FAILED"


def test_a_title_cannot_reach_the_url(module_api: Api, family: str, keeper: Person) -> None:
    recording = module_api.kept(family, keeper)
    keeper.patch(f"/v1/recordings/{recording}", {"title": 'x"; filename="evil.html'})
    url = play(keeper, recording).data["url"]
    assert "evil" not in url
    assert "response-" not in url


def test_playback_needs_a_token(module_api: Api) -> None:
    reply = module_api.person().ask(NAME, {"recordingId": str(uuid4())}, authorization="Bearer a.b.c")
    assert (reply.status, reply.code) == (401, "UNAUTHORIZED")
