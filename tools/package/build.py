"""The zip of a target, and the template of a stage that goes with it.

In the zip is what requirements.txt names, Chalice's runtime, and what git tracks of ours.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path

import chalice
from packaging.utils import canonicalize_name

from tools import locks
from tools.locks import Pin
from tools.package import PackagingFailed, archive, bytecode, pruning, wheels
from tools.package.target import Target
from tools.template import finish
from tools.template.chalice import chalice_document

DIST = locks.ROOT / "dist"

# The entry modules, which stand at the project's top, and what they import.
OURS = (":(glob)*.py", "chalicelib")
CHALICE_RUNTIME = ("__init__.py", "app.py")

_DISTRIBUTION = re.compile(r"([^/]+)-([^/-]+)\.dist-info/METADATA")


def package(stage: str, target: Target, version: str) -> None:
    """Makes dist/deployment.zip and dist/sam.json. Where it raises PackagingFailed there is neither."""
    template, zipped = DIST / "sam.json", DIST / "deployment.zip"
    template.unlink(missing_ok=True)
    zipped.unlink(missing_ok=True)
    try:
        document = finish(chalice_document(stage), stage, version, target.architecture)
    except ValueError as wrong:
        raise PackagingFailed(str(wrong)) from None
    build_zip(target, zipped)
    template.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def version_of(project: Path) -> str:
    """The nearest tag and the commit; `-dirty` where a file differs from the commit. Raises PackagingFailed."""
    command = ["git", "describe", "--tags", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if done.returncode != 0:
        raise PackagingFailed("the version is unknown outside a git checkout; name it: make package VERSION=1.2.3")
    return done.stdout.strip()


def build_zip(target: Target, output: Path) -> None:
    """Writes the zip of the target, as a whole or not at all. Raises PackagingFailed."""
    python = bytecode.find_python()
    own = own_files(locks.ROOT)
    applying = (pin for pin in locks.read(locks.SHIPPED) if pin.applies(target.markers))
    pins = [pin for pin in applying if pin.name not in pruning.NOT_UNPACKED]
    with tempfile.TemporaryDirectory(prefix="stories-package-") as temporary:
        tree, made = Path(temporary) / "task", Path(temporary) / "deployment.zip"
        wheels.unpack(pins, target, tree)
        pruning.prune(tree)
        for name in CHALICE_RUNTIME:
            _copy(Path(chalice.__file__).with_name(name), tree / "chalice" / name)
        for path in own:
            _copy(locks.ROOT / path, tree / path)
        bytecode.compile_all(python, tree)
        archive.write(tree, made)
        if differences := compare(made, pins):
            raise PackagingFailed("the zip is not what requirements.txt names: " + "; ".join(differences))
        for line in archive.report(made):
            print(line)
        archive.refuse_growth(made)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, output)


def own_files(project: Path) -> list[Path]:
    """What git tracks of what is deployed, below the project. Raises PackagingFailed where a file is not in git."""
    if forgotten := _git(project, "ls-files", "--others", "--exclude-standard", "-z", "--", *OURS):
        names = ", ".join(sorted(forgotten))
        raise PackagingFailed(f"not in git, so that no version would name it: {names} (`git add` it, or remove it)")
    return [Path(name) for name in _git(project, "ls-files", "-z", "--", *OURS)]


def _git(project: Path, *arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True)
    if done.returncode != 0:
        raise PackagingFailed("only a git checkout can be packaged: the zip holds what git tracks, and nothing else")
    return [name for name in done.stdout.split("\0") if name]


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, destination)


def compare(made: Path, pins: Collection[Pin]) -> list[str]:
    """What distinguishes the distributions in the zip from the pins, a line each; nothing where they are the same."""
    wanted = {(pin.name, pin.version) for pin in pins}
    with zipfile.ZipFile(made) as zipped:
        matches = [_DISTRIBUTION.fullmatch(name) for name in zipped.namelist()]
    found = {(canonicalize_name(match[1]), match[2]) for match in matches if match}
    return [
        *(f"{name}=={version} is missing" for name, version in sorted(wanted - found)),
        *(f"{name}=={version} is not in the lock" for name, version in sorted(found - wanted)),
    ]
