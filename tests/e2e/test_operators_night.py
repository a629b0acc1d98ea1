"""One night of an operator, from outside: each fault is in the next mail, in make status and in /health, and its end.

The faults come by the database and over HTTP; what is asked is what an operator has: the inbox, /health, the commands.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.e2e.test_operate import ask, operate
from tests.support.local_stack import RunningStack
from tests.support.stack_people import sign_up

SEED = int(os.environ.get("NIGHT_SEED", "1"))
PRIVATE = "Anastasia Geheimnis"
SECONDS = 60


@dataclass
class Night:
    """A stack with a keeper and her family, whose name no operator reads."""

    stack: RunningStack
    token: str = ""
    family: str = ""

    def __post_init__(self) -> None:
        _, self.token = sign_up(self.stack)()
        self.family = self.post("functions/v1/create-family", {"name": PRIVATE}).json()["data"]["family"]["id"]

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return requests.post(f"{self.stack.origin}/{path}", json=body, headers=sent, timeout=30)

    def digest(self) -> str:
        """What the operator is mailed now, beside what came before."""
        before = len(self.mails())
        assert self.post("_local/run/send_error_digest", None).status_code == 200
        mails = self.mails()
        return "\n".join(f"{mail['subject']}\n{mail['text']}" for mail in mails[: len(mails) - before])

    def mails(self) -> list[dict[str, Any]]:
        inbox = f"{self.stack.origin}/_local/inbox.json?to=operator@example.org"
        mails: list[dict[str, Any]] = requests.get(inbox, timeout=10).json()
        return mails

    def alarms(self) -> dict[str, Any]:
        """The check of /health."""
        answer = requests.get(f"{self.stack.origin}/health", timeout=30).json()
        health = answer.get("data") or answer["error"]["details"]
        found: dict[str, Any] = next(check for check in health["checks"] if check["name"] == "alarms")
        return found

    def noted(self, fingerprint: str) -> bool:
        return bool(ask(self.stack, "SELECT 1 FROM ops.alert_digest WHERE fingerprint = %s", fingerprint))


@dataclass(frozen=True)
class Fault:
    """What breaks, how it is mended as its section in docs/operating.md says, and its name in the mail."""

    fingerprint: str
    happens: Callable[[Night], None]
    ends: Callable[[Night], None]


def a_function_is_renamed(night: Night) -> None:
    ask(night.stack, "ALTER FUNCTION ops.create_prompt_tx RENAME TO create_prompt_txt")
    for _ in range(2):
        path, headers = f"v1/families/{night.family}/prompts", {"x-request-id": "chosen-by-a-caller"}
        assert night.post(path, {"text": PRIVATE}, **headers).status_code == 500


def migrate(night: Night) -> None:
    assert operate(night.stack, "tools.operate migrate").returncode == 0
    assert night.post(f"v1/families/{night.family}/prompts", {"text": PRIVATE}).status_code == 200
    ask(night.stack, "DROP FUNCTION ops.create_prompt_txt")


def stripe_fails(night: Night) -> None:
    night.post("_local/stripe/faults", {"status": 503, "times": 100})
    for _ in range(3):
        body = {"familyId": night.family, "plan": "family", "interval": "month"}
        assert night.post("functions/v1/create-checkout-session", body).status_code == 503


def stripe_is_back(night: Night) -> None:
    night.post("_local/stripe/faults", {})


def a_job_is_poisoned(night: Night) -> None:
    payload = json.dumps({"invite_id": PRIVATE, "generation": 1})
    ask(night.stack, "SELECT ops.enqueue_job('send_invite_email', %s::jsonb, 'night')", payload)


def the_job_goes(night: Night) -> None:
    ask(night.stack, "DELETE FROM ops.jobs WHERE lane = 'night'")


def a_schedule_stops(night: Night) -> None:
    ask(night.stack, "DELETE FROM ops.schedule_runs WHERE schedule = 'settle_uploads'")
    ask(
        night.stack,
        "INSERT INTO ops.schedule_runs (schedule, slot, started_at, finished_at) SELECT 'settle_uploads', at, at, at"
        " FROM CAST(now() - interval '46 minutes' AS timestamptz) AS at",
    )


def the_schedule_runs(night: Night) -> None:
    assert operate(night.stack, "tools.operate run-schedule", SCHEDULE="settle_uploads").returncode == 0
    ask(night.stack, "UPDATE ops.schedule_runs SET started_at = now() WHERE schedule = 'settle_uploads'")


def a_webhook_secret_is_rotated_half_way(night: Night) -> None:
    for _ in range(6):
        headers = {"Stripe-Signature": f"t={int(time.time())},v1={'0' * 64}"}
        assert night.post("functions/v1/stripe-webhook", {"id": "evt_1"}, **headers).status_code == 400


FAULTS = (
    Fault("internal-error/resources.prompts.create_prompt/InternalError", a_function_is_renamed, migrate),
    Fault("vendor-unavailable/stripe", stripe_fails, stripe_is_back),
    Fault("job-failed/send_invite_email/ValueError", a_job_is_poisoned, the_job_goes),
    Fault("schedule-late/settle_uploads", a_schedule_stops, the_schedule_runs),
    Fault("webhook-unsigned", a_webhook_secret_is_rotated_half_way, lambda _night: None),
)


def live_through(night: Night, faults: list[Fault]) -> None:
    """They happen; the operator reads of them, mends them as told, and reads of their end."""
    for fault in faults:
        fault.happens(night)
    if any(fault.happens is a_job_is_poisoned for fault in faults):
        wait_until(lambda: night.noted("job-failed/send_invite_email/ValueError"))
    mail = night.digest()
    status = operate(night.stack, "tools.operate status").stdout
    for fault in faults:
        assert f"[{fault.fingerprint}" in mail and f"[{fault.fingerprint}" in status
        fault.ends(night)
    for word in (PRIVATE, "chosen-by-a-caller", night.family):
        assert word not in mail + status
    # Each id in the mail finds its lines.
    for found in (line.rpartition("last id ")[2].rstrip("]") for line in mail.splitlines() if "last id " in line):
        assert operate(night.stack, "tools.operate logs", REQUEST=found).stdout.count("\n") > 2


def three_hours_pass(night: Night) -> None:
    ask(night.stack, "UPDATE ops.alert_digest SET last_seen_at = last_seen_at - interval '3 hours 1 minute'")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not so within {SECONDS} s"
        time.sleep(0.2)


def test_a_fault_of_the_night_is_in_the_next_mail_and_its_section_ends_it(stack: RunningStack) -> None:
    night = Night(stack)
    live_through(night, [FAULTS[0]])
    three_hours_pass(night)
    assert f"[{FAULTS[0].fingerprint}]" in night.digest()


@pytest.mark.heavy
def test_a_night_of_faults_is_known_mended_and_over(stack: RunningStack) -> None:
    night = Night(stack)
    faults = list(FAULTS)
    random.Random(SEED).shuffle(faults)
    live_through(night, faults)
    # What was found is good for fifteen seconds.
    wait_until(lambda: night.alarms()["status"] == "warn")
    three_hours_pass(night)
    over = night.digest()
    for fault in faults:
        assert f"[{fault.fingerprint}]" in over
    wait_until(lambda: night.alarms()["status"] == "pass")
