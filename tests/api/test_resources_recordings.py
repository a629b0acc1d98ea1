"""Recordings over HTTP, once they are kept: listing, naming, trash, and back."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest

from chalicelib.api.shapes import Recording
from tests.support.api import Api, Person, fields_of


@pytest.fixture
def keeper(api: Api) -> Person:
    return api.person()


@pytest.fixture
def family(api: Api, keeper: Person) -> str:
    return api.family(keeper)


def listed(person: Person, family: str, query: str = "") -> list[str]:
    return [one["id"] for one in person.get(f"/v1/families/{family}/recordings{query}").data["recordings"]]


def age_trash(api: Api, recording: str, days: int) -> None:
    api.run(
        "UPDATE public.recordings SET deleted_at = deleted_at - %s * interval '1 day' WHERE id = %s", days, recording
    )


def test_a_recording_does_not_show_where_it_is_stored(api: Api, keeper: Person, family: str) -> None:
    teller = api.member(family)
    recording = api.recording(family, teller, size=4321, title="The boat")
    [shown] = keeper.get(f"/v1/families/{family}/recordings").data["recordings"]
    assert set(shown) == fields_of(Recording) - {"daysLeft"}
    assert not {"objectKey", "waveformKey", "etag"} & set(shown)
    assert (shown["id"], shown["createdBy"], shown["title"]) == (recording, teller.id, "The boat")
    assert (shown["sizeBytes"], shown["durationSeconds"], shown["rescued"]) == (4321, 12.5, False)
    assert shown["createdAt"].endswith("Z")


def test_recordings_are_listed_newest_first_and_each_once(api: Api, keeper: Person, family: str) -> None:
    made = [api.recording(family, keeper) for _ in range(7)]
    # Some of one instant: the id settles their order.
    api.run(
        "UPDATE public.recordings SET created_at = '2026-01-01T00:00:00.123456Z' WHERE id = ANY (%s::uuid[])", made[:4]
    )
    seen: list[str] = []
    cursor, pages = "", 0
    while cursor is not None:
        page = keeper.get(f"/v1/families/{family}/recordings?limit=2" + (f"&cursor={cursor}" if cursor else "")).data
        seen += [one["id"] for one in page["recordings"]]
        cursor, pages = page["nextCursor"], pages + 1
    assert pages == 4
    assert seen == made[:3:-1] + sorted(made[:4], reverse=True)


def test_rows_added_or_removed_between_two_pages_shift_nothing(api: Api, keeper: Person, family: str) -> None:
    made = [api.recording(family, keeper) for _ in range(4)]
    first = keeper.get(f"/v1/families/{family}/recordings?limit=2").data
    api.recording(family, keeper)
    keeper.delete(f"/v1/recordings/{made[3]}")
    assert listed(keeper, family, f"?limit=2&cursor={first['nextCursor']}") == [made[1], made[0]]


def test_a_page_that_ends_exactly_has_no_next(api: Api, keeper: Person, family: str) -> None:
    for _ in range(2):
        api.recording(family, keeper)
    assert keeper.get(f"/v1/families/{family}/recordings?limit=2").data["nextCursor"] is None
    assert keeper.get(f"/v1/families/{family}/recordings?limit=1").data["nextCursor"] is not None


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "ten", "1.5", "5.0", "+5", "1_0", "", "%205", "9999999999999999999"]
)
def test_a_limit_is_one_to_a_hundred(api: Api, keeper: Person, family: str, limit: str) -> None:
    reply = keeper.get(f"/v1/families/{family}/recordings?limit={limit}")
    assert reply.code == "VALIDATION_FAILED"
    assert reply.body["error"]["message"].startswith("limit: ")


@pytest.mark.parametrize("query", ["trashed=1", "trashed=yes", "promptId=5", "limit=5&limit=6"])
def test_a_filter_is_taken_as_documented_or_refused(api: Api, keeper: Person, family: str, query: str) -> None:
    assert keeper.get(f"/v1/families/{family}/recordings?{query}").code == "VALIDATION_FAILED"


def test_unknown_query_keys_are_ignored(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    assert listed(keeper, family, "?order=oldest&prompt_id=5") == [recording]


@pytest.mark.parametrize("cursor", ["", "x", "null", "W10", "é", "eyJ9", "A" * 5000, "WyIiLDEsMl0", "%00", "W1tbW1tb"])
def test_a_cursor_that_the_api_never_gave_is_refused(api: Api, keeper: Person, family: str, cursor: str) -> None:
    reply = keeper.get(f"/v1/families/{family}/recordings?cursor={cursor}")
    assert reply.code == "VALIDATION_FAILED"
    assert reply.body["error"]["message"].startswith("cursor: ")


def test_a_cursor_is_valid_only_for_its_own_list(api: Api, keeper: Person, family: str) -> None:
    prompt = api.prompt(family, keeper)
    second = api.family(keeper)
    for _ in range(2):
        api.recording(family, keeper)
    cursor = keeper.get(f"/v1/families/{family}/recordings?limit=1").data["nextCursor"]
    assert keeper.get(f"/v1/families/{family}/recordings?limit=100&cursor={cursor}").status == 200
    for other in (
        f"/v1/families/{family}/prompts?",
        f"/v1/families/{family}/invites?",
        f"/v1/families/{family}/recordings?trashed=true&",
        f"/v1/families/{family}/recordings?promptId={prompt}&",
        f"/v1/families/{second}/recordings?",
        "/v1/families?",
    ):
        assert keeper.get(f"{other}cursor={cursor}").code == "VALIDATION_FAILED", other
    for spoilt in (cursor + "=", cursor + "\n", cursor[:-1], cursor.swapcase(), cursor + "AA"):
        reply = keeper.get(f"/v1/families/{family}/recordings?cursor={quote(spoilt)}")
        assert reply.code == "VALIDATION_FAILED", spoilt


def test_recordings_are_found_by_their_prompt(api: Api, keeper: Person, family: str) -> None:
    prompt = api.prompt(family, keeper)
    answers = [api.recording(family, keeper) for _ in range(3)]
    api.recording(family, keeper)
    for recording in answers:
        keeper.patch(f"/v1/recordings/{recording}", {"promptId": prompt})
    first = keeper.get(f"/v1/families/{family}/recordings?promptId={prompt}&limit=2").data
    assert [one["id"] for one in first["recordings"]] == [answers[2], answers[1]]
    assert listed(keeper, family, f"?promptId={prompt}&limit=2&cursor={first['nextCursor']}") == [answers[0]]
    assert listed(keeper, family, f"?promptId={uuid.uuid4()}") == []


def test_its_creator_and_keepers_change_a_recording(api: Api, keeper: Person, family: str) -> None:
    teller = api.member(family)
    recording = api.recording(family, teller)
    prompt = api.prompt(family, keeper)
    named = teller.patch(
        f"/v1/recordings/{recording}",
        {"title": " The boat ", "promptId": prompt, "recordedAt": "1969-07-20T22:17:40+02:00"},
    ).data["recording"]
    assert (named["title"], named["promptId"], named["recordedAt"]) == ("The boat", prompt, "1969-07-20T20:17:40Z")
    assert keeper.patch(f"/v1/recordings/{recording}", {"title": "The moon"}).data["recording"] == {
        **named,
        "title": "The moon",
    }


def test_null_clears_and_absence_keeps(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper, title="The boat")
    prompt = api.prompt(family, keeper)
    path = f"/v1/recordings/{recording}"
    full = keeper.patch(path, {"promptId": prompt}).data["recording"]
    assert full["title"] == "The boat"
    assert keeper.patch(path, {}).data["recording"] == full
    assert keeper.patch(path, {"title": None}).data["recording"] == {**full, "title": None}
    assert keeper.patch(path, {"promptId": None}).data["recording"] == {**full, "title": None, "promptId": None}
    assert keeper.patch(path, {"title": "  "}).data["recording"]["title"] is None


@pytest.mark.parametrize(
    "body",
    [{"title": "x" * 201}, {"title": "two\nlines"}, {"title": 1}, {"promptId": "5"}, {"recordedAt": None}]
    + [
        {"recordedAt": text}
        for text in ("yesterday", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00")
    ],
)
def test_an_invalid_change_of_a_recording_is_refused(api: Api, keeper: Person, family: str, body: object) -> None:
    recording = api.recording(family, keeper)
    assert keeper.patch(f"/v1/recordings/{recording}", body).code == "VALIDATION_FAILED"


def test_another_storyteller_listens_but_changes_nothing(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    other = api.member(family)
    assert listed(other, family) == [recording]
    assert other.patch(f"/v1/recordings/{recording}", {"title": "Mine"}).code == "FORBIDDEN"
    assert other.delete(f"/v1/recordings/{recording}").code == "FORBIDDEN"
    keeper.delete(f"/v1/recordings/{recording}")
    assert other.post(f"/v1/recordings/{recording}/restore").code == "FORBIDDEN"


def test_a_prompt_of_another_family_is_not_found(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    # Even of another family of the same keeper's.
    foreign = api.prompt(api.family(keeper), keeper)
    for prompt in (foreign, str(uuid.uuid4())):
        assert keeper.patch(f"/v1/recordings/{recording}", {"promptId": prompt}).code == "NOT_FOUND"


def test_a_recording_in_the_trash_keeps_its_bytes_counted(api: Api, keeper: Person, family: str) -> None:
    teller = api.member(family)
    recording = api.recording(family, teller, size=777)
    gone = teller.delete(f"/v1/recordings/{recording}").data["recording"]
    assert gone["deletedAt"] is not None
    assert gone["daysLeft"] == 30
    assert listed(teller, family) == []
    assert listed(keeper, family, "?trashed=true") == [recording]
    assert keeper.get(f"/v1/families/{family}").data["family"]["entitlement"]["storageUsedBytes"] == 777
    age_trash(api, recording, 10)
    assert keeper.get(f"/v1/families/{family}/recordings?trashed=true").data["recordings"][0]["daysLeft"] == 20
    assert api.run("SELECT deleted_by::text FROM public.recordings") == [(teller.id,)]


def test_deleting_again_does_not_prolong_the_trash(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    keeper.delete(f"/v1/recordings/{recording}")
    age_trash(api, recording, 10)
    again = keeper.delete(f"/v1/recordings/{recording}").data["recording"]
    assert again["daysLeft"] == 20


def test_a_restored_recording_is_unchanged(api: Api, keeper: Person, family: str) -> None:
    teller = api.member(family)
    recording = api.recording(family, teller, title="The boat")
    [before] = teller.get(f"/v1/families/{family}/recordings").data["recordings"]
    keeper.delete(f"/v1/recordings/{recording}")
    assert teller.post(f"/v1/recordings/{recording}/restore").data["recording"] == before
    assert listed(keeper, family) == [recording]
    assert listed(keeper, family, "?trashed=true") == []
    assert teller.post(f"/v1/recordings/{recording}/restore").data["recording"] == before
    assert api.run("SELECT deleted_by FROM public.recordings") == [(None,)]


def test_a_recording_in_the_trash_cannot_be_changed(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    keeper.delete(f"/v1/recordings/{recording}")
    assert keeper.patch(f"/v1/recordings/{recording}", {"title": "The boat"}).reason == "deleted"


def test_a_recording_can_be_restored_for_thirty_days_and_not_longer(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    keeper.delete(f"/v1/recordings/{recording}")
    age_trash(api, recording, 29)
    assert keeper.post(f"/v1/recordings/{recording}/restore").status == 200
    keeper.delete(f"/v1/recordings/{recording}")
    age_trash(api, recording, 30)
    assert keeper.post(f"/v1/recordings/{recording}/restore").reason == "purging"


def test_a_recording_being_purged_can_be_neither_restored_nor_seen(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    teller = api.member(family)
    keeper.delete(f"/v1/recordings/{recording}")
    api.run("UPDATE public.recordings SET purging_at = now()")
    assert keeper.post(f"/v1/recordings/{recording}/restore").reason == "purging"
    assert teller.post(f"/v1/recordings/{recording}/restore").code == "NOT_FOUND"
    assert listed(keeper, family, "?trashed=true") == []
    for reply in (
        keeper.delete(f"/v1/recordings/{recording}"),
        keeper.patch(f"/v1/recordings/{recording}", {"title": "x"}),
    ):
        assert reply.code == "NOT_FOUND"


def test_a_creator_who_left_cannot_change_their_recordings(api: Api, keeper: Person, family: str) -> None:
    teller = api.member(family)
    recording = api.recording(family, teller)
    teller.delete(f"/v1/families/{family}/members/{teller.id}")
    assert teller.delete(f"/v1/recordings/{recording}").code == "NOT_FOUND"
    assert teller.post(f"/v1/recordings/{recording}/restore").code == "NOT_FOUND"
    assert listed(keeper, family) == [recording]


def test_no_billing_state_stops_deleting_and_restoring(api: Api, keeper: Person, family: str) -> None:
    recording = api.recording(family, keeper)
    api.run("UPDATE public.entitlements SET status = 'paused', storage_quota_bytes = 1")
    assert keeper.delete(f"/v1/recordings/{recording}").status == 200
    assert keeper.post(f"/v1/recordings/{recording}/restore").status == 200
    assert listed(keeper, family) == [recording]
