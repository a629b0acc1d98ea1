"""One family, and everything that writes to it: the actions that test_lock_order.py runs against each other."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import finalize, rescue, reserve, stored, subscribe, transact

QUOTA = 50000
SIZE = 100
FUTURE = "2999-01-01T00:00:00Z"
FINDINGS = '[{"kind": "%s", "recording_id": "%s", "family_id": "%s", "details": {}}]'


@dataclass
class Family:
    """One family, and what was made in it so far. Lists only grow: two threads append to them at the same time."""

    database: Database
    id: str
    keeper: uuid.UUID
    teller: uuid.UUID
    customer: str
    event: str
    run: str
    uploads: list[tuple[str, uuid.UUID, str]] = field(default_factory=list)
    invites: list[tuple[str, bytes]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)


@dataclass
class Target:
    """What a call is about. Both calls of a pair get the same one, so that they want the same rows."""

    family: Family
    chance: random.Random
    upload: str
    uploader: uuid.UUID
    key: str
    person: uuid.UUID
    invite: str
    code: bytes
    prompt: str


Action = Callable[[Connection, Target], Any]


def on_recording(function: str, **more: Any) -> Action:
    return lambda line, target: transact(line, target.person, function, recording_id=target.upload, **more)


def by_the_schedule(function: str, **more: Any) -> Action:
    return lambda line, target: transact(line, None, function, recording_id=target.upload, **more)


def by_a_keeper(function: str, **more: Any) -> Action:
    return lambda line, target: transact(line, target.family.keeper, function, family_id=target.family.id, **more)


def reserve_new(line: Connection, target: Target) -> None:
    upload, key = str(uuid.uuid4()), uuid.uuid4().hex
    if "refused" not in reserve(line, target.person, target.family.id, SIZE, upload, key):
        target.family.uploads.append((upload, target.person, key))


def adopt(line: Connection, target: Target) -> None:
    recording = str(uuid.uuid4())
    transact(
        line,
        None,
        "adopt_object_tx",
        family_id=target.family.id,
        recording_id=recording,
        object_key=f"audio/{recording}",
        waveform_key=None,
        object=stored(SIZE),
        duration_seconds=3.0,
    )


def apply_event(line: Connection, target: Target) -> None:
    family, event = target.family.id, target.family.event
    ticket = transact(line, None, "take_billing_ticket_tx", event_id=event)["ticket"]
    subscribe(line, family, ticket, target.chance.choice([500, QUOTA, QUOTA, QUOTA]), event=event)


def delete_directly(line: Connection, target: Target) -> None:
    """As a client may, under row-level security and without any function."""
    with line.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true);"
            " UPDATE public.recordings SET deleted_at = now() WHERE id = %s",
            [f'{{"sub": "{target.person}"}}', target.upload],
        )


def invite_by_mail(line: Connection, target: Target) -> None:
    invite, code = str(uuid.uuid4()), uuid.uuid4().bytes
    made = transact(
        line,
        target.family.keeper,
        "create_invite_tx",
        family_id=target.family.id,
        invite_id=invite,
        code_hash=code,
        email="grandma@example.com",
        max_uses=20,
        expires_in_days=7,
        idempotency_key=target.key or None,
        request_hash=target.key,
    )
    if made.get("id") == invite:
        target.family.invites.append((invite, code))


def resend(line: Connection, target: Target) -> None:
    transact(
        line,
        target.family.keeper,
        "resend_invite_tx",
        invite_id=target.invite,
        generation=target.chance.randint(2, 9),
        code_hash=uuid.uuid4().bytes,
    )


def create_prompt(line: Connection, target: Target) -> None:
    made = transact(line, target.person, "create_prompt_tx", family_id=target.family.id, text="Who taught you?")
    if "prompt" in made:
        target.family.prompts.append(made["prompt"]["id"])


def note_findings(line: Connection, target: Target) -> None:
    kind = target.chance.choice(["missing", "differing"])
    transact(
        line,
        None,
        "note_findings_tx",
        **held(target),
        position="a",
        objects_seen=1,
        recordings_seen=1,
        findings=FINDINGS % (kind, target.upload, target.family.id),
    )


def held(target: Target, shard: str = "all") -> dict[str, str]:
    """What the worker shows that holds a shard: see audit_with_a_worker() of test_lock_order.py."""
    return {"run_id": target.family.run, "shard": shard, "lease_token": target.family.run}


def end_shard(line: Connection, target: Target) -> None:
    target.family.database.run(
        "UPDATE ops.audit_shards SET lease_token = run_id, leased_until = 'infinity'"
        " WHERE run_id = %s AND shard = 'rest'",
        [target.family.run],
    )
    transact(line, None, "end_audit_shard_tx", finished=True, **held(target, "rest"))


def mark_alerts(function: str) -> Action:
    def mark(line: Connection, target: Target) -> None:
        alerts = transact(line, None, "alerts_to_send", all=True, limit=50)["alerts"]
        with line.cursor() as cursor:
            cursor.execute(
                f"SELECT set_config('role', 'app_service', true); SELECT ops.{function}(%s::uuid[])",
                [[alert["id"] for alert in alerts]],
            )

    return mark


def update_prompt(line: Connection, target: Target) -> None:
    transact(line, target.person, "update_prompt_tx", prompt_id=target.prompt, changes={"text": "Who taught you?"})


def record_event(line: Connection, target: Target) -> None:
    transact(
        line,
        None,
        "record_stripe_event_tx",
        event_id=target.chance.choice([target.family.event, uuid.uuid4().hex]),
        type="customer.subscription.updated",
        livemode=False,
        happened_at="2026-11-20T10:00:00Z",
        customer_id=target.family.customer,
        object_id="sub_1",
        relevant=True,
    )


def note_alert(line: Connection, target: Target) -> None:
    fingerprint = target.chance.choice(["audit-missing", "audit-differing"])
    transact(line, None, "note_alert_tx", fingerprint=fingerprint, severity="error", message="Found something.")


ACTIONS: dict[str, Action] = {
    "reserve": reserve_new,
    "renew": lambda line, target: reserve(
        line, target.uploader, target.family.id, SIZE, str(uuid.uuid4()), target.key or uuid.uuid4().hex
    ),
    "finalize": lambda line, target: finalize(line, target.uploader, target.family.id, target.upload, SIZE),
    "rescue": lambda line, target: rescue(line, target.upload, SIZE),
    "park": lambda line, target: transact(
        line, None, "rescue_recording_tx", recording_id=target.upload, object={**stored(SIZE), "stored_at": FUTURE}
    ),
    "accept": lambda line, target: transact(
        line, target.family.keeper, "accept_parked_upload_tx", upload_id=target.upload
    ),
    "decline": lambda line, target: transact(
        line, target.family.keeper, "decline_parked_upload_tx", upload_id=target.upload
    ),
    "abandon": lambda line, target: rescue(line, target.upload, None),
    "mismatch": lambda line, target: rescue(line, target.upload, SIZE + 1),
    "check abandoned": by_the_schedule("check_abandoned"),
    "drop abandoned": by_the_schedule("drop_abandoned_tx"),
    "drop stray waveform": by_the_schedule("drop_stray_waveform_tx"),
    "adopt": adopt,
    "trash": on_recording("delete_recording_tx"),
    "trash directly": delete_directly,
    "restore": on_recording("restore_recording_tx"),
    "rename": on_recording("update_recording_tx", changes={"title": "New"}),
    "mark purging": by_the_schedule("mark_purging_tx"),
    "finish purge": by_the_schedule("finish_purge_tx"),
    "note copied": by_the_schedule("note_copied_tx", etag="e"),
    "plan clean-up": lambda line, target: transact(line, None, "plan_cleanup", limit=10),
    "apply event": apply_event,
    "take ticket": lambda line, target: transact(line, None, "take_billing_ticket_tx", event_id=target.family.event),
    "settle event": lambda line, target: transact(
        line, None, "settle_stripe_event_tx", event_id=target.family.event, state="failed", error="Timeout"
    ),
    "record checkout": lambda line, target: transact(
        line,
        target.family.keeper,
        "record_checkout_tx",
        family_id=target.family.id,
        customer_id=target.family.customer,
        previous_session_id=None,
        session_id=uuid.uuid4().hex,
        plan="family",
        interval="month",
    ),
    "remove": lambda line, target: transact(
        line, target.person, "remove_member_tx", family_id=target.family.id, user_id=str(target.family.teller)
    ),
    "change role": lambda line, target: transact(
        line,
        target.family.keeper,
        "update_member_tx",
        family_id=target.family.id,
        user_id=str(target.family.teller),
        changes={"role": target.chance.choice(["keeper", "storyteller"])},
    ),
    "invite": invite_by_mail,
    "redeem": lambda line, target: transact(
        line,
        target.family.teller,
        "redeem_invite_tx",
        code_hashes=[target.code],
        display_name="Ana",
        address="203.0.113.7",
    ),
    "revoke": lambda line, target: transact(line, target.family.keeper, "revoke_invite_tx", invite_id=target.invite),
    "resend": resend,
    "refuse mail": lambda line, target: transact(
        line, None, "note_invite_mail_refused_tx", invite_id=target.invite, generation=1
    ),
    "rename oneself": lambda line, target: transact(
        line, target.person, "update_me_tx", changes={"display_name": f"Ana {target.chance.randint(1, 99)}"}
    ),
    "rename family": by_a_keeper("update_family_tx", changes={"name": "Luna"}),
    "create prompt": create_prompt,
    "delete prompt": lambda line, target: transact(line, target.person, "delete_prompt_tx", prompt_id=target.prompt),
    "verify": lambda line, target: transact(
        line, None, "verify_families_tx", after=None, limit=10, position_prefix="f/", **held(target)
    ),
    "note findings": note_findings,
    "send alerts": mark_alerts("mark_alerts_sent_tx"),
    "end alerts": mark_alerts("mark_alerts_recovered_tx"),
    "change prompt": update_prompt,
    "record event": record_event,
    "note alert": note_alert,
    "note copy trouble": by_the_schedule("note_copy_trouble_tx", reason="differs"),
    "alert uncopied": lambda line, target: transact(line, None, "alert_uncopied_tx"),
    "end a shard": end_shard,
    "sweep": lambda line, target: transact(line, None, "sweep_tx"),
}
"""What is run against each other. The first OF_UPLOADS are about an upload, and are chosen more often."""

OF_UPLOADS = 19

NOT_AMONG_THEM = {
    "ops.keep_answer_tx": "inserts a row of its message's own",
    "ops.note_portal_opened_tx": "it inserts one job and locks nothing else",
    "ops.count_call": "it runs in a transaction of its own, before the function it counts",
    "ops.arm_deleting_tx": "an operator's command on one row of feature_flags",
    "ops.claim_schedule_slot_tx": "it inserts one row of schedule_runs and locks nothing else",
    "ops.finish_schedule_run_tx": "it updates one row of schedule_runs and locks nothing else",
    "ops.claim_jobs_tx": "it skips rows that are locked; test_queue.py runs many at once",
    "ops.enqueue_copies_tx": "it inserts jobs in one order, the recordings' age, and locks nothing else",
    "ops.claim_audit_shard_tx": "it skips rows that are locked, and locks no other; test_audit_rows.py",
    "ops.complete_jobs_tx": "rows of jobs that its worker has leased alone, then tallies in order; test_queue.py",
    "ops.fail_job_tx": "a row of jobs that its worker has leased alone, then tallies; test_queue.py",
    "ops.release_jobs_tx": "rows of jobs that its worker has leased alone; test_queue.py",
    "ops.requeue_job_tx": "an operator's command on one row of dead_jobs",
    "ops.requeue_kind_tx": "an operator's command on rows of dead_jobs",
    "ops.claim_health_probe_tx": "it updates the one row of health_probes and locks nothing else",
    "ops.store_health_probe_tx": "it updates the one row of health_probes and locks nothing else",
    "ops.set_flag_tx": "an operator's command on one row of feature_flags",
    "ops.note_service_levels_tx": "rows of alert_digest in the order of their fingerprints, and no other",
    "ops.note_maintenance_run_tx": "an operator's command on one row of maintenance_runs",
}
"""Functions that write and are in no action, with the reason why they cannot be part of a deadlock."""
