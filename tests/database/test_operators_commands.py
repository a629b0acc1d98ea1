"""The operator's commands on a real database: what they show, what they change, what they refuse."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.local import LambdaContext

from app import app
from chalicelib import config
from tests.support.database_server import Database
from tools.operate import __main__ as operate
from tools.operate import logs, schedules
from tools.operate import stage as stages
from tools.operate.restore import restore
from tools.operate.stage import Mistaken, Stage


class Commands:
    """Runs commands in this process, on one database."""

    def __init__(self, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
        self.database, self.capsys = database, capsys

    def __call__(self, name: str, expect: int = 0, **given: str) -> str:
        """What the command prints, errors after the rest."""
        os.environ.update(given)
        code = operate.main([name])
        for variable in given:
            del os.environ[variable]
        printed = self.capsys.readouterr()
        assert code == expect, printed
        assert printed.out.startswith("stage local, database 127.0.0.1:")
        assert self.database.cluster.password not in printed.out + printed.err
        return printed.out + printed.err


@pytest.fixture
def command(
    module_database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    before = dict(os.environ)
    monkeypatch.setattr(stages, "read_env", dict)
    os.environ.update(
        STAGE="local",
        DATABASE_URL=module_database.url("app_login"),
        MIGRATIONS_DATABASE_URL=module_database.url("postgres"),
        OPERATOR="ana",
    )
    config.reset()
    yield Commands(module_database, capsys)
    os.environ.clear()
    os.environ.update(before)
    config.reset()


@pytest.fixture
def family(module_database: Database) -> str:
    return str(module_database.run("INSERT INTO public.families (name) VALUES ('Sol') RETURNING id")[0][0])


def test_dead_jobs_show_whom_they_are_about_and_come_back_by_their_kind(
    command: Commands, module_database: Database
) -> None:
    invite = str(uuid.uuid4())
    for number in range(3):
        module_database.run(
            "INSERT INTO ops.dead_jobs (kind, payload, payload_version, lane, attempts, max_attempts, last_error,"
            " request_id, enqueued_at) VALUES ('no_such_sort', %s, 1, 'test', 8, 8, 'Unavailable', %s, now())",
            [json.dumps({"invite_id": invite, "text": "private words"}), f"request-{number}"],
        )
    shown = command("jobs")
    assert f"request=request-1  invite_id={invite}" in shown
    assert "private" not in shown
    assert re.search(r"^no_such_sort +0 +0 +0 +3", shown, re.MULTILINE), "a kind with dead jobs alone is a line too"
    assert "3 jobs of kind no_such_sort" in command("requeue", KIND="no_such_sort")
    assert module_database.run("SELECT count(*) FROM ops.jobs WHERE kind = 'no_such_sort'") == [(3,)]
    assert "not both" in command("requeue", 1, KIND="x", ID=invite)


def test_status_shows_what_runs_what_is_dead_and_what_is_switched(command: Commands) -> None:
    command("pause", JOBS="capture_events", WHY="PostHog is down", UNTIL="2h")
    shown = command("status")
    for part in ("the newest of this checkout", "send_error_digest", "make drill", "PostHog is down", "deletion by"):
        assert part in shown, part
    assert re.search(r"^capture_events .*PAUSED$", shown, re.MULTILINE)
    command("resume", JOBS="capture_events")
    assert "PAUSED" not in command("jobs")


def test_what_was_renamed_by_hand_is_made_again_by_migrating(command: Commands, module_database: Database) -> None:
    module_database.run("ALTER FUNCTION ops.create_prompt_tx RENAME TO renamed")
    assert "functions" in command("migrate")
    assert "nothing to apply" in command("migrate")
    assert module_database.run("SELECT count(*) FROM pg_proc WHERE proname = 'create_prompt_tx'") == [(1,)]
    module_database.run("DROP FUNCTION ops.renamed")


def test_status_shows_an_alarm_of_yesterday_evening_with_its_times_and_its_id(
    command: Commands, module_database: Database
) -> None:
    module_database.run(
        "INSERT INTO ops.alert_digest (fingerprint, day, severity, message, occurrences, created_at, last_seen_at,"
        " last_request_id) SELECT 'internal-error/x', at::date, 'critical', 'Requests fail.', 7, at, at, 'id-1'"
        " FROM CAST(now() - interval '20 hours' AS timestamptz) AS at"
    )
    shown = re.search(r"^  critical  (.*)$", command("status"), re.MULTILINE)
    assert shown and re.fullmatch(
        r"[0-9 :-]{16} to [0-9:]{5}  7 x  Requests fail\. \[internal-error/x, last id id-1\]", shown[1]
    )


def test_a_flag_is_set_with_a_reason_and_cleared_again(
    command: Commands, module_database: Database, family: str
) -> None:
    assert "WHY=" in command("flag", 1, FLAG="new-player", SET="on")
    given = {"FLAG": "new-player", "FAMILY": family, "WHY": "they asked"}
    command("flag", SET="on", **given)
    assert "ana" in command("flag")
    command("flag", SET="clear", **given)
    command("flag", SET="on", FLAG="lullaby", SHARE="30", SOURCE="posthog", WHY="the experiment's result")
    assert "lullaby on for 30 %, all families  (PostHog)" in command("flag")
    history = "SELECT enabled, changed_by, why FROM ops.flag_changes WHERE name = 'new-player' ORDER BY created_at"
    assert module_database.run(history) == [(True, "ana", "they asked"), (None, "ana", "they asked")]


def test_a_schedule_is_run_by_hand_and_says_what_it_did(command: Commands) -> None:
    printed = command("run-schedule", SCHEDULE="cleanup_media", DRY="yes")
    assert json.loads(printed[printed.index("{\n") : printed.rindex("}") + 1])["dryRun"] is True


def test_a_deployed_schedule_is_called_with_an_event_that_its_function_takes(
    command: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its function is called by the name that CloudFormation gave it, and its version that serves."""
    functions, called = {"CleanupMedia": ("AWS::Lambda::Function", "sun-prod-CleanupMedia-1Q2W")}, []

    def invoke(function: str, version: str, event: Any) -> Any:
        called.append((function, version))
        return app.handler_map["cleanup_media"](event, LambdaContext("cleanup_media", 512, 300_000))

    stack = SimpleNamespace(resources=lambda: functions)
    monkeypatch.setattr(
        schedules, "Aws", lambda _stage: SimpleNamespace(stack=stack, functions=SimpleNamespace(invoke=invoke))
    )
    monkeypatch.setenv("SCHEDULE", "cleanup_media")
    monkeypatch.setenv("DRY", "yes")
    schedules.run_schedule(Stage("prod", "db.abc.supabase.co:6543/postgres"))
    assert called == [("sun-prod-CleanupMedia-1Q2W", "live")]
    monkeypatch.setenv("SCHEDULE", "audit_storage")
    monkeypatch.delenv("DRY")
    with pytest.raises(Mistaken, match="deploy it first"):
        schedules.run_schedule(Stage("prod", "db.abc.supabase.co:6543/postgres"))


