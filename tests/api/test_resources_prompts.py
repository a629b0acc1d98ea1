"""Prompts over HTTP: every member asks, authors and keepers change, and what was recorded keeps its question."""

from __future__ import annotations

import json

import pytest

from tests.support.api import Api, Person


@pytest.fixture
def keeper(api: Api) -> Person:
    return api.person()


@pytest.fixture
def family(api: Api, keeper: Person) -> str:
    return api.family(keeper, locale="es")


def test_a_new_family_has_its_first_prompts_in_its_language(api: Api, keeper: Person, family: str) -> None:
    prompts = keeper.get(f"/v1/families/{family}/prompts").data["prompts"]
    assert prompts[0]["text"] == "¿Cuál es tu primer recuerdo?"
    assert {(prompt["locale"], prompt["createdBy"]) for prompt in prompts} == {("es", None)}
    assert set(prompts[0]) == {"id", "familyId", "text", "locale", "createdBy", "createdAt"}


def test_every_member_may_add_a_prompt_and_it_is_listed_first(api: Api, family: str) -> None:
    teller = api.member(family)
    made = teller.post(f"/v1/families/{family}/prompts", {"text": "  Who taught\nyou to dance? "}).data["prompt"]
    assert (made["text"], made["locale"], made["createdBy"]) == ("Who taught\nyou to dance?", "es", teller.id)
    assert (
        teller.post(f"/v1/families/{family}/prompts", {"text": "Et toi ?", "locale": "fr"}).data["prompt"]["locale"]
        == "fr"
    )
    listed = teller.get(f"/v1/families/{family}/prompts").data["prompts"]
    assert listed[1] == made


def test_a_new_prompt_sends_an_event_with_ids_only(api: Api, keeper: Person, family: str) -> None:
    made = keeper.post(f"/v1/families/{family}/prompts", {"text": "A secret question?"}).data["prompt"]
    [event] = api.events("prompt_created")
    assert event["user_id"] == keeper.id
    assert event["properties"] == {"family_id": family, "prompt_id": made["id"]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n "},
        {"text": "x" * 501},
        {"text": None},
        {"text": 7},
        {"text": "?", "locale": "de"},
    ],
)
def test_a_prompt_has_one_to_five_hundred_letters(api: Api, keeper: Person, family: str, body: object) -> None:
    assert keeper.post(f"/v1/families/{family}/prompts", body).code == "VALIDATION_FAILED"


def test_its_author_and_keepers_change_a_prompt(api: Api, keeper: Person, family: str) -> None:
    author = api.member(family)
    prompt = api.prompt(family, author)
    assert author.patch(f"/v1/prompts/{prompt}", {"text": "Mine"}).data["prompt"]["text"] == "Mine"
    changed = keeper.patch(f"/v1/prompts/{prompt}", {"locale": "fr"}).data["prompt"]
    assert (changed["text"], changed["locale"], changed["createdBy"]) == ("Mine", "fr", author.id)
    assert author.patch(f"/v1/prompts/{prompt}", {}).data["prompt"] == changed
    assert author.patch(f"/v1/prompts/{prompt}", {"text": None}).code == "VALIDATION_FAILED"


def test_another_storyteller_may_neither_change_nor_delete_a_prompt(api: Api, keeper: Person, family: str) -> None:
    prompt = api.prompt(family, keeper)
    other = api.member(family)
    assert other.patch(f"/v1/prompts/{prompt}", {"text": "Mine"}).code == "FORBIDDEN"
    assert other.delete(f"/v1/prompts/{prompt}").code == "FORBIDDEN"


def test_only_keepers_change_the_first_prompts(api: Api, keeper: Person, family: str) -> None:
    seeded = keeper.get(f"/v1/families/{family}/prompts").data["prompts"][0]["id"]
    teller = api.member(family)
    assert teller.delete(f"/v1/prompts/{seeded}").code == "FORBIDDEN"
    assert keeper.delete(f"/v1/prompts/{seeded}").status == 200


def test_a_deleted_prompt_is_not_listed_and_deleting_again_answers_the_same(
    api: Api, keeper: Person, family: str
) -> None:
    author, other = api.member(family), api.member(family)
    prompt = api.prompt(family, author)
    gone = author.delete(f"/v1/prompts/{prompt}").data["prompt"]
    assert gone["id"] == prompt
    assert set(gone) == {"id", "familyId", "text", "locale", "createdBy", "createdAt"}
    assert author.delete(f"/v1/prompts/{prompt}").data["prompt"] == gone
    assert keeper.delete(f"/v1/prompts/{prompt}").data["prompt"] == gone
    assert prompt not in [one["id"] for one in author.get(f"/v1/families/{family}/prompts?limit=100").data["prompts"]]
    assert author.patch(f"/v1/prompts/{prompt}", {"text": "Back"}).code == "NOT_FOUND"
    assert other.delete(f"/v1/prompts/{prompt}").code == "NOT_FOUND"


def test_a_recording_keeps_naming_the_deleted_prompt_it_answered(api: Api, keeper: Person, family: str) -> None:
    prompt = api.prompt(family, keeper)
    recording = api.recording(family, keeper)
    keeper.patch(f"/v1/recordings/{recording}", {"promptId": prompt})
    keeper.delete(f"/v1/prompts/{prompt}")
    listed = keeper.get(f"/v1/families/{family}/recordings?promptId={prompt}").data["recordings"]
    assert [one["promptId"] for one in listed] == [prompt]


def test_an_author_who_left_cannot_change_their_prompts(api: Api, keeper: Person, family: str) -> None:
    author = api.member(family)
    prompt = api.prompt(family, author)
    keeper.delete(f"/v1/families/{family}/members/{author.id}")
    assert author.patch(f"/v1/prompts/{prompt}", {"text": "Mine"}).code == "NOT_FOUND"
    assert author.delete(f"/v1/prompts/{prompt}").code == "NOT_FOUND"
    assert author.post(f"/v1/families/{family}/prompts", {"text": "Still here?"}).code == "FORBIDDEN"


def test_an_author_without_membership_has_no_rights(api: Api, keeper: Person, family: str) -> None:
    author = api.member(family)
    connection = api.database.connect()

    def may_change() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": author.id})])
            cursor.execute("SELECT ops.may_change(%s, %s)", [family, author.id])
            row = cursor.fetchone()
        assert row is not None
        return bool(row[0])

    assert may_change()
    keeper.delete(f"/v1/families/{family}/members/{author.id}")
    assert not may_change()
