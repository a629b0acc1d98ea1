"""`make secrets UNDO=yes`: writes again what stood in the parameters before the last run of `make secrets`.

Each version's description names the run that wrote it. An undo is a run too, so a second one brings the change back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from chalicelib.config.by_function import FUNCTIONS
from tools.configuration.changes import NOTE, Change, moment
from tools.configuration.parameter_store import ParameterStore, Version
from tools.configuration.sources import parameter_of
from tools.operate.stage import Mistaken

_NOTE = re.compile(rf"{NOTE} (\S+)(?: undoes (\S+))?")


def planned(stage: str, store: ParameterStore) -> tuple[str, list[Change]]:
    """The note of this run, and what it would write. Raises Mistaken."""
    histories = {function: store.history(parameter_of(stage, function)) for function in FUNCTIONS}
    target = _target(histories)
    changes = []
    for function, history in histories.items():
        if not history or _run(history[-1]) != target:
            continue
        earlier = [version for version in history if _run(version) != target]
        if not earlier:
            print(f"{parameter_of(stage, function)} was made by that run and has no earlier version: it stays as it is")
            continue
        last = history[-1]
        changes.append(
            Change(function, parameter_of(stage, function), last.number, _values(last), _values(earlier[-1]))
        )
    return f"{NOTE} {moment()} undoes {target}", changes


def _target(histories: Mapping[str, list[Version]]) -> str:
    """The run to undo: the newest; or, where the newest is an undo that was cut off, the one that it undoes."""
    newest = {function: history[-1] for function, history in histories.items() if history}
    notes = [found for version in newest.values() if (found := _NOTE.fullmatch(version.note))]
    if not notes:
        raise Mistaken(
            "nothing can be undone: no parameter was last written by make secrets; see get-parameter-history"
        )
    last = max(notes, key=lambda note: note[1])
    return last[2] if last[2] in {note[1] for note in notes} else last[1]


def _run(version: Version) -> str:
    found = _NOTE.fullmatch(version.note)
    return found[1] if found else ""


def _values(version: Version) -> dict[str, str]:
    try:
        values = json.loads(version.value)
        return {str(name): str(value) for name, value in values.items()}
    except (ValueError, AttributeError):
        raise Mistaken("an earlier version is no JSON object: put it back by hand, see get-parameter-history") from None
