"""Any two functions at the same moment, on one family, from four connections: no deadlock, and the books are right.

Proves that the order in docs/architecture.md, "The locks, and their order", is the one all of them keep. The database
is made to dawdle a few milliseconds at every row it writes, with the row's lock held, so that what can meet does meet.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import (
    age_trash,
    become_customer,
    check,
    finalize,
    found_small_family,
    lapse,
    rescue,
    reserve,
    stored,
    subscribe,
    transact,
)
from tests.support.races import keep_recording, run_into

QUOTA = 50000
SIZE = 100
DAWDLING = """
  public.families public.family_members public.profiles public.invites public.prompts public.entitlements
  public.usage_ledger public.recordings ops.upload_reservations ops.billing_customers ops.stripe_events ops.jobs
  ops.anomalies ops.alert_digest ops.audit_runs ops.invite_mails
"""
FINDINGS = '[{"kind": "%s", "recording_id": "%s", "family_id": "%s", "details": {}}]'


@dataclass
class World:
    """One family, and what has happened to it so far. Lists only grow; lanes append to them at the same time."""

    database: Database
    family: str
    keeper: uuid.UUID
    teller: uuid.UUID
    customer: str
    event: str
    run: str
    uploads: list[tuple[str, uuid.UUID, str]] = field(default_factory=list)
    invites: list[tuple[str, bytes]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)


@dataclass
class Turn:
    """What a call is about: both calls of a pair get the same one, that they may meet."""

    world: World
    chance: random.Random
    upload: str
    uploader: uuid.UUID
    key: str
    person: uuid.UUID
    invite: str
    code: bytes
    prompt: str


Deed = Callable[[Connection, Turn], Any]


def on_recording(function: str, **more: Any) -> Deed:
    return lambda line, turn: transact(line, turn.person, function, recording_id=turn.upload, **more)


def by_the_clock(function: str, **more: Any) -> Deed:
    return lambda line, turn: transact(line, None, function, recording_id=turn.upload, **more)


def by_a_keeper(function: str, **more: Any) -> Deed:
    return lambda line, turn: transact(line, turn.world.keeper, function, family_id=turn.world.family, **more)


def reserve_new(line: Connection, turn: Turn) -> None:
    upload, key = str(uuid.uuid4()), uuid.uuid4().hex
    if "refused" not in reserve(line, turn.person, turn.world.family, SIZE, upload, key):
        turn.world.uploads.append((upload, turn.person, key))


def adopt(line: Connection, turn: Turn) -> None:
    recording = str(uuid.uuid4())
    transact(
        line,
        None,
        "adopt_object_tx",
        family_id=turn.world.family,
        recording_id=recording,
        object_key=f"audio/{recording}",
        waveform_key=None,
        object=stored(SIZE),
        duration_seconds=3.0,
    )


def apply_event(line: Connection, turn: Turn) -> None:
    family, event = turn.world.family, turn.world.event
    ticket = transact(line, None, "take_billing_ticket_tx", event_id=event)["ticket"]
    subscribe(line, family, ticket, turn.chance.choice([500, QUOTA, QUOTA, QUOTA]), event=event)


def delete_directly(line: Connection, turn: Turn) -> None:
    """As a client may, under row-level security and past every function."""
    with line.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true);"
            " UPDATE public.recordings SET deleted_at = now() WHERE id = %s",
            [f'{{"sub": "{turn.person}"}}', turn.upload],
        )


def invite_by_mail(line: Connection, turn: Turn) -> None:
    invite, code = str(uuid.uuid4()), uuid.uuid4().bytes
    made = transact(
        line,
        turn.world.keeper,
        "create_invite_tx",
        family_id=turn.world.family,
        invite_id=invite,
        code_hash=code,
        email="grandma@example.com",
        max_uses=20,
        expires_in_days=7,
        idempotency_key=turn.key or None,
        request_hash=turn.key,
    )
    if made.get("id") == invite:
        turn.world.invites.append((invite, code))


def resend(line: Connection, turn: Turn) -> None:
    transact(
        line,
        turn.world.keeper,
        "resend_invite_tx",
        invite_id=turn.invite,
        generation=turn.chance.randint(2, 9),
        code_hash=uuid.uuid4().bytes,
    )


def create_prompt(line: Connection, turn: Turn) -> None:
    made = transact(line, turn.person, "create_prompt_tx", family_id=turn.world.family, text="Who taught you?")
    if "prompt" in made:
        turn.world.prompts.append(made["prompt"]["id"])


def note_findings(line: Connection, turn: Turn) -> None:
    kind = turn.chance.choice(["missing", "differing"])
    transact(
        line,
        None,
        "note_findings_tx",
        run_id=turn.world.run,
        position="a",
        objects_seen=1,
        recordings_seen=1,
        findings=FINDINGS % (kind, turn.upload, turn.world.family),
    )


def send_alerts(line: Connection, turn: Turn) -> None:
    alerts = transact(line, None, "alerts_to_send", all=True, limit=50)["alerts"]
    with line.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', 'app_service', true); SELECT ops.mark_alerts_sent_tx(%s::uuid[])",
            [[alert["id"] for alert in alerts]],
        )


DEEDS: dict[str, Deed] = {
    "reserve": reserve_new,
    "renew": lambda line, turn: reserve(
        line, turn.uploader, turn.world.family, SIZE, str(uuid.uuid4()), turn.key or uuid.uuid4().hex
    ),
    "finalize": lambda line, turn: finalize(line, turn.uploader, turn.world.family, turn.upload, SIZE),
    "rescue": lambda line, turn: rescue(line, turn.upload, SIZE),
    "abandon": lambda line, turn: rescue(line, turn.upload, None),
    "mismatch": lambda line, turn: rescue(line, turn.upload, SIZE + 1),
    "check abandoned": by_the_clock("check_abandoned"),
    "drop abandoned": by_the_clock("drop_abandoned_tx"),
    "adopt": adopt,
    "trash": on_recording("delete_recording_tx"),
    "trash directly": delete_directly,
    "restore": on_recording("restore_recording_tx"),
    "rename": on_recording("update_recording_tx", changes={"title": "New"}),
    "mark purging": by_the_clock("mark_purging_tx"),
    "finish purge": by_the_clock("finish_purge_tx"),
    "note copied": by_the_clock("note_copied_tx", etag="e"),
    "plan clean-up": lambda line, turn: transact(line, None, "plan_cleanup", limit=10),
    "apply event": apply_event,
    "take ticket": lambda line, turn: transact(line, None, "take_billing_ticket_tx", event_id=turn.world.event),
    "settle event": lambda line, turn: transact(
        line, None, "settle_stripe_event_tx", event_id=turn.world.event, state="failed", error="Timeout"
    ),
    "record checkout": lambda line, turn: transact(
        line,
        turn.world.keeper,
        "record_checkout_tx",
        family_id=turn.world.family,
        customer_id=turn.world.customer,
        previous_session_id=None,
        session_id=uuid.uuid4().hex,
        plan="family",
        interval="month",
    ),
    "remove": lambda line, turn: transact(
        line, turn.person, "remove_member_tx", family_id=turn.world.family, user_id=str(turn.world.teller)
    ),
    "change role": lambda line, turn: transact(
        line,
        turn.world.keeper,
        "update_member_tx",
        family_id=turn.world.family,
        user_id=str(turn.world.teller),
        changes={"role": turn.chance.choice(["keeper", "storyteller"])},
    ),
    "invite": invite_by_mail,
    "redeem": lambda line, turn: transact(
        line, turn.world.teller, "redeem_invite_tx", code_hashes=[turn.code], display_name="Ana", address="203.0.113.7"
    ),
    "revoke": lambda line, turn: transact(line, turn.world.keeper, "revoke_invite_tx", invite_id=turn.invite),
    "resend": resend,
    "rename oneself": lambda line, turn: transact(
        line, turn.person, "update_me_tx", changes={"display_name": f"Ana {turn.chance.randint(1, 99)}"}
    ),
    "rename family": by_a_keeper("update_family_tx", changes={"name": "Luna"}),
    "create prompt": create_prompt,
    "delete prompt": lambda line, turn: transact(line, turn.person, "delete_prompt_tx", prompt_id=turn.prompt),
    "verify": lambda line, turn: transact(
        line, None, "verify_families_tx", run_id=turn.world.run, after=None, limit=10, position_prefix="f/"
    ),
    "note findings": note_findings,
    "send alerts": send_alerts,
}


def make_world(database: Database) -> World:
    """A family in a database that dawdles at every row it writes."""
    database.run(
        "CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(random() * 0.003); RETURN coalesce(NEW, OLD); END $$"
    )
    for table in DAWDLING.split():
        database.run(
            f"CREATE TRIGGER zz_dawdle BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION public.dawdle()"
        )
    line = database.connect("app_login")
    keeper, teller = database.add_user(), database.add_user()
    family = found_small_family(line, keeper, QUOTA)
    customer, event = become_customer(database, family), f"evt_{family}"
    database.run(
        "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, customer_id)"
        " VALUES (%s, 'customer.subscription.updated', false, now(), %s)",
        [event, customer],
    )
    run = transact(line, None, "begin_audit_tx", fresh=True)["run_id"]
    return World(database, family, keeper, teller, customer, event, run)


def let_time_pass(world: World, chance: random.Random, upload: str) -> None:
    """Before a pair: the teller is a member mostly, holds lapse, trash grows old, wrong codes are forgiven."""
    if chance.random() < 0.5:
        world.database.run(
            "INSERT INTO public.family_members (family_id, user_id, role) VALUES (%s, %s, 'storyteller')"
            " ON CONFLICT DO NOTHING",
            [world.family, str(world.teller)],
        )
        world.database.run("DELETE FROM ops.call_counts WHERE updated_at < now() - interval '50 ms'")
    if chance.random() < 0.2:
        lapse(world.database, [upload], hold=chance.random() < 0.5, watch=chance.random() < 0.5)
    if chance.random() < 0.5:
        age_trash(world.database, upload)


def meet(world: World, seed: int, pairs: int, lines: list[Connection]) -> tuple[Counter[str], list[str]]:
    """So many pairs, one after the other, the two of a pair at once: deeds by name, and SQL errors."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    errors = []

    def do(line: Connection, name: str, turn: Turn) -> None:
        try:
            DEEDS[name](line, turn)
        except psycopg2.Error as error:
            errors.append(f"{name}: {error.pgcode} {error.diag.message_primary} {error.diag.message_detail}")

    with ThreadPoolExecutor(2) as pool:
        for _ in range(pairs):
            upload, uploader, key = chance.choice(world.uploads[-3:])
            invite, code = chance.choice(world.invites[-3:])
            person = chance.choice([world.keeper, world.teller])
            turn = Turn(world, chance, upload, uploader, key, person, invite, code, chance.choice(world.prompts[-3:]))
            let_time_pass(world, chance, upload)
            if chance.random() < 0.4:
                do(lines[0], "reserve", turn)
            # Of an upload most of all, since most is done to it.
            names = [chance.choice(list(DEEDS)[: chance.choice([16, len(DEEDS)])]) for _ in lines]
            seen.update(names)
            list(pool.map(do, lines, names, [turn] * len(lines)))
    return seen, errors


