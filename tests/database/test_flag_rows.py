"""Flags in SQL: what a row decides and for whom, what a change leaves of it, and what an operator reads of both."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg2
import pytest

from tests.support.database_server import Database


class Flags:
    """The flags of a database that has none yet but deleting_armed."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def value(self, expression: str, *parameters: Any) -> Any:
        return self.database.run(f"SELECT {expression}", parameters)[0][0]

    def set(self, name: str, family: str | None = None, on: bool | None = False, **more: Any) -> Any:
        given = {"share": 100, "until": None, "by": "ana", "why": "a test", "source": "operator", **more}
        return self.value(
            "ops.set_flag_tx(%s, %s, %s, %s, %s, %s, %s, %s)", name, family, on,
            *(given[key] for key in ("share", "until", "by", "why", "source")),
        )  # fmt: skip

    def decided(self, name: str, family: str | None = None) -> tuple[bool | None, str]:
        ((is_on, by),) = self.database.run("SELECT * FROM ops.decide_flag(%s, %s)", [name, family])
        return is_on, by

    def family(self) -> str:
        family = str(uuid.uuid4())
        self.database.run("INSERT INTO public.families (id, name) VALUES (%s, 'Sol')", [family])
        return family

    def overview(self, changes: int = 10) -> dict[str, Any]:
        return dict(self.value("ops.flags_overview(%s)", changes))

    def jobs(self) -> list[str]:
        """The kinds that a worker is given."""
        return sorted(job["kind"] for job in self.value("ops.claim_jobs_tx(10, 60)")["jobs"])


@pytest.fixture
def flags(module_database: Database) -> Flags:
    module_database.run("DELETE FROM ops.feature_flags WHERE bound_to IS NULL")
    module_database.run("DELETE FROM ops.jobs")
    return Flags(module_database)


# Deciding ---------------------------------------------------------------------------------------


def test_a_switch_is_on_and_a_feature_is_off_until_somebody_says_otherwise(flags: Flags) -> None:
    assert {flags.decided(name) for name in ("uploads", "writes", "job:any")} == {(True, "default")}
    assert {flags.decided(name) for name in ("new-player", "jobs", "uploads-of-video")} == {(False, "default")}


def test_a_decision_names_the_layer_that_made_it(flags: Flags) -> None:
    family = flags.family()
    for layer, given in {
        "posthog": {"source": "posthog"},
        "stage": {},
        "family": {"family": family},
    }.items():
        flags.set("new-player", on=True, **given)
        assert flags.decided("new-player", family) == (True, layer)


def test_a_share_decides_too_where_it_is_asked_for_no_family(flags: Flags) -> None:
    flags.set("new-player", on=True, share=50)
    assert flags.decided("new-player")[0] in (True, False)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("job:send_invite_email", {"family": True}),
        ("job:send_invite_email", {"on": True, "share": 50}),
        ("new-player", {"family": True, "source": "posthog"}),
        ("writes", {"share": 50}),
    ],
)
def test_a_row_that_could_not_do_what_it_says_cannot_be_set(flags: Flags, name: str, more: dict[str, Any]) -> None:
    family = flags.family() if more.get("family") else None
    with pytest.raises(psycopg2.errors.CheckViolation):
        flags.set(name, **{**more, "family": family})


# Changing ---------------------------------------------------------------------------------------


def test_a_flag_of_a_family_that_there_is_not_is_refused(flags: Flags) -> None:
    assert flags.set("writes", str(uuid.uuid4()))["refused"] == "NOT_FOUND"


def test_clearing_one_row_leaves_the_others(flags: Flags) -> None:
    one, other = flags.family(), flags.family()
    for family in (one, other, None):
        flags.set("writes", family)
    flags.set("writes", one, on=None)
    assert flags.decided("writes", one) == (False, "stage")
    flags.set("writes", on=None)
    assert (flags.decided("writes", one)[0], flags.decided("writes", other)[0]) == (True, False)


def test_of_a_second_change_everything_counts_and_nothing_of_the_first(flags: Flags) -> None:
    family = flags.family()
    flags.set("new-player", family, on=True, share=50, until="2099-01-01T00:00:00Z", by="ana", why="to try it")
    flags.set("new-player", family, on=False, by="bea", why="it broke")
    (row,) = flags.overview()["flags"]
    said = {name: row[name] for name in ("enabled", "share", "until_at", "changed_by", "note")}
    assert said == {"enabled": False, "share": 100, "until_at": None, "changed_by": "bea", "note": "it broke"}


@pytest.mark.parametrize("on", [True, False, None])
def test_no_flag_arms_or_disarms_deleting(flags: Flags, on: bool | None) -> None:
    row = flags.value("to_jsonb(flag) FROM ops.feature_flags AS flag WHERE name = 'deleting_armed'")
    assert flags.set("deleting_armed", on=on) == {"changed": False}
    assert flags.value("to_jsonb(flag) FROM ops.feature_flags AS flag WHERE name = 'deleting_armed'") == row


# What an operator reads -------------------------------------------------------------------------


def test_the_overview_shows_each_row_and_whether_its_time_is_over(flags: Flags) -> None:
    for name, until in {"a": None, "b": "2020-01-01T00:00:00Z", "c": "2099-01-01T00:00:00Z"}.items():
        flags.set(name, on=True, until=until)
    assert [(row["name"], row["over"]) for row in flags.overview()["flags"]] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]


def test_the_overview_shows_the_newest_changes_first_and_no_more_than_asked_for(flags: Flags) -> None:
    for why in ("first", "second", "third"):
        flags.set("new-player", on=True, why=why)
    assert [change["why"] for change in flags.overview(2)["changes"]] == ["third", "second"]


# Paused jobs ------------------------------------------------------------------------------------


def test_a_kind_is_paused_while_its_switch_is_off_and_by_no_other_switch(flags: Flags) -> None:
    flags.set("job:paused")
    flags.set("job:resumed", on=True)
    flags.set("job:over", until="2020-01-01T00:00:00Z")
    flags.set("uploads")
    assert flags.value("ops.paused_kinds()") == ["paused"]


def test_a_paused_kind_waits_before_its_turn_too(flags: Flags) -> None:
    for kind in ("paused", "other"):
        flags.database.run(
            "INSERT INTO ops.jobs (kind, lane, run_at, turn_at) VALUES (%s, %s, now(), now() + interval '1 hour')",
            [kind, kind],
        )
    flags.set("job:paused")
    assert flags.jobs() == ["other"]
    flags.set("job:paused", on=None)
    assert flags.jobs() == ["paused"]
