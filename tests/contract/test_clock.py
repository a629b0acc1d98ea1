"""The clock of the local stack: it takes its times from app.py, and keeps them."""

from __future__ import annotations

import queue
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_croniter import AwsCroniter
from chalice.app import Chalice, Rate, ScheduledEventConfig

from app import app
from local.clock import QUEUE, QUEUE_PACE, Clock

SCHEDULES = {source.name: source for source in app.event_sources if isinstance(source, ScheduledEventConfig)}
SATURDAY = datetime(2026, 11, 21, 17, 50, 30, tzinfo=UTC)


def app_with(expression: Any, handler: Callable[[Any], Any] = lambda event: {}, name: str = "tidy") -> Chalice:
    """An app with one schedule."""
    made = Chalice("test")
    made.schedule(expression, name=name)(handler)
    return made


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("* * * * ? *", ["21 17:51", "21 17:52", "21 17:53"]),
        ("20 * * * ? *", ["21 18:20", "21 19:20", "21 20:20"]),
        ("0/15 * * * ? *", ["21 18:00", "21 18:15", "21 18:30"]),
        ("5/15 1-4 * * ? *", ["22 01:05", "22 01:20", "22 01:35", "22 01:50", "22 02:05"]),
        ("0/15 5-6 * * ? *", ["22 05:00", "22 05:15", "22 05:30", "22 05:45", "22 06:00"]),
        ("10,50 2,17 * * ? *", ["22 02:10", "22 02:50", "22 17:10", "22 17:50", "23 02:10"]),
        ("0 8 ? * MON *", ["23 08:00", "30 08:00"]),  # on AWS the week begins with Sunday, as day 1
        ("0 8 ? * 2 *", ["23 08:00", "30 08:00"]),
    ],
)
def test_a_schedule_starts_when_its_cron_expression_says(expression: str, runs: list[str]) -> None:
    clock = Clock(app_with(f"cron({expression})"))
    found, moment = [], SATURDAY
    for _ in runs:
        moment = clock.next_run("tidy", moment)
        found.append(f"{moment:%d %H:%M}")
    assert found == runs


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_every_schedule_of_the_app_keeps_the_times_of_its_declaration(name: str) -> None:
    expression = SCHEDULES[name].schedule_expression
    expected = AwsCroniter(expression.removeprefix("cron(").removesuffix(")")).get_next(SATURDAY)[0]
    assert Clock(app).next_run(name, SATURDAY) == expected


def test_every_schedule_of_the_app_can_be_run_by_hand() -> None:
    assert Clock(app).schedules.keys() == SCHEDULES.keys()


def test_a_rate_is_refused_with_the_name_of_its_schedule() -> None:
    with pytest.raises(ValueError, match=r"^tidy: .* not rate\(5 minutes\)"):
        Clock(app_with(Rate(5, unit=Rate.MINUTES)))


@pytest.mark.parametrize(("name", "by_hand"), [("tidy", False), (QUEUE, False), (QUEUE, True)])
def test_a_run_begins_at_its_time_and_not_before(name: str, by_hand: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue runs every minute as on AWS, where its runs are noted, and every two seconds by hand."""
    monkeypatch.setattr("local.clock._LONGEST_WAIT", 0.1)
    begun, events = datetime.now(UTC), queue.Queue[Any]()

    def now() -> datetime:
        """Half a second before a full minute, when the test begins."""
        return SATURDAY + timedelta(seconds=29.5) + (datetime.now(UTC) - begun)

    def handler(event: Any) -> dict[str, Any]:
        if event.detail == {"byHand": by_hand}:
            events.put((now(), event.to_dict()))
        raise RuntimeError("a schedule that fails is started again")

    due = [now() + QUEUE_PACE, now() + 2 * QUEUE_PACE] if by_hand else [datetime(2026, 11, 21, 17, 51, tzinfo=UTC)]
    clock = Clock(app_with("cron(* * * * ? *)", handler, name), now)
    clock.start()
    for earliest in due:
        started, event = events.get(timeout=20)
        assert earliest <= started
        assert f"{earliest:%Y-%m-%dT%H:%M:%SZ}" <= event["time"] <= f"{started:%Y-%m-%dT%H:%M:%SZ}"
    clock.stop()
    assert events.empty()


def test_a_stopped_clock_starts_nothing() -> None:
    events = queue.Queue[Any]()
    clock = Clock(app_with("cron(* * * * ? *)", events.put, QUEUE))
    clock.start()
    clock.stop()
    with pytest.raises(queue.Empty):
        events.get(timeout=QUEUE_PACE.total_seconds() + 0.5)
