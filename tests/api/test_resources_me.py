"""The caller's own profile over HTTP."""

from __future__ import annotations

import uuid

import pytest

from tests.support.api import Api, Person


def test_a_new_person_has_no_name_and_reads_english(api: Api) -> None:
    person = api.person()
    assert person.get("/v1/me").data == {"me": {"userId": person.id, "displayName": None, "locale": "en"}}
    assert api.run("SELECT count(*) FROM public.profiles") == [(0,)]


def test_a_name_changes_in_all_families_of_its_person_and_in_no_other(api: Api) -> None:
    person, other = api.person(), api.person()
    families = [api.family(person), api.family(other)]
    api.join(families[1], person)
    other.patch("/v1/me", {"displayName": "Otto"})
    assert person.patch("/v1/me", {"displayName": " Nonna "}).data["me"]["displayName"] == "Nonna"
    for family in families:
        members = person.get(f"/v1/families/{family}").data["family"]["members"]
        assert {one["userId"]: one["displayName"] for one in members}[person.id] == "Nonna"
    assert {one["userId"]: one["displayName"] for one in members}[other.id] == "Otto"


def test_a_name_can_be_cleared_and_a_language_cannot(api: Api) -> None:
    person = api.person()
    family = api.family(person)
    person.patch("/v1/me", {"displayName": "Nonna", "locale": "fr"})
    assert person.patch("/v1/me", {}).data == person.get("/v1/me").data
    cleared = person.patch("/v1/me", {"displayName": None}).data["me"]
    assert (cleared["displayName"], cleared["locale"]) == (None, "fr")
    assert person.get(f"/v1/families/{family}").data["family"]["members"][0]["displayName"] is None
    assert person.patch("/v1/me", {"locale": None}).code == "VALIDATION_FAILED"


@pytest.mark.parametrize(
    "body", [{"displayName": ""}, {"displayName": "x" * 81}, {"displayName": "a\r\nb"}, {"locale": "de"}]
)
def test_a_name_is_one_line_of_eighty_letters(api: Api, body: object) -> None:
    assert api.person().patch("/v1/me", body).code == "VALIDATION_FAILED"


def test_a_change_of_language_sends_one_event(api: Api) -> None:
    person = api.person()
    for locale in ("es", "es"):
        person.patch("/v1/me", {"locale": locale})
    person.patch("/v1/me", {"displayName": "Nonna"})
    [event] = api.events("settings_language_changed")
    assert event["user_id"] == person.id
    assert event["properties"] == {"locale": "es", "previous_locale": "en"}


def test_a_deleted_account_is_401(api: Api) -> None:
    ghost = Person(uuid.uuid4())
    assert ghost.patch("/v1/me", {"displayName": "Boo"}).code == "UNAUTHORIZED"
