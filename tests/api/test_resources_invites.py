"""Invites over HTTP, once they are made: keepers list, revoke and resend them; nobody else knows of them."""

from __future__ import annotations

import re
import uuid

import pytest

from chalicelib import invite_codes
from tests.support.api import KEEPER, Api, Person, hash_of


@pytest.fixture
def keeper(api: Api) -> Person:
    return api.person()


@pytest.fixture
def family(api: Api, keeper: Person) -> str:
    return api.family(keeper)


def live_days(api: Api, invite: str) -> float:
    rows = api.run("SELECT extract(epoch FROM expires_at - now()) / 86400 FROM public.invites WHERE id = %s", invite)
    return float(rows[0][0])


def let_in(api: Api, code: str) -> bool:
    """Whether somebody new gets in by typing this code."""
    hashes = invite_codes.hashes_of(code)
    return "refused" not in api.redeem(api.person(), hashes[0])


def test_keepers_see_invites_newest_first_and_never_a_code(api: Api, keeper: Person, family: str) -> None:
    made = [api.invite(family, keeper, email="nonna@example.org" if n == 1 else None) for n in range(3)]
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
        "mailRefusedAt",
        "createdBy",
        "createdAt",
    }
    assert shown["invites"][1]["email"] == "nonna@example.org"


def test_a_storyteller_sees_no_invites_and_cannot_touch_one(api: Api, keeper: Person, family: str) -> None:
    teller = api.member(family)
    invite = api.invite(family, keeper)
    assert teller.get(f"/v1/families/{family}/invites").code == "FORBIDDEN"
    assert teller.delete(f"/v1/invites/{invite}").code == "NOT_FOUND"
    assert teller.post(f"/v1/invites/{invite}/resend").code == "NOT_FOUND"
    assert api.run("SELECT revoked_at, generation FROM public.invites") == [(None, 1)]


def test_a_revoked_invite_cannot_be_redeemed(api: Api, keeper: Person, family: str) -> None:
    invite = api.invite(family, keeper, max_uses=5)
    revoked = keeper.delete(f"/v1/invites/{invite}").data["invite"]
    assert revoked["revokedAt"] is not None
    assert api.redeem(api.person(), hash_of(invite))["refused"] == "INVITE_NOT_VALID"
    assert keeper.delete(f"/v1/invites/{invite}").data["invite"] == revoked


def test_any_keeper_revokes_what_another_made(api: Api, keeper: Person, family: str) -> None:
    invite = api.invite(family, keeper)
    assert api.member(family, KEEPER).delete(f"/v1/invites/{invite}").status == 200


def test_resending_ends_the_old_code_and_gives_a_new_one(api: Api, keeper: Person, family: str) -> None:
    invite = api.invite(family, keeper)
    first = keeper.post(f"/v1/invites/{invite}/resend").data["invite"]
    assert set(first) == {"id", "code", "joinUrl", "expiresAt", "maxUses", "emailQueued"}
    assert re.fullmatch(r"[A-HJ-NP-Z]{3}-[A-HJ-NP-Z]{3}-[A-HJ-NP-Z]{3}", first["code"])
    assert first["joinUrl"].startswith("https://app.example.org/") and first["joinUrl"].endswith(first["code"])
    assert api.redeem(api.person(), hash_of(invite))["refused"] == "INVITE_NOT_VALID"
    second = keeper.post(f"/v1/invites/{invite}/resend").data["invite"]
    assert second["code"] != first["code"]
    assert not let_in(api, first["code"])
    assert let_in(api, second["code"])


def test_a_resent_invite_is_valid_as_long_as_at_first_however_often(api: Api, keeper: Person, family: str) -> None:
    invite = api.invite(family, keeper, days=3)
    for _ in range(3):
        api.run(
            "UPDATE public.invites SET created_at = created_at - interval '2 days',"
            " expires_at = expires_at - interval '2 days', resent_at = resent_at - interval '2 days'"
        )
        assert live_days(api, invite) == pytest.approx(1, abs=0.01)
        assert keeper.post(f"/v1/invites/{invite}/resend").status == 200
        assert live_days(api, invite) == pytest.approx(3, abs=0.01)


def test_resending_makes_an_expired_invite_valid_again(api: Api, keeper: Person, family: str) -> None:
    invite = api.invite(family, keeper)
    api.run(
        "UPDATE public.invites SET created_at = created_at - interval '9 days',"
        " expires_at = expires_at - interval '9 days'"
    )
    assert let_in(api, keeper.post(f"/v1/invites/{invite}/resend").data["invite"]["code"])


def test_an_expired_invite_is_not_resent_beyond_the_limit_of_live_invites(
    api: Api, keeper: Person, family: str
) -> None:
    expired = api.invite(family, keeper)
    api.run(
        "UPDATE public.invites SET created_at = created_at - interval '9 days',"
        " expires_at = expires_at - interval '9 days'"
    )
    live = [api.invite(family, keeper) for _ in range(30)]
    assert keeper.post(f"/v1/invites/{expired}/resend").reason == "too_many_invites"
    assert keeper.post(f"/v1/invites/{live[0]}/resend").status == 200


def test_a_revoked_or_used_up_invite_cannot_be_resent(api: Api, keeper: Person, family: str) -> None:
    revoked, used = api.invite(family, keeper), api.invite(family, keeper)
    keeper.delete(f"/v1/invites/{revoked}")
    api.redeem(api.person(), hash_of(used))
    assert keeper.post(f"/v1/invites/{revoked}/resend").reason == "revoked"
    assert keeper.post(f"/v1/invites/{used}/resend").reason == "used_up"


def test_resending_queues_the_mail_of_the_new_generation(api: Api, keeper: Person, family: str) -> None:
    with_address = api.invite(family, keeper, email="nonna@example.org")
    without = api.invite(family, keeper)
    assert keeper.post(f"/v1/invites/{with_address}/resend").data["invite"]["emailQueued"] is True
    assert keeper.post(f"/v1/invites/{without}/resend").data["invite"]["emailQueued"] is False
    jobs = api.run("SELECT payload ->> 'generation' FROM ops.jobs WHERE kind = 'send_invite_email' ORDER BY 1")
    assert jobs == [("1",), ("2",)]


def test_a_generation_whose_code_another_invite_has_is_skipped(api: Api, keeper: Person, family: str) -> None:
    invite, other = api.invite(family, keeper), api.invite(family, keeper)
    taken = invite_codes.make(uuid.UUID(invite), 2)[1]
    api.run("UPDATE public.invites SET code_hash = %s WHERE id = %s", taken, other)
    assert let_in(api, keeper.post(f"/v1/invites/{invite}/resend").data["invite"]["code"])
    assert api.run("SELECT generation FROM public.invites WHERE id = %s", invite) == [(3,)]
