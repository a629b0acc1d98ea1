"""A vendor that refuses us, answers rubbish or does not answer costs a request its time, a job a delay, and no more."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from chalice.local import LambdaContext

from app import app
from chalicelib import analytics, config, monitoring
from chalicelib.billing import stripe_http
from chalicelib.call import Call
from chalicelib.mail import resend_client
from chalicelib.operations import create_checkout_session
from chalicelib.queue import worker
from chalicelib.storage import s3_http, store
from tests.support import gateway, rubbish
from tests.support.api import Api, Person
from tests.support.in_time import in_time
from tests.support.rubbish import RUBBISH, SECRET_WORDS, SLOW, Vendor, says
from tests.support.schedules import Schedules
from tests.support.stripe_server import StripeServer
from tests.support.vendors import Vendors

ROSA = "rosa@example.com"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with rubbish.vendor_of_rubbish() as vendor:
        yield vendor


def instead_of_stripe(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", vendor.url)
    config.reset()


def alerts(api: Api) -> dict[str, int]:
    """Fingerprint -> how often."""
    return dict(api.run("SELECT fingerprint, occurrences FROM ops.alert_digest"))  # type: ignore[arg-type]


def subscribe(keeper: Person, family: str) -> Any:
    return keeper.ask("create-checkout-session", {"familyId": family, "plan": "family", "interval": "month"})


def test_a_vendor_s_failure_has_the_id_in_the_mail_and_its_time_the_vendor_s_name(
    api: Api, stripe: StripeServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper = api.person()
    family = api.family(keeper)
    traced: list[Call] = []
    monkeypatch.setattr(monitoring, "trace", lambda call, _seconds, **_tags: traced.append(call))
    stripe.stand_in.faults.fail_next(500, times=20)
    assert subscribe(keeper, family).status == 503
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (failed,) = (line for line in lines if line["message"] == "vendor_failed")
    assert failed["requestId"] == traced[0].request_id
    assert ("vendor", "stripe") in {(span.kind, span.name) for span in traced[0].spans}


# Requests


@pytest.fixture
def paying(api: Api, stripe: StripeServer) -> tuple[Person, str]:
    """A keeper and a family with an open checkout session."""
    keeper = api.person()
    family = api.family(keeper)
    assert subscribe(keeper, family).status == 200
    return keeper, family


@pytest.mark.parametrize("name", ["create-checkout-session", "create-portal-session"])
def test_rubbish_of_stripe_s_is_503_with_retry_after_and_an_alert(
    name: str,
    api: Api,
    paying: tuple[Person, str],
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keeper, family = paying
    instead_of_stripe(vendor, monkeypatch)
    monkeypatch.setattr("chalicelib.database.alerts.MOST_A_MINUTE", len(RUBBISH))
    body = {"familyId": family, "plan": "family", "interval": "month"}
    for title, answer in RUBBISH.items():
        vendor.answer = answer
        reply = keeper.ask(name, body)
        assert (reply.status, reply.code) == (503, "SERVICE_UNAVAILABLE"), title
        assert int(reply.headers["retry-after"]) >= 1
        api.run("DELETE FROM ops.call_counts")  # more of these a minute than one person may make
    noted = alerts(api)
    assert set(noted) == {"vendor-unreadable/stripe", "vendor-refuses-us/stripe"}
    assert sum(noted.values()) == len(RUBBISH)
    told = capsys.readouterr().out + json.dumps(api.run("SELECT message FROM ops.alert_digest"))
    for word in SECRET_WORDS.split():
        assert word not in told


def test_a_checkout_whose_stripe_drips_ends_in_its_time(
    api: Api, paying: tuple[Person, str], vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, family = paying
    instead_of_stripe(vendor, monkeypatch)
    monkeypatch.setattr(create_checkout_session, "CHECKOUT_SECONDS", 0.8)
    monkeypatch.setattr(stripe_http, "SECONDS", 0.6)
    for answer in SLOW.values():
        vendor.answer = answer
        began = time.monotonic()
        assert subscribe(keeper, family).code == "SERVICE_UNAVAILABLE"
        in_time(time.monotonic() - began, at_most=1.2)
    assert alerts(api) == {"vendor-unavailable/stripe": len(SLOW)}


def test_all_requests_of_one_checkout_share_its_time(
    api: Api, paying: tuple[Person, str], vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, family = paying
    instead_of_stripe(vendor, monkeypatch)
    monkeypatch.setattr(create_checkout_session, "CHECKOUT_SECONDS", 0.9)
    session = api.value("SELECT checkout_session_id FROM ops.billing_customers WHERE family_id = %s", family)

    def slowly(connection: Any) -> None:
        time.sleep(0.25)
        expired = {"id": session, "status": "expired", "url": None, "customer": None, "subscription": None}
        says(200, json.dumps(expired).encode(), Idempotent_Replayed="true")(connection)

    vendor.answer = slowly
    began = time.monotonic()
    assert subscribe(keeper, family).code == "SERVICE_UNAVAILABLE"
    in_time(time.monotonic() - began, at_most=1.3)
    assert len(vendor.requests) > 1


def test_no_operation_waits_longer_than_its_function_lives(
    api: Api, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = api.person()
    family = api.family(keeper)
    recording = api.upload(family, keeper)
    monkeypatch.setenv("R2_ENDPOINT_URL", vendor.url)
    config.reset()
    store.reset()
    vendor.answer = SLOW["drips its headers"]
    began = time.monotonic()
    headers = {"authorization": f"Bearer {keeper.token}"}
    body = json.dumps({"familyId": family, "recordingId": recording})
    event = gateway.event_of("POST", "/functions/v1/finalize-recording", headers, body)
    assert app(event, LambdaContext("api_handler", 512, 1_500))["statusCode"] == 503
    in_time(time.monotonic() - began, at_most=1.2)
    assert s3_http.BUDGET > 1.2


def test_a_store_that_refuses_our_key_is_an_alert_and_no_missing_upload(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = api.person()
    family = api.family(keeper)
    recording = api.upload(family, keeper)
    body = {"familyId": family, "recordingId": recording}
    monkeypatch.setenv("R2_SECRET_ACCESS_KEY", "a-key-that-was-rotated")
    config.reset()
    store.reset()
    assert keeper.ask("finalize-recording", body).code == "SERVICE_UNAVAILABLE"
    assert alerts(api) == {"vendor-refuses-us/storage": 1}
    monkeypatch.setenv("R2_SECRET_ACCESS_KEY", "audio-secret")
    config.reset()
    store.reset()
    assert keeper.ask("finalize-recording", body).status == 200


# Schedules


def test_schedules_alert_on_a_store_that_refuses_our_key(schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> None:
    family, keeper = schedules.family_of_one()
    schedules.kept(family, keeper)
    monkeypatch.setenv("BACKUP_SECRET_ACCESS_KEY", "a-key-that-was-rotated")
    config.reset()
    store.reset()
    assert schedules.now("copy_recordings")["failed"] == 1
    assert schedules.alerts() == {"vendor-refuses-us/backup": "critical"}


def test_a_digest_that_resend_refuses_is_an_alert_of_its_own(schedules: Schedules, vendors: Vendors) -> None:
    schedules.run("SELECT ops.note_alert('moon', 'critical', 'The moon fell.')")
    vendors.mail_faults.fail_next(403)
    with pytest.raises(Exception, match="send_error_digest failed"):
        schedules.now("send_error_digest")
    assert schedules.alerts()["vendor-refuses-us/resend"] == "critical"
    assert schedules.now("send_error_digest")["critical"] == 3, "the moon, Resend, and the failed run itself"


# Jobs


def invited(schedules: Schedules, count: int = 1) -> tuple[str, Person]:
    """A family whose invites, each with a mail of its own, wait in the queue alone."""
    keeper = schedules.person()
    family = schedules.family(keeper)
    for number in range(count):
        body = {"familyId": family, "email": ROSA.replace("@", f"{number}@")}
        assert keeper.ask("create-invite", body).status == 200
    schedules.run("DELETE FROM ops.jobs WHERE kind <> 'send_invite_email'")
    return family, keeper


def later(schedules: Schedules, kind: str = "%") -> None:
    schedules.run("UPDATE ops.jobs SET run_at = now(), turn_at = now() WHERE kind LIKE %s", kind)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_our_key_delays_a_mail_and_alerts_once_a_day(
    status: int, schedules: Schedules, vendors: Vendors
) -> None:
    invited(schedules)
    for _ in range(3):
        vendors.mail_faults.fail_next(status)
        assert schedules.now("process_jobs") == {"retry": 1}
        later(schedules)
    assert schedules.value("SELECT last_error FROM ops.jobs") == "Unavailable(resend: refuses us)"
    assert schedules.run("SELECT fingerprint, occurrences FROM ops.alert_digest") == [("vendor-refuses-us/resend", 3)]
    assert schedules.now("process_jobs") == {"done": 1}
    assert len(vendors.letters()) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_our_key_delays_events_and_alerts_once_a_day(
    status: int, schedules: Schedules, vendors: Vendors
) -> None:
    schedules.person().ask("create-family", {"name": "Los Soles"})
    vendors.event_faults.fail_next(status)
    assert schedules.now("process_jobs") == {"retry": 1}
    assert schedules.value("SELECT last_error FROM ops.jobs") == "Unavailable(posthog: refuses us)"
    assert schedules.alerts() == {"vendor-refuses-us/posthog": "critical"}
    later(schedules)
    assert schedules.now("process_jobs") == {"done": 1}
    assert len(vendors.events()) == 1


def test_rubbish_of_stripe_s_is_a_typed_failure_of_an_event_s_job(
    schedules: Schedules, stripe: StripeServer, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, keeper = schedules.family_of_one()
    subscribe(keeper, family)
    customer = schedules.value("SELECT customer_id FROM ops.billing_customers")
    schedules.run("DELETE FROM ops.jobs")
    schedules.value(
        "SELECT ops.record_stripe_event_tx('evt_1', 'invoice.paid', false, now(), %s, 'in_1', true)", customer
    )
    base = stripe.url
    instead_of_stripe(vendor, monkeypatch)
    for title, answer in RUBBISH.items():
        vendor.answer = answer
        later(schedules)
        assert schedules.now("process_jobs") == {"retry": 1}, title
        (event_error,) = schedules.run("SELECT last_error FROM ops.stripe_events")
        (job_error,) = schedules.run("SELECT last_error FROM ops.jobs")
        assert event_error == job_error
        assert job_error[0] in {"Unavailable(stripe: unreadable answer)", "Unavailable(stripe: refuses us)"}, title
    assert {"vendor-unreadable/stripe", "vendor-refuses-us/stripe"} <= set(schedules.alerts())
    monkeypatch.setenv("STRIPE_API_BASE", base)
    config.reset()
    later(schedules)
    assert schedules.now("process_jobs") == {"done": 1}


def test_a_job_waits_a_day_for_its_service_and_alerts_once_its_attempts_are_over(
    schedules: Schedules, vendors: Vendors
) -> None:
    invited(schedules)
    attempts = schedules.value("SELECT max_attempts FROM ops.jobs")
    vendors.mail_faults.fail_next(401, times=100)
    for number in range(attempts + 3):
        assert ("job-waits/send_invite_email" in schedules.alerts()) == (number >= attempts)
        later(schedules)
        assert schedules.now("process_jobs") == {"retry": 1}
    assert schedules.alerts()["job-waits/send_invite_email"] == "critical"
    schedules.run("UPDATE ops.jobs SET created_at = now() - interval '8 hours'")
    later(schedules)
    schedules.now("process_jobs")
    wait = schedules.value("SELECT extract(epoch FROM run_at - now()) FROM ops.jobs")
    assert 0.65 * 3600 < wait < 1.35 * 3600
    schedules.run("UPDATE ops.jobs SET created_at = now() - interval '25 hours'")
    later(schedules)
    assert schedules.now("process_jobs") == {"dead": 1}
    assert schedules.value("SELECT last_error FROM ops.dead_jobs") == "Unavailable(resend: refuses us)"


def test_a_fault_of_our_own_is_not_waited_for(schedules: Schedules, vendors: Vendors) -> None:
    invited(schedules)
    schedules.run("UPDATE ops.jobs SET attempts = max_attempts - 1, payload = '{}'")
    assert schedules.now("process_jobs") == {"dead": 1}
    assert schedules.value("SELECT last_error FROM ops.dead_jobs") == "KeyError"


def test_configuration_that_is_missing_for_a_while_loses_no_mail(
    schedules: Schedules, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited(schedules)
    schedules.run("UPDATE ops.jobs SET attempts = max_attempts - 1")
    monkeypatch.delenv("RESEND_API_KEY")
    config.reset()
    assert schedules.now("process_jobs") == {"retry": 1}


def test_a_vendor_that_hangs_holds_up_no_other_kind_of_job(
    schedules: Schedules, vendors: Vendors, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited(schedules, 19)
    schedules.person().ask("create-family", {"name": "Los Soles"})
    schedules.run("UPDATE ops.jobs SET run_at = now(), turn_at = now() WHERE kind = 'send_invite_email'")
    schedules.run("UPDATE ops.jobs SET turn_at = now() + interval '1 second' WHERE kind = 'capture_events'")
    vendor.answer = SLOW["drips"]
    monkeypatch.setenv("RESEND_API_URL", vendor.url)
    monkeypatch.setattr(resend_client, "SECONDS", 0.3)
    monkeypatch.setattr(worker, "WAITED_SECONDS", 0.5)
    config.reset()
    time.sleep(1)
    began = time.monotonic()
    assert schedules.now("process_jobs") == {"retry": 19, "done": 1}
    in_time(time.monotonic() - began, at_most=2.5)
    assert len(vendor.requests) == 2
    assert len(vendors.events()) == 1
    errors = {row[0] for row in schedules.run("SELECT last_error FROM ops.jobs")}
    assert errors == {"Unavailable(resend: too slow)"}


def test_a_kind_that_was_put_off_is_asked_again_in_the_next_drain(
    schedules: Schedules, vendors: Vendors, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited(schedules, 4)
    vendor.answer = SLOW["says nothing"]
    url = config.load(config.MailSettings).resend_api_url or ""
    monkeypatch.setenv("RESEND_API_URL", vendor.url)
    monkeypatch.setattr(resend_client, "SECONDS", 0.2)
    monkeypatch.setattr(worker, "WAITED_SECONDS", 0.1)
    config.reset()
    later(schedules)
    assert schedules.now("process_jobs") == {"retry": 4}
    assert len(vendor.requests) == 1
    monkeypatch.setenv("RESEND_API_URL", url)
    config.reset()
    later(schedules)
    assert schedules.now("process_jobs") == {"done": 4}
    assert len(vendors.letters()) == 4


def test_no_vendor_s_call_takes_more_than_its_job_s_share(
    schedules: Schedules, vendors: Vendors, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited(schedules)
    schedules.person().ask("create-family", {"name": "Los Soles"})
    vendor.answer = SLOW["drips its headers"]
    monkeypatch.setenv("RESEND_API_URL", vendor.url)
    monkeypatch.setenv("POSTHOG_HOST", vendor.url)
    for name in ("send_invite_email", "capture_events"):
        monkeypatch.setitem(worker.KINDS, name, replace(worker.KINDS[name], most_seconds=1.4))
    config.reset()
    assert min(resend_client.SECONDS, analytics.SECONDS) > 1.4
    began = time.monotonic()
    assert schedules.now("process_jobs") == {"retry": 2}
    in_time(time.monotonic() - began, at_most=2.2)


# A recipient that is refused


def test_an_address_that_the_vendor_refuses_is_the_invite_s_outcome_and_no_alarm(
    schedules: Schedules, vendors: Vendors, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, keeper = invited(schedules)
    said = {"statusCode": 422, "name": "validation_error", "message": "Invalid `to` field."}
    vendor.answer = says(422, json.dumps(said).encode())
    url = config.load(config.MailSettings).resend_api_url or ""
    monkeypatch.setenv("RESEND_API_URL", vendor.url)
    config.reset()
    assert schedules.now("process_jobs") == {"done": 1}
    assert schedules.alerts() == {}
    assert schedules.value("SELECT count(*) FROM ops.dead_jobs") == 0
    (invite,) = keeper.get(f"/v1/families/{family}/invites").data["invites"]
    assert invite["mailRefusedAt"] is not None
    assert invite["revokedAt"] is None
    # Sent anew, it has a mail of its own that nobody has refused yet.
    monkeypatch.setenv("RESEND_API_URL", url)
    config.reset()
    assert keeper.post(f"/v1/invites/{invite['id']}/resend").status == 200
    (invite,) = keeper.get(f"/v1/families/{family}/invites").data["invites"]
    assert invite["mailRefusedAt"] is None
    assert schedules.now("process_jobs")["done"] == 1
    assert len(vendors.letters()) == 1


def test_a_refusal_of_an_older_mail_says_nothing_of_the_newer_one(schedules: Schedules) -> None:
    family, keeper = invited(schedules)
    (invite,) = keeper.get(f"/v1/families/{family}/invites").data["invites"]
    keeper.post(f"/v1/invites/{invite['id']}/resend")
    schedules.value("SELECT ops.note_invite_mail_refused_tx(%s, 1)", invite["id"])
    assert schedules.value("SELECT mail_refused_at FROM public.invites") is None
    schedules.value("SELECT ops.note_invite_mail_refused_tx(%s, 2)", invite["id"])
    assert schedules.value("SELECT mail_refused_at FROM public.invites") is not None
