"""docs/costs.md: the arithmetic of a month, and prices that say where they are from."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app import app
from tools import costs


def usd(families: int, what: str) -> float:
    (line,) = (line for line in costs.bill(families) if line.what == what)
    return line.usd


def test_every_price_says_where_it_is_from_and_when_it_was_read() -> None:
    for name, each in costs.DATA["prices"].items():
        assert each["source"].startswith("https://"), name
        assert each["checked"] == "" or date.fromisoformat(each["checked"]) <= date.today(), name


def test_a_line_is_what_its_figures_give() -> None:
    """Two of them by hand, from the data, so that a changed unit is seen."""
    families = costs.DATA["families"]
    mb = families["recording_mb"]["value"] + families["waveform_mb"]["value"]
    kept_gb = 1_000_000 * families["recordings"]["value"] * families["months"]["value"] * mb / 1000
    assert usd(1_000_000, "R2, storage") == pytest.approx(kept_gb * 0.015)
    assert usd(1_000, "API Gateway") == pytest.approx(1_000 * families["requests"]["value"] * 3.5 / 1e6)


def test_an_audit_lists_two_objects_for_each_recording_a_thousand_a_page() -> None:
    load = costs.Load(1_000_000)
    assert load.pages == pytest.approx(2 * load.kept / 1000)
    assert costs.Load(1).pages == 16, "each shard asks once"


def test_every_schedule_is_counted_as_often_as_its_clock_strikes() -> None:
    runs = costs.schedules()
    assert sorted(runs) == sorted(source.name for source in app.event_sources)
    assert (runs["process_jobs"], runs["cleanup_media"]) == (30 * 24 * 60, 30 * 24)


def test_the_second_copies_and_the_audit_are_within_their_time_at_a_million_families() -> None:
    """What the page promises: by today's figures half of the copies' capacity, and two thirds of a night."""
    load = costs.Load(1_000_000)
    copies = costs.LIFE_SECONDS / costs.copy_recordings.SLOT * costs.SECONDS_A_MONTH
    assert load.copy_seconds < copies
    assert load.audit_seconds / 14 < costs.NIGHT_HOURS * 3600


def test_the_page_names_each_figure_of_the_data_once() -> None:
    page = costs.PAGE.read_text("utf-8")
    for group in ("families", "work"):
        for each in costs.DATA[group].values():
            assert len(re.findall(re.escape(f"| {each['value']:g} | {each['is']} |"), page)) == 1
