"""Configuration: frozen groups of settings, read on first use from the environment and one SSM parameter.

Each function loads only the groups it needs. A variable's value never appears in an error or a log, only its name and
what is wrong with it. Outside STAGE=local nothing local is accepted: no address without TLS or of this machine, no
secret of the local stack, and no test key on prod.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar, cast

from pydantic import ValidationError

from chalicelib.config import parameter
from chalicelib.config.groups import (
    UNGUARDED_STAGES,
    AlertSettings,
    AnalyticsSettings,
    AppSettings,
    AuthSettings,
    BackupSettings,
    BillingSettings,
    DatabaseSettings,
    HealthSettings,
    HttpSettings,
    InviteSettings,
    LimitSettings,
    MailSettings,
    MonitoringSettings,
    ResendSettings,
    Settings,
    StorageSettings,
    WebhookSettings,
)
from chalicelib.errors import MissingConfiguration
from chalicelib.restored import on_restore

__all__ = [
    "UNGUARDED_STAGES",
    "AlertSettings",
    "AnalyticsSettings",
    "AppSettings",
    "AuthSettings",
    "BackupSettings",
    "BillingSettings",
    "DatabaseSettings",
    "HealthSettings",
    "HttpSettings",
    "InviteSettings",
    "LimitSettings",
    "MailSettings",
    "MonitoringSettings",
    "ResendSettings",
    "Settings",
    "StorageSettings",
    "WebhookSettings",
    "check",
    "load",
    "refused",
    "reset",
    "take_refused",
]

Group = TypeVar("Group", bound=Settings)

_loaded: dict[type[Settings], tuple[Mapping[str, str], Settings]] = {}
_refused: dict[str, dict[str, str]] = {}
_untold: dict[str, str] = {}


def load(group: type[Group]) -> Group:
    """The settings of a group: the very same object until the parameter holds something else for it.

    Raises MissingConfiguration with the names of what is missing or wrong. A group that was good stays as it is when
    the parameter is changed to something wrong: see refused().
    """
    # The environment wins, so that an operator can override a secret in a hurry.
    secrets = parameter.values()
    known = _loaded.get(group)
    if known is not None and known[0] is secrets:
        return cast(Group, known[1])
    try:
        settings: Settings = check(group, {**secrets, **os.environ})
        _refused.pop(group.__name__, None)
    except MissingConfiguration as error:
        if known is None:
            raise
        _refused[group.__name__] = error.problems
        _untold.update(error.problems)
        settings = known[1]
    if known is not None and known[1] == settings:
        settings = known[1]
    _loaded[group] = secrets, settings
    return cast(Group, settings)


def refused() -> dict[str, str]:
    """What is wrong with the parameter since it was changed under a running function: variable -> reason."""
    return {name: reason for problems in _refused.values() for name, reason in problems.items()}


def take_refused() -> dict[str, str]:
    """What was refused, or could not be read again, since this was asked last: told once, though it lasts."""
    told = {**_untold, **parameter.untold}
    _untold.clear()
    parameter.untold.clear()
    return told


def reset() -> None:
    """Forgets what was read, so that the next use reads again."""
    _loaded.clear()
    _refused.clear()
    _untold.clear()
    parameter.reset()


on_restore(reset)


def check(group: type[Group], variables: Mapping[str, str]) -> Group:
    """A group made of these variables alone. Raises MissingConfiguration."""
    given = {name: value.strip() for name, value in variables.items() if value.strip()}
    try:
        return group.model_validate(given)
    except ValidationError as error:
        raise MissingConfiguration(_problems(error)) from None


def _problems(error: ValidationError) -> dict[str, str]:
    """Variable -> what is wrong; pydantic's own message is not used, it may hold the value."""
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "missing":
            reason = "is missing"
        elif problem["type"] == "value_error":
            # Raised by our own rules, which name variables and never values.
            reason = str((problem.get("ctx") or {}).get("error", "is not valid"))
        else:
            reason = "is not valid"
        if not name and ": " in reason:
            name, reason = reason.split(": ", 1)
        problems.setdefault(name or "configuration", reason)
    return problems
