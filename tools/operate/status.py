"""What a stage does: what runs on which schema, the queue, today's alarms, what last ran, flags and switches."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from typing import Any

import psycopg2

from chalicelib.call import Call
from chalicelib.config.by_function import FUNCTIONS
from chalicelib.database.messages import transact
from chalicelib.schedules.send_error_digest import line_of
from local.settings import ROOT
from sql import migrate
from tools.operate import flags, queue
from tools.operate.stage import Stage

BY_HAND = {"drill": "make drill", "restore": "make restore"}


def status(call: Call, _stage: Stage) -> None:
    """Prints it all; nothing is changed."""
    overview = transact(call, "status_overview")
    now = datetime.fromisoformat(overview["now"])
    versions = sorted({run["version"] for run in overview["schedules"] if run["version"]})
    print(f"\nVersions\n  code of this checkout   {_checkout()}")
    print(f"  code that runs          {', '.join(versions) or 'unknown: no schedule has run yet'}")
    print(f"  Postgres                {overview['postgres']}")
    for line in _schema():
        print(f"  schema                  {line}")

    print("\nQueue")
    queue.jobs(call)

    print("\nAlarms of the last day (UTC)")
    for alert in overview["alerts"]:
        print(f"  {'over' if alert['recovered_at'] else alert['severity']:<9} {line_of(alert)}")
    if not overview["alerts"]:
        print("  none")

    print("\nLast runs (those by hand are not noted)")
    runs = {run["schedule"]: run for run in overview["schedules"]}
    for name in sorted(FUNCTIONS.keys() - {"api_handler"}):
        run = runs.get(name, {})
        print(f"  {name:<24}started {_ago(now, run.get('started_at')):<16}finished {_ago(now, run.get('finished_at'))}")
    ran = {run["kind"]: run for run in overview["commands"]}
    for kind, command in BY_HAND.items():
        run = ran.get(kind, {})
        succeeded = _ago(now, run.get("last_succeeded_at"))
        print(f"  {command:<24}started {_ago(now, run.get('last_run_at')):<16}succeeded {succeeded}")
    audit, uncopied = overview["audit"], overview["uncopied"]
    if audit:
        found = ", ".join(f"{audit[name]} {name}" for name in ("missing", "differing", "orphaned", "drifted"))
        print(f"  the last audit found    {found}, {_ago(now, audit['finished_at'])}")
    else:
        print("  the last audit          none has finished yet")
    print(f"  without a second copy   {uncopied['recordings']} recordings", end="")
    print(f", the oldest from {_ago(now, uncopied['oldest_at'])}" if uncopied["recordings"] else "")

    print("\nFlags and switches")
    flags.show(call)


def _checkout() -> str:
    command = ["git", "describe", "--tags", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown (no git checkout)"


def _schema() -> list[str]:
    """The newest migration there, and what differs from this checkout."""
    url = os.environ.get("MIGRATIONS_DATABASE_URL")
    if not url:
        return ["unknown: the app's login may not read it; set MIGRATIONS_DATABASE_URL"]
    try:
        known = migrate.status(url)
    except (psycopg2.Error, migrate.MigrationRefused, migrate.MigrationFailed) as error:
        return [f"unknown: MIGRATIONS_DATABASE_URL does not answer ({type(error).__name__})"]
    files = {path.stem for path in migrate.MIGRATIONS.glob("*.sql")}
    applied = [name for name, is_applied in known if is_applied]
    pending = [name for name, is_applied in known if not is_applied]
    lines = [f"{applied[-1] if applied else 'empty'}{'' if pending else ', the newest of this checkout'}"]
    if pending:
        lines.append(f"NOT APPLIED: {', '.join(pending)} (make migrate)")
    newer = [name for name in applied if name not in files]
    if newer:
        lines.append(f"NOT IN THIS CHECKOUT: {', '.join(newer)}")
    return lines


def _ago(now: datetime, moment: Any) -> str:
    if moment is None:
        return "never"
    seconds = max(0, int((now - datetime.fromisoformat(moment)).total_seconds()))
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
