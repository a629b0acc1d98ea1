"""`make dashboard` writes one page that needs nothing else, and what is bad stands on its top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from tests.support import isolation_rows
from tests.support.database_server import Cluster, Database
from tools.dashboard import __main__ as command
from tools.dashboard.__main__ import ask_all
from tools.dashboard.page import MOST_ROWS, render
from tools.operate.stage import Stage

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")


class Page(HTMLParser):
    """The tags of a page and what they point at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]

    @property
    def top(self) -> str:
        return self.text.partition("<nav>")[0]


def page_of(connection: Connection) -> Page:
    return Page(render(ask_all(connection), "prod", "db.example.org", AT))


@pytest.fixture(scope="module")
def full(cluster: Cluster) -> Iterator[Database]:
    """A database in which much happened, for the tests of this file."""
    with cluster.database() as database:
        isolation_rows.build(database)
        fill(database)
        yield database


def fill(database: Database) -> None:
    for statement in (
        "INSERT INTO ops.dead_jobs (kind, payload, payload_version, lane, attempts, max_attempts, enqueued_at)"
        " SELECT 'send_invite_email', '{}', 1, 'x', 8, 8, now() FROM generate_series(1, 120)",
        "INSERT INTO ops.jobs (kind, lane, turn_at, run_at) SELECT k, 'x', now(), now() - interval '10 minutes'"
        " FROM unnest('{capture_events,apply_stripe_event,capture_events}'::text[]) AS k",
        "INSERT INTO ops.alert_digest (fingerprint, day, severity, message, occurrences)"
        " SELECT 'dead-job/kind_' || n, (now() AT TIME ZONE 'utc')::date - n % 12,"
        " CASE WHEN n % 3 = 0 THEN 'critical' ELSE 'error' END, 'm', n FROM generate_series(0, 79) AS n",
        "INSERT INTO ops.tallies (measure, subject, hour, bucket, amount) SELECT m, k, date_trunc('hour', now()), b, 9"
        " FROM unnest('{job_took,job_waited}'::text[]) AS m, unnest('{send_invite_email,capture_events}'::text[]) AS k,"
        " generate_series(20, 60) AS b",
        "INSERT INTO ops.tallies (measure, hour, amount) SELECT 'upload_abandoned',"
        " date_trunc('hour', now()) - n * interval '1 day', 1 + n % 5 FROM generate_series(0, 28) AS n",
        "INSERT INTO ops.stripe_events (event_id, type, livemode, happened_at, state, created_at, applied_at)"
        " SELECT 'evt_' || n, 'x', false, at, 'applied', at, at + n * interval '1 second'"
        " FROM generate_series(1, 60) AS n, LATERAL (SELECT now() - n * interval '8 hours' AS at) AS moment",
        "INSERT INTO ops.call_counts (key, bucket, calls, refused) VALUES ('redeem:x', 1, 1, 44), ('reads:y', 1, 1, 7)",
        "UPDATE public.entitlements SET storage_used_bytes = 950",
    ):
        database.run(statement)


def test_the_page_needs_no_network_and_runs_no_script(full: Database) -> None:
    page = page_of(full.connect("postgres"))
    assert "script" not in page.tags
    assert all(target.startswith("#") for target in page.targets), page.targets
    addresses = set(re.findall(r"(?:https?:)?//[\w.]+[^\s\"'<)]*", page.text))
    assert addresses <= set(NAMESPACES) | {"http://www.w3.org/2000/xmlns/"}, addresses
    assert "default-src 'none'" in page.text
    assert "svg" in page.tags


def test_what_is_bad_stands_on_top_the_worst_first(full: Database) -> None:
    top = page_of(full.connect("postgres")).top
    lines = re.findall(r'<li class="(\w+)"><strong>\w+ · ([^<]+)</strong>', top)
    assert ("fail", "dead_jobs") in lines
    assert {("warn", "queue"), ("warn", "service level retries-exhausted")} <= set(lines)
    assert [status for status, _ in lines] == sorted(status for status, _ in lines), "fail before warn"


def test_a_quiet_stage_says_so(database: Database) -> None:
    database.run("UPDATE ops.health_probes SET created_at = now()")
    page = page_of(database.connect("postgres"))
    assert "Nothing. Every check passes" in page.top
    assert "No rows." in page.text


def test_a_query_that_fails_is_named_and_the_others_are_shown(database: Database) -> None:
    database.run("ALTER FUNCTION ops.health RENAME TO health_no_more")
    page = page_of(database.connect("postgres"))
    assert "the query failed: UndefinedFunction" in page.top
    assert "Families that are active" in page.text


def test_of_many_rows_the_first_are_shown_and_the_rest_counted(full: Database) -> None:
    page = page_of(full.connect("postgres"))
    assert f"{80 - MOST_ROWS} more: psql -f sql/dashboards/errors.sql" in page.text


def test_the_page_has_no_name_and_nothing_private(full: Database) -> None:
    full.run("UPDATE public.families SET name = 'Familia <Secreta>'")
    page = page_of(full.connect("postgres"))
    for private in ("Secreta", "Somebody", f"{isolation_rows.HIDDEN} ", "families/"):
        assert private not in page.text


def test_text_from_the_database_is_escaped(database: Database) -> None:
    database.run("SELECT ops.note_alert('<img src=x>', 'critical', 'm')")
    page = page_of(database.connect("postgres"))
    assert "img" not in page.tags
    assert "&lt;img src=x&gt;" in page.top


def test_the_command_says_where_it_looks_and_writes_a_page_for_its_owner_alone(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "choose", lambda: Stage("local", ""))
    monkeypatch.setenv("MIGRATIONS_DATABASE_URL", database.url("postgres"))
    assert command.main() == 0
    page = tmp_path / "dashboard-local.html"
    first, written = capsys.readouterr().out.splitlines()
    assert (first.split(":")[0], written) == ("stage local, database 127.0.0.1", f"written: {page}")
    assert page.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("MIGRATIONS_DATABASE_URL", "postgresql://operator:geheim@127.0.0.1:9/x")
    assert command.main() == 1
    assert "geheim" not in capsys.readouterr().err
