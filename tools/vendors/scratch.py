"""What a run makes at the vendors, written down before it is made: a run that is killed leaves a list of it."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from local.file_lock import try_lock

PREFIX = "verify-vendors"
_LINE = re.compile(rf"(object|copy|customer) ((?:{PREFIX}/|cus_)[A-Za-z0-9._/-]+)")


class Scratch:
    """The list of one run: a file that is locked while the run lives, and gone when nothing is left."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.prefix = f"{PREFIX}/{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        self._path = folder / f"{self.prefix.replace('/', '-')}.list"
        self._file = self._path.open("x", encoding="utf-8")
        try_lock(self._file.fileno())
        self._made: list[tuple[str, str]] = []

    def will_make(self, kind: str, name: str) -> None:
        """Notes a thing, on the disk, before or as soon as it is made."""
        self._made.append((kind, name))
        self._file.write(f"{kind} {name}\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def clean_up(self, remove: Callable[[str, str], None]) -> list[str]:
        """Removes all of it, the newest first; what could not be removed stays on the list, and is returned."""
        left = _removed(self._made, remove)
        self._file.close()
        if not left:
            self._path.unlink()
        return left


def clean_up_after_others(folder: Path, remove: Callable[[str, str], None]) -> tuple[list[str], list[str]]:
    """What runs that were killed had left: (removed, still there)."""
    gone: list[str] = []
    left: list[str] = []
    for path in sorted(folder.glob(f"{PREFIX}-*.list")):
        with path.open(encoding="utf-8") as file:
            # A locked list is of a run that lives.
            if not try_lock(file.fileno()):
                continue
            made = [(found[1], found[2]) for line in file if (found := _LINE.fullmatch(line.strip()))]
        stayed = _removed(made, remove)
        gone += [name for _, name in made if not any(name in each for each in stayed)]
        left += stayed
        if not stayed:
            path.unlink()
    return gone, left


def _removed(made: list[tuple[str, str]], remove: Callable[[str, str], None]) -> list[str]:
    left = []
    for kind, name in reversed(made):
        try:
            remove(kind, name)
        except Exception as error:
            # Whatever a vendor or its library raises: the others are removed all the same.
            left.append(f"{kind} {name} ({type(error).__name__})")
    return left
