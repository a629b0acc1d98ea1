"""Two families for whoever tries to get from one into the other, and the people who try.

Made by plain SQL as the superuser, past every function: what is looked at here are the walls, not the doors.
Values that nobody may ever see begin with "hidden"; everything of the other family is named or sized so that it shows.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database

HIDDEN = "hidden"


@dataclass(frozen=True)
class IsolationRows:
    """`ours` is the family the personas are about, `theirs` the other one; `people` by persona."""

    database: Database
    ours: str
    theirs: str
    people: dict[str, str]
    recordings: dict[str, str] = field(default_factory=dict)

    def connect(self, role: str, persona: str | None = None) -> Connection:
        """A session as PostgREST (or our own login) would make it for this persona, in autocommit."""
        return self.database.connect_as(role, self.people[persona] if persona else None)


def build(database: Database) -> IsolationRows:
    """Our family: keeper, storyteller, somebody removed, five recordings. Theirs: a keeper of their own and one."""
    run = database.run
    people = {
        name: str(database.add_user()) for name in ("keeper", "storyteller", "removed", "stranger", "other keeper")
    }
    for person in people.values():
        run("INSERT INTO public.profiles (user_id, display_name) VALUES (%s, 'Somebody')", [person])
    families = {}
    for name in ("ours", "theirs"):
        families[name] = run("INSERT INTO public.families (name) VALUES (%s) RETURNING id::text", [name])[0][0]
    ours, theirs = families["ours"], families["theirs"]
    for family, person, role in (
        (ours, "keeper", "keeper"),
        (ours, "storyteller", "storyteller"),
        (theirs, "other keeper", "keeper"),
    ):
        run(
            "INSERT INTO public.family_members (family_id, user_id, role) VALUES (%s, %s, %s)",
            [family, people[person], role],
        )
    recordings = {}
    for family in (ours, theirs):
        run(
            "INSERT INTO public.entitlements (family_id, storage_quota_bytes, max_recording_seconds)"
            " VALUES (%s, 1000, 600)",
            [family],
        )
        run("INSERT INTO public.prompts (family_id, text) VALUES (%s, 'Who taught you to dance?')", [family])
        run(
            "INSERT INTO public.invites (family_id, code_hash, expires_at) VALUES (%s, %s, now() + interval '1 day')",
            [family, f"{HIDDEN} code {family}".encode()],
        )
        run(
            "INSERT INTO ops.billing_customers (family_id, customer_id) VALUES (%s, %s)",
            [family, f"{HIDDEN} customer {family}"],
        )
    for name, family, person in (
        ("storyteller's", ours, "storyteller"),
        ("keeper's", ours, "keeper"),
        ("removed's", ours, "removed"),
        ("trashed", ours, "storyteller"),
        ("purging", ours, "storyteller"),
        ("theirs", theirs, "other keeper"),
    ):
        recordings[name] = add_recording(database, family, people[person])
    run(
        "UPDATE public.recordings SET deleted_at = now() WHERE id = ANY (%s::uuid[])",
        [[recordings["trashed"], recordings["purging"]]],
    )
    run("UPDATE public.recordings SET purging_at = now() WHERE id = %s", [recordings["purging"]])
    run(
        "INSERT INTO ops.removals (family_id, user_id, removed_by) VALUES (%s, %s, %s)",
        [ours, people["removed"], people["keeper"]],
    )
    run("INSERT INTO ops.tallies (measure, subject, hour, amount) VALUES ('job_failed', 'capture_events', now(), 1)")
    return IsolationRows(database, ours, theirs, people, recordings)


def add_recording(database: Database, family: str, person: str, size: int = 10) -> str:
    """A kept recording, on the ledger and in the used bytes."""
    recording = str(uuid.uuid4())
    key = f"{HIDDEN}/{recording}"
    database.run(
        "INSERT INTO public.recordings (id, family_id, created_by, size_bytes, duration_seconds, content_type,"
        " recorded_at, object_key, waveform_key, etag, content_md5, stored_at)"
        " VALUES (%s, %s, %s, %s, 1, 'audio/mp4', now(), %s, %s, %s, %s, now())",
        [recording, family, person, size, key, f"{key}.json", f"{HIDDEN} etag", f"{HIDDEN} md5"],
    )
    database.run(
        "WITH used AS (UPDATE public.entitlements SET storage_used_bytes = storage_used_bytes + %s WHERE family_id = %s"
        " RETURNING storage_used_bytes) INSERT INTO public.usage_ledger"
        " (family_id, recording_id, operation, delta_bytes, used_after_bytes)"
        " SELECT %s, %s, 'finalize', %s, used.* FROM used",
        [size, family, family, recording, size],
    )
    return recording
