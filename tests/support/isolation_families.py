"""Three families, four people, and one of everything in every state, for the isolation tests over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from chalicelib import invite_codes
from tests.support.api import Api, Person

PERSONAS = ("stranger", "storyteller", "keeper", "removed")
"""storyteller and keeper of ours; removed: once of ours, now a keeper next door; stranger: keeper of theirs."""

# Things by kind, in every state in which somebody could have heard of one.
STATES = {
    "family": ("live",),
    "user": ("live",),
    "invite": ("live", "revoked"),
    "prompt": ("live", "deleted"),
    "recording": ("live", "trashed", "purging"),
    "reservation": ("live", "parked"),
    "code": ("revoked", "used up", "expired"),
}


class IsolationFamilies:
    """Whose things are whose. `home` is the family a persona belongs to, `foreign` one they do not."""

    def __init__(self, api: Api) -> None:
        self.api = api
        people = {name: api.person() for name in (*PERSONAS, "neighbour", "teller of theirs")}
        self.people: dict[str, Person] = people
        ours, theirs, next_door = (
            api.family(people[keeper], name)
            for keeper, name in (("keeper", "Ours"), ("stranger", "Theirs"), ("removed", "Next door"))
        )
        api.join(ours, people["storyteller"])
        api.join(ours, people["removed"])
        api.join(theirs, people["teller of theirs"])
        self.home = {"stranger": theirs, "storyteller": ours, "keeper": ours, "removed": next_door}
        self.foreign = {"stranger": ours, "storyteller": theirs, "keeper": theirs, "removed": ours}
        self.things = {
            # What the removed one made while a member is the hardest to keep from them.
            ours: self._furnish(ours, people["keeper"], people["removed"], people["storyteller"]),
            theirs: self._furnish(theirs, people["stranger"], people["teller of theirs"], people["teller of theirs"]),
            next_door: self._furnish(next_door, people["removed"], people["removed"], people["removed"]),
        }
        assert people["keeper"].delete(f"/v1/families/{ours}/members/{people['removed'].id}").status == 200
        # Everybody has something of their own at home, to ask for with somebody else's ids.
        self.own = {name: self._own(people[name], self.home[name]) for name in PERSONAS}

    def _furnish(self, family: str, keeper: Person, maker: Person, member: Person) -> dict[tuple[str, str], str]:
        api = self.api
        made = {("family", "live"): family, ("user", "live"): member.id}
        for state in STATES["recording"]:
            made["recording", state] = recording = api.recording(family, maker)
            if state != "live":
                assert keeper.delete(f"/v1/recordings/{recording}").status == 200
        api.run("UPDATE public.recordings SET purging_at = now() WHERE id = %s", made["recording", "purging"])
        for state in STATES["prompt"]:
            made["prompt", state] = api.prompt(family, maker)
        assert keeper.delete(f"/v1/prompts/{made['prompt', 'deleted']}").status == 200
        for state in STATES["invite"]:
            made["invite", state] = api.invite(family, keeper)
        assert keeper.delete(f"/v1/invites/{made['invite', 'revoked']}").status == 200
        made["reservation", "live"] = self._reserve(family, maker)
        made["reservation", "parked"] = self._park(self._reserve(family, maker))
        for state in STATES["code"]:
            made["code", state] = self._code(family, keeper, state)
        return made

    def _reserve(self, family: str, person: Person) -> str:
        reservation = str(uuid.uuid4())
        reserve = "ops.get_signed_upload_url_tx(%s, %s, %s, NULL, 500, 12.5, 'audio/mp4', NULL, NULL, 900)"
        self.api.as_service(person, reserve, family, reservation, f"audio/{reservation}")
        return reservation

    def _park(self, reservation: str) -> str:
        """Makes an upload one that arrived after its uploader had left, as settle_uploads does."""
        self.api.run(
            "UPDATE ops.upload_reservations SET state = 'parked', parked_object = %s, uploader_left_at = now(),"
            " watch_until = now() + interval '30 days' WHERE id = %s",
            '{"size_bytes": 500, "etag": "e", "stored_at": "2026-11-21T10:00:00Z"}',
            reservation,
        )
        return reservation

    def _code(self, family: str, keeper: Person, state: str) -> str:
        """A code that once was good."""
        invite = self.api.invite(family, keeper)
        code, code_hash = invite_codes.make(uuid.UUID(invite), 1)
        ends = {"revoked": "revoked_at = now()", "used up": "used_count = max_uses", "expired": "expires_at = now()"}
        self.api.run(f"UPDATE public.invites SET code_hash = %s, {ends[state]} WHERE id = %s", code_hash, invite)
        return code

    def _own(self, person: Person, family: str) -> dict[str, str]:
        return {
            "family": family,
            "recording": self.api.recording(family, person),
            "reservation": self._reserve(family, person),
        }

    def foreign_things(self, persona: str, kind: str) -> Iterator[tuple[str, str]]:
        """(state, id) of every thing of this kind in the family the persona does not belong to."""
        for state in STATES[kind]:
            yield state, self.things[self.foreign[persona]][kind, state]

    def forget_counts(self) -> None:
        """Thousands of calls in a minute would all be told the same: to wait."""
        self.api.run("DELETE FROM ops.call_counts")

    def everything(self) -> dict[str, Any]:
        """A digest of every table but the counters, to see that nothing was written."""
        tables = self.api.run(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace IN ('public'::regnamespace, 'ops'::regnamespace) AND relname <> 'call_counts'"
        )
        return {
            table: self.api.run(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} AS t")[0][0]
            for (table,) in tables
        }
