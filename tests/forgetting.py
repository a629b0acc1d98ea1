"""The core remembers settings, keys and connections while its process lives; a test starts without any of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

# Whatever keeps state offers reset(); a module nobody has imported has none to forget.
KEEPERS = ("config", "logs", "monitoring", "database.connections", "api.jwks", "api.rate_limits", "resources.health")


def forget() -> None:
    for name in KEEPERS:
        module = sys.modules.get(f"chalicelib.{name}")
        if module is not None:
            module.reset()


@pytest.fixture(autouse=True)
def core_forgets() -> Iterator[None]:
    forget()
    yield
    forget()
