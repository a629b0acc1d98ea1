"""create-invite over HTTP: who may invite, what the keeper gets, what is bounded."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chalicelib import invite_codes
from tests.support.api import Api, at_once


def test_a_keeper_gets_a_code_and_a_link(module_api: Api) -> None:
    keeper = module_api.person()
    reply = keeper.ask("create-invite", {"familyId": module_api.family(keeper)})
    invite = reply.data["invite"]
    assert set(invite) == {"id", "code", "joinUrl", "expiresAt", "maxUses", "emailQueued"}
    assert re.fullmatch(r"([A-HJ-NP-Z]{3}-){2}[A-HJ-NP-Z]{3}", invite["code"])
    assert invite["joinUrl"] == f"https://app.example.org/join#{invite['code']}"
    assert (invite["maxUses"], invite["emailQueued"]) == (1, False)
    week = datetime.now(UTC) + timedelta(days=7)
    assert abs(datetime.fromisoformat(invite["expiresAt"]) - week) < timedelta(minutes=1)
    assert "metadata" not in reply.body


def test_the_code_is_not_stored_in_the_database(api: Api) -> None:
    keeper = api.person()
    invite = keeper.ask("create-invite", {"familyId": api.family(keeper), "email": "ana@example.org"}).data["invite"]
    plain = invite["code"].replace("-", "")
    kept = str(api.run("SELECT row_to_json(i) FROM public.invites i UNION ALL SELECT row_to_json(j) FROM ops.jobs j"))
    assert invite["code"] not in kept
    assert plain not in kept
    assert api.value("SELECT code_hash FROM public.invites").tobytes() in invite_codes.hashes_of(invite["code"])


def test_the_queued_mail_holds_only_ids(api: Api) -> None:
    keeper = api.person()
    invite = keeper.ask("create-invite", {"familyId": api.family(keeper), "email": " Ana.Sol+1@Example.ORG "}).data[
        "invite"
    ]
    assert invite["emailQueued"] is True
    assert api.value("SELECT email FROM public.invites") == "Ana.Sol+1@example.org"
    payload = api.value("SELECT payload FROM ops.jobs WHERE kind = 'send_invite_email'")
    assert payload == {"invite_id": invite["id"], "generation": 1}


def test_the_fourth_mail_to_one_address_is_not_sent_but_the_invite_is_made(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    replies = [keeper.ask("create-invite", {"familyId": family, "email": "ana@example.org"}) for _ in range(4)]
    assert [reply.data["invite"]["emailQueued"] for reply in replies] == [True, True, True, False]
    assert replies[3].body["metadata"] == {"warnings": ["mail_limit_reached"]}
    assert api.person().ask("redeem-invite", {"code": replies[3].data["invite"]["code"]}).status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"familyId": None}, "familyId"),
        ({"familyId": "not-an-id"}, "familyId"),
        ({"maxUses": 0}, "maxUses"),
        ({"maxUses": 21}, "maxUses"),
        ({"maxUses": "5"}, "maxUses"),
        ({"maxUses": 1.5}, "maxUses"),
        ({"maxUses": True}, "maxUses"),
        ({"expiresInDays": 0}, "expiresInDays"),
        ({"expiresInDays": 31}, "expiresInDays"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email"),
        ({"email": "a@example.org,b@example.org"}, "email"),
        ({"email": "Ana <a@example.org>"}, "email"),
        ({"email": '"a b"@example.org'}, "email"),
        ({"email": ".a@example.org"}, "email"),
        ({"email": "a..b@example.org"}, "email"),
        ({"email": "a@-example.org"}, "email"),
        ({"email": "a@example..org"}, "email"),
        ({"email": "a@127.0.0.1"}, "email"),
        ({"email": "x" * 65 + "@example.org"}, "email"),
        ({"email": "a@" + "x." * 125 + "example.org"}, "email"),
        ({"email": "\u0430na@example.org"}, "email"),
        ({"email": 7}, "email"),
    ],
)
def test_an_invalid_field_is_refused_by_name(module_api: Api, change: dict[str, Any], field: str) -> None:
    body = {name: value for name, value in {"familyId": str(uuid4()), **change}.items() if value is not None}
    reply = module_api.person().ask("create-invite", body)
    assert reply.code == "VALIDATION_FAILED"
    assert [problem["field"] for problem in reply.details] == [field]
    assert "example" not in reply.body["error"]["message"]


def test_the_keeper_chooses_uses_and_days(module_api: Api) -> None:
    keeper = module_api.person()
    body = {"familyId": module_api.family(keeper), "maxUses": 20, "expiresInDays": 30}
    invite = keeper.ask("create-invite", body).data["invite"]
    assert invite["maxUses"] == 20
    month = datetime.now(UTC) + timedelta(days=30)
    assert abs(datetime.fromisoformat(invite["expiresAt"]) - month) < timedelta(minutes=1)


def test_storytellers_strangers_and_unknown_families_get_the_same_answer(module_api: Api) -> None:
    keeper = module_api.person()
    family = module_api.family(keeper)
    replies = [
        module_api.member(family).ask("create-invite", {"familyId": family}),
        module_api.person().ask("create-invite", {"familyId": family}),
        keeper.ask("create-invite", {"familyId": str(uuid4())}),
    ]
    assert {reply.code for reply in replies} == {"FORBIDDEN"}
    assert all(reply.without_request_id == replies[0].without_request_id for reply in replies)


def test_a_demoted_keeper_cannot_invite(module_api: Api) -> None:
    keeper = module_api.person()
    family = module_api.family(keeper)
    module_api.member(family, "keeper")
    module_api.run("UPDATE public.family_members SET role = 'storyteller' WHERE user_id = %s", keeper.id)
    assert keeper.ask("create-invite", {"familyId": family}).code == "FORBIDDEN"


def test_a_thirty_first_live_invite_is_refused(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    invites = [api.invite(family, keeper) for _ in range(30)]
    assert keeper.ask("create-invite", {"familyId": family}).reason == "too_many_invites"
    # Only those that can still be used count.
    for invite, ended in zip(
        invites, ("revoked_at = now()", "expires_at = now()", "used_count = max_uses"), strict=False
    ):
        api.run(f"UPDATE public.invites SET {ended} WHERE id = %s", invite)
        assert keeper.ask("create-invite", {"familyId": family}).status == 200
        assert keeper.ask("create-invite", {"familyId": family}).reason == "too_many_invites"


def test_the_same_key_returns_the_same_invite_and_the_same_code(api: Api) -> None:
    keeper = api.person()
    body = {"familyId": api.family(keeper), "email": "ana@example.org"}
    replies = at_once([lambda: keeper.ask("create-invite", body, idempotency_key="once")] * 5)
    assert len({str(reply.data) for reply in replies}) == 1
    assert api.value("SELECT count(*) FROM public.invites") == 1
    assert api.value("SELECT count(*) FROM ops.jobs WHERE kind = 'send_invite_email'") == 1
    assert (
        keeper.ask("create-invite", {**body, "maxUses": 2}, idempotency_key="once").reason == "idempotency_key_reused"
    )


def test_a_key_holds_for_twenty_four_hours(api: Api) -> None:
    keeper = api.person()
    body = {"familyId": api.family(keeper)}
    ids = []
    for age in ("0 s", "23 hours 59 minutes", "2 minutes"):
        api.run("UPDATE ops.idempotency_keys SET created_at = created_at - %s::interval", age)
        ids.append(keeper.ask("create-invite", body, idempotency_key="once").data["invite"]["id"])
    assert ids[0] == ids[1] != ids[2]


def test_after_a_rotation_of_the_secret_the_same_key_returns_the_code_that_works(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = api.person()
    body = {"familyId": api.family(keeper)}
    first = keeper.ask("create-invite", body, idempotency_key="once").data["invite"]["code"]
    settings = invite_codes.config.load(invite_codes.config.InviteSettings)  # type: ignore[attr-defined]
    old = settings.invite_code_secret[0]
    monkeypatch.setenv("INVITE_CODE_SECRET", f"another-invite-secret-0123456789-0123456789,{old}")
    invite_codes.config.reset()  # type: ignore[attr-defined]
    assert keeper.ask("create-invite", body, idempotency_key="once").data["invite"]["code"] == first
    assert keeper.ask("create-invite", body).data["invite"]["code"] != first
    assert api.person().ask("redeem-invite", {"code": first}).status == 200


def test_a_code_that_another_invite_has_is_made_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = api.person()
    family = api.family(keeper)
    api.family(keeper)
    ids = [UUID(int=1), UUID(int=2)]
    _code, taken = invite_codes.make(ids[0], 1)
    api.invite(family, keeper)
    api.run("UPDATE public.invites SET code_hash = %s", taken)
    monkeypatch.setattr("chalicelib.operations.create_invite.uuid4", lambda: ids.pop(0))
    assert keeper.ask("create-invite", {"familyId": family}).data["invite"]["id"] == str(UUID(int=2))


def test_codes_that_always_collide_are_an_error_and_not_an_endless_loop(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = api.person()
    family = api.family(keeper)
    _code, taken = invite_codes.make(UUID(int=1), 1)
    api.invite(family, keeper)
    api.run("UPDATE public.invites SET code_hash = %s", taken)
    monkeypatch.setattr("chalicelib.operations.create_invite.uuid4", lambda: UUID(int=1))
    assert keeper.ask("create-invite", {"familyId": family}).code == "INTERNAL"


def test_the_twenty_first_invite_of_a_minute_is_refused(module_api: Api) -> None:
    keeper = module_api.person()
    family = module_api.family(keeper)
    replies = [keeper.ask("create-invite", {"familyId": family, "maxUses": 1}) for _ in range(21)]
    assert [reply.status for reply in replies] == [200] * 20 + [429]
    assert int(replies[20].headers["retry-after"]) >= 1
    assert replies[20].headers["x-ratelimit-limit"] == "20"
