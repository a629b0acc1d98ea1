"""`make config-check`: every wrong variable of every function of a stage, before it is deployed. It shows no value."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from chalicelib.config.by_function import FUNCTIONS
from tools.configuration import judge, sources
from tools.configuration.catalog import variables
from tools.configuration.judge import Configured, Problem
from tools.configuration.parameter_store import ParameterStore, Stored, Unreadable
from tools.operate.stage import LOCAL, Mistaken


def run() -> int:
    """Checks FILE, else what stands in Parameter Store, and prints what is wrong; an exit code. Raises Mistaken."""
    path = os.environ.get("FILE", "").strip()
    stage = stage_named(sources.File(Path(path)).stage if path else "")
    if path:
        print(f"stage {stage}, file {path}", flush=True)
        found = of_file(stage, sources.File(Path(path)))
    else:
        store = ParameterStore()
        print(f"stage {stage}, account {store.account}, region {store.region}", flush=True)
        found = of_stage(stage, store)
    for line in told(found):
        print(line)
    return 1 if found else 0


def of_stage(stage: str, store: ParameterStore) -> list[Problem]:
    """All that is wrong with a stage as its functions would find it. Raises Unreadable."""
    stored = store.read(stage)
    configured = sources.merged(stage, {function: parameter.values for function, parameter in stored.items()})
    found = [*_of_parameters(stage, stored), *of_configured(stage, configured, other_stages(stage, store))]
    _print_absent({function: configured[function] for function in stored})
    return found


def of_file(stage: str, file: sources.File) -> list[Problem]:
    """All that is wrong with an operator's file of a stage."""
    if file.stage not in ("", stage):
        raise Mistaken(f"the file is of stage {file.stage} (its STAGE, or its name), and not of {stage}")
    others = _stages_beside(stage, file)
    try:
        others = {**other_stages(stage, ParameterStore()), **others}
    except Unreadable:
        compared = f"compared with {', '.join(others)} by the files beside it; " if others else ""
        print(f"{compared}Parameter Store cannot be read from here, so other stages are not compared")
    configured = sources.merged(stage, {function: file.of(function) for function in FUNCTIONS})
    found = [*file.problems(), *of_configured(stage, configured, others)]
    _print_absent(configured)
    return found


def of_configured(stage: str, configured: Configured, others: dict[str, Configured]) -> list[Problem]:
    """All that is wrong with what the functions of a stage would read."""
    return judge.problems(stage, configured, others, sources.stages())


def other_stages(stage: str, store: ParameterStore) -> dict[str, Configured]:
    """The other stages of the same account, those that these credentials may read."""
    others: dict[str, Configured] = {}
    for other in sorted(sources.stages() - {stage}):
        try:
            stored = store.read(other)
        except Unreadable:
            print(f"not compared with stage {other}: its parameters cannot be read with these credentials")
        else:
            others[other] = {function: parameter.values for function, parameter in stored.items()}
    return others


def _stages_beside(stage: str, file: sources.File) -> dict[str, Configured]:
    """The other stages whose files lie in the same folder."""
    return {
        other: {function: beside.of(function) for function in FUNCTIONS}
        for other, beside in file.beside().items()
        if other != stage
    }


def stage_named(otherwise: str = "") -> str:
    """STAGE, else what the file says. Raises Mistaken where there is no such stage."""
    stage = os.environ.get("STAGE", "").strip() or otherwise
    if stage == LOCAL or stage not in sources.stages():
        given = f"there is no stage {stage}" if stage else "name the stage"
        raise Mistaken(f"{given}: STAGE={'|'.join(sorted(sources.stages()))} (of .chalice/config.json)")
    return stage


def told(found: list[Problem]) -> list[str]:
    """A line for each problem, with the functions that have it and what to do; then their number."""
    functions: dict[tuple[str, str], list[str]] = defaultdict(list)
    for problem in found:
        functions[problem.variable, problem.reason].append(problem.function)
    lines = [
        f"{', '.join(named)}: {name} {reason}.{_source(name)}".replace("`", "")
        for (name, reason), named in sorted(functions.items())
    ]
    wrong = len({problem.variable for problem in found})
    end = f"{wrong} variables are wrong. docs/configuration.md describes each" if wrong else "nothing is wrong"
    return [*lines, end]


def _source(name: str) -> str:
    return f" It comes from: {variables()[name].source}" if name in variables() else ""


def _of_parameters(stage: str, stored: dict[str, Stored]) -> list[Problem]:
    for function in FUNCTIONS:
        name = sources.parameter_of(stage, function)
        if function not in stored:
            print(f"{name} does not exist: make secrets STAGE={stage} FILE=...")
    return [
        Problem(
            function, "CONFIG_PARAMETER", "names a parameter that is no JSON object of texts: make secrets writes it"
        )
        for function, parameter in stored.items()
        if parameter.broken
    ]


def _print_absent(configured: Configured) -> None:
    absent: dict[str, list[str]] = defaultdict(list)
    for function, given in configured.items():
        for name in judge.absent(function, given):
            absent[name].append(function)
    for name, functions in absent.items():
        without = variables()[name].without.rstrip(".").replace("`", "")
        of = "all functions" if len(functions) == len(FUNCTIONS) else ", ".join(functions)
        print(f"not set, which is allowed: {name} of {of}. Without it: {without}.")
