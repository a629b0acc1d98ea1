"""Alerts in SQL: from how many occurrences on they are noted, how long they are one, what has grown, what is over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.database_server import Database


class Digest:
    """The operator's digest of a database that has no alerts yet."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def value(self, expression: str, *parameters: Any) -> Any:
        return self.database.run(f"SELECT {expression}", parameters)[0][0]

    def note(self, fingerprint: str, occurrences: int = 1, threshold: int = 1, severity: str = "error") -> None:
        self.value("ops.note_alert_tx(%s, %s, 'It is.', %s, %s)", fingerprint, severity, occurrences, threshold)

    def counts(self) -> dict[str, int]:
        return dict(self.database.run("SELECT fingerprint, sum(occurrences)::integer FROM ops.alert_digest GROUP BY 1"))  # type: ignore[arg-type]

    def pass_time(self, interval: str, days: int = 0) -> None:
        self.database.run(
            "UPDATE ops.alert_digest SET last_seen_at = last_seen_at - %s::interval, day = day - %s", [interval, days]
        )

    def to_send(self, limit: int = 100) -> list[dict[str, Any]]:
        return list(self.value("ops.alerts_to_send(true, %s)", limit)["alerts"])

    def send(self) -> list[str]:
        """Mails what is due, each with its count at that moment; the fingerprints."""
        due = self.to_send()
        ids, named = [alert["id"] for alert in due], [alert["occurrences"] for alert in due]
        self.value("ops.mark_alerts_sent_tx(%s::uuid[], %s)", ids, named)
        return [alert["fingerprint"] for alert in due]

    def over(self) -> list[dict[str, Any]]:
        return list(self.value("ops.alerts_recovered(100)")["alerts"])


@pytest.fixture
def digest(module_database: Database) -> Digest:
    module_database.run("TRUNCATE ops.alert_digest, ops.call_counts, ops.schedule_runs")
    return Digest(module_database)


# From when on it is an alert --------------------------------------------------------------------


def test_an_alert_is_noted_from_its_threshold_on_and_each_has_its_own_count(digest: Digest) -> None:
    for fingerprint in ("vendor/a", "vendor/a", "vendor/b"):
        digest.note(fingerprint, threshold=3)
    assert digest.counts() == {}
    digest.note("vendor/a", threshold=3)
    assert digest.counts() == {"vendor/a": 3}, "the first of a day tells of those before it too"
    digest.note("vendor/a", threshold=3)
    assert digest.counts() == {"vendor/a": 4}


@pytest.mark.parametrize(
    ("before", "together", "noted"), [(0, 3, 3), (0, 50, 50), (1, 2, 3), (1, 1, None), (0, 2, None)]
)
def test_occurrences_that_a_process_held_back_count_each_for_the_threshold(
    digest: Digest, before: int, together: int, noted: int | None
) -> None:
    for _ in range(before):
        digest.note("vendor/a", threshold=3)
    digest.note("vendor/a", together, threshold=3)
    assert digest.counts().get("vendor/a") == noted


def test_a_threshold_is_met_within_a_quarter_of_an_hour(digest: Digest) -> None:
    digest.note("vendor/a", threshold=3)
    assert digest.value("bucket = floor(extract(epoch FROM updated_at) / 900) FROM ops.call_counts") is True


# Bounded ----------------------------------------------------------------------------------------


def flood(digest: Digest, kind: str, count: int) -> None:
    """So many different alerts of a kind."""
    digest.database.run(
        "SELECT ops.note_alert_tx(%s || '/' || number, 'error', 'It is.') FROM generate_series(1, %s) AS number",
        [kind, count],
    )


def test_fifty_of_a_kind_are_named_a_day_and_those_that_are_named_go_on_counting(digest: Digest) -> None:
    digest.note("kind/known")
    flood(digest, "kind", 60)
    for fingerprint in ("kind/known", "kind/50", "other/new"):
        digest.note(fingerprint)
    counts = digest.counts()
    assert len(counts) == 52
    assert {name: counts[f"kind/{name}"] for name in ("known", "1", "others")} == {"known": 2, "1": 1, "others": 12}
    assert counts["other/new"] == 1


def test_a_day_s_bound_knows_nothing_of_the_day_before(digest: Digest) -> None:
    digest.note("kind/old")
    flood(digest, "kind", 49)
    digest.pass_time("1 day", days=1)
    flood(digest, "kind", 50)
    digest.note("kind/old")
    assert {name: digest.counts().get(f"kind/{name}") for name in ("1", "50", "old", "others")} == {
        "1": 2, "50": 1, "old": 1, "others": 1,
    }  # fmt: skip


# Mailed -----------------------------------------------------------------------------------------


