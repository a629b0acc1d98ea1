"""redeem-invite over HTTP: who gets in, how often, and what a wrong code is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.api import Api, Person, at_once

WRONG = "AAA-AAA-AAA"


def invite(api: Api, family: str, keeper: Person, **more: Any) -> str:
    return str(keeper.ask("create-invite", {"familyId": family, **more}).data["invite"]["code"])


def uses(api: Api) -> int:
    return int(api.value("SELECT used_count FROM public.invites"))


@pytest.fixture
def keeper(api: Api) -> Person:
    return api.person()


@pytest.fixture
def family(api: Api, keeper: Person) -> str:
    return api.family(keeper)


def test_a_valid_code_makes_the_caller_a_storyteller(api: Api, family: str, keeper: Person) -> None:
    guest = api.person()
    data = guest.ask("redeem-invite", {"code": invite(api, family, keeper), "displayName": "Ana"}).data
    assert data == {"family": {"id": family, "name": "Sol", "role": "storyteller"}, "alreadyMember": False}
    members = guest.get(f"/v1/families/{family}").data["family"]["members"]
    assert {(one["userId"], one["displayName"]) for one in members} >= {(guest.id, "Ana")}
    assert uses(api) == 1


@pytest.mark.parametrize(
    "spell", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' ')} "]
)
def test_case_blanks_and_dashes_do_not_matter(api: Api, family: str, keeper: Person, spell: Any) -> None:
    assert api.person().ask("redeem-invite", {"code": spell(invite(api, family, keeper))}).status == 200


def test_of_ten_people_redeeming_a_one_use_invite_at_once_one_joins(api: Api, family: str, keeper: Person) -> None:
    code = invite(api, family, keeper)
    guests = [api.person(ip=f"203.0.113.{number}") for number in range(10)]
    replies = at_once([lambda guest=guest: guest.ask("redeem-invite", {"code": code}) for guest in guests])  # type: ignore[misc]
    assert sorted(reply.status for reply in replies) == [200] + [404] * 9
    assert api.value("SELECT count(*) FROM public.family_members WHERE family_id = %s", family) == 2
    assert uses(api) == 1


def test_of_two_waiting_redeems_of_a_one_use_invite_one_succeeds(api: Api, family: str, keeper: Person) -> None:
    code = invite(api, family, keeper)
    with ThreadPoolExecutor() as pool:
        with api.while_held("SELECT FROM public.invites FOR NO KEY UPDATE"):
            # From two addresses: those of one are counted one after the other anyway.
            guests = [api.person(ip=f"203.0.113.{number}") for number in range(2)]
            replies = [pool.submit(guest.ask, "redeem-invite", {"code": code}) for guest in guests]
            api.until_waiting(2)
        assert sorted(reply.result().status for reply in replies) == [200, 404]
    assert uses(api) == 1


def test_ten_redeems_of_one_person_at_once_are_one_membership_and_one_use(
    api: Api, family: str, keeper: Person
) -> None:
    code, guest = invite(api, family, keeper, maxUses=5), api.person()
    replies = at_once([lambda: guest.ask("redeem-invite", {"code": code})] * 10)
    assert [reply.status for reply in replies] == [200] * 10
    assert sorted(reply.data["alreadyMember"] for reply in replies) == [False] + [True] * 9
    assert uses(api) == 1


def test_a_member_who_redeems_again_is_already_a_member_in_any_state_of_the_invite(
    api: Api, family: str, keeper: Person
) -> None:
    code, guest = invite(api, family, keeper), api.person()
    guest.ask("redeem-invite", {"code": code})
    api.run("UPDATE public.invites SET revoked_at = now(), expires_at = now() - interval '1 hour'")
    assert guest.ask("redeem-invite", {"code": code}).data["alreadyMember"] is True
    assert uses(api) == 1


def test_a_keeper_who_redeems_stays_a_keeper(api: Api, family: str, keeper: Person) -> None:
    data = keeper.ask("redeem-invite", {"code": invite(api, family, keeper)}).data
    assert (data["family"]["role"], data["alreadyMember"]) == ("keeper", True)
    assert uses(api) == 0


@pytest.mark.parametrize(
    "change",
    [
        "revoked_at = now()",
        "expires_at = clock_timestamp()",
        "used_count = max_uses",
        "code_hash = '\\x00'",
    ],
)
def test_every_kind_of_wrong_code_gets_the_same_answer(api: Api, family: str, keeper: Person, change: str) -> None:
    code = invite(api, family, keeper)
    api.run(f"UPDATE public.invites SET {change}")
    reply = api.person().ask("redeem-invite", {"code": code})
    assert (reply.status, reply.code) == (404, "INVITE_NOT_VALID")
    assert reply.without_request_id == api.person().ask("redeem-invite", {"code": WRONG}).without_request_id


@pytest.mark.parametrize("code", ["", " ", "ABC", "ABC-DEF-GHI", "../../etc", "x" * 10_000, "🌞" * 9])
def test_a_malformed_code_is_a_wrong_code_and_counts_as_one(module_api: Api, code: str) -> None:
    guest = module_api.person()
    reply = guest.ask("redeem-invite", {"code": code})
    assert reply.without_request_id == module_api.person().ask("redeem-invite", {"code": WRONG}).without_request_id
    assert module_api.value("SELECT calls FROM ops.call_counts WHERE key = %s", f"wrong-code/hour/{guest.id}") == 1


@pytest.mark.parametrize("body", [{}, {"code": 123}, {"code": None}, {"code": ["A"]}, {"code": "A", "displayName": ""}])
def test_an_invalid_request_is_refused(module_api: Api, body: dict[str, Any]) -> None:
    assert module_api.person().ask("redeem-invite", body).code == "VALIDATION_FAILED"


def test_the_eleventh_wrong_code_within_an_hour_is_refused(api: Api, family: str, keeper: Person) -> None:
    guest = api.person()
    assert [guest.ask("redeem-invite", {"code": WRONG}).code for _ in range(10)] == ["INVITE_NOT_VALID"] * 10
    reply = guest.ask("redeem-invite", {"code": WRONG})
    assert (reply.status, reply.code) == (429, "RATE_LIMIT")
    assert int(reply.headers["retry-after"]) > 60
    # Not even a right code: who may guess on after a hit would guess for ever.
    assert guest.ask("redeem-invite", {"code": invite(api, family, keeper)}).code == "RATE_LIMIT"


def test_a_correct_code_does_not_reset_the_count_of_wrong_ones(api: Api, family: str, keeper: Person) -> None:
    guest = api.person()
    for _ in range(9):
        guest.ask("redeem-invite", {"code": WRONG})
    assert guest.ask("redeem-invite", {"code": invite(api, family, keeper)}).status == 200
    assert guest.ask("redeem-invite", {"code": WRONG}).code == "INVITE_NOT_VALID"
    assert guest.ask("redeem-invite", {"code": WRONG}).code == "RATE_LIMIT"


def test_the_thirty_first_wrong_code_within_a_day_is_told_to_wait(api: Api) -> None:
    guest = api.person()
    for _ in range(3):
        assert [guest.ask("redeem-invite", {"code": WRONG}).code for _ in range(10)] == ["INVITE_NOT_VALID"] * 10
        api.run("DELETE FROM ops.call_counts WHERE key NOT LIKE 'wrong-code/day/%%'")
    reply = guest.ask("redeem-invite", {"code": WRONG})
    assert reply.code == "RATE_LIMIT"
    assert int(reply.headers["retry-after"]) > 3600


def test_wrong_codes_at_once_do_not_exceed_the_budget(api: Api) -> None:
    guest = api.person()
    replies = at_once([lambda: guest.ask("redeem-invite", {"code": WRONG})] * 16)
    assert sorted(reply.code for reply in replies) == ["INVITE_NOT_VALID"] * 10 + ["RATE_LIMIT"] * 6


def test_many_people_behind_one_address_share_its_budget(api: Api) -> None:
    people = [api.person(ip=f"2001:db8::{number:x}") for number in range(1, 4)]
    assert people[0].ask("redeem-invite", {"code": WRONG}).code == "INVITE_NOT_VALID"
    api.run("UPDATE ops.call_counts SET calls = 298 WHERE key LIKE 'wrong-code/address/%%'")
    replies = [person.ask("redeem-invite", {"code": WRONG}).code for person in people for _ in range(2)]
    # The last two of the address; then each of the others has one try of their own.
    assert replies == ["INVITE_NOT_VALID"] * 2 + ["INVITE_NOT_VALID", "RATE_LIMIT"] * 2
    assert api.person(ip="2001:db8:0:1::1").ask("redeem-invite", {"code": WRONG}).code == "INVITE_NOT_VALID"


def test_a_removed_member_comes_back_only_by_a_newer_invite(api: Api, family: str, keeper: Person) -> None:
    old, guest = invite(api, family, keeper, maxUses=5), api.person()
    guest.ask("redeem-invite", {"code": old})
    assert keeper.delete(f"/v1/families/{family}/members/{guest.id}").status == 200
    assert guest.ask("redeem-invite", {"code": old}).code == "INVITE_NOT_VALID"
    assert guest.ask("redeem-invite", {"code": invite(api, family, keeper)}).data["alreadyMember"] is False


def test_a_revoke_and_a_redeem_at_once_end_as_if_one_came_first(api: Api, family: str, keeper: Person) -> None:
    answer = keeper.ask("create-invite", {"familyId": family}).data["invite"]
    guest = api.person()
    revoked, redeemed = at_once(
        [
            lambda: keeper.delete(f"/v1/invites/{answer['id']}"),
            lambda: guest.ask("redeem-invite", {"code": answer["code"]}),
        ]
    )
    assert revoked.status == 200
    inside = api.value("SELECT count(*) FROM public.family_members WHERE user_id = %s", guest.id)
    assert (redeemed.status, inside, uses(api)) in {(200, 1, 1), (404, 0, 0)}


def test_a_deleted_account_joins_no_family(api: Api, family: str, keeper: Person) -> None:
    code, guest = invite(api, family, keeper), api.person()
    api.run("DELETE FROM auth.users WHERE id = %s", guest.id)
    assert guest.ask("redeem-invite", {"code": code}).code == "UNAUTHORIZED"
    assert uses(api) == 0
