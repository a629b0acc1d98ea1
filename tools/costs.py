"""What a stage costs in a month, by its number of families: the tables of docs/costs.md, which `make generate` writes.

Prices, and what families are taken to do, are data: tools/costs.toml. The memory of each function and how often each
schedule runs are read where they are decided. Free allowances are left out, except where a price says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]  # it ships no types; we call one method of it
from chalice.app import ScheduledEventConfig

from app import app
from chalicelib.schedules import audit_storage, copy_recordings
from chalicelib.schedules.slots import MINUTE
from local.settings import ROOT
from tools.template.functions import FUNCTIONS

PAGE = ROOT / "docs" / "costs.md"
DATA: dict[str, Any] = tomllib.loads((ROOT / "tools" / "costs.toml").read_text("utf-8"))
SIZES = (1_000, 100_000, 1_000_000)
NIGHTS, DAYS = 30, 30
SECONDS_A_MONTH = DAYS * 86_400
LIFE_SECONDS = 14 * MINUTE
"""How long a run of a schedule may work: what its function may live."""
NIGHT_HOURS = 4
_TABLES = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def price(name: str) -> float:
    return float(DATA["prices"][name]["usd"])


def given(group: str, name: str) -> float:
    return float(DATA[group][name]["value"])


@dataclass(frozen=True)
class Line:
    """One line of the bill: its USD, and how that was reckoned."""

    what: str
    usd: float
    arithmetic: str


@dataclass(frozen=True)
class Load:
    """What so many families make in a month."""

    families: int

    def of(self, name: str) -> float:
        """A figure of [families], of all of them together."""
        return self.families * given("families", name)

    @property
    def kept(self) -> float:
        """Recordings kept by now."""
        return self.of("recordings") * given("families", "months")

    @property
    def mb(self) -> float:
        """MB of a recording with its waveform."""
        return given("families", "recording_mb") + given("families", "waveform_mb")

    @property
    def pages(self) -> float:
        """Pages of 1,000 objects that a night's audit lists: a recording and its waveform are two objects."""
        return max(16.0, 2 * self.kept / audit_storage.PAGE)

    @property
    def audit_seconds(self) -> float:
        """Seconds of workers for one audit."""
        families = self.families / audit_storage.FAMILIES * given("work", "family_page_seconds")
        return self.pages * given("work", "page_seconds") + families

    @property
    def copy_seconds(self) -> float:
        return self.of("recordings") * given("work", "copy_seconds")


def runs_a_month(expression: str) -> int:
    """How often `cron(...)` runs in 30 days."""
    minutes, hours = expression.removeprefix("cron(").split()[:2]
    cron = AwsCroniter(f"{minutes} {hours} * * ? *")
    return DAYS * (len(cron.minutes) * len(cron.hours))


def memory_gb(function: str) -> float:
    return FUNCTIONS[function].memory / 1024


def schedules() -> dict[str, int]:
    """Each schedule of app.py, and how often it runs in a month."""
    found = (source for source in app.event_sources if isinstance(source, ScheduledEventConfig))
    return {source.name: runs_a_month(str(source.schedule_expression)) for source in found}


def bill(families: int) -> list[Line]:
    """The lines of a month."""
    load = Load(families)
    return [*_aws(load), *_stores(load), *_others(load)]


def _aws(load: Load) -> list[Line]:
    requests, gb_second = load.of("requests"), price("lambda_gb_second")
    api = requests * (given("work", "request_seconds") * memory_gb("api_handler") * gb_second + price("lambda_request"))
    worked = {
        "process_jobs": load.of("events") * given("work", "job_seconds"),
        "copy_recordings": load.copy_seconds,
        "audit_storage": load.audit_seconds * NIGHTS,
    }
    background = sum(
        (worked.get(name, 0) + runs * given("work", "idle_seconds")) * memory_gb(name) * gb_second
        + runs * price("lambda_request")
        for name, runs in schedules().items()
    )
    log_gb = (requests * given("work", "log_kb") + load.of("events") * given("work", "job_log_kb")) / 1e6
    moved = load.of("recordings") * load.mb / 1e3
    return [
        Line("Lambda, the API", api, f"{_n(requests)} requests of {given('work', 'request_seconds')} s"),
        Line(
            "Lambda, schedules and jobs",
            background,
            f"{_n(sum(worked.values()))} s of work, {_n(sum(schedules().values()))} runs",
        ),
        Line("API Gateway", requests * price("api_request"), f"{_n(requests)} requests"),
        Line("second copies leaving AWS", moved * price("aws_egress_gb"), f"{_n(moved)} GB"),
        Line("logs", log_gb * price("log_gb"), f"{_n(log_gb)} GB"),
        Line(
            "metrics and alarms",
            given("work", "custom_metrics") * price("metric") + given("work", "alarms") * price("alarm"),
            f"{_n(given('work', 'custom_metrics'))} metrics, {_n(given('work', 'alarms'))} alarms",
        ),
    ]


