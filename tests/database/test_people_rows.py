"""People and prompts as SQL keeps them: each change is of one person in one family, and strangers wait for nobody."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import lapse, transact
from tests.support.quota_family import Family, one_after_the_other
from tests.support.races import call, join, make_invite, open_transaction, run_into

FORBIDDEN = {"refused": "FORBIDDEN", "details": {}}


@pytest.fixture
def family(module_database: Database) -> Family:
    return Family(module_database, quota=100_000, tellers=2)


def ask(family: Family, person: Any, function: str, **parameters: Any) -> Any:
    return transact(family.line, person, function, **parameters)


def remove(family: Family, person: Any, by: Any = None) -> Any:
    return ask(family, by or family.keeper, "remove_member_tx", family_id=family.id, user_id=str(person))


def change(family: Family, person: Any, role: str) -> Any:
    member = {"family_id": family.id, "user_id": str(person), "changes": {"role": role}}
    return ask(family, family.keeper, "update_member_tx", **member)


def roles(family: Family) -> dict[str, str]:
    rows = family.database.run(
        "SELECT user_id::text, role FROM public.family_members WHERE family_id = %s", [family.id]
    )
    return dict(rows)  # type: ignore[arg-type]


def value(family: Family, expression: str, *parameters: Any) -> Any:
    return family.database.run(f"SELECT {expression}", parameters)[0][0]


# Members ----------------------------------------------------------------------------------------


def test_a_removal_and_a_role_are_of_one_person_in_one_family(family: Family) -> None:
    first, second = family.tellers
    other = Family(family.database)
    join(family.database, other.id, family.keeper, "keeper")
    for person in (first, second):
        join(family.database, other.id, person)
    assert change(family, first, "keeper")["member"]["role"] == "keeper"
    assert roles(family) == {str(family.keeper): "keeper", str(first): "keeper", str(second): "storyteller"}
    assert roles(other)[str(first)] == "storyteller"
    assert change(family, first, "storyteller")["member"]["role"] == "storyteller"
    assert roles(family)[str(family.keeper)] == "keeper"
    assert remove(family, first)["member"]["user_id"] == str(first)
    assert set(roles(family)) == {str(family.keeper), str(second)}
    assert str(first) in roles(other)


def test_the_last_keeper_of_a_family_neither_leaves_nor_steps_down_however_many_others_keep(family: Family) -> None:
    Family(family.database)
    for answer in (remove(family, family.keeper), change(family, family.keeper, "storyteller")):
        assert answer == {"refused": "CONFLICT", "details": {"reason": "last_keeper"}}


def test_a_keeper_who_is_promoted_again_keeps_their_invites(family: Family) -> None:
    invite = make_invite(family.database, family.id, family.keeper, family.id.encode())
    change(family, family.keeper, "keeper")
    assert value(family, "revoked_at FROM public.invites WHERE id = %s", invite) is None


def test_who_left_and_is_removed_later_counts_as_removed(family: Family) -> None:
    (person, _) = family.tellers
    remove(family, person, by=person)
    join(family.database, family.id, person)
    remove(family, person)
    removed_by = "SELECT removed_by::text FROM ops.removals WHERE family_id = %s AND user_id = %s"
    assert family.database.run(removed_by, [family.id, str(person)]) == [(str(family.keeper),)]


def test_who_goes_ends_their_own_pending_uploads_to_this_family_and_no_other(family: Family) -> None:
    person, stays = family.tellers
    other = Family(family.database)
    join(family.database, other.id, person)
    parked = family.reserve(10, person)
    lapse(family.database, [parked], hold=True)
    family.database.run(
        "UPDATE ops.upload_reservations SET state = 'parked', parked_object = '{}' WHERE id = %s", [parked]
    )
    mine, theirs, elsewhere = family.reserve(10, person), family.reserve(10, stays), other.reserve(10, person)
    remove(family, person)
    ended = "uploader_left_at IS NOT NULL, url_expires_at <= now(), live_until <= now()"
    state = f"SELECT {ended} FROM ops.upload_reservations WHERE id = %s"
    assert family.database.run(state, [mine]) == [(True, True, True)]
    for row in (theirs, elsewhere):
        assert family.database.run(state, [row]) == [(False, False, False)]
    assert family.database.run(state, [parked])[0][0] is False


@pytest.mark.parametrize("function", ["remove_member_tx", "update_member_tx", "update_family_tx", "create_prompt_tx"])
def test_a_stranger_never_waits_for_a_family(family: Family, function: str) -> None:
    stranger, waits = family.database.add_user(), family.database.connect("app_login")
    parameters: dict[str, Any] = {
        "remove_member_tx": {"user_id": str(family.keeper)},
        "update_member_tx": {"user_id": str(family.keeper), "changes": {"role": "keeper"}},
        "update_family_tx": {"changes": {"name": "Mine"}},
        "create_prompt_tx": {"text": "Who?"},
    }[function]
    with waits.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    with open_transaction(family.database, "admin") as holder, holder.cursor() as cursor:
        cursor.execute("SELECT FROM public.families WHERE id = %s FOR UPDATE", [family.id])
        # The lock of whoever is to be promoted: the founding of a family takes it too.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"free-families/{family.keeper}"])
        assert transact(waits, stranger, function, family_id=family.id, **parameters) == FORBIDDEN


def test_a_stranger_never_waits_for_a_prompt(family: Family) -> None:
    stranger, waits = family.database.add_user(), family.database.connect("app_login")
    mine = prompt(family)["prompt"]["id"]
    with waits.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
    with open_transaction(family.database, "admin") as holder, holder.cursor() as cursor:
        cursor.execute("SELECT FROM public.prompts WHERE id = %s FOR UPDATE", [mine])
        refused = transact(waits, stranger, "delete_prompt_tx", prompt_id=mine)
    assert refused == {"refused": "NOT_FOUND", "details": {}}


# Founding and names -----------------------------------------------------------------------------


def found(family: Family, person: uuid.UUID, name: str | None) -> str:
    made = ask(
        family,
        person,
        "create_family_tx",
        name="Sol",
        locale="en",
        display_name=name,
        quota_bytes=1000,
        max_recording_seconds=600,
    )
    return str(made["family"]["id"])


def test_a_founder_s_name_is_shown_kept_where_none_is_given_and_replaced_by_a_new_one(family: Family) -> None:
    person, names = family.database.add_user(), []
    for name in ("Ana", None, "Anna"):
        made = found(family, person, name)
        names.append(value(family, "display_name FROM public.family_members WHERE family_id = %s", made))
        assert value(family, "created_by::text FROM public.families WHERE id = %s", made) == str(person)
    assert names == ["Ana", "Ana", "Anna"]


def test_a_change_of_a_family_or_of_oneself_changes_what_it_names_and_nobody_else(family: Family) -> None:
    other, (person, _) = Family(family.database), family.tellers
    ask(family, family.keeper, "update_family_tx", family_id=family.id, changes={"name": "Luna"})
    names = "SELECT name FROM public.families WHERE id = ANY (%s::uuid[]) ORDER BY name"
    assert family.database.run(names, [[family.id, other.id]]) == [("Luna",), ("Sol",)]
    ask(family, person, "update_me_tx", changes={"display_name": "Ana"})
    ask(family, person, "update_me_tx", changes={"locale": "fr"})
    shown = "SELECT display_name FROM public.family_members WHERE family_id = %s ORDER BY display_name"
    assert family.database.run(shown, [family.id]) == [("Ana",), (None,), (None,)]
    profile = "SELECT display_name, locale FROM public.profiles WHERE user_id = %s"
    assert family.database.run(profile, [str(person)]) == [("Ana", "fr")]


def test_who_keeps_three_free_families_stays_keeper_of_each_though_promoted_again(family: Family) -> None:
    for _ in range(2):
        found(family, family.keeper, None)
    assert change(family, family.keeper, "keeper")["member"]["role"] == "keeper"


def test_the_first_prompts_are_listed_in_their_order(family: Family) -> None:
    made = "SELECT text FROM public.prompts WHERE family_id = %s ORDER BY created_at DESC, id DESC"
    seeds = family.database.run("SELECT text FROM ops.seed_prompts('en') ORDER BY position")
    assert family.database.run(made, [family.id]) == seeds


def test_prompts_that_could_not_be_made_are_noted(database: Database) -> None:
    database.run("ALTER TABLE public.prompts ADD CONSTRAINT broken CHECK (false) NOT VALID")
    made = Family(database)
    anomalies = "SELECT kind, details ->> 'sqlstate' FROM ops.anomalies WHERE family_id = %s"
    assert database.run(anomalies, [made.id]) == [("prompts_not_seeded", "23514")]


# Prompts ----------------------------------------------------------------------------------------


def prompt(family: Family, person: Any = None) -> Any:
    return ask(family, person or family.keeper, "create_prompt_tx", family_id=family.id, text="Who?")


def fill(family: Family, prompts: int, days_ago: int) -> None:
    family.database.run("DELETE FROM public.prompts WHERE family_id = %s", [family.id])
    family.database.run(
        "INSERT INTO public.prompts (family_id, text, created_at)"
        " SELECT %s, 'Who?', now() - make_interval(days => %s) FROM generate_series(1, %s)",
        [family.id, days_ago, prompts],
    )


@pytest.mark.parametrize(("most", "days_ago"), [(500, 2), (200, 0)])
def test_the_prompts_of_a_family_are_bounded_by_its_own_and_counted_one_after_the_other(
    family: Family, most: int, days_ago: int
) -> None:
    fill(family, most - 1, days_ago)
    busy = Family(family.database)
    fill(busy, most, days_ago)
    assert prompt(busy)["details"] == {"reason": "too_many_prompts"}

    def asking(line: Connection) -> Any:
        return transact(line, family.keeper, "create_prompt_tx", family_id=family.id, text="Who?")

    first, second = one_after_the_other(family.database, asking, asking)
    assert "prompt" in first
    assert second["details"] == {"reason": "too_many_prompts"}


def test_a_deleted_prompt_takes_no_room_and_keeps_its_date_and_its_row(family: Family) -> None:
    first, second = prompt(family)["prompt"]["id"], prompt(family)["prompt"]["id"]
    ask(family, family.keeper, "delete_prompt_tx", prompt_id=first)
    assert value(family, "deleted_at FROM public.prompts WHERE id = %s", second) is None
    family.database.run("UPDATE public.prompts SET deleted_at = deleted_at - interval '1 hour' WHERE id = %s", [first])
    ask(family, family.keeper, "delete_prompt_tx", prompt_id=first)
    assert value(family, "deleted_at < now() - interval '59 minutes' FROM public.prompts WHERE id = %s", first) is True
    fill(family, 499, 2)
    family.database.run(
        "INSERT INTO public.prompts (family_id, text, created_at, deleted_at)"
        " SELECT %s, 'Who?', now() - interval '2 days', now() FROM generate_series(1, 5)",
        [family.id],
    )
    assert "prompt" in prompt(family)


def test_a_member_removed_while_waiting_for_a_prompt_changes_it_not(family: Family) -> None:
    teller = family.tellers[0]
    mine = prompt(family, teller)["prompt"]["id"]
    late = family.database.connect_as("app_service", teller)
    with open_transaction(family.database, "admin") as early, early.cursor() as cursor:
        cursor.execute("SELECT FROM public.prompts WHERE id = %s FOR UPDATE", [mine])
        waiting = run_into(family.database, late, 'ops.update_prompt_tx(%s, \'{"text": "Mine"}\')', mine)
        call(
            family.database.connect_as("app_service", family.keeper),
            "ops.remove_member_tx(%s, %s)",
            family.id,
            str(teller),
        )
    assert waiting.result()["refused"] == "NOT_FOUND"
