"""What the tests of the operations may ask for: the house with its front door, and an object store that runs on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import config
from chalicelib.billing import stripe_client
from chalicelib.storage import store
from tests.api.clock import Clock
from tests.api.front import Front
from tests.api.vendors import Vendors, served
from tests.contract.stripe_world import (
    KEY,
    PRICES,
    WEBHOOK_SECRETS,
    Door,
    StripeWorld,
    serving_hook,
    serving_stripe,
)
from tests.database_server import Database
from tests.stores import RunningStore, running_store


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("api") / "r2") as store:
        yield store


@pytest.fixture
def front(database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> Iterator[Front]:
    yield Front(database, monkeypatch, object_store)
    object_store.app.heal()
    store.reset()


@pytest.fixture
def shared(module_database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> Iterator[Front]:
    """The same over one database a module: for tests that look at nobody's rows but their own."""
    yield Front(module_database, monkeypatch, object_store)
    object_store.app.heal()
    store.reset()


@pytest.fixture(scope="session")
def clock_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("clock") / "r2") as store:
        yield store


@pytest.fixture
def clock(database: Database, monkeypatch: pytest.MonkeyPatch, clock_store: RunningStore) -> Iterator[Clock]:
    """The house with its clock, over buckets of its own that are empty at first."""
    yield Clock(database, monkeypatch, clock_store)
    clock_store.app.heal()
    store.reset()


@pytest.fixture
def vendors(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    """Mail and product events go to stand-ins. After `clock`, whose settings it adds to."""
    with served(tmp_path, monkeypatch) as vendors:
        yield vendors


SOLD = {name: sold for name, sold in PRICES.items() if not sold.startswith("mystery")}


@pytest.fixture(scope="session")
def stripe_doors() -> Iterator[tuple[Door, Door]]:
    """Two servers that stay: one for the app's end of the webhook, one for Stripe."""
    app, stripe = Door(), Door()
    yield app, stripe
    app.close()
    stripe.close()


def configured(world: StripeWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """The app speaks to this Stripe."""
    for name, value in {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRETS": ",".join(WEBHOOK_SECRETS),
        "STRIPE_PRICES": json.dumps(SOLD),
        "STRIPE_API_BASE": world.url,
    }.items():
        monkeypatch.setenv(name, value)
    config.reset()
    stripe_client.reset()
    yield world
    stripe_client.reset()


@pytest.fixture
def stripe(
    front: Front, stripe_doors: tuple[Door, Door], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeWorld]:
    """Stripe for one test alone, and the app configured to speak to it. Its events stay put until they are fetched."""
    with serving_hook(stripe_doors[0]) as hook, serving_stripe(tmp_path / "stripe", hook, stripe_doors[1]) as world:
        yield from configured(world, monkeypatch)


@pytest.fixture(scope="module")
def module_stripe(stripe_doors: tuple[Door, Door], tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeWorld]:
    folder = tmp_path_factory.mktemp("stripe")
    with serving_hook(stripe_doors[0]) as hook, serving_stripe(folder, hook, stripe_doors[1]) as world:
        yield world


@pytest.fixture
def shared_stripe(shared: Front, module_stripe: StripeWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """The same over one database and one Stripe a module: for tests that look at nobody's but their own."""
    yield from configured(module_stripe, monkeypatch)
