"""Every variable: what the models say of it, and what variables.toml tells people."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chalicelib import config
from chalicelib.config.by_function import FUNCTIONS
from chalicelib.errors import MissingConfiguration

TEXTS = Path(__file__).with_name("variables.toml")
OF_THE_PROCESS = frozenset({"STAGE", "VERSION", "CONFIG_PARAMETER", "LOG_LEVEL", "METRICS"})
"""What a function's environment may hold, and its parameter may not."""
OF_OPERATORS = frozenset(
    {"MIGRATIONS_DATABASE_URL", "DRILL_DATABASE_URL", "OPERATOR", "API_URL", "ANON_KEY"}
    | {f"VERIFY_{name}" for name in ("BUCKET_NAME", "BACKUP_BUCKET_NAME", "LOCKED_PREFIX")}
    | {f"VERIFY_{store}_{half}" for store in ("R2", "BACKUP") for half in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")}
)
"""What an operator's file of a stage may hold for the commands; no function gets it."""
PAIRS = {"R2_ACCESS_KEY_ID": "R2_SECRET_ACCESS_KEY", "BACKUP_ACCESS_KEY_ID": "BACKUP_SECRET_ACCESS_KEY"}
"""Lists that belong together, value by value."""


@dataclass(frozen=True)
class Variable:
    """One variable; variables.toml says what each field is for."""

    name: str
    group: str
    what: str
    source: str
    example: str
    without: str = ""
    secret: bool = False
    made: bool = False
    form: str = ""
    shared: bool = False
    varies: bool = False
    rotation: str = ""
    over: str = ""

    @property
    def functions(self) -> list[str]:
        """The functions that read it."""
        return [name for name in FUNCTIONS if self.name in names_of(name)]

    @property
    def is_list(self) -> bool:
        """Whether several values may stand in it, comma separated: the first is used, all are accepted."""
        return self.name in _lists()

    def parts(self, value: str) -> list[str]:
        """The single values of a list; the value itself where it is none."""
        if not self.is_list:
            return [value] if value else []
        return [part.strip() for part in value.split(",") if part.strip()]


@cache
def variables() -> Mapping[str, Variable]:
    """Name -> variable, in the order of variables.toml."""
    groups = tomllib.loads(TEXTS.read_text("utf-8"))
    named = [(group, name, texts) for group, members in groups.items() for name, texts in members.items()]
    return {name: Variable(name=name, group=group, **texts) for group, name, texts in named}


@cache
def _lists() -> frozenset[str]:
    fields = [item for model in FUNCTIONS.values() for item in model.model_fields.items()]
    return frozenset(name.upper() for name, field in fields if str(field.annotation).startswith("tuple["))


@cache
def names_of(function: str) -> frozenset[str]:
    """The variables that a function reads."""
    return frozenset(name.upper() for name in FUNCTIONS[function].model_fields)


@cache
def stored_in_parameter(function: str) -> frozenset[str]:
    """The variables that a function's parameter may hold."""
    return names_of(function) - OF_THE_PROCESS


@cache
def is_required(function: str, name: str, stage: str) -> bool:
    """Whether the function refuses to work on that stage without the variable, and without what belongs to it."""
    examples = {other: variable.example for other, variable in variables().items()} | {"STAGE": stage}
    group = variables()[name].group
    optional = {other for other, variable in variables().items() if variable.group == group and variable.without}
    return all(_refuses(function, examples, without) for without in ({name}, {name} | optional))


def _refuses(function: str, given: Mapping[str, str], without: set[str]) -> bool:
    try:
        config.check(FUNCTIONS[function], {name: value for name, value in given.items() if name not in without})
    except MissingConfiguration:
        return True
    return False
