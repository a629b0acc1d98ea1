"""Fixtures of the contract suites: the stand-ins, each served on a port of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.stripe_world import Door, Hook, StripeWorld, serving_hook, serving_stripe


@pytest.fixture(scope="module")
def shared_hook() -> Iterator[Hook]:
    with serving_hook() as hook:
        yield hook


@pytest.fixture(scope="module")
def world(shared_hook: Hook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeWorld]:
    """Stripe's stand-in, shared by a module whose tests do not look at each other's objects. Its events stay put."""
    with serving_stripe(tmp_path_factory.mktemp("stripe"), shared_hook) as world:
        yield world


@pytest.fixture(scope="module")
def doors() -> Iterator[tuple[Door, Door]]:
    """Two servers that a module's tests use one after the other: the app's and Stripe's."""
    app, stripe = Door(), Door()
    yield app, stripe
    app.close()
    stripe.close()


@pytest.fixture
def hook(doors: tuple[Door, Door]) -> Iterator[Hook]:
    with serving_hook(doors[0]) as hook:
        yield hook


@pytest.fixture
def own_world(hook: Hook, doors: tuple[Door, Door], tmp_path: Path) -> Iterator[StripeWorld]:
    """Stripe's stand-in for one test alone: to move its clock, to see its events. Not started."""
    with serving_stripe(tmp_path, hook, doors[1]) as world:
        yield world
