"""Stripe, in test mode: what customers, checkout, the portal, the webhook and the nightly comparison assume."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.billing.stripe_client import PAGE
from chalicelib.config.rules import parse_prices
from tools.vendors.checks import Wrong, check, expect
from tools.vendors.credentials import Vendors

if TYPE_CHECKING:
    import stripe

WEBHOOK_SECONDS = 60.0


def refused(request: Callable[[], Any]) -> stripe.StripeError:
    """The error that Stripe answers; raises Wrong where it answers none."""
    import stripe

    try:
        request()
    except stripe.StripeError as error:
        return error
    raise Wrong("it is not refused")


@check(
    "stripe-test-mode",
    assume="A key with `_test_` in it moves no real money: what it makes says `livemode: false`.",
    why="Every stage but prod has such a key, and so has this command.",
    breaks="A test charges a family.",
)
def test_mode(vendors: Vendors) -> None:
    """Makes a customer and reads its livemode."""
    made = vendors.stripe().v1.customers.retrieve(vendors.customer())
    expect(made.livemode is False, "a customer of a test key is live")


@check(
    "stripe-api-version",
    assume="Stripe answers in the API version that the locked library asks for.",
    why="The shapes in chalicelib/billing are of that version, such as the period's end on the item.",
    breaks="Subscriptions become unreadable, and no plan changes.",
)
def api_version(vendors: Vendors) -> None:
    """Compares the version of an answer with the library's."""
    import stripe

    answer = vendors.stripe().v1.subscriptions.list({"limit": 1}).last_response
    said = answer.headers.get("stripe-version", "") if answer else ""
    expect(
        said == stripe.api_version,
        f"Stripe answers in {said or 'no version'}, the library asks for {stripe.api_version}",
    )


@check(
    "stripe-idempotency",
    assume="A POST with an idempotency key that was used answers the same thing again, and says so in a header.",
    why="A customer and a checkout session are made once, though the first answer was lost.",
    breaks="A family gets two customers, and pays for one that we do not know.",
)
def idempotency(vendors: Vendors) -> None:
    """Makes a customer twice with one key, then another one with that key."""
    client, options = vendors.stripe(), {"idempotency_key": f"{vendors.scratch.prefix}/idempotency"}
    made = [client.v1.customers.create({"metadata": {"made_by": vendors.scratch.prefix}}, options) for _ in range(2)]  # type: ignore[arg-type]
    for each in made:
        vendors.scratch.will_make("customer", each.id)
    expect(made[0].id == made[1].id, "two customers were made")
    headers = made[1].last_response.headers if made[1].last_response else {}
    expect(headers.get("idempotent-replayed") == "true", "the header idempotent-replayed is missing")
    error = refused(lambda: client.v1.customers.create({"description": "another"}, options))  # type: ignore[arg-type]
    kind = error.json_body["error"]["type"] if isinstance(error.json_body, dict) else ""
    expect(
        (error.http_status, kind) == (400, "idempotency_error"),
        f"another request with the key is answered {error.http_status}",
    )


@check(
    "stripe-missing-customer",
    assume="A list of the subscriptions of an unknown customer is a 400 with code resource_missing and param customer.",
    why="An unknown customer means the wrong account's key, and is never read as: no subscription.",
    breaks="A wrong key takes the plan from every family.",
)
def missing_customer(vendors: Vendors) -> None:
    """Lists the subscriptions of a customer that does not exist."""
    error = refused(lambda: vendors.stripe().v1.subscriptions.list({"customer": "cus_verifyvendorsnone"}))
    seen = (error.http_status, error.code, getattr(error, "param", None))
    expect(seen == (400, "resource_missing", "customer"), f"it is answered {seen[0]} {seen[1]}")


@check(
    "stripe-deleted-customer",
    assume="A customer that was deleted can be retrieved, and says `deleted: true`.",
    why="Only then a family whose customer is gone is set back to the free plan.",
    breaks="A family that was deleted at Stripe keeps its paid plan, or alarms every night.",
)
def deleted_customer(vendors: Vendors) -> None:
    """Deletes a customer of its own and retrieves it."""
    client, customer = vendors.stripe(), vendors.customer()
    client.v1.customers.delete(customer)
    found: Any = client.v1.customers.retrieve(customer)
    expect(bool(getattr(found, "deleted", False)), "a deleted customer does not say so")


