"""Invites as SQL keeps them: who gets in by which row, whom a mail goes to, how many, and what ends them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.races import call, found_family, join, open_transaction, run_into

NOT_VALID = "INVITE_NOT_VALID"


class House:
    """A family, its keeper, and the invites that are made for it."""

    def __init__(self, database: Database, keeper: uuid.UUID | None = None) -> None:
        self.database = database
        self.keeper = keeper or database.add_user()
        self.lines: dict[uuid.UUID, Connection] = {}
        self.id = found_family(database, self.keeper)

    def ask(self, person: uuid.UUID, expression: str, *parameters: Any) -> Any:
        """A function's answer to this person."""
        if person not in self.lines:
            self.lines[person] = self.database.connect_as("app_service", person)
        return call(self.lines[person], expression, *parameters)

    def make(self, email: str | None = None, max_uses: int = 1, keeper: uuid.UUID | None = None) -> dict[str, Any]:
        """The answer to create-invite. The code's hash is the invite's id."""
        invite = uuid.uuid4()
        make = "ops.create_invite_tx(%s, %s, %s, %s, %s, 7)"
        made = self.ask(keeper or self.keeper, make, self.id, str(invite), invite.bytes, email, max_uses)
        return dict(made)

    def invite(self, **how: Any) -> str:
        return str(self.make(**how)["id"])

    def redeem(self, invite: str, person: uuid.UUID | None = None, name: str | None = None) -> str:
        """The refusal, or an empty text for somebody who got in."""
        redeem = "ops.redeem_invite_tx(ARRAY[%s::bytea], %s, '203.0.113.7')"
        answer = self.ask(person or self.database.add_user(), redeem, uuid.UUID(invite).bytes, name)
        return str(answer.get("refused", ""))

    def remove(self, person: uuid.UUID) -> None:
        assert "member" in self.ask(self.keeper, "ops.remove_member_tx(%s, %s)", self.id, str(person))

    def set(self, invite: str, change: str) -> None:
        self.database.run(f"UPDATE public.invites SET {change} WHERE id = %s", [invite])

    def get(self, invite: str, columns: str) -> Any:
        return self.database.run(f"SELECT {columns} FROM public.invites WHERE id = %s", [invite])[0][0]

    def mailed(self, address: str, times: int = 1, keeper: uuid.UUID | None = None) -> list[bool]:
        """Makes so many invites for an address: whether each is mailed."""
        return [self.make(email=address, keeper=keeper)["email_queued"] for _ in range(times)]


@pytest.fixture
def house(module_database: Database) -> House:
    return House(module_database)


# Getting in -------------------------------------------------------------------------------------


def test_an_invite_of_the_very_moment_of_a_removal_lets_nobody_back_in(house: House) -> None:
    guest = house.database.add_user()
    join(house.database, house.id, guest)
    house.remove(guest)
    invite = house.invite(max_uses=5)
    removed_at = house.database.run("SELECT removed_at FROM ops.removals WHERE user_id = %s", [str(guest)])[0][0]
    house.set(invite, f"created_at = '{removed_at.isoformat()}'")
    assert house.redeem(invite, guest) == NOT_VALID
    house.set(invite, "created_at = created_at + interval '1 microsecond'")
    assert house.redeem(invite, guest) == ""


def test_a_removal_keeps_out_of_one_family_and_of_no_other(house: House) -> None:
    guest, other = house.database.add_user(), House(house.database)
    invite = other.invite()
    join(house.database, house.id, guest)
    house.remove(guest)
    assert other.redeem(invite, guest) == ""


def test_a_redeem_takes_a_use_of_its_own_invite_alone(house: House) -> None:
    first, second = house.invite(), house.invite()
    assert house.redeem(first) == ""
    assert (house.get(first, "used_count"), house.get(second, "used_count")) == (1, 0)


def test_an_invite_that_expires_while_a_redeem_waits_lets_nobody_in(house: House) -> None:
    invite, guest = house.invite(), house.database.add_user()
    late = house.database.connect_as("app_service", guest)
    redeem = "ops.redeem_invite_tx(ARRAY[%s::bytea], NULL, NULL)"
    with open_transaction(house.database, "admin") as early, early.cursor() as cursor:
        cursor.execute("SELECT FROM public.invites WHERE id = %s FOR UPDATE", [invite])
        waiting = run_into(house.database, late, redeem, uuid.UUID(invite).bytes)
        cursor.execute("UPDATE public.invites SET expires_at = clock_timestamp() WHERE id = %s", [invite])
    assert waiting.result()["refused"] == NOT_VALID


