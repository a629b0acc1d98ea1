"""A change of a function's parameter, and how it is shown: by the names of the variables alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tools.configuration.catalog import stored_in_parameter, variables

NOTE = "make secrets"
"""Begins the description of each version that is written; the run's moment follows."""
STANDARD_BYTES, MOST_BYTES = 4096, 8192
"""What SSM stores in a Standard parameter, which is free, and in an Advanced one, which costs 0.05 USD a month."""


@dataclass(frozen=True)
class Change:
    """A parameter before and after; `version` is the one that was read, 0 where there was none."""

    function: str
    parameter: str
    version: int
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def text(self) -> str:
        """What is written."""
        return json.dumps(self.after, separators=(",", ":"), sort_keys=True)

    def lines(self) -> list[str]:
        """What differs, by name alone: + is new, ~ changed, - goes."""
        size = len(self.text.encode())
        tier = ", an Advanced parameter: 0.05 USD a month" if size > STANDARD_BYTES else ""
        names = sorted(name for name in {*self.before, *self.after} if self.before.get(name) != self.after.get(name))
        return [f"{self.parameter} ({size} bytes{tier})", *map(self._line, names)]

    def _line(self, name: str) -> str:
        after = self.after.get(name)
        if after is None:
            why = "" if name in stored_in_parameter(self.function) else ": this function reads it not"
            return f"    - {name}{why}"
        count = len(variables()[name].parts(after)) if name in variables() else 1
        values = f": {count} values, the first is used" if count > 1 else ""
        return f"    {'~' if name in self.before else '+'} {name}{values}"


def moment() -> str:
    """The name of a run: later ones sort behind."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
