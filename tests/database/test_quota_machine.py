"""Any history of a family's bytes, step by step: the books are right after each, and each answers what its rules say.

The steps are the real functions, called over several connections one after the other; a small model of a few lines
says what each must answer. What happens when they meet at one moment is tests/database/quota_races.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from psycopg2.extensions import connection as Connection

from tests.support.database_server import Database
from tests.support.quota import (
    age_trash,
    become_customer,
    figures,
    finalize,
    found_small_family,
    lapse,
    rescue,
    reserve,
    subscribe,
    transact,
)

QUOTA = 1000
MAX_PENDING = 20
KEEPER = 0
people = st.sampled_from([0, 1, 2])
families = st.sampled_from([0, 1])
puts = st.sampled_from(["whole", "whole", "other", None])
waveforms = st.sampled_from([0, 30])
drawings = st.sampled_from(["whole", "other", None])
turns = st.sampled_from(["straight", "late", "never"])


@dataclass
class Upload:
    """What the model knows of an upload: pending, then abandoned, or kept <-> trash -> purging; gone in the end."""

    id: str
    family: Family
    person: int
    size: int
    waveform: int
    key: str
    state: str = "pending"
    object: str | None = None
    drawing: str | None = None
    drawn: int = 0
    url: bool = True
    live: bool = True
    watched: bool = True
    aged: bool = False
    receipt: Any = None

    @property
    def is_recording(self) -> bool:
        return self.state in ("kept", "trash", "purging")

    @property
    def seen_bytes(self) -> int | None:
        """What the store would say: the size of what lies there, null when nothing does."""
        return {None: None, "whole": self.size, "other": self.size + 1}[self.object]

    @property
    def seen_waveform(self) -> int:
        """The same of its waveform, 0 where nothing lies there."""
        return {None: 0, "whole": self.waveform, "other": self.waveform + 1}[self.drawing]

    @property
    def reserved(self) -> int:
        return self.size + self.waveform

    @property
    def counted(self) -> int:
        return self.size + self.drawn


@dataclass
class Family:
    """What the model knows of a family."""

    id: str
    members: set[int]
    quota: int = QUOTA
    status: str = "active"
    tickets: list[int] = field(default_factory=list)
    applied: int = 0
    uploads: list[Upload] = field(default_factory=list)
    over_quota: int = 0
    mismatched: set[str] = field(default_factory=set)
    wrong_waveforms: int = 0

    @property
    def used(self) -> int:
        return sum(upload.counted for upload in self.uploads if upload.is_recording)

    @property
    def reserved(self) -> int:
        return sum(upload.reserved for upload in self.uploads if upload.state == "pending" and upload.live)


class Books(RuleBasedStateMachine):
    """Two families that share their people: one keeper of both, two storytellers who come and go."""

    uploads: Bundle[Upload] = Bundle("uploads")

    database: Database
    connections: list[Connection]

    def __init__(self) -> None:
        super().__init__()
        database = self.database
        self.steps = 0
        self.people = [database.add_user() for _ in range(3)]
        self.families = []
        for _ in range(2):
            family = found_small_family(self.line, self.people[KEEPER], QUOTA)
            database.run(
                "INSERT INTO public.family_members (family_id, user_id, role)"
                " SELECT %s, unnest(%s::uuid[]), 'storyteller'",
                [family, [str(person) for person in self.people[1:]]],
            )
            become_customer(database, family)
            self.families.append(Family(family, {0, 1, 2}))

    @property
    def line(self) -> Connection:
        """Another connection for every step."""
        self.steps += 1
        return self.connections[self.steps % len(self.connections)]

    def verdict(self, family: Family, person: int, needed: int) -> str | None:
        """Why a reservation that needs so many bytes more is refused; null when it is not."""
        if person not in family.members:
            return "FORBIDDEN"
        if family.status != "active":
            return "SUBSCRIPTION_INACTIVE"
        if family.used + family.reserved + needed > family.quota:
            return "QUOTA_EXCEEDED"
        return None

    def check_reservation(self, family: Family, answer: Any, refusal: str | None, needed: int) -> None:
        assert answer.get("refused") == refusal, answer
        if refusal == "QUOTA_EXCEEDED":
            details = answer["details"]
            assert (details["quota_bytes"], details["used_bytes"]) == (family.quota, family.used)
            # What a renewed upload holds itself is asked for, not held against it.
            assert details["reserved_bytes"] + details["requested_bytes"] == family.reserved + needed
        elif refusal is None:
            # Over quota by what was admitted earlier a family may be; by a new reservation never.
            assert family.used + family.reserved <= family.quota

    @initialize(target=uploads)
    def some_uploads(self) -> MultipleResults[Upload]:
        made = [self.reserve(person, index, 150 * (person + 1)) for person in range(3) for index in range(2)]
        return multiple(*(upload for upload in made if isinstance(upload, Upload)))

    @rule(
        target=uploads,
        person=people,
        index=families,
        size=st.sampled_from([1, 50, 100, 250, 400, 700]),
        waveform=waveforms,
    )
    def reserve(self, person: int, index: int, size: int, waveform: int = 0) -> Upload | MultipleResults[Upload]:
        family = self.families[index]
        upload = Upload(str(uuid.uuid4()), family, person, size, waveform, key=uuid.uuid4().hex)
        refusal = self.verdict(family, person, upload.reserved)
        pending = [
            u for f in self.families for u in f.uploads if u.person == person and u.state == "pending" and u.live
        ]
        if refusal is None and len(pending) >= MAX_PENDING:
            refusal = "CONFLICT"
        answer = reserve(self.line, self.people[person], family.id, size, upload.id, upload.key, waveform)
        if refusal is None:
            family.uploads.append(upload)
        self.check_reservation(family, answer, refusal, upload.reserved)
        return upload if refusal is None else multiple()

    @rule(upload=uploads)
    def reserve_again(self, upload: Upload) -> None:
        family = upload.family
        needed = 0 if upload.live else upload.reserved
        refusal = self.verdict(family, upload.person, needed)
        if refusal != "FORBIDDEN" and upload.state != "pending":
            refusal = "CONFLICT"
        person, again = self.people[upload.person], str(uuid.uuid4())
        answer = reserve(self.line, person, family.id, upload.size, again, upload.key, upload.waveform)
        if refusal is None:
            assert answer["recording_id"] == upload.id
            upload.url = upload.live = upload.watched = True
        self.check_reservation(family, answer, refusal, needed)

    @rule(upload=uploads, what=st.sampled_from(["url", "hold", "watch"]))
    def time_passes(self, upload: Upload, what: str) -> None:
        lapse(self.database, [upload.id], hold=what == "hold", watch=what == "watch")
        upload.url = False
        upload.live = upload.live and what == "url"
        upload.watched = upload.watched and what != "watch"

    def put(self, upload: Upload, what: str | None, drawing: str | None = "whole") -> None:
        """No overwriting: what lies there first stays."""
        upload.object = upload.object or what
        upload.drawing = upload.drawing or (drawing if upload.waveform else None)

    def keep(self, upload: Upload) -> None:
        upload.state = "kept"
        upload.drawn = upload.waveform if upload.drawing == "whole" else 0
        upload.family.wrong_waveforms += upload.drawing == "other"
        upload.family.over_quota += upload.family.used > upload.family.quota

    @rule(upload=uploads, put=puts, person=st.sampled_from([0, 1, 2, None, None, None]), drawing=drawings)
    def finalize(self, upload: Upload, put: str | None, person: int | None, drawing: str | None = "whole") -> None:
        """By whoever made the upload, or by somebody."""
        self.put(upload, put, drawing)
        person = upload.person if person is None else person
        family = upload.family
        refusal = None
        if person not in family.members:
            refusal = "FORBIDDEN"
        elif upload.person != person or upload.state not in ("pending", "kept", "trash"):
            refusal = "NOT_FOUND"
        elif upload.state == "pending" and upload.object != "whole":
            refusal = "UPLOAD_MISMATCH" if upload.object else "UPLOAD_NOT_FOUND"
        seen = upload.seen_bytes, upload.seen_waveform
        answer = finalize(self.line, self.people[person], family.id, upload.id, *seen)
        assert answer.get("refused") == refusal, answer
        if refusal is not None:
            return
        if upload.state == "pending":
            self.keep(upload)
        assert answer["usage"] == {
            "used_bytes": family.used,
            "reserved_bytes": family.reserved,
            "quota_bytes": family.quota,
        }
        # Asked again, it is the same recording and the same receipt, as long as there is one.
        assert upload.receipt in (None, answer["receipt"])
        upload.receipt = answer["receipt"]

    @rule(upload=uploads, put=puts, lapsed=st.sampled_from(["url", "watch", None]), drawing=drawings)
    def rescue(self, upload: Upload, put: str | None, lapsed: str | None, drawing: str | None = "whole") -> None:
        self.put(upload, put, drawing)
        if lapsed:
            self.time_passes(upload, lapsed)
        if upload.state != "pending" or upload.url:
            outcome = "settled"
        elif upload.object is None:
            outcome = "waiting" if upload.watched else "abandoned"
        else:
            outcome = "rescued" if upload.object == "whole" else "mismatch"
        assert rescue(self.line, upload.id, upload.seen_bytes, upload.seen_waveform) == outcome
        if outcome == "rescued":
            self.keep(upload)
        elif outcome == "abandoned":
            upload.state = "abandoned"
        elif outcome == "mismatch":
            upload.family.mismatched.add(upload.id)

    @rule(upload=uploads, deed=st.sampled_from(["drop", "mark", "finish"]))
    def clean_up(self, upload: Upload, deed: str) -> None:
        {"drop": self.drop_abandoned, "mark": self.mark_purging, "finish": self.finish_purge}[deed](upload)

    def drop_abandoned(self, upload: Upload) -> None:
        abandoned = upload.state == "abandoned"
        keys = transact(self.line, None, "check_abandoned", recording_id=upload.id)["keys"]
        assert bool(keys) == abandoned
        assert transact(self.line, None, "drop_abandoned_tx", recording_id=upload.id) == {"dropped": abandoned}
        if abandoned:
            upload.state = "gone"

    def life_goes_on(self, upload: Upload, turn: str) -> None:
        """What usually comes next for an upload: histories of single steps at random seldom come to an end."""
        if upload.state == "pending" and turn == "straight":
            self.finalize(upload, "whole", None)
        elif upload.state == "pending":
            self.rescue(upload, "whole" if turn == "late" else None, "watch")
        elif upload.state == "abandoned":
            self.drop_abandoned(upload)
        elif upload.state == "kept":
            self.trash(upload, KEEPER)
        elif upload.state == "trash" and turn == "never":
            self.restore(upload, KEEPER)
        elif upload.state == "trash":
            self.a_month_passes(upload)
            self.mark_purging(upload)
        else:
            self.finish_purge(upload)

    @rule(upload=uploads, turns=st.lists(turns, min_size=2, max_size=6))
    def a_life_passes(self, upload: Upload, turns: list[str]) -> None:
        for turn in turns:
            self.life_goes_on(upload, turn)
            self.the_books_are_right()

    def may_not_change(self, upload: Upload, person: int) -> str | None:
        if not upload.is_recording or person not in upload.family.members:
            return "NOT_FOUND"
        if person not in (KEEPER, upload.person):
            return "NOT_FOUND" if upload.state == "purging" else "FORBIDDEN"
        return None

    @rule(upload=uploads, person=people)
    def trash(self, upload: Upload, person: int) -> None:
        refusal = self.may_not_change(upload, person) or ("NOT_FOUND" if upload.state == "purging" else None)
        answer = transact(self.line, self.people[person], "delete_recording_tx", recording_id=upload.id)
        assert answer.get("refused") == refusal, answer
        if refusal is None:
            upload.state = "trash"

    @rule(upload=uploads, person=people, month=st.booleans())
    def trash_and_restore(self, upload: Upload, person: int, month: bool) -> None:
        self.trash(upload, upload.person)
        if month:
            self.a_month_passes(upload)
        self.restore(upload, person)

    def restore(self, upload: Upload, person: int) -> None:
        too_late = upload.state == "purging" or (upload.state == "trash" and upload.aged)
        refusal = self.may_not_change(upload, person) or ("CONFLICT" if too_late else None)
        answer = transact(self.line, self.people[person], "restore_recording_tx", recording_id=upload.id)
        assert answer.get("refused") == refusal, answer
        if refusal is None:
            upload.state = "kept"

    def a_month_passes(self, upload: Upload) -> None:
        age_trash(self.database, upload.id)
        upload.aged = upload.state in ("trash", "purging")

    def mark_purging(self, upload: Upload) -> None:
        due = upload.state == "purging" or (upload.state == "trash" and upload.aged)
        assert bool(transact(self.line, None, "mark_purging_tx", recording_id=upload.id)["keys"]) == due
        if due:
            upload.state = "purging"

    def finish_purge(self, upload: Upload) -> None:
        for purging in (upload.state == "purging", False):
            answer = transact(self.line, None, "finish_purge_tx", recording_id=upload.id)
            assert answer == {"purged": purging}
            if purging:
                upload.state = "gone"

    @rule(upload=uploads)
    def what_is_done_is_not_done_again(self, upload: Upload) -> None:
        """Past every function that would not: the ledger itself takes no operation on a recording twice."""
        if upload.is_recording:
            operation, delta = "finalize", upload.counted
        elif upload.state == "gone" and upload.receipt:
            operation, delta = "purge", -upload.counted
        else:
            return
        with pytest.raises(psycopg2.errors.UniqueViolation):
            self.database.run(
                "SELECT ops.update_storage_quota(%s, %s, %s, %s, p_admitted => true)",
                [upload.family.id, delta, operation, upload.id],
            )

    def ask_stripe(self, family: Family) -> None:
        family.tickets.append(transact(self.line, None, "take_billing_ticket_tx", family_id=family.id)["ticket"])
        assert family.tickets == sorted(set(family.tickets))

    @rule(
        index=families,
        asks=st.integers(0, 2),
        back=st.integers(0, 2),
        quota=st.sampled_from([300, QUOTA, 3000]),
        status=st.sampled_from(["active", "active", "active", "paused"]),
    )
    def apply_answer(self, index: int, asks: int, back: int, quota: int, status: str) -> None:
        """Upgrades and downgrades, by the newest ticket, by older ones and by one twice."""
        family = self.families[index]
        for _ in range(asks if family.tickets else 1):
            self.ask_stripe(family)
        ticket = family.tickets[-1 - min(back, len(family.tickets) - 1)]
        newer = ticket > family.applied
        assert subscribe(self.line, family.id, ticket, quota, status)["applied"] is newer
        if newer:
            family.applied, family.quota, family.status = ticket, quota, status

    @rule(person=people, index=families, by_keeper=st.booleans())
    def depart(self, person: int, index: int, by_keeper: bool) -> None:
        family = self.families[index]
        actor = KEEPER if by_keeper else person
        answer = transact(
            self.line, self.people[actor], "remove_member_tx", family_id=family.id, user_id=str(self.people[person])
        )
        if person == KEEPER:
            assert answer["details"] == {"reason": "last_keeper"}
        elif person in family.members:
            assert "member" in answer
            family.members.discard(person)
            for upload in family.uploads:
                if upload.person == person and upload.state == "pending":
                    upload.url = upload.live = False
        else:
            assert answer["refused"] == ("NOT_FOUND" if by_keeper else "FORBIDDEN")

    @rule(person=people, index=families, by_keeper=st.booleans())
    def depart_and_come_back(self, person: int, index: int, by_keeper: bool) -> None:
        self.depart(person, index, by_keeper)
        self.come_back(person, index)

    def come_back(self, person: int, index: int) -> None:
        family, code = self.families[index], uuid.uuid4().bytes
        transact(
            self.line,
            self.people[KEEPER],
            "create_invite_tx",
            family_id=family.id,
            invite_id=str(uuid.uuid4()),
            code_hash=code,
            email=None,
            max_uses=1,
            expires_in_days=7,
        )
        answer = transact(
            self.line, self.people[person], "redeem_invite_tx", code_hashes=[code], display_name=None, address=None
        )
        assert answer["already_member"] is (person in family.members)
        # An invite nobody needed is taken back, so that the thirty live ones of a family are never reached.
        self.database.run("UPDATE public.invites SET revoked_at = now() WHERE code_hash = %s", [code])
        family.members.add(person)

    @invariant()
    def the_books_are_right(self) -> None:
        found = figures(self.database, *(family.id for family in self.families))
        for family in self.families:
            books = found[family.id]
            assert books["broken"] == [], books
            assert (books["used"], books["reserved"], books["quota"]) == (family.used, family.reserved, family.quota)
            expected = {
                "admitted_over_quota": family.over_quota,
                "upload_mismatch": len(family.mismatched),
                "waveform_refused": family.wrong_waveforms,
            }
            assert Counter(books["anomalies"]) == Counter(expected)


def run_histories(database: Database, **how: Any) -> None:
    class Histories(Books):
        pass

    Histories.database = database
    Histories.connections = [database.connect("app_login") for _ in range(3)]
    run_state_machine_as_test(
        Histories,
        settings=settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **how),
    )


def test_after_every_step_of_any_history_all_figures_agree(module_database: Database) -> None:
    # As it is found, and at once: a history is made shorter by the long run.
    run_histories(module_database, derandomize=True, max_examples=20, stateful_step_count=30, phases=[Phase.generate])


@pytest.mark.heavy
def test_after_every_step_of_long_random_histories_all_figures_agree(module_database: Database) -> None:
    run_histories(module_database, max_examples=200, stateful_step_count=60, print_blob=True)


def test_a_release_of_more_than_is_used_ends_at_zero_and_is_reported(database: Database) -> None:
    keeper = database.add_user()
    line = database.connect("app_login")
    family = found_small_family(line, keeper, QUOTA)
    recording = reserve(line, keeper, family, 600)["recording_id"]
    finalize(line, keeper, family, recording, 600)
    transact(line, keeper, "delete_recording_tx", recording_id=recording)
    age_trash(database, recording)
    transact(line, None, "mark_purging_tx", recording_id=recording)
    # Somebody released it by hand already, and wrote that down as good as they could.
    database.run("UPDATE public.entitlements SET storage_used_bytes = 100 WHERE family_id = %s", [family])
    database.run(
        "INSERT INTO public.usage_ledger (family_id, recording_id, operation, delta_bytes, used_after_bytes)"
        " VALUES (%s, gen_random_uuid(), 'purge', -500, 100)",
        [family],
    )
    assert transact(line, None, "finish_purge_tx", recording_id=recording) == {"purged": True}
    books = figures(database, family)[family]
    assert books["broken"] == []
    assert (books["used"], books["ledger"], books["anomalies"]) == (0, 0, {"quota_clamped": 1})
    told = database.run("SELECT recording_id::text, details FROM ops.anomalies WHERE family_id = %s", [family])
    assert told == [(recording, {"used_bytes": 100, "delta_bytes": -600, "operation": "purge"})]


def test_over_quota_only_admitted_uploads_are_kept(database: Database) -> None:
    keeper = database.add_user()
    line = database.connect("app_login")
    family = found_small_family(line, keeper, QUOTA)
    with pytest.raises(psycopg2.errors.RaiseException):
        database.run("SELECT ops.update_storage_quota(%s, 1001, 'finalize', gen_random_uuid())", [family])
    assert figures(database, family)[family]["used"] == 0
