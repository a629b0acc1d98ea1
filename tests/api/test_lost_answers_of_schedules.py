"""A schedule of which every answer of Postgres is lost once does what it does on a good day, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chalice.app import EventSourceHandler

from app import app
from chalicelib import config
from chalicelib.database import connections
from tests.support.payers import check_out
from tests.support.schedules import Schedules
from tests.support.stripe_server import StripeServer
from tests.support.vendors import Vendors
from tests.support.wire import Wire


def paid(schedules: Schedules, stripe: StripeServer) -> None:
    family, keeper = schedules.family_of_one()
    stripe.pay(check_out(keeper, family).data["sessionId"])
    schedules.run("DELETE FROM ops.jobs")


def an_upload_of_an_hour_ago(schedules: Schedules, _stripe: StripeServer) -> None:
    family, keeper = schedules.family_of_one()
    schedules.pass_time(schedules.upload(family, keeper), "1 hour")


def trashed_long_ago(schedules: Schedules, _stripe: StripeServer) -> None:
    family, keeper = schedules.family_of_one()
    schedules.trash(schedules.kept(family, keeper))
    schedules.pass_time(schedules.reserve(family, keeper)["recordingId"], "15 days")


def a_recording(schedules: Schedules, _stripe: StripeServer) -> None:
    family, keeper = schedules.family_of_one()
    schedules.kept(family, keeper)


def an_invite_to_mail(schedules: Schedules, _stripe: StripeServer) -> None:
    family, keeper = schedules.family_of_one()
    keeper.ask("create-invite", {"familyId": family, "email": "rosa@example.org"})


def an_alert(schedules: Schedules, _stripe: StripeServer) -> None:
    schedules.run("SELECT ops.note_alert_tx('moon', 'critical', 'The moon fell.')")


WORLDS: dict[str, Callable[[Schedules, StripeServer], None]] = {
    "process_jobs": an_invite_to_mail,
    "settle_uploads": an_upload_of_an_hour_ago,
    "cleanup_media": trashed_long_ago,
    "audit_storage": a_recording,
    "copy_recordings": a_recording,
    "reconcile_billing": paid,
    "send_error_digest": an_alert,
}


EXPECTED: dict[str, dict[str, Any]] = {
    "process_jobs": {"done": 3},
    "settle_uploads": {"rescued": 1, "finished": True},
    "cleanup_media": {"planned": 1, "purged": 1},
    "audit_storage": {"missing": [], "differing": [], "drifted": [], "finished": True},
    "copy_recordings": {"copied": 1, "finished": True},
    "reconcile_billing": {"customers": 1, "repaired": 1},
    "send_error_digest": {"critical": 1},
}
"""Schedule -> what its summary says on a good day."""


@pytest.fixture
def wire(schedules: Schedules, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    with Wire(schedules.database.cluster.server.port).open() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.through(schedules.database.url("app_login")))
        config.reset()
        yield wire
        connections.reset()


def test_every_schedule_is_tried() -> None:
    assert {name for name, handler in app.handler_map.items() if isinstance(handler, EventSourceHandler)} == set(WORLDS)


@pytest.mark.parametrize(("schedule", "expected"), EXPECTED.items())
def test_a_schedule_of_which_every_answer_is_lost_once_does_its_work_once(
    schedules: Schedules, stripe: StripeServer, vendors: Vendors, wire: Wire, schedule: str, expected: dict[str, Any]
) -> None:
    WORLDS[schedule](schedules, stripe)
    wire.fates.extend(["lose answer", "pass"] * 100)
    summary = schedules.now(schedule)
    wire.fates.clear()
    assert summary.items() >= expected.items()
    assert len(vendors.letters()) == (schedule in ("process_jobs", "send_error_digest"))
    assert len(vendors.events()) == 2 * (schedule == "process_jobs")
    again = schedules.now(schedule)
    assert not {"done", "rescued", "purged", "copied"} & again.keys()
