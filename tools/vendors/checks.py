"""An assumption and the check that tries it. docs/assumptions.md is written from these by `make generate`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.vendors.credentials import Vendors


class Wrong(Exception):
    """The vendor does not do what we assume. The text says what it did, without any secret."""


@dataclass(frozen=True)
class Check:
    """`run` raises Wrong, or Skip where it cannot be tried here; its docstring says how it tries."""

    id: str
    assume: str
    why: str
    breaks: str
    run: Callable[[Vendors], None]

    @property
    def vendor(self) -> str:
        """The first word of the id."""
        return self.id.partition("-")[0]

    @property
    def tried(self) -> str:
        """How it is tried."""
        return " ".join((self.run.__doc__ or "").split())


declared: dict[str, Check] = {}


def check(
    name: str, *, assume: str, why: str, breaks: str
) -> Callable[[Callable[[Vendors], None]], Callable[[Vendors], None]]:
    """Declares a check."""

    def declare(run: Callable[[Vendors], None]) -> Callable[[Vendors], None]:
        assert name not in declared, name
        declared[name] = Check(name, assume, why, breaks, run)
        return run

    return declare


def expect(holds: bool, seen: str) -> None:
    """Raises Wrong with what was seen, unless it holds."""
    if not holds:
        raise Wrong(seen)
