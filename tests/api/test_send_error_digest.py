"""send_error_digest: what is critical at once, the rest by the day, each thing once, and nobody's data in it."""

from __future__ import annotations

import pytest

from chalicelib.errors import InternalError
from tests.api.clock import Clock
from tests.api.vendors import OPERATOR, Vendors


def alert(clock: Clock, fingerprint: str, severity: str = "error", days_ago: int = 0) -> None:
    clock.run("SELECT ops.note_alert(%s, %s, %s, 'request-1')", fingerprint, severity, f"It is {fingerprint}.")
    clock.run("UPDATE ops.alert_digest SET day = day - %s WHERE fingerprint = %s", days_ago, fingerprint)


def test_what_is_critical_is_mailed_at_once_and_once_a_day(clock: Clock, vendors: Vendors) -> None:
    alert(clock, "lost", "critical")
    alert(clock, "small")
    assert clock.tick("send_error_digest") == {"critical": 1, "errors": 0}
    (letter,) = vendors.letters(OPERATOR)
    assert "CRITICAL" in letter.subject
    assert "It is lost. [lost, last request request-1]" in letter.text
    assert "small" not in letter.text
    alert(clock, "lost", "critical")
    clock.run("DELETE FROM ops.schedule_runs")
    assert clock.tick("send_error_digest") == {"critical": 0, "errors": 0}


def test_a_day_s_errors_are_one_mail_when_the_day_is_over(clock: Clock, vendors: Vendors) -> None:
    alert(clock, "first", days_ago=1)
    alert(clock, "second", days_ago=1)
    alert(clock, "today")
    assert clock.tick("send_error_digest") == {"critical": 0, "errors": 2}
    (letter,) = vendors.letters()
    assert "2 kinds of error" in letter.subject
    assert "1 x  It is first." in letter.text
    assert "today" not in letter.text


def test_by_hand_today_s_errors_are_told_too(clock: Clock, vendors: Vendors) -> None:
    alert(clock, "today")
    assert clock.now("send_error_digest") == {"critical": 0, "errors": 1}
    assert clock.now("send_error_digest") == {"critical": 0, "errors": 0}


def test_a_mail_that_could_not_be_sent_is_sent_by_the_next_run(clock: Clock, vendors: Vendors) -> None:
    alert(clock, "lost", "critical")
    vendors.mail_faults.fail_next(500)
    with pytest.raises(InternalError):
        clock.now("send_error_digest")
    assert vendors.letters() == []
    assert clock.now("send_error_digest") == {"critical": 1, "errors": 0}
    assert len(vendors.letters()) == 1


def test_sent_and_not_noted_it_still_arrives_once(clock: Clock, vendors: Vendors) -> None:
    alert(clock, "lost", "critical")
    clock.now("send_error_digest")
    clock.run("UPDATE ops.alert_digest SET sent_at = NULL")
    clock.now("send_error_digest")
    assert len(vendors.letters()) == 1


def test_a_missing_voice_is_in_the_operator_s_inbox_with_the_next_run(clock: Clock, vendors: Vendors) -> None:
    family, keeper = clock.family_of_one()
    recording = clock.kept(family, keeper)
    from chalicelib.storage.store import audio_store

    audio_store().delete_object(clock.key(family, recording))
    clock.now("audit_storage")
    clock.tick("send_error_digest")
    (letter,) = vendors.letters(OPERATOR)
    assert "voices" in letter.text
    assert recording not in letter.text