def _stores(load: Load) -> list[Line]:
    stored = load.kept * load.mb / 1e3
    new = 2 * load.of("recordings")
    listed = load.pages * NIGHTS
    # Finalize reads both objects of a recording, the second copy reads them again, and players play.
    reads = 2 * new + load.of("playbacks") * given("families", "gets_a_playback")
    return [
        Line("R2, storage", stored * price("r2_gb_month"), f"{_n(stored)} GB"),
        Line(
            "R2, operations",
            (new + listed) * price("r2_class_a") + reads * price("r2_class_b"),
            f"{_n(new)} PUTs, {_n(listed)} pages of listings, {_n(reads)} GETs",
        ),
        Line(
            "second bucket, at R2's prices",
            stored * price("r2_gb_month") + new * price("r2_class_a"),
            f"{_n(stored)} GB, {_n(new)} PUTs",
        ),
    ]


def _others(load: Load) -> list[Line]:
    people = load.of("people")
    disk = (load.families * given("work", "family_kb") + load.kept * given("work", "recording_kb")) / 1e6
    size = DATA["compute"][str(load.families)]
    beyond = max(0.0, people - 100_000)
    supabase = (
        price("supabase_pro")
        + max(0.0, size["usd"] - 10)
        + max(0.0, disk - 8) * price("supabase_disk_gb")
        + beyond * price("supabase_active_person")
    )
    mails = load.of("mails")
    return [
        Line(
            "Supabase",
            supabase,
            f"{size['name']} for {size['usd']}, {_n(disk)} GB, {_n(people)} people who sign in",
        ),
        Line("Resend", max(0.0, mails - 3_000) / 1000 * price("resend_thousand"), f"{_n(mails)} mails"),
    ]


def page(text: str) -> str:
    """docs/costs.md with its tables written anew."""
    tables = {"bill": _bill_table, "work": _work_table, "prices": _price_table, "taken": _taken_table}
    return _TABLES.sub(lambda found: f"{found[1]}{tables[found[2]]()}\n{found[3]}", text)


def _bill_table() -> str:
    bills = [bill(size) for size in SIZES]
    rows = [["a month, USD", *(f"{_n(size)} families" for size in SIZES), f"at {_n(SIZES[-1])}"]]
    for lines in zip(*bills, strict=True):
        rows.append([lines[0].what, *(_usd(line.usd) for line in lines), lines[-1].arithmetic])
    totals = [sum(line.usd for line in lines) for lines in bills]
    rows.append(["**together**", *(f"**{_usd(total)}**" for total in totals), ""])
    each = [_usd(total / size, 4) for total, size in zip(totals, SIZES, strict=True)]
    rows.append(["for each family", *each, ""])
    return _table(rows)


def _work_table() -> str:
    loads = [Load(size) for size in SIZES]
    at_once = LIFE_SECONDS / copy_recordings.SLOT
    per_day = at_once * 86_400 / given("work", "copy_seconds")
    rows = [["", *(f"{_n(size)} families" for size in SIZES)]]
    rows += [
        ["recordings to copy a day", *(_n(load.of("recordings") / DAYS) for load in loads)],
        [f"share of what {at_once:.1f} workers copy ({_n(per_day)} a day)",
         *(f"{load.of('recordings') / DAYS / per_day:.1%}" for load in loads)],
        ["objects in the bucket", *(_n(2 * load.kept) for load in loads)],
        ["pages of a listing in a night", *(_n(load.pages) for load in loads)],
        ["class A operations of an audit, USD", *(_usd(load.pages * price("r2_class_a"), 4) for load in loads)],
        ["hours of one worker for an audit", *(f"{load.audit_seconds / 3600:.2f}" for load in loads)],
        ["hours of the night with 14 workers", *(f"{load.audit_seconds / 3600 / 14:.2f}" for load in loads)],
        ["share of the night", *(f"{load.audit_seconds / 3600 / 14 / NIGHT_HOURS:.1%}" for load in loads)],
        ["requests a second, in the busiest hour (4 times the mean)",
         *(f"{4 * load.of('requests') / SECONDS_A_MONTH:.1f}" for load in loads)],
    ]  # fmt: skip
    return _table(rows)


def _price_table() -> str:
    rows = [["price", "USD", "for a", "found on"]]
    rows += [
        [f"[{name.replace('_', ' ')}]({each['source']})", f"{each['usd']:.10f}".rstrip("0").rstrip("."), each["per"],
         each["checked"] or "**not checked**"]
        for name, each in DATA["prices"].items()
    ]  # fmt: skip
    rows += [
        [f"compute for {_n(int(size))} families", str(each["usd"]), f"month of Supabase's {each['name']}",
         "**not checked**"]
        for size, each in DATA["compute"].items()
    ]  # fmt: skip
    return _table(rows)


def _taken_table() -> str:
    rows = [["figure", "is", "comes from"]]
    for group in ("families", "work"):
        for each in DATA[group].values():
            rows.append([f"{each['value']:g}", each["is"], each.get("measured", "assumed of a family")])
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


def _usd(value: float, places: int = 2) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.{places}f}"


def _n(value: float) -> str:
    return f"{value:,.0f}"
