"""Invites over HTTP, once they are made: keepers list, revoke and resend them; nobody else knows of them."""

from __future__ import annotations

import re
import uuid

import pytest

from chalicelib import invite_codes
from tests.api.house import KEEPER, House, Person, hash_of
from tests.database_server import Database


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(database, monkeypatch)


@pytest.fixture
def keeper(house: House) -> Person:
    return house.person()


@pytest.fixture
def family(house: House, keeper: Person) -> str:
    return house.family(keeper)


def live_days(house: House, invite: str) -> float:
    rows = house.run("SELECT extract(epoch FROM expires_at - now()) / 86400 FROM public.invites WHERE id = %s", invite)
    return float(rows[0][0])


def let_in(house: House, code: str) -> bool:
    """Whether somebody new gets in by typing this code."""
    hashes = invite_codes.hashes_of(code)
    return "refused" not in house.redeem(house.person(), hashes[0])


def test_keepers_see_invites_newest_first_and_never_a_code(house: House, keeper: Person, family: str) -> None:
    made = [house.invite(family, keeper, email="nonna@example.org" if n == 1 else None) for n in range(3)]
    shown = keeper.get(f"/v1/families/{family}/invites").data
    assert [invite["id"] for invite in shown["invites"]] == made[::-1]
    assert set(shown["invites"][0]) == {
        "id",
        "familyId",
        "email",
        "role",
        "maxUses",
        "usedCount",
        "expiresAt",
        "revokedAt",
        "createdAt",
    }
    assert shown["invites"][1]["email"] == "nonna@example.org"


def test_a_storyteller_sees_no_invites_and_cannot_touch_one(house: House, keeper: Person, family: str) -> None:
    teller = house.member(family)
    invite = house.invite(family, keeper)
    assert teller.get(f"/v1/families/{family}/invites").error == "FORBIDDEN"
    assert teller.delete(f"/v1/invites/{invite}").error == "NOT_FOUND"
    assert teller.post(f"/v1/invites/{invite}/resend").error == "NOT_FOUND"
    assert house.run("SELECT revoked_at, generation FROM public.invites") == [(None, 1)]


def test_a_revoked_invite_lets_nobody_in(house: House, keeper: Person, family: str) -> None:
    invite = house.invite(family, keeper, max_uses=5)
    revoked = keeper.delete(f"/v1/invites/{invite}").data["invite"]
    assert revoked["revokedAt"] is not None
    assert house.redeem(house.person(), hash_of(invite))["refused"] == "INVITE_NOT_VALID"
    assert keeper.delete(f"/v1/invites/{invite}").data["invite"] == revoked


def test_any_keeper_revokes_what_another_made(house: House, keeper: Person, family: str) -> None:
    invite = house.invite(family, keeper)
    assert house.member(family, KEEPER).delete(f"/v1/invites/{invite}").status == 200


def test_resending_ends_the_old_code_and_gives_a_new_one(house: House, keeper: Person, family: str) -> None:
    invite = house.invite(family, keeper)
    first = keeper.post(f"/v1/invites/{invite}/resend").data["invite"]
    assert set(first) == {"id", "code", "joinUrl", "expiresAt", "maxUses", "emailQueued"}
    assert re.fullmatch(r"[A-HJ-NP-Z]{3}-[A-HJ-NP-Z]{3}-[A-HJ-NP-Z]{3}", first["code"])
    assert first["joinUrl"].startswith("https://app.example.org/") and first["joinUrl"].endswith(first["code"])
    assert house.redeem(house.person(), hash_of(invite))["refused"] == "INVITE_NOT_VALID"
    second = keeper.post(f"/v1/invites/{invite}/resend").data["invite"]
    assert second["code"] != first["code"]
    assert not let_in(house, first["code"])
    assert let_in(house, second["code"])


def test_a_resent_invite_lives_as_long_as_it_did_at_first_however_often(
    house: House, keeper: Person, family: str
) -> None:
    invite = house.invite(family, keeper, days=3)
    for _ in range(3):
        house.run(
            "UPDATE public.invites SET created_at = created_at - interval '2 days',"
            " expires_at = expires_at - interval '2 days', resent_at = resent_at - interval '2 days'"
        )
        assert live_days(house, invite) == pytest.approx(1, abs=0.01)
        assert keeper.post(f"/v1/invites/{invite}/resend").status == 200
        assert live_days(house, invite) == pytest.approx(3, abs=0.01)


def test_an_expired_invite_comes_back_to_life(house: House, keeper: Person, family: str) -> None:
    invite = house.invite(family, keeper)
    house.run(
        "UPDATE public.invites SET created_at = created_at - interval '9 days',"
        " expires_at = expires_at - interval '9 days'"
    )
    assert let_in(house, keeper.post(f"/v1/invites/{invite}/resend").data["invite"]["code"])


def test_no_expired_invite_comes_back_to_a_family_that_has_its_fill(house: House, keeper: Person, family: str) -> None:
    expired = house.invite(family, keeper)
    house.run(
        "UPDATE public.invites SET created_at = created_at - interval '9 days',"
        " expires_at = expires_at - interval '9 days'"
    )
    live = [house.invite(family, keeper) for _ in range(30)]
    assert keeper.post(f"/v1/invites/{expired}/resend").reason == "too_many_invites"
    assert keeper.post(f"/v1/invites/{live[0]}/resend").status == 200


def test_what_was_revoked_or_used_up_is_not_resent(house: House, keeper: Person, family: str) -> None:
    revoked, used = house.invite(family, keeper), house.invite(family, keeper)
    keeper.delete(f"/v1/invites/{revoked}")
    house.redeem(house.person(), hash_of(used))
    assert keeper.post(f"/v1/invites/{revoked}/resend").reason == "revoked"
    assert keeper.post(f"/v1/invites/{used}/resend").reason == "used_up"


def test_resending_queues_the_mail_of_the_new_generation(house: House, keeper: Person, family: str) -> None:
    with_address = house.invite(family, keeper, email="nonna@example.org")
    without = house.invite(family, keeper)
    assert keeper.post(f"/v1/invites/{with_address}/resend").data["invite"]["emailQueued"] is True
    assert keeper.post(f"/v1/invites/{without}/resend").data["invite"]["emailQueued"] is False
    jobs = house.run("SELECT payload ->> 'generation' FROM ops.jobs WHERE kind = 'send_invite_email' ORDER BY 1")
    assert jobs == [("1",), ("2",)]


def test_a_generation_whose_code_is_anothers_is_passed_over(house: House, keeper: Person, family: str) -> None:
    invite, other = house.invite(family, keeper), house.invite(family, keeper)
    taken = invite_codes.make(uuid.UUID(invite), 2)[1]
    house.run("UPDATE public.invites SET code_hash = %s WHERE id = %s", taken, other)
    assert let_in(house, keeper.post(f"/v1/invites/{invite}/resend").data["invite"]["code"])
    assert house.run("SELECT generation FROM public.invites WHERE id = %s", invite) == [(3,)]
