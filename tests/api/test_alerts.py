"""What breaks is in the operator's next mail: grouped, counted, bounded, and without a word that a caller chose."""

from __future__ import annotations

import json
import socket
import string
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from itertools import product
from uuid import uuid4

import pytest
from chalice.local import LambdaContext

from app import app
from chalicelib import config
from chalicelib.call import Call
from chalicelib.database import alerts, connections, messages
from chalicelib.errors import InternalError, MissingConfiguration, Unavailable
from tests.support import gateway
from tests.support.api import Person
from tests.support.schedules import Schedules
from tests.support.stripe_server import StripeServer
from tests.support.vendors import OPERATOR, Vendors

HOSTILE_ID = "call-0155-5010-now.evil.example"


def rename(schedules: Schedules, function: str) -> None:
    """As a migration that a release does not know would."""
    schedules.run(f"ALTER FUNCTION ops.{function} RENAME TO renamed_{function}")


def add_prompt(schedules: Schedules, keeper: Person, family: str, **headers: str) -> gateway.Response:
    body = {"text": "Who taught you to dance?"}
    return keeper.call("POST", f"/v1/families/{family}/prompts", body, **headers)


def counts(schedules: Schedules) -> dict[str, int]:
    """Fingerprint -> how often."""
    return dict(schedules.run("SELECT fingerprint, occurrences FROM ops.alert_digest"))  # type: ignore[arg-type]


def next_digest(schedules: Schedules) -> dict[str, int]:
    """Fires the digest as if its five minutes were over; its summary."""
    schedules.run("DELETE FROM ops.schedule_runs WHERE schedule = 'send_error_digest'")
    return schedules.tick("send_error_digest")


def three_hours_pass(schedules: Schedules) -> None:
    schedules.run("UPDATE ops.alert_digest SET last_seen_at = last_seen_at - interval '3 hours 1 minute'")


def a_call(seconds: float = 30) -> Call:
    return Call.system("test", seconds=seconds)


# What is told


def test_forced_500s_and_failing_schedules_are_in_the_next_mail_with_their_counts(
    schedules: Schedules, vendors: Vendors, capsys: pytest.CaptureFixture[str]
) -> None:
    family, keeper = schedules.family_of_one()
    for function in ("create_prompt_tx", "plan_cleanup", "uploads_to_settle"):
        rename(schedules, function)
    for _ in range(5):
        assert add_prompt(schedules, keeper, family, x_request_id=HOSTILE_ID).status == 500
    for schedule in ("cleanup_media", "settle_uploads"):
        with pytest.raises(InternalError):
            schedules.now(schedule)
    assert next_digest(schedules) == {"critical": 3, "errors": 0, "recovered": 0}
    (letter,) = vendors.letters(OPERATOR)
    assert " 5 x  Requests fail with INTERNAL" in letter.text
    assert "[internal-error/resources.prompts.create_prompt/InternalError, last id " in letter.text
    for schedule in ("cleanup_media", "settle_uploads"):
        assert f" 1 x  A run of the schedule {schedule} failed. [schedule-failed/{schedule}, last id " in letter.text
    # The id leads to the log, though the caller chose another.
    own_id = letter.text.split("InternalError, last id ")[1].split("]")[0]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if own_id in line]
    assert {"internal_error", "request", "database_error"} <= {line["message"] for line in lines}
    assert all(line["requestId"] == HOSTILE_ID for line in lines)


def test_nothing_that_a_caller_can_choose_stands_in_a_mail(
    schedules: Schedules, vendors: Vendors, stripe: StripeServer
) -> None:
    """Not of a failed request, not of a job that it enqueued, not of a counter that it filled, not of a webhook."""
    family, keeper = schedules.family_of_one()
    invite = {"familyId": family, "email": "rosa@example.org"}
    assert keeper.ask("create-invite", invite, x_request_id=HOSTILE_ID).status == 200
    rename(schedules, "invite_mail")
    schedules.run("UPDATE ops.jobs SET max_attempts = 1")
    schedules.run(
        "INSERT INTO ops.call_counts (key, bucket, calls) VALUES ('wrong-code/all', %s, 500)", time.time() // 3600
    )
    assert keeper.ask("redeem-invite", {"code": "ABCDEFGHJ"}, x_request_id=HOSTILE_ID).code == "INVITE_NOT_VALID"
    for _ in range(6):
        forged = {"x-request-id": HOSTILE_ID, "stripe-signature": "t=1,v1=evil.example"}
        assert gateway.call("POST", "/functions/v1/stripe-webhook", forged, "{}").status == 400
    rename(schedules, "create_prompt_tx")
    assert add_prompt(schedules, keeper, family, x_request_id=HOSTILE_ID).status == 500
    assert schedules.now("process_jobs")["dead"] == 1
    assert counts(schedules).keys() == {
        "internal-error/resources.prompts.create_prompt/InternalError",
        *("dead-job/send_invite_email", "job-failed/send_invite_email/InternalError"),
        *("wrong-invite-codes", "webhook-unsigned"),
    }
    next_digest(schedules)
    told = json.dumps([[letter.subject, letter.text, letter.html] for letter in vendors.letters(OPERATOR)])
    for word in (HOSTILE_ID, "evil", "rosa", keeper.id):
        assert word not in told
    assert "dead-job/send_invite_email, last id " in told


