"""People who come and go at the same moment: whoever waited decides on what is true after the wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from tests.support.database_server import Database
from tests.support.races import call, found_family, join, make_invite, open_transaction, run_into

REMOVE = "ops.remove_member_tx(%s, %s)"
REDEEM = "ops.redeem_invite_tx(ARRAY[%s::bytea], NULL, NULL)"
CODE = b"the hash of a code"


def keepers_of(database: Database, family: str) -> int:
    return int(
        database.run("SELECT count(*) FROM public.family_members WHERE family_id = %s AND role = 'keeper'", [family])[
            0
        ][0]
    )


def test_of_two_last_keepers_who_leave_at_once_one_stays(database: Database) -> None:
    one, other = database.add_user(), database.add_user()
    family = found_family(database, one, other)
    late = database.connect_as("app_service", other)
    with open_transaction(database, "app_service", one) as early:
        assert "member" in call(early, REMOVE, family, str(one))
        waiting = run_into(database, late, REMOVE, family, str(other))
    assert waiting.result() == {"refused": "CONFLICT", "details": {"reason": "last_keeper"}}
    assert keepers_of(database, family) == 1


def test_a_keeper_who_steps_down_while_the_other_leaves_finds_they_are_the_last(database: Database) -> None:
    one, other = database.add_user(), database.add_user()
    family = found_family(database, one, other)
    late = database.connect_as("app_service", other)
    with open_transaction(database, "app_service", one) as early:
        call(early, REMOVE, family, str(one))
        waiting = run_into(
            database, late, "ops.update_member_tx(%s, %s, %s::jsonb)", family, str(other), '{"role": "storyteller"}'
        )
    assert waiting.result()["details"] == {"reason": "last_keeper"}
    assert keepers_of(database, family) == 1


def test_many_families_whose_two_keepers_leave_at_once_all_keep_one(database: Database) -> None:
    one, other = database.add_user(), database.add_user()
    connections = [database.connect_as("app_service", person) for person in (one, other)]
    for _ in range(15):
        third = database.add_user()
        family = found_family(database, third)
        for person in (one, other):
            join(database, family, person, "keeper")
        call(database.connect_as("app_service", third), REMOVE, family, str(third))
        with ThreadPoolExecutor(2) as pool:
            leaving = [
                pool.submit(call, connection, REMOVE, family, str(person))
                for connection, person in zip(connections, (one, other), strict=True)
            ]
        answers = [one_leaving.result() for one_leaving in leaving]
        assert sorted("refused" in answer for answer in answers) == [False, True]
        assert keepers_of(database, family) == 1


def test_a_member_being_removed_changes_nothing_any_more(database: Database) -> None:
    keeper, removed, teller = database.add_user(), database.add_user(), database.add_user()
    family = found_family(database, keeper, removed)
    join(database, family, teller)
    late = database.connect_as("app_service", removed)
    for expression, parameters in (
        (REMOVE, (family, str(teller))),
        ("ops.update_member_tx(%s, %s, %s::jsonb)", (family, str(keeper), '{"role": "storyteller"}')),
        ("ops.update_family_tx(%s, %s::jsonb)", (family, '{"name": "Mine"}')),
    ):
        with open_transaction(database, "app_service", keeper) as early:
            call(early, REMOVE, family, str(removed))
            waiting = run_into(database, late, expression, *parameters)
        assert waiting.result()["refused"] == "FORBIDDEN", expression
        join(database, family, removed, "keeper")


def test_a_member_being_removed_cannot_redeem_a_code_meanwhile(database: Database) -> None:
    keeper, removed = database.add_user(), database.add_user()
    family = found_family(database, keeper)
    join(database, family, removed)
    invite = make_invite(database, family, keeper, CODE, max_uses=5)
    late = database.connect_as("app_service", removed)
    # Redeeming waits for the invite's row, and finds afterwards that its person was removed meanwhile.
    with open_transaction(database, "admin") as early:
        with early.cursor() as cursor:
            cursor.execute("SELECT FROM public.invites WHERE id = %s FOR UPDATE", [invite])
        waiting = run_into(database, late, REDEEM, CODE)
        call(database.connect_as("app_service", keeper), REMOVE, family, str(removed))
    assert waiting.result()["refused"] == "INVITE_NOT_VALID"
    assert database.run("SELECT used_count FROM public.invites") == [(0,)]


def test_a_removal_counts_from_when_it_was_done_not_from_when_it_began(database: Database) -> None:
    keeper, removed = database.add_user(), database.add_user()
    family = found_family(database, keeper)
    join(database, family, removed)
    late = database.connect_as("app_service", keeper)
    # created_at is when the removal began: an invite made between the two is one made before it.
    with open_transaction(database, "app_service", keeper) as early:
        call(early, "ops.update_family_tx(%s, '{}')", family)
        waiting = run_into(database, late, REMOVE, family, str(removed))
        released = database.run("SELECT clock_timestamp()")[0][0]
    waiting.result()
    assert database.run("SELECT removed_at > %s, created_at < %s FROM ops.removals", [released, released]) == [
        (True, True)
    ]


def test_of_a_redeem_and_a_revocation_at_once_one_comes_first(database: Database) -> None:
    keeper, guest, second = database.add_user(), database.add_user(), database.add_user()
    family = found_family(database, keeper)
    invite = make_invite(database, family, keeper, CODE, max_uses=2)
    # The guest is already at the door: the revocation waits, and then ends the invite for the next one.
    late = database.connect_as("app_service", keeper)
    with open_transaction(database, "app_service", guest) as early:
        assert call(early, REDEEM, CODE)["already_member"] is False
        waiting = run_into(database, late, "ops.revoke_invite_tx(%s)", invite)
    assert waiting.result()["invite"]["used_count"] == 1
    assert call(database.connect_as("app_service", second), REDEEM, CODE)["refused"] == "INVITE_NOT_VALID"


def test_a_redeem_that_waited_for_the_revocation_is_refused(database: Database) -> None:
    keeper, guest = database.add_user(), database.add_user()
    family = found_family(database, keeper)
    invite = make_invite(database, family, keeper, CODE)
    late = database.connect_as("app_service", guest)
    with open_transaction(database, "app_service", keeper) as early:
        call(early, "ops.revoke_invite_tx(%s)", invite)
        waiting = run_into(database, late, REDEEM, CODE)
    assert waiting.result()["refused"] == "INVITE_NOT_VALID"
    assert database.run("SELECT count(*) FROM public.family_members") == [(1,)]


def test_an_invite_used_up_while_it_is_being_resent_is_not_resent(database: Database) -> None:
    keeper, guest = database.add_user(), database.add_user()
    family = found_family(database, keeper)
    invite = make_invite(database, family, keeper, CODE)
    late = database.connect_as("app_service", keeper)
    with open_transaction(database, "app_service", guest) as early:
        call(early, REDEEM, CODE)
        waiting = run_into(database, late, "ops.resend_invite_tx(%s, 2, 'another hash')", invite)
    assert waiting.result()["details"] == {"reason": "used_up"}


def test_of_two_keepers_who_resend_at_once_the_second_is_told_the_next_generation(database: Database) -> None:
    keeper = database.add_user()
    family = found_family(database, keeper)
    invite = make_invite(database, family, keeper, CODE)
    late = database.connect_as("app_service", keeper)
    with open_transaction(database, "app_service", keeper) as early:
        call(early, "ops.resend_invite_tx(%s, 2, 'second')", invite)
        waiting = run_into(database, late, "ops.resend_invite_tx(%s, 2, 'second')", invite)
    assert waiting.result() == {"next_generation": 3}


def test_the_constraint_holds_a_keeper_where_a_function_forgets_the_lock(database: Database) -> None:
    keeper = database.add_user()
    family = found_family(database, keeper)
    with pytest.raises(psycopg2.errors.CheckViolation):
        database.run("DELETE FROM public.family_members WHERE family_id = %s", [family])


def test_a_keeper_removed_while_waiting_for_the_family_gets_no_code(database: Database) -> None:
    keeper, removed = database.add_user(), database.add_user()
    family = found_family(database, keeper, removed)
    late = database.connect_as("app_service", removed)
    invite = "ops.create_invite_tx(%s, gen_random_uuid(), %s, NULL, 20, 30)"
    with open_transaction(database, "app_service", keeper) as early:
        call(early, REMOVE, family, str(removed))
        waiting = run_into(database, late, invite, family, CODE)
    assert waiting.result()["refused"] == "FORBIDDEN"
    assert database.run("SELECT count(*) FROM public.invites") == [(0,)]
