"""create-family over HTTP: who may found one, what it starts with, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import GIB, Api, at_once


def test_a_family_starts_with_its_keeper_the_free_plan_and_prompts(module_api: Api) -> None:
    keeper = module_api.person()
    data = keeper.ask("create-family", {"name": "  Sol  ", "displayName": "Ana"}).data
    assert set(data) == {"family", "entitlement", "promptsSeeded"}
    assert set(data["family"]) == {"id", "name", "locale", "role", "createdAt"}
    assert (data["family"]["name"], data["family"]["locale"], data["family"]["role"]) == ("Sol", "en", "keeper")
    assert data["entitlement"] == {
        "plan": "free",
        "status": "active",
        "storageQuotaBytes": GIB,
        "storageUsedBytes": 0,
        "storageReservedBytes": 0,
        "maxRecordingSeconds": 600,
        "currentPeriodEnd": None,
        "cancelAtPeriodEnd": False,
    }
    shown = keeper.get(f"/v1/families/{data['family']['id']}").data["family"]
    assert [(one["userId"], one["displayName"]) for one in shown["members"]] == [(keeper.id, "Ana")]
    prompts = keeper.get(f"/v1/families/{data['family']['id']}/prompts?limit=100").data["prompts"]
    assert len(prompts) == data["promptsSeeded"] == 10


def test_prompts_come_in_the_family_s_language(module_api: Api) -> None:
    keeper = module_api.person()
    family = keeper.ask("create-family", {"name": "Sol", "locale": "fr"}).data["family"]
    prompts = keeper.get(f"/v1/families/{family['id']}/prompts").data["prompts"]
    assert {prompt["locale"] for prompt in prompts} == {"fr"}
    assert prompts[0]["text"] == "Quel est ton premier souvenir ?"


def test_a_family_without_prompts_is_made_with_a_warning(api: Api) -> None:
    api.run("ALTER TABLE public.prompts ADD CONSTRAINT broken CHECK (false) NOT VALID")
    reply = api.person().ask("create-family", {"name": "Sol"})
    assert reply.data["promptsSeeded"] == 0
    assert reply.body["metadata"] == {"warnings": ["prompts_not_seeded"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": 7}, "name"),
        ({"name": "Sol\r\nBcc: a@example.org"}, "name"),
        ({"name": "Sol\u202egnp"}, "name"),
        ({"name": "Sol\u0007"}, "name"),
        ({"name": "Sol\u0000"}, "name"),
        ({"locale": "de"}, "locale"),
        ({"locale": "EN"}, "locale"),
        ({"displayName": ""}, "displayName"),
        ({"displayName": "x" * 81}, "displayName"),
    ],
)
def test_an_invalid_field_is_refused_by_name(module_api: Api, change: dict[str, Any], field: str) -> None:
    body = {name: value for name, value in {"name": "Sol", **change}.items() if value is not None}
    reply = module_api.person().ask("create-family", body)
    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")
    assert reply.details[0]["field"] == field
    assert reply.body["error"]["message"].startswith(f"{field}: ")


def test_a_name_of_eighty_letters_of_any_script_is_taken(module_api: Api) -> None:
    name = "太陽" * 40
    assert module_api.person().ask("create-family", {"name": name}).data["family"]["name"] == name


def test_unknown_fields_are_ignored(module_api: Api) -> None:
    assert module_api.person().ask("create-family", {"name": "Sol", "plan": "legacy", "role": "x"}).status == 200


def test_a_fourth_free_family_is_refused(api: Api) -> None:
    keeper = api.person()
    for number in range(3):
        assert keeper.ask("create-family", {"name": f"Sol {number}"}).status == 200
    assert keeper.ask("create-family", {"name": "Sol 4"}).reason == "too_many_free_families"
    assert api.value("SELECT count(*) FROM public.families") == 3


def test_a_paying_family_does_not_count_as_a_free_one(api: Api) -> None:
    keeper = api.person()
    families = [keeper.ask("create-family", {"name": "Sol"}).data["family"]["id"] for _ in range(3)]
    api.run("UPDATE public.entitlements SET plan = 'family' WHERE family_id = %s", families[0])
    assert keeper.ask("create-family", {"name": "Sol"}).status == 200


def test_of_ten_requests_at_once_three_create_a_family(api: Api) -> None:
    keeper = api.person()
    replies = at_once([lambda: keeper.ask("create-family", {"name": "Sol"})] * 10)
    assert sorted(reply.status for reply in replies) == [200] * 3 + [409] * 7


def test_the_same_key_creates_one_family(api: Api) -> None:
    keeper = api.person()
    replies = at_once([lambda: keeper.ask("create-family", {"name": "Sol"}, idempotency_key="once")] * 5)
    assert len({reply.data["family"]["id"] for reply in replies}) == 1
    assert keeper.ask("create-family", {"name": " Sol "}, idempotency_key="once").data == replies[0].data
    assert api.value("SELECT count(*) FROM public.families") == 1


def test_the_same_key_with_another_body_is_a_conflict(module_api: Api) -> None:
    keeper = module_api.person()
    keeper.ask("create-family", {"name": "Sol"}, idempotency_key="once")
    assert keeper.ask("create-family", {"name": "Luna"}, idempotency_key="once").reason == "idempotency_key_reused"


def test_who_has_left_the_family_gets_nothing_of_it_by_the_same_key(module_api: Api) -> None:
    keeper = module_api.person()
    family = keeper.ask("create-family", {"name": "Sol"}, idempotency_key="once").data["family"]["id"]
    module_api.member(family, "keeper")
    assert keeper.delete(f"/v1/families/{family}/members/{keeper.id}").status == 200
    assert keeper.ask("create-family", {"name": "Sol"}, idempotency_key="once").code == "FORBIDDEN"


def test_idempotency_keys_are_counted_for_each_person_alone(module_api: Api) -> None:
    first = module_api.person().ask("create-family", {"name": "Sol"}, idempotency_key="once").data["family"]["id"]
    assert (
        module_api.person().ask("create-family", {"name": "Luna"}, idempotency_key="once").data["family"]["id"] != first
    )


def test_a_malformed_idempotency_key_is_refused(module_api: Api) -> None:
    assert module_api.person().ask("create-family", {"name": "Sol"}, idempotency_key="a b").code == "VALIDATION_FAILED"


def test_creating_a_family_needs_a_token(module_api: Api) -> None:
    assert module_api.person().ask("create-family", {"name": "Sol"}, authorization="").code == "UNAUTHORIZED"


def test_a_deleted_account_creates_no_family(module_api: Api) -> None:
    person = module_api.person()
    module_api.run("DELETE FROM auth.users WHERE id = %s", person.id)
    assert person.ask("create-family", {"name": "Sol"}).code == "UNAUTHORIZED"