def test_a_job_that_dies_is_a_line_at_error(schedules: Schedules, capsys: pytest.CaptureFixture[str]) -> None:
    family, keeper = schedules.family_of_one()
    keeper.ask("create-invite", {"familyId": family, "email": "rosa@example.org"})
    schedules.run("DELETE FROM ops.jobs WHERE kind <> 'send_invite_email'")
    # Its worker was killed during the last attempt: nobody reports it.
    schedules.run(
        "UPDATE ops.jobs SET attempts = max_attempts, lease_token = gen_random_uuid(), run_at = now() - interval '1 s'"
    )
    assert schedules.now("process_jobs") == {"dead": 1}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = (line for line in lines if line["message"] == "job")
    assert (line["level"], line["outcome"], line["kind"]) == ("ERROR", "dead", "send_invite_email")


def test_a_vendor_that_is_down_is_an_alarm_when_it_stays_down(schedules: Schedules, vendors: Vendors) -> None:
    family, keeper = schedules.family_of_one()
    for number in range(4):
        keeper.ask("create-invite", {"familyId": family, "email": f"rosa{number}@example.org"})
    schedules.run("DELETE FROM ops.jobs WHERE kind <> 'send_invite_email'")
    vendors.mail_faults.fail_next(500)
    schedules.now("process_jobs")
    assert counts(schedules) == {}, "once is no news"
    vendors.mail_faults.fail_next(500, times=8)
    for _ in range(2):
        schedules.run("UPDATE ops.jobs SET run_at = now(), turn_at = now()")
        schedules.now("process_jobs")
    assert counts(schedules) == {"vendor-unavailable/resend": 3}, "those before the alarm are told as well"


def test_a_job_that_fails_by_a_fault_of_ours_is_an_alarm_long_before_it_dies(
    schedules: Schedules, vendors: Vendors
) -> None:
    family, keeper = schedules.family_of_one()
    rename(schedules, "invite_mail")
    keeper.ask("create-invite", {"familyId": family, "email": "rosa@example.org"})
    schedules.now("process_jobs")
    assert next_digest(schedules)["critical"] == 1
    (letter,) = vendors.letters(OPERATOR)
    assert "[job-failed/send_invite_email/InternalError, last id " in letter.text
    schedules.run("ALTER FUNCTION ops.renamed_invite_mail RENAME TO invite_mail")
    three_hours_pass(schedules)
    assert next_digest(schedules)["recovered"] == 1


def test_a_schedule_that_stopped_is_an_alarm_with_its_last_success(schedules: Schedules, vendors: Vendors) -> None:
    schedules.run(
        "INSERT INTO ops.schedule_runs (schedule, slot, started_at, finished_at) SELECT 'settle_uploads', at, at, at"
        " FROM CAST(now() - interval '46 minutes' AS timestamptz) AS at"
    )
    assert next_digest(schedules)["critical"] == 1
    (finished,) = schedules.run("SELECT finished_at FROM ops.schedule_runs WHERE schedule = 'settle_uploads'")[0]
    since = f"{finished.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    assert f"settle_uploads has not run to its end since {since}." in vendors.letters(OPERATOR)[0].text
    schedules.tick("settle_uploads")
    three_hours_pass(schedules)
    assert next_digest(schedules) == {"critical": 0, "errors": 0, "recovered": 1}
    assert "settle_uploads has not run" in vendors.letters(OPERATOR)[0].text


def test_a_forged_webhook_is_no_alarm_and_a_series_is(schedules: Schedules, stripe: StripeServer) -> None:
    for number in range(1, 7):
        gateway.call("POST", "/functions/v1/stripe-webhook", {"stripe-signature": "t=1,v1=0"}, "{}")
        assert counts(schedules) == ({"webhook-unsigned": number} if number > 4 else {})


