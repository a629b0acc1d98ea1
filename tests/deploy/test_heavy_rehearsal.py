"""A stage's whole life at AWS' stand-in: created, updated, a schedule removed, killed at every step, deleted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from local.settings import ROOT
from tests.deploy.conftest import Rehearsal, refused_at
from tests.support import rehearsal

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore:Tried to parse")]

SECONDS = 120
ALL = ("process_jobs", "cleanup_media")


def test_a_schedule_that_is_removed_ends_with_its_function_and_its_rule(account: Rehearsal) -> None:
    assert account.deploy("v1", schedules=ALL)[0] == 0
    assert set(account.serves()) == {"app.app", "app.process_jobs", "app.cleanup_media"}
    assert len(account.look.clocks()) == 2 and all(name.endswith(":live") for name in account.look.clocks())
    code, printed = account.deploy("v2", schedules=("process_jobs",))
    assert code == 0, printed
    assert account.serves() == {"app.app": "v2", "app.process_jobs": "v2"}
    assert len(account.look.clocks()) == 1
    # What a release removed is not brought back by moving aliases; it says so.
    code, printed = account.run("rollback")
    assert code == 0 and "CleanupMedia was removed since v1, and stays so" in printed
    assert account.serves() == {"app.app": "v1", "app.process_jobs": "v1"}


def test_a_removed_schedule_runs_until_the_new_release_serves(account: Rehearsal) -> None:
    assert account.deploy("v1", schedules=ALL)[0] == 0
    account.aws.answer = lambda function, version, event: rehearsal.proxied(500, {})
    assert account.deploy("v2", schedules=("process_jobs",))[0] == 1
    assert account.serves() == {"app.app": "v1", "app.process_jobs": "v1", "app.cleanup_media": "v1"}
    assert len(account.look.clocks()) == 2


def test_a_schedule_newer_than_the_release_that_is_rolled_back_to_stops_until_it_is_deployed_again(
    account: Rehearsal,
) -> None:
    assert account.deploy("v1", schedules=("process_jobs",))[0] == 0
    assert account.deploy("v2", schedules=ALL)[0] == 0
    code, printed = account.run("rollback")
    assert code == 0 and "CleanupMedia is newer than v1: its schedule is stopped" in printed
    states = {name.split("-")[-2]: state for name, state in account.look.clocks().items()}
    assert states == {"ProcessJobs": "ENABLED", "CleanupMedia": "DISABLED"}
    assert account.deploy("v3", schedules=ALL)[0] == 0
    assert set(account.look.clocks().values()) == {"ENABLED"}


def test_a_deleted_stage_leaves_its_database_and_can_be_made_again(account: Rehearsal) -> None:
    assert account.deploy("v1")[0] == 0
    families = account.database.run("SELECT count(*) FROM public.families")
    code, printed = account.run("undeploy", MIGRATIONS_DATABASE_URL="")
    assert code == 0 and "keeps    the database, the buckets of recordings" in printed
    assert account.serves() == {} and account.look.clocks() == {}
    assert account.database.run("SELECT count(*) FROM public.families") == families
    assert account.run("rollback")[0] == 1
    assert account.run("undeploy")[0] == 0
    code, printed = account.deploy("v2")
    assert code == 0, printed
    assert account.serves() == {"app.app": "v2", "app.process_jobs": "v2"}


def test_a_first_deployment_that_fails_is_repeated(account: Rehearsal) -> None:
    account.aws.answer = lambda function, version, event: rehearsal.proxied(500, {})
    code, printed = account.deploy("v1")
    assert code == 1 and "serves:   nothing" in printed
    # Nothing calls a function yet: there is no API, and no rule.
    assert account.look.clocks() == {} and set(account.serves().values()) == {""}
    account.aws.answer = rehearsal.healthy
    assert account.deploy("v1")[0] == 0


def test_a_rollback_while_the_aliases_are_moved_ends_the_deployment(account: Rehearsal) -> None:
    assert account.deploy("v1")[0] == 0
    assert account.deploy("v2")[0] == 0
    rolled_back: list[int] = []

    def roll_back_first(method: str, path: str, body: str) -> bool:
        if method == "PUT" and path.endswith("/aliases/live") and not rolled_back:
            rolled_back.append(0)
            rolled_back[0] = account.run("rollback")[0]
        return False

    account.aws.refuses = roll_back_first
    code, printed = account.deploy("v3")
    assert rolled_back == [0] and code == 1
    assert "somebody moved an alias meanwhile" in printed


# Where it is killed: at the request that it waits for, which is carried out or is not.
STEPS: dict[str, Callable[[str, str, str], bool]] = {
    "the package is sent": lambda method, path, body: method == "PUT" and path.endswith(".zip"),
    "the stack is prepared": refused_at("Action=UpdateStack"),
    "a version is published": lambda method, path, body: method == "POST" and path.endswith("/versions"),
    "the smoke test begins": lambda method, path, body: method == "PUT" and path.endswith("releases.json"),
    "the first alias is moved": lambda method, path, body: method == "PUT" and "ProcessJobs" in path,
    "the last alias is moved": lambda method, path, body: method == "PUT" and "APIHandler" in path,
}


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("step", STEPS)
def test_a_killed_deployment_is_repeated_and_rolled_back(step: str, carried_out: bool, account: Rehearsal) -> None:
    assert account.deploy("v1")[0] == 0
    killed(account, step, carried_out)
    moved = {"the first alias is moved": carried_out, "the last alias is moved": True}.get(step, False)
    last = step == "the last alias is moved" and carried_out
    assert account.serves() == {"app.app": "v2" if last else "v1", "app.process_jobs": "v2" if moved else "v1"}
    code, printed = account.deploy("v2")
    assert code == 0, printed
    assert account.serves() == {"app.app": "v2", "app.process_jobs": "v2"}
    assert account.run("rollback")[0] == 0
    assert account.serves() == {"app.app": "v1", "app.process_jobs": "v1"}


def test_a_rollback_of_a_deployment_that_died_between_two_aliases(account: Rehearsal) -> None:
    assert account.deploy("v0")[0] == 0
    assert account.deploy("v1")[0] == 0
    killed(account, "the last alias is moved", carried_out=False)
    code, printed = account.run("rollback")
    assert "some functions of each of v2 (" in printed
    assert code == 0 and account.serves() == {"app.app": "v1", "app.process_jobs": "v1"}
    # Once more goes no further back.
    assert account.run("rollback")[0] == 1
    assert account.serves() == {"app.app": "v1", "app.process_jobs": "v1"}


def killed(account: Rehearsal, step: str, carried_out: bool) -> None:
    """Runs a deployment of v2 as a process of its own, and kills it where it asks AWS for this step."""
    account.aws.holds, account.aws.carries_out = STEPS[step], carried_out
    account.aws.held.clear()
    account.aws.let_go.clear()
    built = rehearsal.build(account.folder / "v2", "v2")
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.deploy", "deploy"],
        cwd=ROOT,
        env={**os.environ, "BUILT": str(built)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert account.aws.held.wait(SECONDS), step
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
        account.aws.holds = lambda method, path, body: False
        account.aws.let_go.set()