def test_a_dead_code_counts_as_a_wrong_one(house: House) -> None:
    invite, guest = house.invite(), house.database.add_user()
    house.set(invite, "revoked_at = now()")
    assert [house.redeem(invite, guest) for _ in range(11)] == [NOT_VALID] * 10 + ["RATE_LIMIT"]


def test_a_guest_s_name_is_kept_where_they_give_none_and_replaced_where_they_do(house: House) -> None:
    guest = house.database.add_user()
    names = []
    for name in ("Ana", None, "Anna"):
        other = House(house.database)
        other.redeem(other.invite(), guest, name)
        shown = "SELECT display_name FROM public.family_members WHERE family_id = %s AND user_id = %s"
        names += house.database.run(shown, [other.id, str(guest)])[0]
    assert names == ["Ana", "Ana", "Anna"]


def test_more_than_five_hundred_wrong_codes_within_an_hour_wake_the_operator(house: House) -> None:
    alerts = "SELECT severity FROM ops.alert_digest WHERE fingerprint = 'wrong-invite-codes'"
    for calls in (499, 500):
        house.database.run("DELETE FROM ops.call_counts WHERE key LIKE 'wrong-code/a%'")
        house.database.run(
            "INSERT INTO ops.call_counts (key, bucket, calls)"
            " VALUES ('wrong-code/all', floor(extract(epoch FROM now()) / 3600), %s)",
            [calls],
        )
        assert house.redeem(str(uuid.uuid4())) == NOT_VALID
        assert house.database.run(alerts) == ([("critical",)] if calls == 500 else [])


# Being made and resent --------------------------------------------------------------------------


def test_the_invites_of_other_families_take_no_room(house: House) -> None:
    busy = House(house.database)
    for _ in range(30):
        busy.invite()
    assert busy.make() == {"refused": "CONFLICT", "details": {"reason": "too_many_invites"}}
    assert "id" in house.make()
    house.database.run("UPDATE public.invites SET revoked_at = now() WHERE family_id = %s", [busy.id])
    house.database.run(
        "INSERT INTO public.invites (family_id, code_hash, expires_at, revoked_at)"
        " SELECT %s, uuid_send(gen_random_uuid()), now(), now() FROM generate_series(1, 70)",
        [busy.id],
    )
    assert busy.make()["details"] == {"reason": "too_many_invites"}, "a hundred within a day"
    assert "id" in house.make()


def test_two_keepers_who_invite_at_once_do_not_pass_the_bound_together(house: House) -> None:
    other = house.database.add_user()
    join(house.database, house.id, other, "keeper")
    for _ in range(29):
        house.invite()
    make = "ops.create_invite_tx(%s, gen_random_uuid(), uuid_send(gen_random_uuid()), NULL, 1, 7)"
    with open_transaction(house.database, "app_service", house.keeper) as early:
        assert "id" in call(early, make, house.id)
        waiting = run_into(house.database, house.database.connect_as("app_service", other), make, house.id)
    assert waiting.result()["details"] == {"reason": "too_many_invites"}


def test_revoking_ends_one_invite_and_keeps_the_moment(house: House) -> None:
    invite, other = house.invite(), house.invite()
    for _ in range(2):
        shown = house.ask(house.keeper, "ops.revoke_invite_tx(%s)", invite)["invite"]
        house.set(invite, "revoked_at = revoked_at - interval '1 hour'")
    assert house.get(other, "revoked_at") is None
    assert house.get(invite, "revoked_at < now() - interval '119 minutes'") is True
    assert shown["id"] == invite


def test_a_resent_invite_is_no_longer_refused_and_an_old_mail_s_refusal_marks_nothing(house: House) -> None:
    invite, other = house.invite(email="a@example.org"), house.invite(email="b@example.org")
    refuse = "SELECT ops.note_invite_mail_refused_tx(%s, 1)"
    house.database.run(refuse, [invite])
    assert (house.get(invite, "mail_refused_at") is None, house.get(other, "mail_refused_at")) == (False, None)
    assert house.ask(house.keeper, "ops.resend_invite_tx(%s, 2, %s)", invite, uuid.uuid4().bytes)["generation"] == 2
    assert house.get(invite, "mail_refused_at") is None
    house.database.run(refuse, [invite])
    assert house.get(invite, "mail_refused_at") is None


def test_who_goes_takes_along_their_invites_of_this_family_alone(house: House) -> None:
    leaver = house.database.add_user()
    join(house.database, house.id, leaver, "keeper")
    elsewhere = House(house.database, leaver)
    join(house.database, elsewhere.id, house.keeper, "keeper")
    mine, theirs, kept = house.invite(keeper=leaver), house.invite(), elsewhere.invite()
    house.remove(leaver)
    assert [house.get(invite, "revoked_at IS NOT NULL") for invite in (mine, theirs, kept)] == [True, False, False]


