"""What is wrong with a stage's configuration: each function by itself, functions against each other, stages too."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chalicelib import config
from chalicelib.config.by_function import FUNCTIONS
from chalicelib.errors import MissingConfiguration
from tools.configuration.catalog import OF_THE_PROCESS, PAIRS, names_of, variables
from tools.configuration.values import secret_of, trouble_of

Configured = Mapping[str, Mapping[str, str]]
"""Function -> variable -> value."""

_PROJECT = re.compile(r"(?<![A-Za-z0-9])[a-z]{20}(?![A-Za-z0-9])")
"""A Supabase project, in its addresses and in the pooler's user."""
_FITS = {**PAIRS, **{secret: key for key, secret in PAIRS.items()}, "DATABASE_URL": "DATABASE_URL_NEXT"}
"""What must fit a variable, and is not wrong by itself where that one is."""


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with a variable of a function, without its value."""

    function: str
    variable: str
    reason: str


def problems(stage: str, configured: Configured, others: Mapping[str, Configured], stages: set[str]) -> list[Problem]:
    """Everything that is wrong with a stage. `others`: the other stages, as far as they could be read."""
    found = [
        problem
        for function in FUNCTIONS
        for problem in _of_function(function, configured.get(function, {}), stage, stages)
    ]
    reported = {(problem.function, problem.variable) for problem in found}
    for problem in (*_between_functions(configured), *_used_twice(configured), *_between_stages(configured, others)):
        # A value that is wrong by itself needs no second reason.
        if (problem.function, problem.variable) not in reported:
            found.append(problem)
    return sorted(set(found))


def absent(function: str, given: Mapping[str, str]) -> list[str]:
    """The variables that the function does without, and that are not set; those that a rotation sets left out."""
    names = names_of(function) - given.keys() - OF_THE_PROCESS - {"DATABASE_URL_NEXT"}
    return [name for name, variable in variables().items() if name in names and variable.without]


def _of_function(function: str, given: Mapping[str, str], stage: str, stages: set[str]) -> Iterator[Problem]:
    given = {name: value.strip() for name, value in given.items() if value.strip()}
    for name in sorted(given.keys() - names_of(function) - OF_THE_PROCESS):
        yield Problem(function, name, unknown(name, names_of(function) - given.keys()))
    if given.get("STAGE", stage) != stage:
        yield Problem(function, "STAGE", "is another stage's")
    refused = _refused(function, {**given, "STAGE": stage})
    yield from (Problem(function, name, reason) for name, reason in refused.items())
    for name in sorted(given.keys() & names_of(function) - refused.keys() - OF_THE_PROCESS):
        reason = trouble_of(variables()[name], given[name], stage, stages)
        if reason:
            yield Problem(function, name, reason)
    yield from (Problem(function, name, reason) for name, reason in _relations(given))


def unknown(name: str, wanted: set[str] | frozenset[str]) -> str:
    """Why a name has no place: misspelt, of other functions, or unknown to all. `wanted`: what could be meant."""
    close = [
        *difflib.get_close_matches(name.upper(), sorted(wanted), n=1, cutoff=0.75),
        *difflib.get_close_matches(name.upper(), list(variables()), n=1, cutoff=0.75),
    ]
    if name in variables():
        return f"is not for this function, but for {', '.join(variables()[name].functions)}: take it out"
    if close:
        return f"is unknown: misspelt {close[0]}?"
    return "is unknown to every function: take it out"


def _refused(function: str, given: Mapping[str, str]) -> dict[str, str]:
    """All that the model refuses. It stops at the first rule over several variables, so it is asked again and again."""
    known, found = dict(given), dict[str, str]()
    for _ in names_of(function):
        try:
            config.check(FUNCTIONS[function], known)
        except MissingConfiguration as missing:
            found |= missing.problems
            # What was refused is put right, with what must fit it, so that the next answer is about something else.
            mended = {*missing.problems, *(_FITS[name] for name in missing.problems if name in _FITS)} - {"STAGE"}
            known |= {name: variables()[name].example for name in mended if name in variables()}
        else:
            break
    return found


def _relations(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variable and reason, where two variables of a function do not fit each other."""
    projects = _PROJECT.findall(given.get("SUPABASE_URL", ""))
    for name in ("SUPABASE_JWKS_URL", "DATABASE_URL", "DATABASE_URL_NEXT"):
        address = _without_password(given.get(name, ""))
        if projects and any(other not in projects for other in _PROJECT.findall(address)):
            yield name, "is of another Supabase project than SUPABASE_URL"
    if given.get("BACKUP_BUCKET_NAME", "") == given.get("R2_BUCKET_NAME"):
        yield "BACKUP_BUCKET_NAME", "is the bucket of the recordings: a second copy lies in another one"
    if given.get("R2_ACCOUNT_ID", "") not in given.get("R2_ENDPOINT_URL", given.get("R2_ACCOUNT_ID", "")):
        yield "R2_ENDPOINT_URL", "is of another account than R2_ACCOUNT_ID"


