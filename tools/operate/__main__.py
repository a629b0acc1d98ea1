"""`python -m tools.operate COMMAND`, as make calls it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.billing import sync
from chalicelib.call import Call
from chalicelib.database.messages import transact
from chalicelib.errors import MissingConfiguration, Refused, Unavailable
from tools.operate import flags, logs, objects, queue, restore, schedules, schema, status
from tools.operate.given import uuid_of
from tools.operate.stage import APP, MIGRATIONS, Mistaken, Stage, choose, confirm, operator
from tools.operate.terminal import printing_visibly


def reconcile(call: Call) -> None:
    """Asks Stripe about one family and updates its entitlement."""
    print(sync.sync(call, family_id=uuid_of("FAMILY")).replace("_", " "))


def arm(call: Call, *, armed: bool) -> None:
    """Lets the schedules delete, or keeps them from it."""
    transact(call, "arm_deleting_tx", armed=armed, by=operator(), why=flags.why())
    if armed:
        print("deletion is on: recordings that were in the trash for 30 days are deleted again")
    else:
        print("deletion is off: no schedule deletes anything until make rearm")


@dataclass(frozen=True)
class Command:
    """What a command does, and, of one that writes, in words: it asks before it writes outside the local stack."""

    run: Callable[[Call, Stage], None]
    writes: str = ""
    database: str = APP
    """The variable with the database's address through which it works."""


COMMANDS: dict[str, Command] = {
    "status": Command(status.status),
    "logs": Command(lambda _call, stage: logs.logs(stage)),
    "jobs": Command(lambda call, _stage: queue.jobs(call)),
    "requeue": Command(lambda call, _stage: queue.requeue(call), "to requeue dead jobs"),
    "flag": Command(lambda call, _stage: flags.flag(call), "to change a flag"),
    "suspend": Command(lambda call, _stage: flags.suspend(call), "to suspend a family"),
    "pause": Command(lambda call, _stage: flags.pause(call), "to pause something"),
    "resume": Command(lambda call, _stage: flags.resume(call), "to resume something"),
    "reconcile": Command(lambda call, _stage: reconcile(call), "to reconcile a family"),
    "rearm": Command(lambda call, _stage: arm(call, armed=True), "to let schedules delete"),
    "disarm": Command(lambda call, _stage: arm(call, armed=False), "to keep schedules from deleting"),
    "orphans": Command(lambda call, _stage: objects.orphans(call)),
    "adopt": Command(lambda call, _stage: objects.adopt(call), "to adopt an object"),
    "run-schedule": Command(lambda _call, stage: schedules.run_schedule(stage), "to run a schedule"),
    "migrate": Command(lambda _call, _stage: schema.apply(), "to migrate the database", MIGRATIONS),
    "migrate-back": Command(
        lambda _call, _stage: schema.rollback(), "to undo the last migration, with its data,", MIGRATIONS
    ),
    # It asks by itself: without an answer it prints what it would delete.
    "restore": Command(lambda _call, stage: restore.restore(stage)),
    "purge-orphans": Command(objects.purge_orphans),
}


HINTS = {
    "database: refuses us": " (is the password in DATABASE_URL the present one? See docs/operating.md, Secrets)",
}
"""What to look at first, behind an error of Unavailable."""


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"error: python -m tools.operate {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    with printing_visibly():
        return _run(arguments[0], COMMANDS[arguments[0]])


def _run(name: str, command: Command) -> int:
    try:
        stage = choose(command.database)
        print(stage, flush=True)
        if command.writes and not (name == "flag" and flags.only_shows()):
            confirm(stage, command.writes)
        command.run(Call.system(name), stage)
    except Refused as refusal:
        print(f"error: {refusal.code} {refusal.details or ''}", file=sys.stderr)
    except MissingConfiguration as missing:
        print(f"error: {missing}", file=sys.stderr)
    except Unavailable as trouble:
        print(f"error: {trouble}{HINTS.get(str(trouble), '')}", file=sys.stderr)
    except Mistaken as mistake:
        print(f"error: {mistake}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
