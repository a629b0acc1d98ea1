"""process_jobs: what requests left behind is done: mail once, events once, and neither costs a request anything."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from chalicelib.mail import resend_client
from chalicelib.queue import worker
from chalicelib.schedules import process_jobs
from tests.support.api import Person
from tests.support.schedules import Schedules
from tests.support.vendors import Vendors

ROSA = "rosa@example.com"


def invited(schedules: Schedules, **more: Any) -> tuple[str, Person, dict[str, Any]]:
    """A family, its keeper, and the invite mailed to Rosa."""
    keeper = schedules.person()
    answer = keeper.ask("create-family", {"name": "Los Soles", "displayName": "Abuela", **more})
    family = answer.data["family"]["id"]
    invite = keeper.ask("create-invite", {"familyId": family, "email": ROSA}).data["invite"]
    return family, keeper, invite


def later(schedules: Schedules) -> None:
    schedules.run("UPDATE ops.jobs SET run_at = now() - interval '1 second', turn_at = now() - interval '1 second'")


# Mail


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "An invitation"), ("es", "Una invitación"), ("fr", "Une invitation")]
)
def test_an_invitation_arrives_in_the_family_s_language_with_a_working_code(
    schedules: Schedules, vendors: Vendors, locale: str, words: str
) -> None:
    _, _, invite = invited(schedules, locale=locale)
    schedules.now("process_jobs")
    (letter,) = vendors.letters(ROSA)
    assert words in letter.subject
    for body in (letter.text, letter.html):
        assert "Abuela" in body
        assert "Los Soles" in body
        assert invite["code"] in body
        assert invite["joinUrl"] in body
    guest = schedules.person()
    assert (
        guest.ask("redeem-invite", {"code": re.findall(r"[A-Z]{3}-[A-Z]{3}-[A-Z]{3}", letter.text)[-1]}).status == 200
    )


def test_a_name_cannot_become_a_header_or_markup(schedules: Schedules, vendors: Vendors) -> None:
    family, _, _ = invited(schedules)
    schedules.run(
        "UPDATE public.families SET name = %s WHERE id = %s",
        '<b>Sol</b> & "Luna"\r\nBcc: all@example.com\u2028$code',
        family,
    )
    schedules.now("process_jobs")
    (letter,) = vendors.letters()
    assert "<b>" not in letter.html
    assert "&lt;b&gt;Sol&lt;/b&gt; &amp; &#x27;Luna&#x27;" in letter.html
    assert letter.subject == "An invitation to Stories From the Sun"
    assert "$code" in letter.text, "what a name says is never filled in"


@pytest.mark.parametrize(
    "change",
    [
        "revoked_at = now()",
        "expires_at = now() - interval '1 second'",
        "used_count = max_uses",
        "generation = generation + 1",
    ],
)
def test_an_invite_that_cannot_be_redeemed_is_not_mailed(schedules: Schedules, vendors: Vendors, change: str) -> None:
    invited(schedules)
    schedules.run(f"UPDATE public.invites SET {change}")
    summary = schedules.now("process_jobs")
    assert (vendors.letters(), "dead" in summary) == ([], False)
    assert schedules.value("SELECT count(*) FROM ops.jobs WHERE kind = 'send_invite_email'") == 0


def test_when_resend_fails_the_invite_stays_valid_and_one_mail_arrives(
    schedules: Schedules, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, invite = invited(schedules)
    monkeypatch.setattr(resend_client, "SECONDS", 0.3)
    troubles = [lambda: vendors.mail_faults.fail_next(429), lambda: vendors.mail_faults.fail_next(500)]
    # Taken, and the answer came too late: the key makes the repeated one the same mail.
    troubles.append(lambda: vendors.mail_faults.delay(1.0))
    for trouble in troubles:
        trouble()
        assert schedules.now("process_jobs")["retry"] == 1
        later(schedules)
    assert schedules.now("process_jobs")["done"] == 1
    assert len(vendors.letters(ROSA)) == 1
    assert schedules.person().ask("redeem-invite", {"code": invite["code"]}).status == 200


def test_a_mail_refused_by_resend_is_dead_at_once_and_names_no_address(
    schedules: Schedules, vendors: Vendors, capsys: pytest.CaptureFixture[str]
) -> None:
    invited(schedules)
    vendors.mail_faults.fail_next(422)
    assert schedules.now("process_jobs")["dead"] == 1
    assert schedules.value("SELECT last_error FROM ops.dead_jobs") == "NotRetryable(Resend422)"
    assert schedules.alerts() == {"dead-job/send_invite_email": "critical"}
    logged = capsys.readouterr().out
    assert "Abuela" not in logged
    assert ROSA not in logged


def test_the_old_mail_of_a_resent_invite_is_not_sent_and_the_new_one_is(schedules: Schedules, vendors: Vendors) -> None:
    _, keeper, invite = invited(schedules)
    again = keeper.post(f"/v1/invites/{invite['id']}/resend")
    assert again.status == 200, again.body
    schedules.now("process_jobs")
    (letter,) = vendors.letters(ROSA)
    assert invite["code"] not in letter.text


# Events


def test_events_arrive_once_and_hold_ids_only(schedules: Schedules, vendors: Vendors) -> None:
    family, keeper, _ = invited(schedules)
    schedules.now("process_jobs")
    (event,) = vendors.events("onboarding_family_created")
    assert event["distinct_id"] == keeper.id
    assert event["properties"] == {
        "familyId": family,
        "$process_person_profile": False,
        "$ip": None,
        "$geoip_disable": True,
    }
    assert "Soles" not in json.dumps(vendors.events())


def test_posthog_being_slow_or_down_loses_no_event_and_counts_none_twice(
    schedules: Schedules, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import analytics

    monkeypatch.setattr(analytics, "SECONDS", 0.3)
    invited(schedules)
    events = schedules.value("SELECT count(*) FROM ops.jobs WHERE kind = 'capture_events'")
    vendors.event_faults.fail_next(503)
    assert schedules.now("process_jobs")["retry"] == events
    later(schedules)
    vendors.event_faults.delay(1.0)
    assert schedules.now("process_jobs")["retry"] == events
    later(schedules)
    assert schedules.now("process_jobs") == {"done": events}
    assert len(vendors.events()) == events


def test_an_unknown_event_is_dead_and_stops_no_other(schedules: Schedules, vendors: Vendors) -> None:
    person = schedules.person()
    for name, properties in (
        ("unheard_of", {}),
        ("invitation_created", {"family_id": person.id, "email": "x"}),
        ("invitation_created", {"family_id": person.id}),
    ):
        schedules.run("SELECT ops.capture_event(%s, %s, %s::jsonb, 'x')", name, person.id, json.dumps(properties))
    assert schedules.now("process_jobs") == {"done": 1, "dead": 2}
    assert [event["event"] for event in vendors.events()] == ["invitation_created"]
    causes = {row[0] for row in schedules.run("SELECT last_error FROM ops.dead_jobs")}
    assert causes == {"NotRetryable(UnknownEvent)", "NotRetryable(InvalidEvent)"}


def test_an_event_of_a_deleted_person_names_nobody(schedules: Schedules, vendors: Vendors) -> None:
    family, _ = schedules.family_of_one()
    schedules.run("DELETE FROM ops.jobs")
    schedules.run(
        "SELECT ops.capture_event('invitation_created', NULL, %s::jsonb, 'x')", json.dumps({"family_id": family})
    )
    assert schedules.now("process_jobs") == {"done": 1}
    assert vendors.events() == []


def test_without_a_posthog_key_events_are_dropped(
    schedules: Schedules, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import config

    monkeypatch.delenv("POSTHOG_API_KEY")
    config.reset()
    schedules.family_of_one()
    assert schedules.now("process_jobs") == {"done": 1}
    assert vendors.events() == []


# The minute


def test_a_run_ends_when_nothing_is_due(schedules: Schedules, vendors: Vendors) -> None:
    """A function is billed until it ends: waiting for second 30 would cost some hundred times as much."""
    started = time.monotonic()
    assert "waiting" in schedules.tick("process_jobs")
    assert time.monotonic() - started < 25
    assert schedules.tick("process_jobs") == {"skipped": "slot_taken"}


def test_a_run_claims_nothing_after_second_fifty(
    schedules: Schedules, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment, claims = [1000.0], list[float]()

    def drain(call: Any, remaining_seconds: Any) -> dict[str, int]:
        while remaining_seconds() >= worker.JOB_SECONDS:
            claims.append(moment[0] - 1000)
            moment[0] += 7
        return {"done": 1}

    monkeypatch.setattr(worker, "drain", drain)
    monkeypatch.setattr(process_jobs.time, "monotonic", lambda: moment[0])
    assert schedules.now("process_jobs")["done"] == 1
    assert 43 < max(claims) <= 50


def test_the_payload_of_every_job_holds_only_ids_numbers_and_known_words(
    schedules: Schedules, vendors: Vendors
) -> None:
    family, keeper, invite = invited(schedules)
    recording = schedules.kept(family, keeper, waveform=b"[1]")
    keeper.patch(f"/v1/recordings/{recording}", {"title": "A secret title"})
    keeper.post(f"/v1/families/{family}/prompts", {"text": "A secret question?"})
    keeper.patch("/v1/me", {"displayName": "Secret Name", "locale": "fr"})
    keeper.post(f"/v1/invites/{invite['id']}/resend")
    guest = schedules.person()
    code = schedules.person()
    assert code.ask("redeem-invite", {"code": "ABC-DEF-GHJ"}).status == 404
    fresh = keeper.ask("create-invite", {"familyId": family, "email": "second@example.com"}).data["invite"]
    guest.ask("redeem-invite", {"code": fresh["code"], "displayName": "Secret Guest"})
    schedules.value("SELECT ops.record_stripe_event_tx('evt_1', 'invoice.paid', false, now(), 'cus_1', 'in_1', true)")
    schedules.value("SELECT ops.enqueue_copies_tx(NULL, NULL, 10)")
    jobs = schedules.run("SELECT kind, payload FROM ops.jobs")
    assert {kind for kind, _ in jobs} == set(worker.KINDS)
    for kind, payload in jobs:
        for path, value in leaves(payload):
            assert is_harmless(path, value), f"{kind}: {path} is {type(value).__name__}"


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(item, f"{path}.{key}".lstrip("."))]
    return [(path, value)]


def is_harmless(path: str, value: Any) -> bool:
    """An id, a number, a time, or one of the few words that events are made of."""
    from chalicelib.analytics import EVENTS

    if value is None or isinstance(value, bool | int | float):
        return True
    words = {
        "event": "|".join(EVENTS),
        "happened_at": r"\d{4}-\d\d-\d\dT[\d:.+]+",
        "properties.locale": "en|es|fr",
        "properties.previous_locale": "en|es|fr",
        "properties.plan": "free|family|legacy",
        "properties.previous_plan": "free|family|legacy",
        "event_id": r"evt_\w+",
    }
    return re.fullmatch(words.get(path, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), str(value)) is not None
