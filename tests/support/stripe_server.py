"""What tests around Stripe share: the stand-in on a real port, the app's webhook as a real server, the real library."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import stripe
from flask import Flask, Response, request

from local.stripe_api import StripeStandIn, StripeStandInSettings, create_blueprint
from tests.support.http_server import HttpServer, running_http_server

KEY = "sk_test_local_contract"
WEBHOOK_SECRETS = ("whsec_local_new", "whsec_local_old")
PRICES = {
    "price_family_month": "family:month",
    "price_family_year": "family:year",
    "price_legacy_month": "legacy:month",
    "price_unheard_of": "mystery:month",
}
PREFIX = "/_local/stripe"
SUCCESS_URL = "https://app.example/billing?session={CHECKOUT_SESSION_ID}"


@dataclass
class Hook:
    """The app's end of the webhook: notes what arrives, answers the statuses it was given, then 200."""

    arrivals: list[tuple[bytes, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    dawdle_seconds: float = 0.0
    url: str = ""

    def take(self) -> Response:
        self.arrivals.append((request.get_data(), request.headers.get("Stripe-Signature", "")))
        time.sleep(self.dawdle_seconds)
        return Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body, _ in list(self.arrivals)]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]


class Clock:
    """Time that a test moves itself."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@dataclass
class StripeServer:
    """One stand-in being served, with the library's client for it."""

    stand_in: StripeStandIn
    client: stripe.StripeClient
    url: str
    hook: Hook
    clock: Clock

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """A control of the stand-in."""
        return requests.post(f"{self.url}/{path}", json=body, timeout=10, **options)

    def customer(self) -> str:
        return self.client.v1.customers.create({}).id

    def checkout(self, customer: str | None = None, price: str = "price_family_month", **more: Any) -> Any:
        """An open session; `more` may be anything, because tests send what the library's types forbid."""
        params: Any = {
            "mode": "subscription",
            "customer": customer or self.customer(),
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": SUCCESS_URL,
            **more,
        }
        return self.client.v1.checkout.sessions.create(params)

    def pay(self, session_id: str) -> str:
        answer = self.post(f"checkout/{session_id}/pay")
        assert answer.status_code == 200, answer.text
        subscription_id: str = answer.json()["subscriptionId"]
        return subscription_id

    def subscription(self, price: str = "price_family_month") -> str:
        return self.pay(self.checkout(price=price).id)


def client_for(url: str, key: str = KEY, *, timeout: float = 5.0, retries: int = 0) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": url},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


@contextmanager
def _given_or_new(http_server: HttpServer | None) -> Iterator[HttpServer]:
    if http_server is not None:
        yield http_server
        return
    with running_http_server() as own:
        yield own


@contextmanager
def serving_hook(http_server: HttpServer | None = None) -> Iterator[Hook]:
    """The app's webhook behind this server, or one of its own."""
    with _given_or_new(http_server) as server:
        hook = Hook(url=f"{server.url}/hook")
        app = Flask("hook")
        app.add_url_rule("/hook", view_func=hook.take, methods=["POST"])
        server.serve(app)
        yield hook


@contextmanager
def serving_stripe(
    directory: Path, hook: Hook, http_server: HttpServer | None = None, **more: Any
) -> Iterator[StripeServer]:
    """The stand-in with its events going to the hook; they flow once `stand_in.start()` was called."""
    with _given_or_new(http_server) as server:
        url = server.url + PREFIX
        options: dict[str, Any] = {
            "secret_key": KEY,
            "webhook_secrets": WEBHOOK_SECRETS,
            "webhook_url": hook.url,
            "prices": PRICES,
            "public_url": url,
            "first_retry_seconds": 0.05,
            **more,
        }
        clock = Clock()
        stand_in = StripeStandIn(directory, StripeStandInSettings(**options), clock=clock)
        app = Flask("stripe")
        app.register_blueprint(create_blueprint(stand_in), url_prefix=PREFIX)
        server.serve(app)
        try:
            yield StripeServer(stand_in, client_for(url, options["secret_key"]), url, hook, clock)
        finally:
            stand_in.close()


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether it comes to hold within the time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Does the work `count` times at the same moment; exceptions are answers too."""
    barrier = threading.Barrier(count)
    answers: list[Any] = [None] * count

    def one(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = work(number)
        except Exception as error:
            answers[number] = error

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
