"""Removal removes: a member who goes has no way back, neither for themselves nor for a second account of theirs."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.api import KEEPER, STORYTELLER, Api, Person, hash_of, upload_of
from tests.support.object_store import send, voice
from tests.support.schedules import Schedules

NOT_VALID = "INVITE_NOT_VALID"


def going(api: Api, family: str, who: Person, by: Person) -> None:
    assert by.delete(f"/v1/families/{family}/members/{who.id}").status == 200


def rejoin(api: Api, invite: str, person: Person | None = None) -> str:
    """The refusal, or an empty text for somebody who got in."""
    return str(api.redeem(person or api.person(), hash_of(invite)).get("refused", ""))


@pytest.fixture
def keeper(api: Api) -> Person:
    return api.person()


@pytest.fixture
def family(api: Api, keeper: Person) -> str:
    return api.family(keeper)


# Invites ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["removed", "left", "demoted"])
def test_the_invites_of_a_keeper_who_goes_let_nobody_in(api: Api, family: str, keeper: Person, way: str) -> None:
    other = api.member(family, KEEPER)
    invites = [api.invite(family, other, max_uses=20, days=30) for _ in range(3)]
    kept = api.invite(family, keeper, max_uses=20)
    if way == "demoted":
        keeper.patch(f"/v1/families/{family}/members/{other.id}", {"role": STORYTELLER})
    else:
        going(api, family, other, keeper if way == "removed" else other)
    assert [rejoin(api, invite) for invite in invites] == [NOT_VALID] * 3
    assert rejoin(api, kept) == ""


@pytest.mark.parametrize("way", ["removed", "left", "demoted"])
def test_a_code_that_a_keeper_had_made_again_ends_with_them_and_not_with_the_invite_s_first_maker(
    api: Api, family: str, keeper: Person, way: str
) -> None:
    other, first = api.member(family, KEEPER), api.member(family, KEEPER)
    invite, kept = (api.invite(family, first, max_uses=20, days=30) for _ in range(2))
    known = other.post(f"/v1/invites/{invite}/resend").data["invite"]["code"]
    unknown = keeper.post(f"/v1/invites/{kept}/resend").data["invite"]["code"]
    for person, code, answer in ((other, known, NOT_VALID), (first, unknown, "OK")):
        if way == "demoted":
            keeper.patch(f"/v1/families/{family}/members/{person.id}", {"role": STORYTELLER})
        else:
            going(api, family, person, keeper if way == "removed" else person)
        assert api.person().ask("redeem-invite", {"code": code}).code == answer


def test_an_invite_that_ended_before_keeps_its_own_end(api: Api, family: str, keeper: Person) -> None:
    other = api.member(family, KEEPER)
    used = api.invite(family, other)
    assert rejoin(api, used) == ""
    going(api, family, other, keeper)
    assert api.value("SELECT revoked_at FROM public.invites WHERE id = %s", used) is None


def test_a_member_made_keeper_loses_no_invite(api: Api, family: str, keeper: Person) -> None:
    member = api.member(family)
    invite = api.invite(family, keeper)
    assert keeper.patch(f"/v1/families/{family}/members/{member.id}", {"role": KEEPER}).status == 200
    assert rejoin(api, invite) == ""


@pytest.mark.parametrize("way", ["removed", "left"])
def test_the_code_that_a_member_joined_by_lets_no_second_account_in(
    api: Api, family: str, keeper: Person, way: str
) -> None:
    invite, guest = api.invite(family, keeper, max_uses=20), api.person()
    assert rejoin(api, invite, guest) == ""
    going(api, family, guest, keeper if way == "removed" else guest)
    assert rejoin(api, invite, guest) == NOT_VALID
    assert rejoin(api, invite) == NOT_VALID


def test_somebody_who_leaves_before_being_removed_does_not_return_by_an_old_code(
    api: Api, family: str, keeper: Person
) -> None:
    guest, known = api.member(family), api.invite(family, keeper, max_uses=20)
    going(api, family, guest, guest)
    assert rejoin(api, known, guest) == NOT_VALID
    assert rejoin(api, api.invite(family, keeper), guest) == ""


def test_a_day_after_leaving_any_invite_lets_back_in_and_after_a_removal_none_does(
    api: Api, family: str, keeper: Person
) -> None:
    left, removed, known = api.member(family), api.member(family), api.invite(family, keeper, max_uses=20)
    going(api, family, left, left)
    going(api, family, removed, keeper)
    api.run("UPDATE public.invites SET created_at = created_at - interval '25 hours'")
    api.run("UPDATE ops.removals SET removed_at = now() - interval '23 hours 59 minutes'")
    assert [rejoin(api, known, who) for who in (left, removed)] == [NOT_VALID] * 2
    api.run("UPDATE ops.removals SET removed_at = now() - interval '24 hours 1 minute'")
    assert [rejoin(api, known, who) for who in (left, removed)] == ["", NOT_VALID]


def test_a_removal_counts_on_when_the_account_of_its_keeper_is_gone(api: Api, family: str, keeper: Person) -> None:
    removed, known = api.member(family), api.invite(family, keeper, max_uses=20)
    going(api, family, removed, keeper)
    api.run("UPDATE public.invites SET created_at = created_at - interval '2 days'")
    api.run("UPDATE ops.removals SET removed_by = NULL, removed_at = now() - interval '25 hours'")
    assert rejoin(api, known, removed) == NOT_VALID


def test_keepers_see_who_made_an_invite(api: Api, family: str, keeper: Person) -> None:
    other = api.member(family, KEEPER)
    api.invite(family, other)
    (invite,) = keeper.get(f"/v1/families/{family}/invites").data["invites"]
    assert invite["createdBy"] == other.id


# Uploads ----------------------------------------------------------------------------------------


def put(answer: dict[str, object], size: int = 2_000) -> None:
    assert send("PUT", str(answer["uploadUrl"]), voice(size), answer["uploadHeaders"])[0] == 200  # type: ignore[arg-type]


def parked(schedules: Schedules) -> tuple[str, Person, Person, str]:
    """(family, keeper, the former member, the upload): stored a minute after its uploader was removed."""
    family, keeper = schedules.family_of_one()
    guest = schedules.member(family)
    answer = schedules.reserve(family, guest)
    going(schedules, family, guest, keeper)
    schedules.run("UPDATE ops.upload_reservations SET uploader_left_at = now() - interval '1 minute'")
    put(answer)
    assert schedules.now("settle_uploads") == {"parked": 1, "finished": True}
    return family, keeper, guest, str(answer["recordingId"])


@pytest.mark.parametrize("way", ["removed", "left"])
def test_the_reservations_of_a_member_who_goes_hold_no_room(schedules: Schedules, way: str) -> None:
    family, keeper = schedules.family_of_one()
    guest = schedules.member(family)
    for _ in range(3):
        schedules.reserve(family, guest, 5_000)
    mine = schedules.reserve(family, keeper, 700)
    going(schedules, family, guest, keeper if way == "removed" else guest)
    shown = keeper.get(f"/v1/families/{family}").data["family"]["entitlement"]
    assert shown["storageReservedBytes"] == mine["reservedBytes"] == 700


def test_what_was_stored_before_the_removal_is_kept(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    guest = schedules.member(family)
    recording = schedules.upload(family, guest)
    going(schedules, family, guest, keeper)
    schedules.run("UPDATE ops.upload_reservations SET uploader_left_at = now() + interval '2 seconds'")
    assert schedules.now("settle_uploads") == {"rescued": 1, "finished": True}
    assert schedules.value("SELECT created_by::text FROM public.recordings WHERE id = %s", recording) == guest.id


def test_what_is_stored_after_the_removal_waits_for_a_keeper(schedules: Schedules) -> None:
    family, keeper, guest, upload = parked(schedules)
    assert schedules.value("SELECT count(*) FROM public.recordings") == 0
    (shown,) = keeper.get(f"/v1/families/{family}/parked-uploads").data["uploads"]
    assert (shown["id"], shown["createdBy"], shown["sizeBytes"]) == (upload, guest.id, 2_000)
    assert schedules.now("settle_uploads") == {"finished": True}
    assert schedules.now("cleanup_media")["planned"] == 0
    left = schedules.value("SELECT watch_until - now() FROM ops.upload_reservations")
    assert timedelta(days=30, minutes=-1) < left <= timedelta(days=30)


def test_an_accepted_upload_is_its_uploader_s_recording_and_counts(schedules: Schedules) -> None:
    family, keeper, guest, upload = parked(schedules)
    recording = keeper.post(f"/v1/parked-uploads/{upload}/accept").data["recording"]
    assert (recording["id"], recording["createdBy"], recording["rescued"]) == (upload, guest.id, True)
    assert schedules.used(family) == 2_000
    assert keeper.ask("get-signed-playback-url", {"recordingId": upload}).status == 200
    for decision in ("accept", "decline"):
        assert keeper.post(f"/v1/parked-uploads/{upload}/{decision}").code == "NOT_FOUND"


def test_a_declined_upload_is_deleted_by_the_next_clean_up(schedules: Schedules) -> None:
    family, keeper, _, upload = parked(schedules)
    assert keeper.post(f"/v1/parked-uploads/{upload}/decline").data["upload"]["id"] == upload
    assert keeper.post(f"/v1/parked-uploads/{upload}/accept").code == "NOT_FOUND"
    assert keeper.get(f"/v1/families/{family}/parked-uploads").data["uploads"] == []
    assert schedules.now("cleanup_media")["dropped"] == 1
    assert schedules.stored() == [] and schedules.used(family) == 0


def test_a_parked_upload_that_nobody_decided_on_is_deleted_after_30_days(schedules: Schedules) -> None:
    _, keeper, _, upload = parked(schedules)
    schedules.run("UPDATE ops.upload_reservations SET watch_until = now() + interval '1 minute'")
    assert schedules.now("cleanup_media")["planned"] == 0
    schedules.run("UPDATE ops.upload_reservations SET watch_until = now()")
    assert keeper.post(f"/v1/parked-uploads/{upload}/accept").code == "NOT_FOUND"
    assert schedules.now("cleanup_media")["dropped"] == 1
    assert schedules.stored() == []


def test_nobody_but_a_keeper_sees_or_decides(schedules: Schedules) -> None:
    family, _, guest, upload = parked(schedules)
    for person in (guest, schedules.member(family), schedules.person()):
        assert person.get(f"/v1/families/{family}/parked-uploads").code == "FORBIDDEN"
        for decision in ("accept", "decline"):
            unknown = person.post(f"/v1/parked-uploads/{uuid4()}/{decision}")
            assert (
                person.post(f"/v1/parked-uploads/{upload}/{decision}").without_request_id == unknown.without_request_id
            )
            assert unknown.code == "NOT_FOUND"
    assert schedules.value("SELECT state FROM ops.upload_reservations") == "parked"


def test_who_comes_back_and_asks_for_a_fresh_url_uploads_as_a_member(schedules: Schedules) -> None:
    family, keeper = schedules.family_of_one()
    guest = schedules.member(family)
    first = guest.ask("get-signed-upload-url", upload_of(family), idempotency_key="phone-1").data
    going(schedules, family, guest, keeper)
    schedules.join(family, guest)
    again = guest.ask("get-signed-upload-url", upload_of(family), idempotency_key="phone-1").data
    assert again["recordingId"] == first["recordingId"]
    assert schedules.value("SELECT uploader_left_at FROM ops.upload_reservations") is None
