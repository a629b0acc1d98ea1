"""The page: what needs somebody, then each answer as a plot, where there is one for it, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tools.dashboard.plots import plot

MOST_ROWS = 50
"""Of one table; a page that is read at night must not need scrolling through thousands."""


@dataclass(frozen=True)
class Answer:
    """What one query answered. `failed` is the class of an error, and then there are no rows."""

    name: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    failed: str | None = None

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Trouble:
    """A line at the top of the page."""

    status: str
    what: str
    why: str


def render(answers: Sequence[Answer], stage: str, host: str, at: datetime) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["cell"] = cell
    return environment.get_template("page.html").render(
        stage=stage,
        host=host,
        at=f"{at:%Y-%m-%d %H:%M:%S} UTC",
        troubles=troubles(answers),
        answers=answers,
        # SVG that pygal has escaped.
        plots={answer.name: Markup(plot(answer.name, answer.dicts())) for answer in answers},
        most=MOST_ROWS,
    )


def troubles(answers: Sequence[Answer]) -> list[Trouble]:
    """What needs somebody, the worst first: failing checks and queries, broken service levels, today's alarms."""
    found = [Trouble("fail", answer.title, f"the query failed: {answer.failed}") for answer in answers if answer.failed]
    for answer in answers:
        for row in answer.dicts():
            if answer.name == "health" and row["status"] != "pass":
                measured = ", ".join(f"{name} {value}" for name, value in row["measures"].items())
                found.append(Trouble(row["status"], row["name"], f"{row['reason']} ({measured})"))
            elif answer.name == "service_levels" and row["status"] != "pass":
                why = f"{row['objective']}: {row['value']}, limit {row['limit_at']}"
                found.append(Trouble("warn", f"service level {row['name']}", why))
            elif answer.name == "errors" and row["severity"] == "critical" and row["day"] == _today(answers):
                why = f"{row['occurrences']} times, last {cell(row['last_seen'])}"
                found.append(Trouble("warn", f"alarm {row['fingerprint']}", why))
    return sorted(found, key=lambda trouble: trouble.status != "fail")


def _today(answers: Sequence[Answer]) -> Any:
    """The newest day of the alarms."""
    return max(row["day"] for answer in answers if answer.name == "errors" for row in answer.dicts())


def cell(value: Any) -> str:
    """A value as it is read best: no microseconds, and nothing for NULL."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, timedelta):
        return str(timedelta(seconds=round(value.total_seconds())))
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
