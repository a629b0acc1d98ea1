"""Any two functions at the same moment, on one family, from four connections: no deadlock, and every figure is right.

Proves that all of them keep the order in docs/architecture.md, "The locks, and their order". The database waits a few
milliseconds at every row it writes, with the row's lock held, so that two calls that can meet do meet.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.lock_actions import (
    ACTIONS,
    NOT_AMONG_THEM,
    OF_UPLOADS,
    QUOTA,
    Family,
    Target,
    create_prompt,
    invite_by_mail,
    reserve_new,
)
from tests.support.quota import age_trash, become_customer, check, found_small_family, lapse, transact
from tests.support.races import keep_recording, run_into

NOTE = "ops.note_findings_tx(%s, 'all', %s, 'a', 1, 1, %s)"


def make_family(database: Database) -> Family:
    """A family in a database that waits up to 3 ms at every row it writes."""
    database.run(
        "CREATE FUNCTION public.wait_a_little() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(random() * 0.003); RETURN coalesce(NEW, OLD); END $$"
    )
    tables = database.run(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace IN ('public'::regnamespace, 'ops'::regnamespace)"
    )
    for (table,) in tables:
        database.run(
            f"CREATE TRIGGER zz_wait_a_little BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION public.wait_a_little()"
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
    run = audit_with_a_worker(database, line)
    return Family(database, family, keeper, teller, customer, event, run)


def audit_with_a_worker(database: Database, line: Connection) -> str:
    """An audit of two shards that a worker holds, with the id of the audit as its token."""
    shards = [{"shard": name, "keys_after": ""} for name in ("all", "rest")]
    run = transact(line, None, "begin_audit_tx", fresh=True, shards=json.dumps(shards))["run_id"]
    database.run("UPDATE ops.audit_shards SET lease_token = run_id, leased_until = 'infinity' WHERE run_id = %s", [run])
    return str(run)


def let_time_pass(family: Family, chance: random.Random, upload: str) -> None:
    """Before a pair: mostly the teller is a member, some reservations lapse, trash is older, no wrong codes count."""
    if chance.random() < 0.5:
        family.database.run(
            "INSERT INTO public.family_members (family_id, user_id, role) VALUES (%s, %s, 'storyteller')"
            " ON CONFLICT DO NOTHING",
            [family.id, str(family.teller)],
        )
        family.database.run("DELETE FROM ops.call_counts WHERE updated_at < now() - interval '50 ms'")
    if chance.random() < 0.2:
        lapse(family.database, [upload], hold=chance.random() < 0.5, watch=chance.random() < 0.5)
    if chance.random() < 0.5:
        age_trash(family.database, upload)


def run_lane(family: Family, seed: int, pairs: int, lines: list[Connection]) -> tuple[Counter[str], list[str]]:
    """So many pairs one after the other, the two of a pair at once; how often each action ran, and the SQL errors."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    errors = []

    def do(line: Connection, name: str, target: Target) -> None:
        try:
            ACTIONS[name](line, target)
        except psycopg2.Error as error:
            errors.append(f"{name}: {error.pgcode} {error.diag.message_primary} {error.diag.message_detail}")

    with ThreadPoolExecutor(2) as pool:
        for _ in range(pairs):
            upload, uploader, key = chance.choice(family.uploads[-3:])
            invite, code = chance.choice(family.invites[-3:])
            person = chance.choice([family.keeper, family.teller])
            target = Target(
                family, chance, upload, uploader, key, person, invite, code, chance.choice(family.prompts[-3:])
            )
            let_time_pass(family, chance, upload)
            if chance.random() < 0.4:
                do(lines[0], "reserve", target)
            names = [chance.choice(list(ACTIONS)[: chance.choice([OF_UPLOADS, len(ACTIONS)])]) for _ in lines]
            seen.update(names)
            list(pool.map(do, lines, names, [target] * len(lines)))
    return seen, errors


def first_target(family: Family, chance: random.Random, line: Connection) -> Target:
    """An upload, an invite and a prompt, made in a family that has none."""
    nothing = Target(family, chance, "", family.keeper, "", family.keeper, "", b"", "")
    for action in (reserve_new, invite_by_mail, create_prompt):
        action(line, nothing)
    return Target(family, chance, *family.uploads[0], family.keeper, *family.invites[0], family.prompts[0])


def run_pairs(database: Database, pairs: int, seed: int) -> Counter[str]:
    family = make_family(database)
    lines = [database.connect("app_login") for _ in range(4)]
    chance = random.Random(seed)
    first_target(family, chance, lines[0])
    # Two lanes of pairs: four calls under way at any moment.
    with ThreadPoolExecutor(2) as pool:
        lanes = [
            pool.submit(run_lane, family, seed + lane, pairs // 2, lines[2 * lane : 2 * lane + 2]) for lane in (0, 1)
        ]
    seen: Counter[str] = Counter()
    for lane in lanes:
        names, errors = lane.result()
        assert errors == [], f"seed {seed}"
        seen += names
    check(database, family.id)
    return seen


def test_no_two_functions_of_a_hundred_random_pairs_deadlock(database: Database) -> None:
    run_pairs(database, 120, seed=20261120)


def test_every_function_that_writes_is_run_against_the_others(database: Database) -> None:
    """Postgres counts the calls of each function; whoever adds one adds an action."""
    here = "tests/support/lock_actions.py"
    database.run(f"ALTER DATABASE {database.name} SET track_functions = 'all'")
    database.close()
    family, line = make_family(database), database.connect("app_login")
    target = first_target(family, random.Random(1), line)
    for action in ACTIONS.values():
        action(line, target)
    line.close()  # which reports its counts
    called = {name for (name,) in database.run("SELECT schemaname || '.' || funcname FROM pg_stat_user_functions")}
    rows = database.run(
        "SELECT oid::regproc::text FROM pg_proc WHERE pronamespace = 'ops'::regnamespace AND provolatile = 'v'"
        " AND has_function_privilege('app_service', oid, 'EXECUTE')"
    )
    writing = {name for (name,) in rows}
    wrong = [
        f"{here}: add {name} to ACTIONS, or to NOT_AMONG_THEM with the reason why it can wait for no other"
        for name in sorted(writing - called - {*NOT_AMONG_THEM})
    ]
    wrong += [f"{here}: delete {name} from NOT_AMONG_THEM" for name in {*NOT_AMONG_THEM} - (writing - called)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.heavy
def test_no_two_functions_of_a_thousand_random_pairs_deadlock(database: Database) -> None:
    seen = run_pairs(database, 1200, seed=random.randrange(2**32))
    assert set(seen) == set(ACTIONS)


@pytest.mark.parametrize("held", ["audit-differing", "audit-missing"])
@pytest.mark.parametrize("names", [["audit-differing", "audit-missing"], ["audit-missing", "audit-differing"]])
def test_alerts_that_are_mailed_while_the_audit_notes_them_again_deadlock_with_nobody(
    database: Database, names: list[str], held: str
) -> None:
    line, keeper = database.connect("app_login"), database.add_user()
    family = found_small_family(line, keeper, QUOTA)
    recording = keep_recording(database, family, keeper)
    run = audit_with_a_worker(database, line)
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
    noting = run_into(database, database.connect(), NOTE, run, run, findings)
    mailing = run_into(database, database.connect(), "ops.mark_alerts_sent_tx(ARRAY(SELECT id FROM ops.alert_digest))")
    holder.rollback()
    assert (noting.result(), mailing.result()) == ({"lost": False}, {})