def _between_functions(configured: Configured) -> Iterator[Problem]:
    """Values that all functions of a stage must have alike: a function with another one works on other data."""
    for name, variable in variables().items():
        values = {function: configured.get(function, {}).get(name, "").strip() for function in variable.functions}
        if variable.varies or name in OF_THE_PROCESS or len(set(values.values())) < 2:
            continue
        (usual, most), (_, next_most) = Counter(values.values()).most_common(2)
        for function, value in values.items():
            # Where nobody can say which is wrong, each is named.
            if value != usual or most == next_most:
                others = {other: theirs for other, theirs in values.items() if theirs != value}
                how = "differs from that of" if any(others.values()) else "is set here, and not for"
                yield Problem(function, name, f"{how if value else 'is not set here, but for'} {', '.join(others)}")


def _used_twice(configured: Configured) -> Iterator[Problem]:
    """Secrets that stand under two names: who learns one of them has the other."""
    names: dict[str, set[str]] = defaultdict(set)
    for _function, name, secret in _secrets(configured):
        names[secret].add(name)
    for function, name, secret in _secrets(configured):
        if len(names[secret]) > 1:
            others = ", ".join(sorted(names[secret] - {name}))
            yield Problem(function, name, f"is the same secret as {others}: each has its own")


def _secrets(configured: Configured) -> Iterator[tuple[str, str, str]]:
    for function, given in configured.items():
        for name, variable in variables().items():
            if variable.secret and given.get(name, "").strip():
                yield from ((function, name, secret_of(part)) for part in variable.parts(given[name].strip()))


def _between_stages(configured: Configured, others: Mapping[str, Configured]) -> Iterator[Problem]:
    for stage, other in others.items():
        theirs = {mark for function in other for mark in _marks(other[function]).items()}
        known = {(name, mark) for name, marks in theirs for mark in marks}
        for function, given in configured.items():
            for name, marks in _marks(given).items():
                if any((name, mark) in known for mark in marks):
                    yield Problem(function, name, f"is that of stage {stage}: each stage has its own")


def _without_password(address: str) -> str:
    password = secret_of(address)
    return address if password == address else address.replace(password, "", 1)


def _marks(given: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Variable -> what no two stages may have in common, of those that they may not share."""
    found = {}
    for name, variable in variables().items():
        value = given.get(name, "").strip()
        if not value or variable.shared or name in OF_THE_PROCESS:
            continue
        marks = {secret_of(part) for part in variable.parts(value)}
        if name == "STRIPE_PRICES":
            marks = set(re.findall(r'"(price_[^"]+)"', value))
        elif variable.made and "://" in value:
            # Two stages on one database are worse than two with one password.
            marks.add(_without_password(value))
        found[name] = frozenset(marks)
    return found
