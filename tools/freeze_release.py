"""`make freeze-release`: keeps what is committed as the last release, whose tests then run on every later schema.

While a deployment runs, and after a rollback, the last release works on the schema of the next one. So its own tests of
the API, with its own code, run on the schema of this checkout: tests/database/test_last_release.py. Run this when a
release is made, and commit what it writes with it (docs/releasing.md).
"""

from __future__ import annotations

import io
import json
import lzma
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from local.settings import ROOT

FOLDER = ROOT / "tests" / "last_release"
ARCHIVE = FOLDER / "release.tar.xz"
FACTS = FOLDER / "release.json"
# What the tests of the API need. Not sql/: they get the schema, and the way it is applied, of the checkout.
KEPT = ("chalicelib", "local", "tools", "tests/conftest.py", "tests/__init__.py", "tests/api", "tests/support")
OTHERS = (".chalice", "pyproject.toml")


def freeze(folder: Path = ROOT) -> dict[str, Any]:
    """Writes the archive and its facts from the commit that is checked out; returns the facts."""
    commit = _git(folder, "rev-parse", "HEAD").decode().strip()
    top = _git(folder, "ls-tree", "--name-only", "HEAD").decode().split()
    paths = [name for name in top if name.endswith(".py")] + [*KEPT, *OTHERS]
    packed = _git(folder, "archive", "--format=tar", commit, *paths)
    FOLDER.mkdir(exist_ok=True)
    ARCHIVE.write_bytes(lzma.compress(packed, preset=9 | lzma.PRESET_EXTREME))
    names = _git(folder, "ls-tree", "--name-only", "HEAD", "sql/migrations/").decode().split()
    migrations = sorted(Path(name).stem for name in names if not name.endswith(".rollback.sql"))
    version = _git(folder, "describe", "--tags", "--always", "--abbrev=12").decode().strip()
    facts = {"version": version, "commit": commit, "migrations": migrations}
    FACTS.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    return facts


def facts() -> dict[str, Any]:
    """Of the last release: version, commit, and the migrations of its schema."""
    found: dict[str, Any] = json.loads(FACTS.read_text("utf-8"))
    return found


def unpack(folder: Path) -> None:
    """The last release's files, in a folder, with the SQL of this checkout."""
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(ARCHIVE.read_bytes()))) as archive:
        archive.extractall(folder, filter="data")
    (folder / "sql").symlink_to(ROOT / "sql")


def _git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True).stdout


def main() -> int:
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, check=False).returncode:
        print("error: commit first: what is frozen is what is committed", file=sys.stderr)
        return 1
    made = freeze()
    size = ARCHIVE.stat().st_size // 1024
    print(f"{ARCHIVE.relative_to(ROOT)}: {made['version']}, schema {made['migrations'][-1]}, {size} KiB. Commit it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
