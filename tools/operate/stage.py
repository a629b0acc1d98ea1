"""Which stage a command works on: that of the environment's variables, else the local stack. Never a mixture."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

from chalicelib import config
from chalicelib.config.addresses import is_local_host
from chalicelib.config.by_function import FUNCTIONS
from chalicelib.errors import MissingConfiguration
from local.settings import read_env

LOCAL = "local"
APP, MIGRATIONS = "DATABASE_URL", "MIGRATIONS_DATABASE_URL"
"""The app's own login, and the role that owns the database."""
DATABASES = (MIGRATIONS, "DRILL_DATABASE_URL")
# Settings of a process, which say nothing about where it works.
_OF_NO_STAGE = {"STAGE", "VERSION", "ALLOWED_ORIGINS"}
# What the commands use. Of these groups the environment has all of the required variables or none.
_WHOLE: tuple[type[config.Settings], ...] = (
    config.DatabaseSettings,
    config.StorageSettings,
    config.BackupSettings,
    config.BillingSettings,
)


class Mistaken(Exception):
    """A value that the command got is missing or wrong; the message says what to give instead."""


@dataclass(frozen=True)
class Stage:
    """A stage and its database, as far as they may be printed: no user and no password."""

    name: str
    database: str

    def __str__(self) -> str:
        return f"stage {self.name}, database {self.database}"


def choose(database: str = APP) -> Stage:
    """The stage of the environment, and the database that the variable `database` names.

    Completes os.environ from .local/env for the local stack. Raises Mistaken.
    """
    name = os.environ.get("STAGE", "").strip()
    given = _given()
    if not name:
        local = read_env()
        foreign = [variable for variable in given if local.get(variable) != os.environ[variable]]
        if foreign:
            raise Mistaken(
                f"the environment is half set: it has {', '.join(foreign)}, and no STAGE. The rest would be the local"
                f" stack's. Name the stage they belong to (STAGE=...), or work on the local stack: unset"
                f" {' '.join(foreign)}"
            )
        name = LOCAL
    if name == LOCAL:
        _complete_locally(given)
    elif database == APP:
        _complete_deployed(name)
    if database != APP and not os.environ.get(database, "").strip():
        raise Mistaken(f"set {database}: the address of the database of {name}, for the role that owns it")
    problems = _problems(name, database)
    if "CONFIG_PARAMETER" in problems:
        raise Mistaken(
            f"the environment has no DATABASE_URL, and {os.environ['CONFIG_PARAMETER']} {problems['CONFIG_PARAMETER']}:"
            f" set the variables of {name}, or AWS credentials and AWS_REGION with which to read it"
        )
    if problems:
        listed = "\n".join(f"  {variable}: {reason}" for variable, reason in sorted(problems.items()))
        raise Mistaken(
            f"the environment is half set for stage {name}:\n{listed}\n"
            f"Give all of these variables their values of {name}, or unset them all."
        )
    url = config.load(config.DatabaseSettings).database_url if database == APP else os.environ[database]
    return Stage(name, _shown(url))


def operator() -> str:
    """Who is noted as the author of a change: OPERATOR, else the name of the system's user."""
    return os.environ.get("OPERATOR", "").strip() or getpass.getuser()


def confirm(stage: Stage, deed: str) -> None:
    """Asks before a command writes outside the local stack; the answer is the stage's name. Raises Mistaken."""
    if stage.name == LOCAL or confirmed(stage):
        return
    answer = os.environ.get("CONFIRM", "")
    if not answer and sys.stdin.isatty():
        answer = input(f"{deed} on {stage.name}. Type {stage.name} to go on: ").strip()
    if answer != stage.name:
        raise Mistaken(f"nothing was done: {deed} writes to {stage.name}. If that is meant, give CONFIRM={stage.name}")


def confirmed(stage: Stage) -> bool:
    """Whether CONFIRM names the stage; on the local stack `yes` will do."""
    return os.environ.get("CONFIRM") in ((LOCAL, "yes") if stage.name == LOCAL else (stage.name,))


def _given() -> list[str]:
    """The variables of a stage that are set."""
    known = {
        str(field.alias or name).upper() for group in FUNCTIONS.values() for name, field in group.model_fields.items()
    }
    return sorted(
        name for name in (known - _OF_NO_STAGE) | {*DATABASES, "CONFIG_PARAMETER"} if os.environ.get(name, "").strip()
    )


def _complete_locally(given: list[str]) -> None:
    """The local stack's variables, where nothing of the environment names another machine."""
    local = read_env()
    if not local and "DATABASE_URL" not in given:
        raise Mistaken("there is no local stack in this folder: start it (make run), or set STAGE and its variables")
    elsewhere = [name for name in given if _is_elsewhere(os.environ[name])]
    if elsewhere:
        raise Mistaken(
            f"the environment is half set: the stage is local, and {', '.join(elsewhere)} name another machine. Name"
            f" their stage (STAGE=...), or work on the local stack: unset {' '.join(elsewhere)}"
        )
    os.environ.update({**local, **os.environ, "STAGE": LOCAL})


def _complete_deployed(name: str) -> None:
    """Where the environment says nothing of the database, the stage's own parameter does, if AWS lets us read it."""
    if not os.environ.get("DATABASE_URL", "").strip():
        os.environ.setdefault("CONFIG_PARAMETER", f"/stories-from-the-sun/{name}/api_handler")


def _problems(stage: str, database: str) -> dict[str, str]:
    """Variable -> what is wrong with it. A group of which nothing is set is no problem."""
    found: dict[str, str] = {}
    for group in {*FUNCTIONS.values(), *_WHOLE}:
        try:
            config.load(group)
        except MissingConfiguration as missing:
            if "CONFIG_PARAMETER" in missing.problems:
                return missing.problems
            wrong = {name: why for name, why in missing.problems.items() if not why.startswith("is missing")}
            own = {field.upper() for field in group.model_fields} - _OF_NO_STAGE
            begun = any(os.environ.get(variable, "").strip() for variable in own)
            whole = group in _WHOLE and (begun or (group is config.DatabaseSettings and database == APP))
            found |= missing.problems if whole else wrong
    if stage != LOCAL:
        for variable in DATABASES:
            value = os.environ.get(variable, "")
            if value and not _is_elsewhere(value):
                found[variable] = "names a database of this machine"
    return found


def _is_elsewhere(value: str) -> bool:
    """Whether an address names another machine than this one; a value that is no address does not."""
    if "://" not in value:
        return False
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:
        return True
    return not is_local_host(host)


def _shown(url: str) -> str:
    """host:port/name of a database's URL."""
    try:
        parts = parse_dsn(url)
    except ProgrammingError:
        return "(unreadable address)"
    return f"{parts.get('host', '?')}:{parts.get('port', '5432')}/{parts.get('dbname', '')}"