def test_a_keeper_who_was_demoted_gets_no_code_by_an_old_key(house: House) -> None:
    other = house.database.add_user()
    join(house.database, house.id, other, "keeper")
    make = "ops.create_invite_tx(%s, gen_random_uuid(), uuid_send(gen_random_uuid()), NULL, 1, 7, 'key', 'hash')"
    assert "id" in house.ask(other, make, house.id)
    house.ask(house.keeper, 'ops.update_member_tx(%s, %s, \'{"role": "storyteller"}\')', house.id, str(other))
    assert house.ask(other, make, house.id)["refused"] == "FORBIDDEN"


# Mail -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("A.b+tag@Example.org", "a.b@example.org"),
        ("A.n.a+x@gmail.com", "ana@gmail.com"),
        ("a.na@GoogleMail.com", "ana@gmail.com"),
    ],
)
def test_an_address_names_its_mailbox(house: House, address: str, mailbox: str) -> None:
    assert house.database.run("SELECT ops.mailbox_of(%s)", [address]) == [(mailbox,)]


def test_a_family_mails_twenty_invites_a_day(house: House) -> None:
    assert [house.mailed(f"{number}@example.org")[0] for number in range(21)] == [True] * 20 + [False]
    house.database.run("UPDATE ops.invite_mails SET created_at = now() - interval '25 hours'")
    assert house.mailed("0@example.org") == [True]


def test_a_mailbox_gets_three_mails_a_day_from_whatever_family(house: House) -> None:
    address = f"{uuid.uuid4().hex}@example.org"
    assert house.mailed(address, 2) + House(house.database).mailed(address, 2) == [True] * 3 + [False]
    house.database.run("UPDATE ops.invite_mails SET created_at = now() - interval '25 hours'")
    assert house.mailed(address) == [True]


@pytest.mark.parametrize("shared", ["mailbox", "person"])
def test_two_families_that_mail_at_once_share_the_budget_of(house: House, shared: str) -> None:
    other = House(house.database, house.keeper if shared == "person" else None)
    addresses = [f"{uuid.uuid4().hex}@example.org" for _ in range(2)]
    if shared == "mailbox":
        addresses[1] = addresses[0]
        house.mailed(addresses[0], 2)
    else:
        house.database.run(
            "INSERT INTO ops.invite_mails (family_id, user_id, email_hash, created_at)"
            " SELECT %s, %s, '\\x00', now() FROM generate_series(1, 29)",
            [House(house.database).id, str(house.keeper)],
        )
    make = "ops.create_invite_tx(%s, gen_random_uuid(), uuid_send(gen_random_uuid()), %s, 1, 7)"
    with open_transaction(house.database, "app_service", house.keeper) as early:
        assert call(early, make, house.id, addresses[0])["email_queued"] is True
        late = house.database.connect_as("app_service", other.keeper)
        waiting = run_into(house.database, late, make, other.id, addresses[1])
    assert waiting.result()["email_queued"] is False


def mail_of(house: House, invite: str, generation: int = 1) -> dict[str, Any] | None:
    mail = house.database.run("SELECT ops.invite_mail(%s, %s)", [invite, generation])[0][0]["mail"]
    return mail and dict(mail)


def test_a_mail_is_made_for_its_generation_and_for_a_live_invite_with_an_address(house: House) -> None:
    invite = house.invite(email="nonna@example.org", max_uses=2)
    assert (mail_of(house, invite) or {})["email"] == "nonna@example.org"
    assert mail_of(house, invite, 2) is None
    assert mail_of(house, house.invite()) is None
    for dead in ("used_count = max_uses", "used_count = 0, expires_at = now()", "revoked_at = now()"):
        house.set(invite, dead)
        assert mail_of(house, invite) is None


def test_a_mail_names_its_inviter_as_the_family_knows_them_and_as_themselves_once_they_left(house: House) -> None:
    inviter, elsewhere = house.database.add_user(), House(house.database)
    for family, name in ((elsewhere.id, "Mrs Rossi"), (house.id, "Nonna")):
        join(house.database, family, inviter, "keeper")
        house.database.run(
            "UPDATE public.family_members SET display_name = %s WHERE family_id = %s AND user_id = %s",
            [name, family, str(inviter)],
        )
    house.database.run("INSERT INTO public.profiles (user_id, display_name) VALUES (%s, 'Rosa')", [str(inviter)])
    invite = house.invite(email="ana@example.org", keeper=inviter)
    assert (mail_of(house, invite) or {})["inviter_name"] == "Nonna"
    house.database.run("DELETE FROM public.family_members WHERE user_id = %s", [str(inviter)])
    assert (mail_of(house, invite) or {})["inviter_name"] == "Rosa"
