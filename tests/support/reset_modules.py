"""Some modules keep settings, keys and connections while their process lives; each test starts without any of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

# Each offers reset(); a module that was not imported has no state.
MODULES_WITH_STATE = (
    *("config", "telemetry.logs", "monitoring", "vendor_http", "database.connections", "database.alerts"),
    *("api.jwks", "api.rate_limits", "resources.health"),
)


def reset() -> None:
    for name in MODULES_WITH_STATE:
        module = sys.modules.get(f"chalicelib.{name}")
        if module is not None:
            module.reset()


@pytest.fixture(autouse=True)
def reset_modules() -> Iterator[None]:
    reset()
    yield
    reset()
