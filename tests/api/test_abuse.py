"""Bounds that hold against people who work together, use several addresses, or make room by deleting."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.storage.store import Store
from tests.support.api import KEEPER, STORYTELLER, Api, Person, at_once, upload_of

WRONG = "KKK-KKK-KKK"


def promote(keeper: Person, family: str, member: Person) -> Any:
    return keeper.patch(f"/v1/families/{family}/members/{member.id}", {"role": KEEPER})


def found(person: Person) -> str:
    return str(person.ask("create-family", {"name": "Sol"}).data["family"]["id"])


# Free families ----------------------------------------------------------------------------------


def test_two_people_who_hand_the_keeping_over_keep_no_more_than_three_each(api: Api) -> None:
    founder, helper = api.person(), api.person()
    for _ in range(3):
        family = found(founder)
        api.join(family, helper)
        assert promote(founder, family, helper).status == 200
        assert founder.patch(f"/v1/families/{family}/members/{founder.id}", {"role": STORYTELLER}).status == 200
    fourth = found(founder)
    api.join(fourth, helper)
    assert promote(founder, fourth, helper).reason == "keeps_too_many_families"
    assert helper.ask("create-family", {"name": "Sol"}).reason == "too_many_free_families"


def test_a_keeper_of_three_free_families_may_keep_one_that_pays(api: Api) -> None:
    founder, helper = api.person(), api.person()
    for _ in range(3):
        found(helper)
    family = found(founder)
    api.join(family, helper)
    api.run("UPDATE public.entitlements SET plan = 'family' WHERE family_id = %s", family)
    assert promote(founder, family, helper).status == 200
    assert promote(founder, family, helper).status == 200, "who is a keeper already stays one"


def test_founding_and_being_promoted_at_once_do_not_race_past_the_limit(api: Api) -> None:
    helper = api.person()
    found(helper)
    founders = [api.person() for _ in range(3)]
    families = [found(founder) for founder in founders]
    for family in families:
        api.join(family, helper)
    asked = [
        lambda founder=founder, family=family: promote(founder, family, helper)  # type: ignore[misc]
        for founder, family in zip(founders, families, strict=True)
    ]
    replies = at_once([*asked, lambda: helper.ask("create-family", {"name": "Sol"})])
    assert sorted(reply.status for reply in replies) == [200, 200, 409, 409]
    kept = "SELECT count(*) FROM public.family_members WHERE user_id = %s AND role = 'keeper'"
    assert api.value(kept, helper.id) == 3


# Mail -------------------------------------------------------------------------------------------


def queued(api: Api, keeper: Person, family: str, email: str) -> bool:
    api.run("DELETE FROM ops.call_counts")
    return bool(keeper.ask("create-invite", {"familyId": family, "email": email}).data["invite"]["emailQueued"])


def test_the_addresses_of_one_mailbox_share_its_budget(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    gmail = ["ana.sol@gmail.com", "AnaSol+family@gmail.com", "a.n.a.sol@googlemail.com", "anasol+x@GMAIL.com"]
    assert [queued(api, keeper, family, address) for address in gmail] == [True, True, True, False]
    other = ["x+1@example.org", "x+2@example.org", "X@example.org", "x@example.org"]
    assert [queued(api, keeper, family, address) for address in other] == [True, True, True, False]
    # Dots mean nothing at Gmail alone, and the mail goes to the address as it was typed.
    assert queued(api, keeper, family, "a.b@example.org") and queued(api, keeper, family, "ab@example.org")
    assert api.value("SELECT count(*) FROM public.invites WHERE email = 'AnaSol+family@gmail.com'") == 1


def test_one_person_mails_no_more_than_thirty_a_day_from_all_their_families(api: Api) -> None:
    keeper = api.person()
    families = [api.family(keeper) for _ in range(2)]
    sent = [queued(api, keeper, families[number % 2], f"guest{number}@example.org") for number in range(32)]
    assert sent == [True] * 30 + [False] * 2
    other = api.member(families[0], KEEPER)
    assert queued(api, other, families[0], "another@example.org")


@pytest.mark.parametrize(
    ("operation", "body"),
    [("create-family", {"name": "visit evil.com"}), ("redeem-invite", {"code": WRONG, "displayName": "www.evil"})],
)
def test_a_name_that_goes_into_mail_holds_no_link(api: Api, operation: str, body: dict[str, str]) -> None:
    assert api.person().ask(operation, body).code == "VALIDATION_FAILED"


# Rows -------------------------------------------------------------------------------------------


def test_revoking_makes_no_room_for_more_than_a_hundred_invites_a_day(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    for _ in range(100):
        api.invite(family, keeper)
        api.run("UPDATE public.invites SET revoked_at = now() WHERE revoked_at IS NULL")
    assert keeper.ask("create-invite", {"familyId": family}).reason == "too_many_invites"
    api.run("UPDATE public.invites SET created_at = created_at - interval '1 day'")
    assert keeper.ask("create-invite", {"familyId": family}).status == 200


@pytest.mark.parametrize(("made", "age", "deleted"), [(490, "2 days", False), (190, "0 days", True)])
def test_a_family_has_so_many_prompts_and_makes_so_many_a_day(api: Api, made: int, age: str, deleted: bool) -> None:
    keeper = api.person()
    family = api.family(keeper)
    api.run("DELETE FROM public.prompts")
    api.run(
        "INSERT INTO public.prompts (family_id, text, locale, created_at, deleted_at)"
        " SELECT %s, 'Who?', 'en', now() - %s::interval, CASE WHEN %s THEN now() END FROM generate_series(1, %s)",
        *(family, age, deleted, made),
    )
    replies = [keeper.post(f"/v1/families/{family}/prompts", {"text": "Who?"}) for _ in range(11)]
    assert [reply.status for reply in replies] == [200] * 10 + [409]
    assert replies[-1].reason == "too_many_prompts"


def test_a_deleted_prompt_is_hidden_from_a_member_s_own_sql(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    prompt = api.prompt(family, keeper, "Not for everybody")
    keeper.delete(f"/v1/prompts/{prompt}")
    connection = api.database.connect_as("authenticated", keeper.id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.prompts WHERE id = %s", [prompt])
        assert cursor.fetchone() == (0,)
    connection.close()


def test_what_a_family_reserves_is_its_members_alone_to_know(api: Api) -> None:
    keeper, stranger = api.person(), api.person()
    family = api.family(keeper)
    api.reserve(family, keeper, 700)
    as_somebody = "SELECT set_config('request.jwt.claims', json_build_object('sub', %s)::text, false)"
    for person, bytes_seen in ((keeper, 700), (stranger, 0)):
        connection = api.database.connect()
        with connection.cursor() as cursor:
            cursor.execute(as_somebody, [person.id])
            cursor.execute("SELECT rls.reserved_bytes_of(%s)", [family])
            assert cursor.fetchone() == (bytes_seen,)
        connection.close()


# Wrong codes ------------------------------------------------------------------------------------


def test_the_wrong_codes_of_others_at_one_address_keep_nobody_from_a_right_one(api: Api) -> None:
    keeper = api.person(ip="198.51.100.9")
    code = keeper.ask("create-invite", {"familyId": api.family(keeper), "maxUses": 2}).data["invite"]["code"]
    guesser, bystander, late = (api.person() for _ in range(3))
    for _ in range(2):
        assert guesser.ask("redeem-invite", {"code": WRONG}).code == "INVITE_NOT_VALID"
    api.run("UPDATE ops.call_counts SET calls = 300 WHERE key LIKE 'wrong-code/address/%%'")
    assert guesser.ask("redeem-invite", {"code": code}).code == "RATE_LIMIT"
    assert bystander.ask("redeem-invite", {"code": code}).status == 200
    assert late.ask("redeem-invite", {"code": WRONG}).code == "INVITE_NOT_VALID"
    assert late.ask("redeem-invite", {"code": code}).code == "RATE_LIMIT"


# The object store -------------------------------------------------------------------------------


def test_the_store_is_asked_for_nobody_but_the_upload_s_own_member(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, stranger = api.person(), api.person()
    family = api.family(keeper)
    upload = api.upload(family, keeper)
    asked = {"familyId": family, "recordingId": upload}
    other = api.member(family)
    looks: list[str] = []
    inspect = Store.inspect_object
    monkeypatch.setattr(Store, "inspect_object", lambda self, key: looks.append(key) or inspect(self, key))
    assert {stranger.ask("finalize-recording", asked).code for _ in range(60)} == {"FORBIDDEN"}
    assert {stranger.ask("finalize-recording", asked).code for _ in range(60)} == {"RATE_LIMIT"}
    assert other.ask("finalize-recording", asked).code == "NOT_FOUND"
    assert looks == []
    assert keeper.ask("finalize-recording", asked).status == 200
    assert len(looks) == 1
    assert keeper.ask("finalize-recording", asked).status == 200
    assert len(looks) == 1, "a repetition is answered from the database"


def test_a_finalize_counts_once_against_its_limit(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    upload = keeper.ask("get-signed-upload-url", upload_of(family)).data["recordingId"]
    api.run("DELETE FROM ops.call_counts")
    keeper.ask("finalize-recording", {"familyId": family, "recordingId": upload})
    assert api.value("SELECT calls FROM ops.call_counts WHERE key = %s", f"writes:{keeper.id}") == 1
