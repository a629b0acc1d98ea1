"""A stage, as what watches it is made from: its schedules, how often each runs, and its functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]  # it ships no types; we call one method of it
from chalice.app import ScheduledEventConfig, ScheduleExpression
from chalice.utils import to_cfn_resource_name

APP = "stories-from-the-sun"
API = "APIHandler"

Template = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """A stage's name, and its schedules: name -> every how many seconds it runs, at the longest."""

    name: str
    schedules: Mapping[str, int]

    @property
    def functions(self) -> dict[str, str]:
        """A function's name -> its name in the template."""
        return {"api_handler": API} | {name: to_cfn_resource_name(name) for name in self.schedules}


def stage_of(name: str, event_sources: Sequence[Any]) -> Stage:
    """The stage with the schedules of an app's event sources."""
    schedules = [source for source in event_sources if isinstance(source, ScheduledEventConfig)]
    return Stage(name, {source.name: longest_pause(source.schedule_expression) for source in schedules})


def longest_pause(expression: str | ScheduleExpression) -> int:
    """Seconds between two runs of `cron(...)`, where they are furthest apart within a week."""
    text = expression.to_string() if isinstance(expression, ScheduleExpression) else expression
    cron = AwsCroniter(text.removeprefix("cron(").removesuffix(")"))
    now = datetime(2026, 1, 5, tzinfo=UTC)
    times = list(islice(_times(cron, now), 7 * 24 * 60))
    return round(max((later - earlier).total_seconds() for earlier, later in pairwise(times)))


def _times(cron: AwsCroniter, start: datetime) -> Iterator[datetime]:
    at = start
    while at < start + timedelta(days=7):
        (at,) = cron.get_next(at, n=1, inclusive=False)
        yield at
