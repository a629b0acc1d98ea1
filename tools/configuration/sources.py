"""Where a stage's configuration is read: Parameter Store, or an operator's file; and what the template adds to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from chalicelib.config.by_function import FUNCTIONS
from local.settings import ROOT
from tools.configuration.catalog import OF_OPERATORS, OF_THE_PROCESS, stored_in_parameter, variables
from tools.configuration.judge import Problem, unknown
from tools.operate.stage import Mistaken
from tools.template.functions import environment_of

CHALICE = ROOT / ".chalice" / "config.json"


def stages() -> set[str]:
    """The names of all stages."""
    return set(_chalice()["stages"])


def parameter_of(stage: str, function: str) -> str:
    """The name of the parameter that holds a function's secrets."""
    return f"/stories-from-the-sun/{stage}/{function}"


def _chalice() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(CHALICE.read_text("utf-8"))
    return document


class File:
    """An operator's file of one stage: NAME=value a line, or FUNCTION__NAME=value for that function alone."""

    def __init__(self, path: Path) -> None:
        """Raises Mistaken where the file cannot be read, naming lines and variables and no value."""
        self.path = path
        self._values: dict[str, str] = {}
        try:
            with path.open(encoding="utf-8") as file:
                lines = list(parse_stream(file))
        except (OSError, UnicodeDecodeError) as error:
            raise Mistaken(f"FILE={path} cannot be read: {type(error).__name__}") from None
        for line in lines:
            if line.error or (line.key and line.value is None):
                place = f"FILE={path}, line {line.original.line}"
                raise Mistaken(f"{place}: not of the form NAME=value; quote what has blanks")
            if line.key is None:
                continue
            if line.key in self._values:
                raise Mistaken(f"FILE={path}, line {line.original.line}: {line.key} stands there twice; keep one")
            self._values[line.key] = (line.value or "").strip()

    @property
    def values(self) -> Mapping[str, str]:
        """All that it says."""
        return self._values

    @property
    def stage(self) -> str:
        """The stage that the file says it is of, by its STAGE or its name, such as prod.env; or nothing."""
        return self._values.get("STAGE") or (self.path.stem if self.path.stem in stages() else "")

    def beside(self) -> dict[str, File]:
        """Stage -> its file, those in the same folder. Raises Mistaken."""
        files = [File(path) for path in sorted(self.path.parent.glob("*.env")) if path != self.path]
        return {file.stage: file for file in files if file.stage}

    def of(self, function: str) -> dict[str, str]:
        """What the file says for a function, empty values too."""
        own = {name: value for name, value in self._values.items() if name in stored_in_parameter(function)}
        prefix = f"{function.upper()}__"
        return own | {
            name.removeprefix(prefix): value for name, value in self._values.items() if name.startswith(prefix)
        }

    def problems(self) -> list[Problem]:
        """Names that no function and no command reads."""
        known = frozenset(variables()) | OF_OPERATORS | OF_THE_PROCESS
        prefixes = tuple(f"{function.upper()}__" for function in FUNCTIONS)
        strange = [name for name in self._values if name not in known and not name.startswith(prefixes)]
        strange = [name for name in strange if not name.startswith(("AWS_", "PG"))]
        missing = known - {name for name, value in self._values.items() if value}
        return [Problem("the file", name, unknown(name, missing)) for name in strange]


def merged(stage: str, stored: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """What each function will read: its parameter, and its environment, which wins."""
    return {function: {**stored.get(function, {}), **environment_of(function, stage)} for function in FUNCTIONS}