@check(
    "stripe-lists",
    assume="Lists are newest first, hold at most `limit`, say has_more, and go on behind starting_after.",
    why="fetch_subscriptions and reconcile_billing read all pages.",
    breaks="A subscription is not seen, and a family loses what it pays for.",
)
def lists(vendors: Vendors) -> None:
    """Reads the newest events of this run's own customers one by one, then at once."""
    client = vendors.stripe()
    for _ in range(3):
        vendors.customer()
    newest: stripe.params.EventListParams = {"type": "customer.created", "limit": 3}
    # Stripe's list of events may lag behind what was made.
    _wait(lambda: len(client.v1.events.list(newest).data) == 3, 10.0)
    whole = client.v1.events.list({"type": "customer.created", "limit": PAGE}).data
    first = client.v1.events.list({"type": "customer.created", "limit": 1})
    expect(len(first.data) == 1 and first.has_more, "a page of one holds more, or does not say that there is more")
    second = client.v1.events.list({"type": "customer.created", "limit": 1, "starting_after": first.data[0].id})
    ids = [event.id for event in whole]
    following = ids[ids.index(first.data[0].id) + 1] if first.data[0].id in ids[:-1] else ""
    expect([event.id for event in second.data] == [following], "starting_after does not go on behind")
    expect(
        [event.created for event in whole] == sorted((event.created for event in whole), reverse=True),
        "not newest first",
    )


@check(
    "stripe-prices",
    assume="Every price of STRIPE_PRICES exists, bills by the interval that it is named with, and can be checked out.",
    why="create-checkout-session offers them.",
    breaks="A keeper cannot pay, or pays a year for a month.",
)
def prices(vendors: Vendors) -> None:
    """Reads each price (the stand-in has no prices), makes a checkout session for it, and expires that."""
    client, customer = vendors.stripe(), vendors.customer()
    for price, (_plan, interval) in parse_prices(vendors.get("STRIPE_PRICES")).items():
        if not vendors.is_local:
            found = client.v1.prices.retrieve(price)
            bills = found.recurring.interval if found.recurring else "once"
            expect(bills == interval, f"a price that is named {interval} bills by the {bills}")
        made = client.v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer,
                "line_items": [{"price": price, "quantity": 1}],
                "success_url": "https://example.org/?session_id={CHECKOUT_SESSION_ID}",
            }
        )
        try:
            expect(made.status == "open" and bool(made.url), f"a new session is {made.status}")
        finally:
            client.v1.checkout.sessions.expire(made.id)


@check(
    "stripe-portal",
    assume="The account has a configuration of the billing portal, and a customer gets a session of it.",
    why="create-portal-session.",
    breaks="A keeper cannot change or end a subscription.",
)
def portal(vendors: Vendors) -> None:
    """Makes a portal session for a customer of its own; it ends by itself."""
    made = vendors.stripe().v1.billing_portal.sessions.create(
        {"customer": vendors.customer(), "return_url": "https://example.org/"}
    )
    expect(made.url.startswith("http"), "a portal session has no address")


@check(
    "stripe-webhook",
    assume="Stripe signs events with `t=,v1=` by the endpoint's secret, and delivers them within a minute.",
    why="The webhook refuses what is not signed; events are the fast way of a payment to us.",
    breaks="Payments are only noticed by the nightly comparison.",
)
def webhook(vendors: Vendors) -> None:
    """Deletes a customer of its own, and waits until the stage's webhook has stored the event, at most a minute.

    The event stays in ops.stripe_events for as long as every other one.
    """
    import psycopg2

    client, customer = vendors.stripe(), vendors.customer()
    url = vendors.get("MIGRATIONS_DATABASE_URL")
    client.v1.customers.delete(customer)
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:

            def arrived() -> bool:
                cursor.execute("SELECT FROM ops.stripe_events WHERE customer_id = %s", [customer])
                return cursor.fetchone() is not None

            expect(_wait(arrived, WEBHOOK_SECONDS), "the stage stored no event: endpoint, its events, or its secret?")
    finally:
        connection.close()


@check(
    "stripe-clock",
    assume="Stripe's clock and ours differ by less than half a minute.",
    why="A signature is refused five minutes after its time, and half a minute before it.",
    breaks="Every event is refused.",
)
def clock(vendors: Vendors) -> None:
    """Compares the time of a new event with this machine's."""
    client = vendors.stripe()
    made = client.v1.customers.retrieve(vendors.customer())
    expect(abs(made.created - time.time()) < 30, f"they differ by {abs(made.created - time.time()):.0f} s")


def _wait(holds: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True
