"""The list of a stage's releases, and which of them serves.

What serves is read from the aliases of the functions, never from the list. The list says which versions belong
together, which of them passed the smoke test, and which served before: a rollback needs that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tools.deploy.aws import Aws

MOST = 50
"""Older ones are forgotten here; Lambda keeps their versions until somebody deletes them."""


@dataclass
class Release:
    """One deployment: a version of each function, published together."""

    id: str
    """When its versions were published, in UTC: 20261122T031500.123Z."""
    version: str
    by: str
    schema: str
    """The newest migration when it was published."""
    functions: dict[str, dict[str, str]] = field(default_factory=dict)
    """A function's name in the template -> its name at AWS (`name`) and the number of its version (`version`)."""
    passed_at: str = ""
    """When it passed the smoke test."""
    served_at: str = ""
    """When the last of its aliases was moved to it."""
    rolled_back_at: str = ""
    forced: str = ""
    """Why a guard was overruled."""

    def __str__(self) -> str:
        return f"{self.version} ({self.id})"

    def numbers(self) -> dict[str, str]:
        """A function's name at AWS -> the number of its version."""
        return {each["name"]: each["version"] for each in self.functions.values()}


class Releases:
    """The stage's list, the newest first. Every change is written at once."""

    def __init__(self, aws: Aws, stage: str) -> None:
        self._aws = aws
        self._stage = stage
        self.all = [Release(**each) for each in aws.store.read_list(stage)]

    def note(self, release: Release, **changes: str) -> None:
        """Adds a release to the list, or changes it there."""
        for name, value in changes.items():
            setattr(release, name, value)
        if release not in self.all:
            self.all = [release, *self.all][:MOST]
        rows: list[dict[str, Any]] = [asdict(each) for each in self.all]
        self._aws.store.write_list(self._stage, rows)


def now() -> str:
    """The moment in UTC, to the millisecond."""
    return f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%S.%f')[:-3]}Z"


def live(aws: Aws, functions: Iterable[str]) -> dict[str, str]:
    """A function's name at AWS -> the number of its version that serves; nothing of one that does not serve yet."""
    return {name: aws.functions.live(name) for name in functions}


def serving(releases: Sequence[Release], present: Mapping[str, str]) -> Release | None:
    """The release that serves as a whole: the newest whose every version is live. None where the aliases are torn.

    A function that a later release removed is not asked for.
    """
    for release in releases:
        numbers = {name: number for name, number in release.numbers().items() if name in present}
        if numbers and all(present[name] == number for name, number in numbers.items()):
            return release
    return None


def said(releases: Sequence[Release], present: Mapping[str, str]) -> str:
    """What serves, in words."""
    if not any(present.values()):
        return "nothing"
    if release := serving(releases, present):
        return str(release)
    parts = [
        str(release)
        for release in releases
        if any(present.get(name) == number for name, number in release.numbers().items())
    ]
    return f"some functions of each of {', '.join(parts)}" if parts else "versions that no release of the list has"
