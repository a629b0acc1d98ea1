"""Flags and switches: who is heard first, what a suspended family still has, what waits while something is paused."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.queue import worker
from chalicelib.telemetry import logs
from tests.support.api import KEEPER, Api, Person, upload_of
from tests.support.object_store import send, voice

STORED = {
    "size_bytes": 5,
    "content_type": "audio/mp4",
    "is_mp4": True,
    "etag": "e",
    "stored_at": "2026-11-20T10:00:00Z",
}


@pytest.fixture
def keeper(module_api: Api) -> Person:
    return module_api.person()


@pytest.fixture
def family(module_api: Api, keeper: Person) -> str:
    return module_api.family(keeper)


def set_flag(name: str, family: str | None = None, on: bool | None = False, **more: Any) -> dict[str, Any]:
    given = {"share": 100, "until": None, "by": "ana", "why": "a test", **more}
    return transact(Call.system("test"), "set_flag_tx", name=name, family_id=family, enabled=on, **given)


@pytest.fixture
def switch(module_api: Api) -> Any:
    """Sets flags, and clears those for all families at the end: the database is shared."""
    yield set_flag
    module_api.run("DELETE FROM ops.feature_flags WHERE family_id IS NULL AND name <> 'deleting_armed'")


def features(person: Person, family: str) -> dict[str, bool]:
    found: dict[str, bool] = person.get(f"/v1/families/{family}").data["family"]["features"]
    return found


# Who is heard -------------------------------------------------------------------------------------------------------


def test_family_over_stage_over_posthog_over_default(module_api: Api, family: str, keeper: Person, switch: Any) -> None:
    other = module_api.person()
    theirs = module_api.family(other)
    assert "new-player" not in features(keeper, family)
    switch("new-player", source="posthog", on=True)
    assert features(keeper, family)["new-player"] is True
    switch("new-player", on=False)
    assert features(keeper, family)["new-player"] is False
    switch("new-player", family, on=True)
    assert features(keeper, family)["new-player"] is True
    assert features(other, theirs)["new-player"] is False, "a family's row counts for that family alone"
    switch("new-player", family, on=None)
    switch("new-player", on=None)
    assert features(keeper, family)["new-player"] is True, "cleared, the next layer is heard again"


def test_a_row_whose_time_is_over_counts_no_more(family: str, keeper: Person, switch: Any) -> None:
    switch("uploads", family, until="2020-01-01T00:00:00Z")
    assert features(keeper, family) == {"uploads": True, "writes": True}
    switch("uploads", family, until="2099-01-01T00:00:00Z")
    assert features(keeper, family) == {"uploads": False, "writes": True}


def test_a_share_is_the_same_families_at_every_call_and_a_larger_share_takes_none_away(
    module_api: Api, switch: Any
) -> None:
    decide = "SELECT ARRAY(SELECT (ops.decide_flag('half', id::text::uuid)).is_on FROM unnest(%s) AS family (id))"
    families = [str(uuid.UUID(int=number * 2**64 + 1)) for number in range(1000)]
    on: dict[int, list[bool]] = {}
    for share in (0, 20, 50, 100):
        switch("half", on=True, share=share)
        on[share] = module_api.value(decide, families)
        assert module_api.value(decide, families) == on[share]
    assert sum(on[0]) == 0
    assert sum(on[100]) == 1000
    assert 150 < sum(on[20]) < 250
    assert 430 < sum(on[50]) < 570
    assert all(later for earlier, later in zip(on[20], on[50], strict=True) if earlier)
    switch("other", on=True, share=50)
    assert module_api.value(decide.replace("half", "other"), families) != on[50], "each flag has its own families"


@pytest.mark.parametrize("name", ["uploads", "writes", "job:send_invite_email", "deleting_armed"])
def test_posthog_cannot_turn_off_a_switch(module_api: Api, name: str) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation):
        module_api.run("INSERT INTO ops.feature_flags (name, source, enabled) VALUES (%s, 'posthog', false)", name)


def test_every_change_is_kept_and_nobody_can_change_the_history(module_api: Api, family: str, switch: Any) -> None:
    switch("writes", family, why="asked by the family")
    switch("writes", family, on=None, why="over", by="bea")
    assert switch("writes", family, on=None) == {"changed": False}
    rows = module_api.run(
        "SELECT enabled, changed_by, why FROM ops.flag_changes WHERE family_id = %s ORDER BY created_at", family
    )
    assert rows == [(False, "ana", "asked by the family"), (None, "bea", "over")]
    for statement in (
        "UPDATE ops.flag_changes SET why = ''",
        "DELETE FROM ops.flag_changes",
        "TRUNCATE ops.flag_changes",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            module_api.run(statement)


def test_the_arming_of_deletion_is_no_flag_and_its_change_is_kept(module_api: Api, switch: Any) -> None:
    assert switch("deleting_armed", on=True) == {"changed": False}
    assert module_api.value("SELECT ops.deleting_is_armed()") is True
    transact(Call.system("test"), "arm_deleting_tx", armed=True, by="ana", why="after the audit")
    newest = "SELECT name, enabled, changed_by, why FROM ops.flag_changes ORDER BY created_at DESC LIMIT 1"
    assert module_api.run(newest) == [("deleting_armed", True, "ana", "after the audit")]


# A suspended family -------------------------------------------------------------------------------------------------


class Home:
    """A family with one of everything, a second member, and an upload that was begun."""

    def __init__(self, api: Api, keeper: Person, family: str) -> None:
        self.keeper, self.family = keeper, family
        self.member = api.member(family)
        self.kept = api.kept(family, keeper)
        self.trashed = api.kept(family, keeper)
        keeper.delete(f"/v1/recordings/{self.trashed}")
        self.begun = api.upload(family, keeper)
        self.prompt = api.prompt(family, keeper)
        self.invite = api.invite(family, keeper, max_uses=5)
        answer = keeper.ask("create-invite", {"familyId": family})
        self.code, self.guest = answer.data["invite"]["code"], api.person()
        self.parked = [str(uuid.uuid4()) for _ in range(2)]
        for upload in self.parked:
            api.run(
                "INSERT INTO ops.upload_reservations (id, family_id, user_id, size_bytes, duration_seconds,"
                " content_type, state, parked_object, object_key, url_expires_at, live_until, watch_until)"
                " VALUES (%s, %s, %s, 5, 1, 'audio/mp4', 'parked', %s, %s, now(), now(), now() + interval '30 days')",
                upload, family, self.member.id, json.dumps(STORED), upload,
            )  # fmt: skip


Deed = Callable[[Home], Any]

REFUSED: dict[str, Deed] = {
    "create-invite": lambda home: home.keeper.ask("create-invite", {"familyId": home.family}),
    "redeem-invite": lambda home: home.guest.ask("redeem-invite", {"code": home.code}),
    "get-signed-upload-url": lambda home: home.keeper.ask("get-signed-upload-url", upload_of(home.family)),
    "rename": lambda home: home.keeper.patch(f"/v1/families/{home.family}", {"name": "Luna"}),
    "promote": lambda home: home.keeper.patch(f"/v1/families/{home.family}/members/{home.member.id}", {"role": KEEPER}),
    "remove another": lambda home: home.keeper.delete(f"/v1/families/{home.family}/members/{home.member.id}"),
    "revoke": lambda home: home.keeper.delete(f"/v1/invites/{home.invite}"),
    "resend": lambda home: home.keeper.post(f"/v1/invites/{home.invite}/resend"),
    "decline": lambda home: home.keeper.post(f"/v1/parked-uploads/{home.parked[0]}/decline"),
    "new prompt": lambda home: home.keeper.post(f"/v1/families/{home.family}/prompts", {"text": "Why?"}),
    "change a prompt": lambda home: home.keeper.patch(f"/v1/prompts/{home.prompt}", {"text": "Why?"}),
    "delete a prompt": lambda home: home.keeper.delete(f"/v1/prompts/{home.prompt}"),
    "change a recording": lambda home: home.keeper.patch(f"/v1/recordings/{home.kept}", {"title": "x"}),
    "delete a recording": lambda home: home.keeper.delete(f"/v1/recordings/{home.kept}"),
}
# Whoever leaves comes last.
ALLOWED: dict[str, Deed] = {
    "families": lambda home: home.keeper.get("/v1/families"),
    "family": lambda home: home.keeper.get(f"/v1/families/{home.family}"),
    "recordings": lambda home: home.keeper.get(f"/v1/families/{home.family}/recordings"),
    "trash": lambda home: home.keeper.get(f"/v1/families/{home.family}/recordings?trashed=true"),
    "prompts": lambda home: home.keeper.get(f"/v1/families/{home.family}/prompts"),
    "invites": lambda home: home.keeper.get(f"/v1/families/{home.family}/invites"),
    "play": lambda home: home.keeper.ask("get-signed-playback-url", {"recordingId": home.kept}),
    "finish an upload": lambda home: home.keeper.ask(
        "finalize-recording", {"familyId": home.family, "recordingId": home.begun}
    ),
    "restore": lambda home: home.keeper.post(f"/v1/recordings/{home.trashed}/restore"),
    "accept": lambda home: home.keeper.post(f"/v1/parked-uploads/{home.parked[1]}/accept"),
    "leave": lambda home: home.member.delete(f"/v1/families/{home.family}/members/{home.member.id}"),
}


def test_a_suspended_family_is_heard_and_not_changed(
    module_api: Api, family: str, keeper: Person, switch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(module_api, keeper, family)
    switch("writes", family)
    told: list[tuple[int, Any]] = []
    monkeypatch.setattr(logs, "request", lambda call, *rest: told.append((call.messages, call.log_fields.get("flag"))))
    for name, deed in REFUSED.items():
        answer = deed(home)
        assert (answer.status, answer.code) == (403, "FAMILY_SUSPENDED"), name
        assert told.pop() == (1, "writes off by family"), name
    for name, deed in ALLOWED.items():
        assert deed(home).status == 200, name
        assert told.pop()[1] is None, name
    switch("writes", family, on=None)
    for name in ("rename", "get-signed-upload-url", "redeem-invite", "delete a recording"):
        assert REFUSED[name](home).status == 200, name


def test_who_is_no_member_of_a_suspended_family_learns_nothing_of_it(
    module_api: Api, family: str, keeper: Person, switch: Any
) -> None:
    home = Home(module_api, keeper, family)
    switch("writes", family)
    stranger = Home.__new__(Home)
    stranger.__dict__ = {**home.__dict__, "keeper": module_api.person()}
    for name, deed in REFUSED.items():
        if name != "redeem-invite":
            assert deed(stranger).code in ("FORBIDDEN", "NOT_FOUND"), name
    assert home.guest.ask("redeem-invite", {"code": "ABC-DEF-GHJ"}).code == "INVITE_NOT_VALID"


def test_a_member_cannot_delete_past_the_api_while_the_family_is_suspended(
    module_api: Api, family: str, keeper: Person, switch: Any
) -> None:
    recording = module_api.recording(family, keeper)
    move = "UPDATE public.recordings SET deleted_at = now() WHERE id = %s"
    line = module_api.database.connect_as("authenticated", keeper.id)
    with line.cursor() as cursor:
        switch("writes", family)
        cursor.execute(move, [recording])
        assert cursor.rowcount == 0
        switch("writes", family, on=None)
        cursor.execute(move, [recording])
        assert cursor.rowcount == 1
    line.close()


# Paused uploads -----------------------------------------------------------------------------------------------------


def test_while_uploads_are_paused_no_new_one_begins_and_those_under_way_are_kept(
    module_api: Api, family: str, keeper: Person, switch: Any
) -> None:
    begun = module_api.upload(family, keeper)
    reserved = module_api.reserve(family, keeper)
    switch("uploads")
    refused = keeper.ask("get-signed-upload-url", upload_of(family))
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "UPLOADS_PAUSED", "60")
    assert features(keeper, family)["uploads"] is False
    assert send("PUT", reserved["uploadUrl"], voice(2_000), reserved["uploadHeaders"])[0] == 200
    for recording in (begun, reserved["recordingId"]):
        assert keeper.ask("finalize-recording", {"familyId": family, "recordingId": recording}).status == 200
    switch("uploads", on=None)
    assert keeper.ask("get-signed-upload-url", upload_of(family)).status == 200


# Paused jobs --------------------------------------------------------------------------------------------------------


def test_a_paused_kind_waits_unharmed_while_others_run(api: Api) -> None:
    keeper = api.person()
    family = api.family(keeper)
    api.run("DELETE FROM ops.jobs")
    waiting = api.value("SELECT ops.enqueue_job('no_such_mail', '{}'::jsonb, %s, NULL)", family)
    api.value("SELECT ops.enqueue_job('no_such_other', '{}'::jsonb, %s, NULL)", family)
    set_flag("job:no_such_mail")
    state = "SELECT kind, attempts, lease_token, run_at, turn_at FROM ops.jobs"
    before = [row for row in api.run(state) if row[0] == "no_such_mail"]
    call = Call.system("test")
    assert worker.drain(call, lambda: 60.0) == {"dead": 1}, "the other kind is claimed, and is unknown"
    assert worker.run_one(call, waiting) == "not_claimed", "asked for by its id, it waits too"
    assert api.run(state) == before, "not an attempt, not a lease, not later"
    assert api.value("SELECT ops.paused_kinds()") == ["no_such_mail"]
    set_flag("job:no_such_mail", on=None)
    assert worker.drain(call, lambda: 60.0) == {"dead": 1}
