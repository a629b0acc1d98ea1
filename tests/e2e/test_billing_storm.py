"""Billing in a storm, against a running stack: it always ends in the state that Stripe shows."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest
import requests

from local.settings import read_env, write_env
from tests.support.local_stack import RunningStack, free_ports, running
from tests.support.random_billing import RandomBilling

SEED = int(os.environ.get("STORM_SEED") or time.time_ns() % 2**32)


@pytest.mark.heavy
def test_random_changes_of_billing_end_in_what_stripe_shows(stack: RunningStack) -> None:
    billing = RandomBilling(stack, random.Random(7))
    billing.found_families(2)
    billing.move_on(3)
    said = billing.events()
    billing.trouble(status=503, times=4)
    billing.move_on(3)
    billing.repeat(said, 2)
    billing.trouble()
    billing.lands()


@pytest.mark.heavy
def test_random_changes_with_kills_outages_and_a_rotated_secret_end_in_what_stripe_shows(tmp_path: Path) -> None:
    print(f"STORM_SEED={SEED}")
    chance = random.Random(SEED)
    ports = free_ports()
    with running(tmp_path, ports) as first:
        billing = RandomBilling(first, chance)
        billing.found_families(6)
        for _ in range(3):
            billing.move_on(10)
            said = billing.events()
            billing.trouble(status=chance.choice((500, 503, 429)), times=30)
            billing.move_on(10)
            billing.repeat(said, 2)
            billing.trouble()
        billing.lands()
        # Its job has failed already and waits in the queue when the app dies ...
        billing.trouble(status=500, times=1000)
        billing.move_on(10)
        assert billing.waiting()
        kept = kill_between_storing_and_applying(billing)
    rotate_secret(tmp_path)
    with running(tmp_path, ports) as second:
        billing.stack = second
        assert len(billing.secrets) == 2
        assert kept <= {row[0] for row in billing.rows("SELECT event_id FROM ops.stripe_events")}
        # ... and is applied by nobody's hand; what the dead worker had claimed comes back when its lease has run out.
        billing.rows(
            "UPDATE ops.jobs SET run_at = now(), turn_at = now() WHERE lease_token IS NOT NULL AND run_at > now()"
        )
        billing.lands()
        for secret in billing.secrets:
            billing.move_on(5)
            billing.repeat(billing.events()[:40], 1, secret)
        billing.lands()
        assert billing.rows("SELECT count(*) FROM ops.dead_jobs") == [(0,)]


def kill_between_storing_and_applying(billing: RandomBilling) -> set[str]:
    """Kills the app while its webhook has stored an event and waits for Stripe to say what it means; what is stored."""
    billing.trouble(delaySeconds=20, times=1000)
    claimed = "SELECT id FROM ops.jobs WHERE kind = 'apply_stripe_event' AND lease_token IS NOT NULL"
    before = set(billing.rows(claimed))
    subscription = billing.chance.choice(list(billing.payers.values()))
    change = {"currentPeriodEnd": int(time.time()) + billing.chance.randrange(10**6, 10**7)}
    with contextlib.suppress(requests.Timeout):
        # Waits until its events were delivered, which they never are: two seconds are enough for them to be stored.
        requests.post(f"{billing.stack.origin}/_local/stripe/subscriptions/{subscription}", json=change, timeout=2)
    assert set(billing.rows(claimed)) - before
    stored = {row[0] for row in billing.rows("SELECT event_id FROM ops.stripe_events")}
    billing.stack.stop(signal.SIGKILL)
    return stored


def rotate_secret(folder: Path) -> None:
    """A new secret signs, and the one before still proves."""
    variables = read_env(folder / "env")
    variables["STRIPE_WEBHOOK_SECRETS"] = f"whsec_local_rotated,{variables['STRIPE_WEBHOOK_SECRETS']}"
    write_env(variables, folder / "env")
