"""A storm of billing against a running stack: what families pay for, what Stripe sends about it, and who is right."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import requests
import stripe

from chalicelib.billing.entitlements import entitlement_of, read_subscription
from chalicelib.billing.events import RELEVANT
from chalicelib.config import BillingSettings
from tests.support.local_stack import RunningStack
from tests.support.stack_people import sign_up

CHANGES: tuple[dict[str, Any], ...] = (
    {"plan": "legacy"},
    {"plan": "family"},
    {"status": "past_due"},
    {"status": "active"},
    {"status": "canceled"},
    {"status": "paused"},
    {"status": "unpaid"},
    {"status": "trialing"},
    {"cancelAtPeriodEnd": True},
    {"cancelAtPeriodEnd": False},
)
AT_ONCE = 8
SETTLE_SECONDS = 90.0


@dataclass
class RandomBilling:
    """`chance` decides everything that is left to chance: a seed gives the same storm again."""

    stack: RunningStack
    chance: random.Random
    payers: dict[str, str] = field(default_factory=dict)
    """Family -> its subscription."""

    # What people and operators do --------------------------------------------------------------

    def found_families(self, count: int) -> None:
        """Families that have paid."""
        someone = sign_up(self.stack)
        for _ in range(count):
            _, token = someone()
            family = self.ask(token, "create-family", {"name": "Sol"})["family"]["id"]
            session = self.ask(
                token, "create-checkout-session", {"familyId": family, "plan": "family", "interval": "month"}
            )["sessionId"]
            self.payers[family] = self.control(f"checkout/{session}/pay")["subscriptionId"]

    def ask(self, token: str, name: str, body: dict[str, Any]) -> Any:
        answer = requests.post(
            f"{self.stack.origin}/functions/v1/{name}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """A hand on Stripe's stand-in."""
        answer = requests.post(f"{self.stack.origin}/_local/stripe/{path}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def trouble(self, **trouble: float) -> None:
        """Stripe's API fails or dawdles for some requests; without words, no more."""
        self.control("faults", trouble)

    def move_on(self, steps: int) -> None:
        """Stripe's truth changes, for several families at once."""
        moves = [(self.chance.choice(list(self.payers.values())), self.chance.choice(CHANGES)) for _ in range(steps)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda move: self.control(f"subscriptions/{move[0]}", move[1]), moves))

    # What Stripe sends -------------------------------------------------------------------------

    @property
    def secrets(self) -> list[str]:
        return self.stack.env["STRIPE_WEBHOOK_SECRETS"].split(",")

    def listed(self, what: str, **asked: str) -> list[dict[str, Any]]:
        """All of a list at Stripe, as it answers it."""
        url = f"{self.stack.origin}/_local/stripe/v1/{what}"
        headers = {"Authorization": f"Bearer {self.stack.env['STRIPE_SECRET_KEY']}"}
        found: list[dict[str, Any]] = []
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            answer = requests.get(url, params={"limit": "100", **asked, **after}, headers=headers, timeout=30)
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            if not answer.json()["has_more"]:
                return found

    def events(self) -> list[dict[str, Any]]:
        """All that Stripe ever said about our payers."""
        ours = set(self.payers.values())
        made = self.listed("events")
        return [event for event in made if any(subscription in json.dumps(event) for subscription in ours)]

    def repeat(self, events: Sequence[dict[str, Any]], times: int, secret: str | None = None) -> None:
        """Sends events again, as often, in no order, several at once; each is taken."""
        posts = list(events) * times
        self.chance.shuffle(posts)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = set(pool.map(lambda event: self.deliver(event, secret or self.secrets[0]), posts))
        assert statuses == {200}

    def deliver(self, event: dict[str, Any], secret: str) -> int:
        text = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(text, secret, timestamp=int(time.time()))
        url = f"{self.stack.origin}/functions/v1/stripe-webhook"
        return requests.post(url, text, headers={"Stripe-Signature": signature}, timeout=60).status_code

    # How it ends -------------------------------------------------------------------------------

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.stack.env["ADMIN_DATABASE_URL"])
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def waiting(self) -> list[tuple[Any, ...]]:
        """Jobs of billing that are still to be done: kind of event, attempts."""
        return self.rows("SELECT payload, attempts FROM ops.jobs WHERE kind = 'apply_stripe_event'")

    def lands(self) -> None:
        """Everything comes to rest, and every family has what Stripe shows; fails where it does not."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (missing := self.unheard()) or self.waiting():
            assert time.monotonic() < deadline, f"{len(missing)} events were not heard, waiting: {self.waiting()}"
            time.sleep(0.3)
        assert self.wrong() == {}
        states = self.rows(
            "SELECT DISTINCT event.state FROM ops.stripe_events AS event JOIN ops.billing_customers USING (customer_id)"
            " WHERE family_id = ANY (%s::uuid[]) AND event.type LIKE ANY (%s)",
            list(self.payers),
            [f"{beginning}%" for beginning in RELEVANT],
        )
        assert states == [("applied",)]

    def unheard(self) -> set[str]:
        """Events that Stripe made and the app has not stored."""
        made = {event["id"] for event in self.events()}
        return made - {row[0] for row in self.rows("SELECT event_id FROM ops.stripe_events")}

    def wrong(self) -> dict[str, tuple[Any, Any]]:
        """Family -> what Stripe shows, and what the family has instead."""
        prices = BillingSettings.model_validate(self.stack.env).stripe_prices
        found: dict[str, tuple[Any, Any]] = {}
        for family in self.payers:
            held = self.rows(
                "SELECT plan, status, storage_quota_bytes, current_period_end, cancel_at_period_end, customer_id"
                " FROM public.entitlements JOIN ops.billing_customers USING (family_id) WHERE family_id = %s",
                family,
            )[0]
            listed = self.listed("subscriptions", customer=held[-1], status="all")
            shows = entitlement_of([read_subscription(each) for each in listed], prices)
            due = (shows.plan, shows.status, shows.storage_quota_bytes, shows.current_period_end,
                   shows.cancel_at_period_end)  # fmt: skip
            if held[:-1] != due:
                found[family] = (due, held[:-1])
        return found