HOSTILE = "\x1b[2J\x1b]0;gone\x07\r\u202egnirts\u2028\x9b31m\u200b"


def test_no_character_of_a_note_or_of_a_log_reaches_the_terminal_as_a_command(
    command: Commands, module_database: Database, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module_database.run(
        "SELECT ops.set_flag_tx('new-player', %s, true, 100, NULL, 'ana', %s)", [family, f"why {HOSTILE} because"]
    )
    module_database.run(
        "INSERT INTO ops.dead_jobs (kind, payload, payload_version, lane, attempts, max_attempts, last_error,"
        " enqueued_at) VALUES ('hostile', %s, 1, 'test', 8, 8, %s, now())",
        [json.dumps({"invite_id": HOSTILE}), HOSTILE],
    )
    (tmp_path / "postgres.log").write_text(f"seen-id {HOSTILE}\n", "utf-8", newline="")
    monkeypatch.setattr(logs, "LOCAL_DIR", tmp_path)
    for printed in (command("flag"), command("jobs"), command("status"), command("logs", REQUEST="seen-id")):
        assert all(character.isprintable() or character in "\n\t" for character in printed)
        assert "\\x1b[2J" in printed, "it is shown as what it is"
    module_database.run("DELETE FROM ops.dead_jobs WHERE kind = 'hostile'")


def test_a_suspended_family_is_resumed_by_the_command_that_the_first_one_prints(
    command: Commands, module_database: Database, family: str
) -> None:
    suspended = "SELECT rls.is_suspended(%s)"
    assert f"make resume FAMILY={family}" in command("suspend", FAMILY=family)
    assert module_database.run(suspended, [family]) == [(True,)]
    command("resume", FAMILY=family)
    assert module_database.run(suspended, [family]) == [(False,)]
    uploads = "SELECT rls.uploads_are_suspended(%s), rls.is_suspended(%s)"
    assert f"make resume UPLOADS=1 FAMILY={family}" in command("pause", UPLOADS="1", FAMILY=family)
    assert module_database.run(uploads, [family, family]) == [(True, False)]
    command("resume", UPLOADS="1", FAMILY=family)
    assert module_database.run(uploads, [family, family]) == [(False, False)]


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("flag", {"FLAG": "deleting_armed", "SET": "on", "WHY": "x"}, "make disarm"),
        ("flag", {"FLAG": "New Player", "SET": "on", "WHY": "x"}, "FLAG="),
        ("flag", {"FLAG": "new-player", "SET": "on", "WHY": "x", "SHARE": "101"}, "SHARE"),
        ("flag", {"FLAG": "uploads", "SET": "off", "WHY": "x", "SOURCE": "posthog"}, "no switch"),
        ("suspend", {}, "FAMILY="),
        ("suspend", {"FAMILY": str(uuid.UUID(int=1))}, "NOT_FOUND"),
        ("pause", {}, "UPLOADS=1"),
        ("pause", {"JOBS": "send_invites"}, "send_invite_email"),
        ("pause", {"UPLOADS": "1", "UNTIL": "yesterday"}, "UNTIL"),
        ("pause", {"JOBS": "capture_events", "FAMILY": str(uuid.UUID(int=1))}, "leave FAMILY out"),
        ("resume", {}, "FAMILY="),
        ("logs", {"REQUEST": "a b"}, "REQUEST="),
        ("logs", {"REQUEST": "a", "EVENT": "b"}, "EVENT="),
        ("run-schedule", {}, "SCHEDULE="),
        ("run-schedule", {"SCHEDULE": "audit_storage", "DRY": "yes"}, "leave DRY out"),
        ("restore", {}, "DUMP="),
        ("restore", {"DUMP": "/no/such/file", "INTO": "postgresql://postgres@127.0.0.1/x"}, "DUMP="),
        ("restore", {"DUMP": __file__, "INTO": "elsewhere"}, "INTO names"),
        ("restore", {"DUMP": __file__, "INTO": "postgresql://postgres@db.example.org/postgres"}, "STAGE="),
    ],
)
def test_a_command_without_what_it_needs_says_what_to_give_it(
    command: Commands, name: str, given: dict[str, Any], said: str
) -> None:
    assert said in command(name, 1, **given)


def test_a_restore_onto_another_machine_takes_no_password_from_the_command_line(command: Commands) -> None:
    os.environ.update(DUMP=__file__, INTO="postgresql://postgres:pa55@db.example.org/postgres")
    with pytest.raises(Mistaken, match="PGPASSFILE") as refusal:
        restore(Stage("prod", "db.example.org:5432/postgres"))
    assert "pa55" not in str(refusal.value)