def test_an_alert_that_comes_again_counts_and_names_the_last_request_that_is_known(digest: Digest) -> None:
    for request in ("first", "second", None):
        digest.value("ops.note_alert('lost', 'error', 'It is.', %s)", request)
    assert digest.database.run("SELECT occurrences, last_request_id FROM ops.alert_digest") == [(3, "second")]


def test_critical_alerts_come_first_and_one_that_is_sent_sends_no_other(digest: Digest) -> None:
    digest.note("a")
    digest.note("z", severity="critical")
    (first,) = digest.to_send(limit=1)
    assert first["fingerprint"] == "z"
    digest.value("ops.mark_alerts_sent_tx(%s::uuid[])", [first["id"]])
    assert digest.send() == ["a"]
    assert digest.send() == []


def test_what_grows_while_it_is_mailed_has_grown_from_what_the_mail_named(digest: Digest) -> None:
    digest.note("a", 2)
    (due,) = digest.to_send()
    digest.note("a", 18)
    digest.value("ops.mark_alerts_sent_tx(%s::uuid[], %s)", [due["id"]], [due["occurrences"]])
    assert digest.send() == ["a"]
    digest.note("a", 179)
    assert digest.send() == []
    digest.note("a")
    assert digest.send() == ["a"]


# Over -------------------------------------------------------------------------------------------


def test_what_was_not_mailed_is_never_over_and_what_was_is_so_after_three_hours_once(digest: Digest) -> None:
    for fingerprint in ("uncopied", "job-waits/mail"):
        digest.note(fingerprint)
    digest.pass_time("2 hours 59 minutes")
    digest.send()
    digest.note("vendor-unavailable/x")
    assert digest.over() == []
    digest.pass_time("3 hours", days=0)
    over = digest.over()
    assert [alert["fingerprint"] for alert in over] == ["job-waits/mail", "uncopied"]
    digest.value("ops.mark_alerts_recovered_tx(%s::uuid[])", over[0]["ids"])
    assert [alert["fingerprint"] for alert in digest.over()] == ["uncopied"]


def test_what_lasted_for_days_is_over_with_all_of_them_and_not_before_the_last(digest: Digest) -> None:
    digest.note("uncopied", 2)
    digest.send()
    digest.pass_time("1 day", days=1)
    digest.note("uncopied", 3)
    digest.send()
    assert digest.over() == []
    digest.pass_time("3 hours 1 minute")
    (over,) = digest.over()
    assert (over["occurrences"], len(over["ids"])) == (5, 2)
    digest.value("ops.mark_alerts_recovered_tx(%s::uuid[])", over["ids"])
    assert digest.over() == []


def test_what_comes_back_is_mailed_anew_with_its_new_count_and_can_be_over_again(digest: Digest) -> None:
    digest.note("uncopied", 5)
    for _ in range(2):
        assert digest.send() == ["uncopied"]
        assert digest.send() == []
        digest.pass_time("3 hours 1 minute")
        (over,) = digest.over()
        digest.value("ops.mark_alerts_recovered_tx(%s::uuid[])", over["ids"])
        digest.note("uncopied")
        assert digest.to_send()[0]["mailed_occurrences"] == 0
        digest.pass_time("3 hours 1 minute")
        assert digest.over() == [], "nobody was told that it is back"


@pytest.mark.parametrize(
    ("runs", "over"),
    [
        ([], False),
        ([("cleanup_media", "5 hours")], False),
        ([("cleanup_media", None), ("process_jobs", "1 minute")], False),
        ([("cleanup_media", "1 minute")], True),
    ],
)
def test_a_failed_schedule_is_over_when_it_ran_to_its_end_since(
    digest: Digest, runs: list[tuple[str, str | None]], over: bool
) -> None:
    digest.note("schedule-failed/cleanup_media")
    digest.send()
    digest.pass_time("3 hours 1 minute")
    for schedule, ended in runs:
        digest.database.run(
            "INSERT INTO ops.schedule_runs (schedule, slot, finished_at) VALUES (%s, now(), now() - %s::interval)",
            [schedule, ended],
        )
    assert bool(digest.over()) is over


@pytest.mark.parametrize("fingerprint", ["dead-job/send_invite_email", "copy-missing", "billing/unknown_price"])
def test_silence_says_nothing_of_what_stays_as_it_is(digest: Digest, fingerprint: str) -> None:
    digest.note(fingerprint)
    digest.send()
    digest.pass_time("3 hours 1 minute")
    assert digest.over() == []


@pytest.mark.parametrize(
    "fingerprint",
    ["service-level/queue-age", "schedule-late/settle_uploads", "no-second-bucket", "job-failed/x/KeyError"],
)
def test_what_is_noted_again_and_again_while_it_lasts_is_over_by_silence(digest: Digest, fingerprint: str) -> None:
    digest.note(fingerprint)
    digest.send()
    digest.pass_time("3 hours 1 minute")
    assert len(digest.over()) == 1
