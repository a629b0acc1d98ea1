"""What the tests of the operations may ask for: the app over a database, an object store, Stripe and other vendors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import config
from chalicelib.storage import store
from tests.support.api import Api
from tests.support.database_server import Database
from tests.support.hostile import MARK, ORIGIN
from tests.support.http_server import HttpServer
from tests.support.object_store import RunningStore, running_store
from tests.support.schedules import Schedules
from tests.support.stripe_server import (
    KEY,
    PRICES,
    WEBHOOK_SECRETS,
    StripeServer,
    serving_hook,
    serving_stripe,
)
from tests.support.vendors import Vendors, served


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("api") / "r2") as store:
        yield store


@pytest.fixture
def api(database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> Iterator[Api]:
    api = Api(database, monkeypatch, object_store)
    yield api
    api.check_events()
    object_store.app.heal()
    store.reset()


@pytest.fixture
def module_api(module_database: Database, monkeypatch: pytest.MonkeyPatch, object_store: RunningStore) -> Iterator[Api]:
    """The same over one database for the module: for tests that look only at rows of their own."""
    api = Api(module_database, monkeypatch, object_store)
    yield api
    api.check_events()
    object_store.app.heal()
    store.reset()


@pytest.fixture(scope="session")
def schedules_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    with running_store(tmp_path_factory.mktemp("schedules") / "r2") as store:
        yield store


@pytest.fixture
def schedules(
    database: Database, monkeypatch: pytest.MonkeyPatch, schedules_store: RunningStore
) -> Iterator[Schedules]:
    """The app with its schedules, over buckets of its own that are empty at first."""
    schedules = Schedules(database, monkeypatch, schedules_store)
    yield schedules
    schedules.check_events()
    schedules_store.app.heal()
    store.reset()


@pytest.fixture
def vendors(schedules: Schedules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    """Mail and product events go to stand-ins. After `schedules`, whose settings it adds to."""
    with served(tmp_path, monkeypatch) as vendors:
        yield vendors


SOLD = {name: sold for name, sold in PRICES.items() if not sold.startswith("mystery")}


@pytest.fixture(scope="session")
def http_servers() -> Iterator[tuple[HttpServer, HttpServer]]:
    """Two servers that stay: one for the app's end of the webhook, one for Stripe."""
    app, stripe = HttpServer(), HttpServer()
    yield app, stripe
    app.close()
    stripe.close()


def configured(stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeServer]:
    """The app speaks to this Stripe."""
    for name, value in {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRETS": ",".join(WEBHOOK_SECRETS),
        "STRIPE_PRICES": json.dumps(SOLD),
        "STRIPE_API_BASE": stripe_server.url,
    }.items():
        monkeypatch.setenv(name, value)
    config.reset()
    yield stripe_server


@pytest.fixture
def stripe(
    api: Api, http_servers: tuple[HttpServer, HttpServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeServer]:
    """Stripe for one test alone, and the app configured to speak to it. Its events stay put until they are fetched."""
    with (
        serving_hook(http_servers[0]) as hook,
        serving_stripe(tmp_path / "stripe", hook, http_servers[1]) as stripe_server,
    ):
        yield from configured(stripe_server, monkeypatch)


@pytest.fixture(scope="module")
def module_stripe_server(
    http_servers: tuple[HttpServer, HttpServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StripeServer]:
    folder = tmp_path_factory.mktemp("stripe")
    with serving_hook(http_servers[0]) as hook, serving_stripe(folder, hook, http_servers[1]) as stripe_server:
        yield stripe_server


@pytest.fixture
def module_stripe(
    module_api: Api, module_stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeServer]:
    """The same over one database and one Stripe a module: for tests that look at nobody's but their own."""
    yield from configured(module_stripe_server, monkeypatch)


@pytest.fixture(scope="module")
def hostile_api(module_database: Database, object_store: RunningStore) -> Iterator[Api]:
    """The app for a module of hostile requests: one origin is allowed, and Stripe is configured, but never asked."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        api = Api(module_database, monkeypatch, object_store)
        monkeypatch.setenv("ALLOWED_ORIGINS", ORIGIN)
        monkeypatch.setenv("STRIPE_SECRET_KEY", KEY)
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRETS[0])
        monkeypatch.setenv("STRIPE_PRICES", "{}")
        yield api


@pytest.fixture
def hostile_token(hostile_api: Api, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """The token of a person who belongs to no family. At the end, nothing hostile may stand in the log."""
    yield hostile_api.person().token
    assert MARK not in capsys.readouterr().out
