"""Fixtures of the contract suites: the stand-ins, each served on a port of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http_server import HttpServer
from tests.support.stripe_server import Hook, StripeServer, serving_hook, serving_stripe


@pytest.fixture(scope="module")
def module_hook() -> Iterator[Hook]:
    with serving_hook() as hook:
        yield hook


@pytest.fixture(scope="module")
def stripe_server(module_hook: Hook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeServer]:
    """Stripe's stand-in, shared by a module whose tests do not look at each other's objects. Its events stay put."""
    with serving_stripe(tmp_path_factory.mktemp("stripe"), module_hook) as stripe_server:
        yield stripe_server


@pytest.fixture(scope="module")
def http_servers() -> Iterator[tuple[HttpServer, HttpServer]]:
    """Two servers that a module's tests use one after the other: the app's and Stripe's."""
    app, stripe = HttpServer(), HttpServer()
    yield app, stripe
    app.close()
    stripe.close()


@pytest.fixture
def hook(http_servers: tuple[HttpServer, HttpServer]) -> Iterator[Hook]:
    with serving_hook(http_servers[0]) as hook:
        yield hook


@pytest.fixture
def own_stripe_server(
    hook: Hook, http_servers: tuple[HttpServer, HttpServer], tmp_path: Path
) -> Iterator[StripeServer]:
    """Stripe's stand-in for one test alone: to move its clock, to see its events. Not started."""
    with serving_stripe(tmp_path, hook, http_servers[1]) as stripe_server:
        yield stripe_server
