"""`make secrets`: writes each function its own parameter, with just the variables that it reads. It shows no value.

What the file does not name stays as it is. Nothing is written that would make a stage worse than it is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from chalicelib.config.by_function import FUNCTIONS
from tools.configuration import check, sources, undoing
from tools.configuration.changes import MOST_BYTES, NOTE, Change, moment
from tools.configuration.judge import Problem
from tools.configuration.parameter_store import ParameterStore, Stored, Unreadable
from tools.configuration.rotation import can_overlap, laid_over
from tools.operate.stage import Mistaken, Stage, confirm


def run() -> int:
    """Writes FILE into the stage's parameters, drops old values (DROP_OLD), or goes back (UNDO); an exit code."""
    path, drop = os.environ.get("FILE", "").strip(), _dropped()
    undo = os.environ.get("UNDO", "").strip() == "yes"
    if undo == bool(path or drop):
        raise Mistaken("give FILE=..., and DROP_OLD=... to end a rotation; or UNDO=yes to go back to what was before")
    file = _private(Path(path)) if path else None
    stage = check.stage_named(file.stage if file else "")
    if file and file.stage not in ("", stage):
        raise Mistaken(f"the file is of stage {file.stage} (its STAGE, or its name), and not of {stage}")
    store = ParameterStore()
    print(f"stage {stage}, account {store.account}, region {store.region}", flush=True)
    if undo:
        note, changes = undoing.planned(stage, store)
    else:
        note = f"{NOTE} {moment()}"
        stored = store.read(stage)
        changes = _planned(stage, stored, file, drop)
        _refuse_worse(stage, stored, changes, file, store)
    if not changes:
        print("nothing differs: nothing was written")
        return 0
    for change in changes:
        print("\n".join(change.lines()))
    confirm(Stage(stage, "Parameter Store"), "to put secrets into its parameters")
    return _written(changes, note, store)


def _dropped() -> set[str]:
    names = {name for name in os.environ.get("DROP_OLD", "").replace(",", " ").split() if name}
    if names == {"all"}:
        return set(can_overlap())
    strange = names - set(can_overlap())
    if strange:
        raise Mistaken(f"DROP_OLD takes all, or any of {', '.join(can_overlap())}; not {', '.join(sorted(strange))}")
    return names


def _private(path: Path) -> sources.File:
    """The file, that nobody but its owner may read. Raises Mistaken."""
    file = sources.File(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Mistaken(f"others may read {path}, and it holds secrets: chmod 600 {path}")
    return file


def _planned(stage: str, stored: Mapping[str, Stored], file: sources.File | None, drop: set[str]) -> list[Change]:
    changes = []
    for function in FUNCTIONS:
        present = stored.get(function, Stored(0, {}))
        after = laid_over(function, present.values, file.of(function) if file else {}, drop)
        parameter = sources.parameter_of(stage, function)
        change = Change(function, parameter, present.version, present.values, after)
        if len(change.text.encode()) > MOST_BYTES:
            largest = sorted(after, key=lambda name: -len(after[name].encode()))[:3]
            raise Mistaken(
                f"{parameter} would have {len(change.text.encode())} bytes, and SSM stores {MOST_BYTES}: nothing was"
                f" written. The largest are {', '.join(largest)}; drop what is rotated out (DROP_OLD=...)"
            )
        if present.broken or dict(present.values) != after:
            changes.append(change)
    return changes


def _refuse_worse(
    stage: str, stored: Mapping[str, Stored], changes: list[Change], file: sources.File | None, store: ParameterStore
) -> None:
    """Raises Mistaken where something would be wrong afterwards that was not wrong before."""
    before = {function: parameter.values for function, parameter in stored.items()}
    after = before | {change.function: change.after for change in changes}
    others = check.other_stages(stage, store)
    known, found = (
        set(check.of_configured(stage, sources.merged(stage, values), others)) for values in (before, after)
    )
    # Of a function that has no parameter yet, everything was wrong before.
    old = {problem for problem in known if problem.function in before}
    new: list[Problem] = sorted({*(found - old), *(file.problems() if file else [])})
    if new:
        raise Mistaken("nothing was written, because this would be wrong:\n  " + "\n  ".join(check.told(new)))
    if found:
        print("Wrong before, and still:", *(f"  {line}" for line in check.told(sorted(found))[:-1]), sep="\n")


def _written(changes: list[Change], note: str, store: ParameterStore) -> int:
    written: list[Change] = []
    overtaken = []
    try:
        for change in changes:
            if store.write(change.parameter, change.text, note) != change.version + 1:
                overtaken.append(change.parameter)
            written.append(change)
    except Unreadable as trouble:
        left = [change.parameter for change in changes[len(written) :]]
        done = ", ".join(change.parameter for change in written) or "none"
        raise Mistaken(
            f"{trouble}\nwritten: {done}\nnot written: {', '.join(left)}\nRun the same command again: it writes what is"
            " left. Or go back: make secrets UNDO=yes"
        ) from None
    print(f"parameters written: {len(written)}. Running functions read them within five minutes; then look at /health")
    if overtaken:
        print(f"somebody else wrote at the same moment: {', '.join(overtaken)}. Run make secrets again, and compare")
    return 1 if overtaken else 0
