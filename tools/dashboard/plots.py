"""The plots, as SVG by pygal: without its script, which it would fetch, and with values printed instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pygal
from pygal.style import CleanStyle

Row = Mapping[str, Any]
MOST_BARS = 30
GREEN, BLUE, RED, AMBER, GREY = "#2f7d4f", "#2b62a8", "#b00020", "#d08a00", "#9a9a9a"
PALE_GREEN, PALE_BLUE = "#9cc9ad", "#9dbbe0"


def plot(name: str, rows: Sequence[Row]) -> str:
    """The SVG of a query's rows; empty where there is no plot for it, or nothing to show."""
    make = PLOTS.get(name)
    if make is None or not rows:
        return ""
    svg = make(rows).render_tree()
    for parent in svg.iter():
        # Comments, and pygal's settings for its own script, which is not on the page.
        for child in [each for each in parent if not isinstance(each.tag, str) or each.tag.endswith("script")]:
            parent.remove(child)
    return ElementTree.tostring(svg, encoding="unicode")


def _bars(
    rows: Sequence[Row],
    title: str,
    by: str,
    series: Mapping[str, str],
    *,
    stacked: bool = False,
    scale: float = 1,
) -> pygal.Graph:
    """One group of bars a row; `series` is a column -> its colour, one bar (or part of a bar) each."""
    kind = pygal.StackedBar if stacked else pygal.Bar
    shown = rows[:MOST_BARS]
    chart = kind(
        title=title,
        js=[],
        height=280,
        width=900,
        x_label_rotation=30,
        max_scale=6,
        print_values=len(shown) <= 12 and not stacked,
        print_zeroes=False,
        legend_at_bottom=True,
        style=CleanStyle(
            background="transparent",
            plot_background="transparent",
            colors=tuple(series.values()),
            guide_stroke_color="#ddd",
            major_guide_stroke_color="#ddd",
            title_font_size=15,
            label_font_size=12,
            major_label_font_size=12,
            legend_font_size=13,
            value_font_size=11,
            font_family="system-ui, sans-serif",
        ),
    )
    chart.x_labels = [str(row[by]) for row in shown]
    for column in series:
        # Nothing is drawn for None; a 0 would be printed.
        chart.add(
            column.replace("_", " "), [round(float(row[column]) * scale, 2) if row[column] else None for row in shown]
        )
    return chart


def _by_day(rows: Sequence[Row]) -> list[Row]:
    """Oldest first, as time is read."""
    return sorted(rows, key=lambda row: row["day"])[-MOST_BARS:]


def _alarms(rows: Sequence[Row]) -> pygal.Graph:
    days: dict[Any, dict[str, Any]] = {}
    for row in rows:
        day = days.setdefault(row["day"], {"day": row["day"], "critical": 0, "error": 0})
        day[row["severity"]] += row["occurrences"]
    return _bars(
        _by_day(list(days.values())), "Alarms and errors by day", "day", {"critical": RED, "error": AMBER}, stacked=True
    )


PLOTS: dict[str, Callable[[Sequence[Row]], pygal.Graph]] = {
    "queue": lambda rows: _bars(
        rows, "Jobs by kind", "kind", {"due": BLUE, "running": GREEN, "later": GREY, "dead": RED}
    ),
    "jobs": lambda rows: _bars(
        rows,
        "Seconds of a job, last day",
        "kind",
        {"took_p50_ms": PALE_GREEN, "took_p95_ms": GREEN, "waited_p50_ms": PALE_BLUE, "waited_p95_ms": BLUE},
        scale=0.001,
    ),
    "upload_days": lambda rows: _bars(
        _by_day(rows),
        "Uploads by day",
        "day",
        {"finished": GREEN, "rescued": AMBER, "open": GREY, "abandoned": RED},
        stacked=True,
    ),
    "webhooks": lambda rows: _bars(
        _by_day(rows),
        "Seconds until a Stripe event was applied",
        "day",
        {"applied_p50_s": PALE_BLUE, "applied_p95_s": BLUE},
    ),
    "errors": _alarms,
    "limits": lambda rows: _bars(rows, "Refused calls by class, two days", "class", {"refused": AMBER}),
    "families": lambda rows: _bars(rows, "Families", "window", {"active": GREEN, "families": GREY}),
    "quota": lambda rows: _bars(rows, "Nearly full, per cent", "family_id", {"full_per_cent": RED}),
    "usage": lambda rows: _bars(rows, "Recordings of the largest families", "family_id", {"recordings": BLUE}),
}
"""A query's name -> its plot."""
