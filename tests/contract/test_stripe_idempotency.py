"""Idempotency keys of Stripe's stand-in, and what it remembers through trouble and a kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.support.stripe_server import StripeServer, at_once, client_for, serving_hook, serving_stripe


def test_the_same_key_and_parameters_get_the_same_answer(stripe_server: StripeServer) -> None:
    first = stripe_server.client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "same-1"})
    again = stripe_server.client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "same-1"})
    assert first.id == again.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_for_something_else_is_refused(stripe_server: StripeServer) -> None:
    stripe_server.client.v1.customers.create({"email": "a@example.org"}, {"idempotency_key": "other-1"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        stripe_server.client.v1.customers.create({"email": "b@example.org"}, {"idempotency_key": "other-1"})
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        stripe_server.client.v1.billing_portal.sessions.create({"customer": "cus_x"}, {"idempotency_key": "other-1"})


def test_a_refusal_of_the_work_is_repeated_under_its_key(stripe_server: StripeServer) -> None:
    def ask() -> stripe.InvalidRequestError:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            stripe_server.client.v1.billing_portal.sessions.create(
                {"customer": "cus_late"}, {"idempotency_key": "refused-1"}
            )
        return caught.value

    assert ask().http_status == ask().http_status == 400
    assert (ask().headers or {})["Idempotent-Replayed"] == "true"


def test_a_refusal_of_the_parameters_leaves_the_key_unused(stripe_server: StripeServer) -> None:
    options: Any = {"idempotency_key": "typo-1"}
    mistyped: Any = {"emial": "a@example.org"}
    with pytest.raises(stripe.InvalidRequestError):
        stripe_server.client.v1.customers.create(mistyped, options)
    assert stripe_server.client.v1.customers.create({"email": "a@example.org"}, options).email == "a@example.org"


def test_a_key_in_use_is_a_conflict(stripe_server: StripeServer) -> None:
    with stripe_server.stand_in.keys_in_use.hold("busy-1"), pytest.raises(stripe.APIError) as caught:
        stripe_server.client.v1.customers.create({}, {"idempotency_key": "busy-1"})
    assert caught.value.http_status == 409
    assert caught.value.error is not None and caught.value.error.code == "idempotency_key_in_use"


def test_one_key_from_many_at_once_makes_one_customer(stripe_server: StripeServer) -> None:
    client = client_for(stripe_server.url, retries=5)
    answers = at_once(8, lambda _: client.v1.customers.create({"name": "x"}, {"idempotency_key": "crowd-1"}).id)
    assert len(set(answers)) == 1, answers


def test_a_lost_answer_is_found_again_by_its_key(stripe_server: StripeServer) -> None:
    stripe_server.stand_in.faults.delay(2.0)
    impatient = client_for(stripe_server.url, timeout=0.3)
    options: Any = {"idempotency_key": "lost-1"}
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.customers.create({"name": "Ana"}, options)
    found = stripe_server.client.v1.customers.create({"name": "Ana"}, options)
    assert found.last_response is not None
    assert found.last_response.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(own_stripe_server: StripeServer) -> None:
    first = own_stripe_server.client.v1.customers.create({}, {"idempotency_key": "old-1"})
    own_stripe_server.clock.now += 24 * 3600 + 1
    assert own_stripe_server.client.v1.customers.create({}, {"idempotency_key": "old-1"}).id != first.id


def test_a_requested_failure_is_an_error_of_the_library(stripe_server: StripeServer) -> None:
    stripe_server.stand_in.faults.fail_next(500)
    with pytest.raises(stripe.APIError):
        stripe_server.client.v1.balance.retrieve()
    stripe_server.stand_in.faults.fail_next(429)
    with pytest.raises(stripe.RateLimitError):
        stripe_server.client.v1.balance.retrieve()
    assert stripe_server.client.v1.balance.retrieve().object == "balance"


def test_a_killed_stand_in_keeps_everything_it_answered(tmp_path: Path) -> None:
    """Another process pays sessions and prints what it was answered, until it is killed in the midst of it."""
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from tests.support.stripe_server import serving_hook, serving_stripe
        with serving_hook() as hook, serving_stripe(Path(sys.argv[1]), hook) as world:
            while True:
                print(world.subscription(), flush=True)
    """)
    root = Path(__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root)
    assert child.stdout is not None
    answered = [child.stdout.readline().strip() for _ in range(3)]
    os.kill(child.pid, signal.SIGKILL)
    answered += [line for line in child.stdout.read().splitlines() if len(line) == len(answered[0])]
    child.wait()
    with serving_hook() as hook, serving_stripe(tmp_path, hook) as stripe_server:
        for subscription_id in answered:
            assert stripe_server.client.v1.subscriptions.retrieve(subscription_id).status == "active"
        waiting = stripe_server.stand_in.deliveries.waiting()
        about = [stripe_server.client.v1.events.retrieve(event_id) for event_id in waiting]
        created = {event.data.object.id for event in about if event.type == "customer.subscription.created"}
        completed = {event.data.object.subscription for event in about if event.type == "checkout.session.completed"}
        assert created == completed
        assert created >= set(answered)
