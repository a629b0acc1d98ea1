"""send_error_digest: what is critical at once, the rest by the day, each thing once, and nobody's data in it."""

from __future__ import annotations

import pytest

from chalicelib.errors import InternalError
from chalicelib.storage.deletion import delete_object
from tests.support.schedules import Schedules
from tests.support.vendors import OPERATOR, Vendors


def alert(schedules: Schedules, fingerprint: str, severity: str = "error", days_ago: int = 0) -> None:
    schedules.run("SELECT ops.note_alert(%s, %s, %s, 'request-1')", fingerprint, severity, f"It is {fingerprint}.")
    schedules.run("UPDATE ops.alert_digest SET day = day - %s WHERE fingerprint = %s", days_ago, fingerprint)


def test_a_critical_error_is_mailed_at_once_and_once_a_day(schedules: Schedules, vendors: Vendors) -> None:
    alert(schedules, "lost", "critical")
    alert(schedules, "small")
    assert schedules.tick("send_error_digest") == {"critical": 1, "errors": 0, "recovered": 0}
    (letter,) = vendors.letters(OPERATOR)
    assert "CRITICAL" in letter.subject
    assert "It is lost. [lost, last id request-1]" in letter.text
    assert "small" not in letter.text
    alert(schedules, "lost", "critical")
    schedules.run("DELETE FROM ops.schedule_runs")
    assert schedules.tick("send_error_digest") == {"critical": 0, "errors": 0, "recovered": 0}


def test_a_day_s_errors_are_one_mail_when_the_day_is_over(schedules: Schedules, vendors: Vendors) -> None:
    alert(schedules, "first", days_ago=1)
    alert(schedules, "second", days_ago=1)
    alert(schedules, "today")
    assert schedules.tick("send_error_digest") == {"critical": 0, "errors": 2, "recovered": 0}
    (letter,) = vendors.letters()
    assert "kinds of error: 2," in letter.subject
    assert "1 x  It is first." in letter.text
    assert "today" not in letter.text


def test_a_digest_run_by_hand_includes_the_errors_of_today(schedules: Schedules, vendors: Vendors) -> None:
    alert(schedules, "today")
    assert schedules.now("send_error_digest") == {"critical": 0, "errors": 1, "recovered": 0}
    assert schedules.now("send_error_digest") == {"critical": 0, "errors": 0, "recovered": 0}


def test_a_mail_that_could_not_be_sent_is_sent_by_the_next_run(schedules: Schedules, vendors: Vendors) -> None:
    alert(schedules, "lost", "critical")
    vendors.mail_faults.fail_next(500)
    with pytest.raises(InternalError):
        schedules.now("send_error_digest")
    assert vendors.letters() == []
    # And says that it failed.
    assert schedules.now("send_error_digest") == {"critical": 2, "errors": 0, "recovered": 0}
    (letter,) = vendors.letters()
    assert "[lost, last id" in letter.text and "[schedule-failed/send_error_digest, last id" in letter.text


def test_a_digest_sent_but_not_recorded_arrives_once(schedules: Schedules, vendors: Vendors) -> None:
    alert(schedules, "lost", "critical")
    schedules.now("send_error_digest")
    schedules.run("UPDATE ops.alert_digest SET sent_at = NULL, mailed_occurrences = 0")
    schedules.now("send_error_digest")
    assert len(vendors.letters()) == 1


def test_a_missing_object_is_mailed_to_the_operator_by_the_next_run(schedules: Schedules, vendors: Vendors) -> None:
    family, keeper = schedules.family_of_one()
    recording = schedules.kept(family, keeper)
    from chalicelib.storage.store import audio_store

    delete_object(audio_store(), schedules.key(family, recording))
    schedules.now("audit_storage")
    schedules.tick("send_error_digest")
    (letter,) = vendors.letters(OPERATOR)
    assert "object is missing" in letter.text
    assert recording not in letter.text
