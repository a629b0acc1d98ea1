"""One message: who does the work."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest

from chalicelib.api.rate_limits import REDEEM
from chalicelib.call import Call
from chalicelib.database import connections, messages
from chalicelib.errors import InternalError
from tests.support.database_server import Database
from tests.support.messages import a_call, outcome


def test_a_write_runs_as_our_service_with_the_callers_claims(prepared: Database, person: UUID) -> None:
    result = messages.transact(a_call(person), "test_echo", value={"a": [1, "ü🌞'\"\\%s"]})
    assert result["role"] == "app_service"
    assert result["claims"] == f'{{"sub": "{person}", "role": "authenticated"}}'
    assert result["value"] == {"a": [1, "ü🌞'\"\\%s"]}


def test_a_read_runs_as_the_caller_under_row_level_security(prepared: Database, person: UUID) -> None:
    result = messages.read(a_call(person), "who_am_i", value="it's 100%")
    assert result == {"role": "authenticated", "uid": str(person), "value": "it's 100%"}
    assert messages.read(a_call(person), "families") == {"families": 0}


@pytest.mark.parametrize("setting", ["sub", "role", "email"])
def test_a_claim_that_an_earlier_client_left_set_makes_nobody_act_as_somebody_else(
    prepared: Database, person: UUID, setting: str
) -> None:
    messages.read(a_call(person), "who_am_i", value="")
    (kept,) = connections._KEPT
    with kept.cursor() as cursor:
        left = {"sub": str(prepared.add_user()), "role": "service_role", "email": "somebody@example.org"}[setting]
        cursor.execute("SELECT set_config(%s, %s, false)", [f"request.jwt.claim.{setting}", left])
    assert messages.read(a_call(person), "who_am_i", value="")["uid"] == str(person)
    assert messages.read(a_call(person), "left_over", name=f"request.jwt.claim.{setting}") == {"value": ""}


@pytest.mark.parametrize(
    ("setting", "left"), [("role", "authenticated"), ("statement_timeout", "40"), ("lock_timeout", "1")]
)
def test_a_role_or_impatience_that_an_earlier_client_left_harms_no_message(
    prepared: Database, person: UUID, setting: str, left: str
) -> None:
    messages.ping()
    (kept,) = connections._KEPT
    with kept.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [setting, left])
    waiter = prepared.connect(autocommit=False)
    with waiter.cursor() as cursor:
        # The counter's row is held for longer than that.
        messages.transact(a_call(person, REDEEM), "test_echo")
        cursor.execute("UPDATE ops.call_counts SET calls = calls")
    threading.Timer(0.2, waiter.commit).start()
    assert messages.transact(a_call(person, REDEEM), "test_echo")["role"] == "app_service"
    assert "slept" in messages.read(a_call(person, REDEEM), "slow", seconds=0.1)


def test_the_systems_own_work_has_no_claims(prepared: Database) -> None:
    assert messages.transact(a_call(), "test_echo")["claims"] == ""


def test_reading_needs_a_user(prepared: Database) -> None:
    assert isinstance(outcome(lambda: messages.read(a_call(), "families")), InternalError)


def test_role_and_claims_are_gone_after_the_message(prepared: Database, person: UUID) -> None:
    messages.transact(a_call(person), "test_echo")
    (kept,) = connections._KEPT
    with kept.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, current_setting('request.jwt.claims', true), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("app_login", "", "30s")


# Of a request it has been checked; that of a job comes out of a row, which a person may have written by hand.
@pytest.mark.parametrize(
    "hostile", ["x */ SELECT pg_sleep(60); /*", "%(value)s", "100%", "a\nb", "-- x", "/*", "\u202e\u2028é", "'); --"]
)
def test_a_request_id_of_any_text_ends_no_comment_and_fills_in_nothing(prepared: Database, hostile: str) -> None:
    call = Call.system("send_invite_email", hostile)
    assert messages.transact(call, "test_echo")["request_id"] == hostile


def test_the_request_id_is_there_for_one_message_and_for_no_other(prepared: Database, person: UUID) -> None:
    calls = [a_call(person, REDEEM), a_call()]
    assert [messages.transact(call, "test_echo")["request_id"] for call in calls] == [call.request_id for call in calls]
    (kept,) = connections._KEPT
    with kept.cursor() as cursor:
        # A message on the same connection that does not set it: as a pooler may hand it on to anybody.
        cursor.execute("SELECT set_config('role', 'app_service', true); SELECT ops.request_id()")
        assert cursor.fetchone() == (None,)


def test_jobs_and_events_carry_the_id_of_their_request_and_alerts_one_of_our_own(
    prepared: Database, person: UUID
) -> None:
    founding, billing, alerting = a_call(person), a_call(), a_call()
    family = {"name": "Sol", "locale": "en", "display_name": None}
    messages.transact(founding, "create_family_tx", **family, quota_bytes=1, max_recording_seconds=1)
    event = {"event_id": "evt_id", "type": "invoice.paid", "livemode": False, "happened_at": "2026-11-20"}
    messages.transact(billing, "record_stripe_event_tx", **event, customer_id="cus", object_id="in", relevant=True)
    messages.transact(alerting, "note_alert_tx", fingerprint="moon", severity="error", message="The moon fell.")
    kept = prepared.run(
        "SELECT kind, request_id FROM ops.jobs WHERE request_id = ANY (%s)"
        " UNION ALL SELECT 'event', request_id FROM ops.stripe_events WHERE event_id = 'evt_id'"
        " UNION ALL SELECT 'alert', last_request_id FROM ops.alert_digest WHERE fingerprint = 'moon' ORDER BY 1",
        [[founding.request_id, billing.request_id]],
    )
    assert kept == [
        ("alert", alerting.own_id),
        ("apply_stripe_event", billing.request_id),
        ("capture_events", founding.request_id),
        ("event", billing.request_id),
    ]


def test_two_people_on_one_connection_see_only_themselves(prepared: Database) -> None:
    one, two = prepared.add_user(), prepared.add_user()
    for person in (one, two) * 20:
        assert messages.read(a_call(person), "who_am_i", value="x")["uid"] == str(person)
        assert str(person) in messages.transact(a_call(person), "test_echo")["claims"]
        assert isinstance(
            outcome(lambda: messages.transact(a_call(one), "test_raise_tx", sqlstate="P0001", secret="s")),
            InternalError,
        )
        assert messages.transact(a_call(), "test_echo")["claims"] == ""
    assert len(connections._KEPT) == 1


def test_a_read_cannot_call_internal_functions(prepared: Database, person: UUID) -> None:
    assert isinstance(outcome(lambda: messages.read(a_call(person), "forbidden")), InternalError)


def test_many_threads_never_get_each_other_s_rows(prepared: Database) -> None:
    people = [prepared.add_user() for _ in range(6)]
    wrong: list[Any] = []

    def work(person: UUID) -> None:
        for _ in range(25):
            seen = messages.read(a_call(person, REDEEM if person == people[0] else None), "who_am_i", value="x")["uid"]
            if seen != str(person):
                wrong.append(seen)

    threads = [threading.Thread(target=work, args=(person,)) for person in people[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert 1 <= len(connections._KEPT) <= 5
