"""A SAM template as data: what its functions and schedules are, and how a step's changes are merged into it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]  # it ships no types; we call one method of it

APP = "stories-from-the-sun"
API = "APIHandler"
FUNCTION = "AWS::Serverless::Function"

Template = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """What a template is made for: the stage, the version of the code, and the processor that it was built for."""

    stage: str
    version: str
    architecture: str = "arm64"


def merge(document: Template, patch: Template) -> Template:
    """The document with a JSON merge patch (RFC 7386) applied; neither of them is changed."""
    merged = {name: value for name, value in document.items() if patch.get(name, value) is not None}
    for name, value in patch.items():
        if isinstance(value, dict):
            own = merged.get(name)
            merged[name] = merge(own if isinstance(own, dict) else {}, value)
        elif value is not None:
            merged[name] = value
    return merged


def functions_of(document: Template) -> dict[str, str]:
    """A function's name, such as process_jobs -> its name in the template. Its parameter is named after it."""
    return {
        resource["Properties"]["Environment"]["Variables"]["CONFIG_PARAMETER"].rpartition("/")[2]: name
        for name, resource in document["Resources"].items()
        if resource["Type"] == FUNCTION
    }


def schedules_of(document: Template) -> dict[str, int]:
    """A schedule's name, which is its function's -> every how many seconds it runs, at the longest."""
    return {
        name: longest_pause(event["Properties"]["Schedule"])
        for name, resource in functions_of(document).items()
        for event in document["Resources"][resource]["Properties"].get("Events", {}).values()
        if event["Type"] == "Schedule"
    }


@functools.cache
def longest_pause(expression: str) -> int:
    """Seconds between two runs of `cron(...)`, where they are furthest apart within a week."""
    cron = AwsCroniter(expression.removeprefix("cron(").removesuffix(")"))
    now = datetime(2026, 1, 5, tzinfo=UTC)
    times = list(islice(_times(cron, now), 7 * 24 * 60))
    return round(max((later - earlier).total_seconds() for earlier, later in pairwise(times)))


def _times(cron: AwsCroniter, start: datetime) -> Iterator[datetime]:
    at = start
    while at < start + timedelta(days=7):
        (at,) = cron.get_next(at, n=1, inclusive=False)
        yield at