def test_missing_configuration_names_the_variable(schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> None:
    family, keeper = schedules.family_of_one()
    monkeypatch.delenv("INVITE_CODE_SECRET")
    config.reset()
    assert keeper.ask("create-invite", {"familyId": family}).code == "SERVICE_UNAVAILABLE"
    assert counts(schedules) == {"missing-configuration/INVITE_CODE_SECRET": 1}
    alerts.note_error(
        a_call(), MissingConfiguration({"R2_BUCKET_NAME": "is missing", "R2_ACCESS_KEY_ID": "is missing"})
    )
    assert len(counts(schedules)) == 3


# Told again, and told as over


def test_an_alarm_is_told_again_when_it_grew_tenfold(schedules: Schedules, vendors: Vendors) -> None:
    note = "SELECT ops.note_alert('internal-error/x/KeyError', 'critical', 'Requests fail.', NULL, %s)"
    schedules.run(note, 3)
    assert next_digest(schedules)["critical"] == 1
    schedules.run(note, 26)
    assert next_digest(schedules)["critical"] == 0, "29 are not ten times 3"
    schedules.run(note, 1)
    assert next_digest(schedules)["critical"] == 1
    assert "30 x (grown from 3)  Requests fail." in vendors.letters(OPERATOR)[0].text
    schedules.run(note, 269)
    assert next_digest(schedules)["critical"] == 0


def test_an_alarm_that_ended_is_told_as_over_and_anew_when_it_comes_back(
    schedules: Schedules, vendors: Vendors
) -> None:
    note = "SELECT ops.note_alert('vendor-unavailable/stripe', 'critical', 'Stripe is down.')"
    schedules.run(note)
    assert next_digest(schedules) == {"critical": 1, "errors": 0, "recovered": 0}
    three_hours_pass(schedules)
    assert next_digest(schedules) == {"critical": 0, "errors": 0, "recovered": 1}
    assert next_digest(schedules) == {"critical": 0, "errors": 0, "recovered": 0}
    letter = vendors.letters(OPERATOR)[0]
    assert "alarms over: 1," in letter.subject and "[vendor-unavailable/stripe]" in letter.text
    schedules.run(note)
    assert next_digest(schedules) == {"critical": 1, "errors": 0, "recovered": 0}
    three_hours_pass(schedules)
    assert next_digest(schedules)["recovered"] == 1


def test_a_schedule_is_over_its_failure_when_it_ran_to_its_end(schedules: Schedules, vendors: Vendors) -> None:
    rename(schedules, "plan_cleanup")
    with pytest.raises(InternalError):
        schedules.tick("cleanup_media")
    next_digest(schedules)
    three_hours_pass(schedules)
    assert next_digest(schedules)["recovered"] == 0, "it did not run since"
    schedules.run("ALTER FUNCTION ops.renamed_plan_cleanup RENAME TO plan_cleanup")
    schedules.run("DELETE FROM ops.schedule_runs")
    schedules.tick("cleanup_media")
    assert next_digest(schedules)["recovered"] == 1


# Bounded


def test_thousands_of_different_errors_stay_bounded(schedules: Schedules, vendors: Vendors) -> None:
    schedules.run(
        "SELECT ops.note_alert_tx('internal-error/place' || number, 'critical', 'Requests fail.')"
        " FROM generate_series(1, 3000) AS number"
    )
    schedules.run("SELECT ops.note_alert_tx('vendor-refuses-us/stripe', 'critical', 'Stripe refuses us.')")
    noted = counts(schedules)
    assert len(noted) == 52 and noted["internal-error/others"] == 2_950
    assert noted["vendor-refuses-us/stripe"] == 1, "one kind's flood hides no other kind"
    assert next_digest(schedules)["critical"] == 52
    (letter,) = vendors.letters(OPERATOR)
    assert len(letter.text) < 20_000


def test_a_flood_costs_a_process_few_messages_and_loses_no_count(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(1_000):
        alerts.note(a_call(), "internal-error", "place/KeyError")
    # Twice as many where a minute ended meanwhile.
    assert counts(schedules)["internal-error/place/KeyError"] in (alerts.MOST_A_MINUTE, 2 * alerts.MOST_A_MINUTE)
    monkeypatch.setattr(alerts, "_minute", 0)
    alerts.note(a_call(), "internal-error", "place/KeyError")
    assert counts(schedules) == {"internal-error/place/KeyError": 1_001}


def test_ids_and_hosts_in_a_name_make_no_fingerprint_of_their_own(schedules: Schedules) -> None:
    for number in range(1000, 1020):
        alerts.note(a_call(), "internal-error", f"place/Error_{number}")
        alerts.note(a_call(), "internal-error", f"place/Error {uuid4()}")
    assert set(counts(schedules)) <= {"internal-error/place/Error_N", "internal-error/place/ErrorN"}


# Never worse than the failure itself


@pytest.fixture
def silent_postgres(schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """From its call on, Postgres takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def silence() -> None:
            port = listener.getsockname()[1]
            monkeypatch.setenv("DATABASE_URL", f"postgresql://app_login@127.0.0.1:{port}/sun")
            config.reset()
            connections.reset()

        yield silence


def serve(keeper: Person, seconds: float) -> tuple[int, float]:
    """The status of a request that fails by a bug before it needs Postgres, and how long it took."""
    event = gateway.event_of("GET", "/openapi.json", {"authorization": f"Bearer {keeper.token}"})
    began = time.monotonic()
    answer = app(event, LambdaContext("api_handler", 512, round(seconds * 1000)))
    return answer["statusCode"], time.monotonic() - began


def test_noting_while_postgres_hangs_ends_before_the_request_must(
    schedules: Schedules,
    silent_postgres: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keeper = schedules.person()
    endpoint = next(each for each in app.endpoints if each.path == "/openapi.json")

    def breaks(call: Call) -> None:
        raise KeyError("maria@example.org")

    monkeypatch.setitem(vars(endpoint), "function", breaks)
    silent_postgres()
    status, seconds = serve(keeper, 0.9)
    assert status == 500 and seconds < 0.9
    assert "alert_not_noted" in capsys.readouterr().out
    # The next one does not even try.
    status, seconds = serve(keeper, 20)
    assert status == 500 and seconds < alerts.NOTE_SECONDS / 2
    assert "alert_not_noted" not in capsys.readouterr().out


def test_what_fails_because_postgres_is_away_is_not_noted_there(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    family, keeper = schedules.family_of_one()
    monkeypatch.setenv("DATABASE_URL", "postgresql://app_login@127.0.0.1:1/sun")
    config.reset()
    connections.reset()
    sent: list[str] = []
    monkeypatch.setattr(alerts, "transact", lambda call, name, **parameters: sent.append(name))
    assert keeper.get(f"/v1/families/{family}").code == "SERVICE_UNAVAILABLE"
    with pytest.raises(InternalError):
        schedules.now("cleanup_media")
    alerts.note_error(a_call(), Unavailable("database"))
    try:
        try:
            raise Unavailable("database")
        except Unavailable:
            raise KeyError("what broke while it was handled") from None
    except KeyError as error:
        alerts.note_failure(a_call(), error, "INTERNAL")
    assert sent == []
    assert "alert_not_noted" not in capsys.readouterr().out


def test_what_was_held_while_postgres_was_away_is_noted_with_the_next(
    schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(messages.connections, "exchange", _lost)
        for _ in range(3):
            alerts.note(a_call(), "internal-error", "place/KeyError")
    monkeypatch.setattr(alerts, "_away_until", 0.0)
    for told in (4, 5):
        alerts.note(a_call(), "internal-error", "place/KeyError")
        assert counts(schedules) == {"internal-error/place/KeyError": told}


def test_what_fails_in_a_function_s_last_moment_is_noted_with_the_next(schedules: Schedules) -> None:
    alerts.note(a_call(seconds=alerts.LEAST_SECONDS / 2), "internal-error", "place/KeyError")
    assert counts(schedules) == {}
    alerts.note(a_call(), "internal-error", "place/KeyError")
    assert counts(schedules) == {"internal-error/place/KeyError": 2}


def test_an_outage_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "_away_until", float("inf"))
    for first, second in product(string.ascii_lowercase, repeat=2):
        alerts.note(a_call(), "internal-error", f"{first}{second}")
    assert len(alerts._held) == 100


def _lost(*_arguments: object) -> None:
    raise connections.Lost("too slow", sent=True, in_time=False)


def test_threads_lose_no_count(schedules: Schedules) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(alerts.MOST_A_MINUTE):
            pool.submit(alerts.note, a_call(), "internal-error", "place/KeyError")
    assert counts(schedules) == {"internal-error/place/KeyError": alerts.MOST_A_MINUTE}