def run_pairs(database: Database, pairs: int, seed: int) -> Counter[str]:
    world = make_world(database)
    lines = [database.connect("app_login") for _ in range(4)]
    chance = random.Random(seed)
    first = Turn(world, chance, "", world.keeper, "", world.keeper, "", b"", "")
    for deed in (reserve_new, invite_by_mail, create_prompt):
        deed(lines[0], first)
    # Two lanes of pairs: four calls under way at any moment.
    with ThreadPoolExecutor(2) as pool:
        lanes = [pool.submit(meet, world, seed + lane, pairs // 2, lines[2 * lane : 2 * lane + 2]) for lane in (0, 1)]
    seen: Counter[str] = Counter()
    for lane in lanes:
        names, errors = lane.result()
        assert errors == [], f"seed {seed}"
        seen += names
    check(database, world.family)
    return seen


def test_no_two_functions_of_a_hundred_random_pairs_deadlock(database: Database) -> None:
    run_pairs(database, 120, seed=20261120)


@pytest.mark.heavy
def test_no_two_functions_of_a_thousand_random_pairs_deadlock(database: Database) -> None:
    seen = run_pairs(database, 1200, seed=random.randrange(2**32))
    assert set(seen) == set(DEEDS)


@pytest.mark.parametrize("held", ["audit-differing", "audit-missing"])
@pytest.mark.parametrize("names", [["audit-differing", "audit-missing"], ["audit-missing", "audit-differing"]])
def test_alerts_that_are_mailed_while_the_audit_notes_them_again_deadlock_with_nobody(
    database: Database, names: list[str], held: str
) -> None:
    line, keeper = database.connect("app_login"), database.add_user()
    family = found_small_family(line, keeper, QUOTA)
    recording = keep_recording(database, family, keeper)
    run = transact(line, None, "begin_audit_tx", fresh=True)["run_id"]
    # In whatever order they came on that day, and whichever is held until both wait.
    database.run(
        "INSERT INTO ops.alert_digest (fingerprint, severity, message)"
        " SELECT unnest(%s), 'critical', 'The audit found something.'",
        [names],
    )
    finding = {"recording_id": recording, "family_id": family, "details": {}}
    findings = json.dumps([{"kind": name.removeprefix("audit-"), **finding} for name in names])
    holder = database.connect(autocommit=False)
    with holder.cursor() as cursor:
        cursor.execute("SELECT FROM ops.alert_digest WHERE fingerprint = %s FOR UPDATE", [held])
    noting = run_into(database, database.connect(), "ops.note_findings_tx(%s, 'a', 1, 1, %s)", run, findings)
    mailing = run_into(database, database.connect(), "ops.mark_alerts_sent_tx(ARRAY(SELECT id FROM ops.alert_digest))")
    holder.rollback()
    assert (noting.result(), mailing.result()) == ({}, {})
