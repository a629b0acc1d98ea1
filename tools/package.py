"""`make package STAGE=dev`: dist/deployment.zip and dist/sam.json, made of nothing but what requirements.txt names.

tools/template completes the sam.json that Chalice made.

`chalice package` alone does not hold the lock. Its first call of pip (`download -r requirements.txt`) checks hashes.
But when that call chose a wheel for the building machine that Lambda does not take, Chalice downloads another one by
`pip download name==version`, without any hash. And what it cannot get it leaves out of the zip, and exits 0.
So here pip downloads the wheels for Lambda with hashes required, Chalice's pip is then given these files and no index,
and the finished zip must hold every distribution of the lock and no other.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from packaging.utils import canonicalize_name

from tools import locks
from tools.template import finish

# The minor version of glibc 2 in Lambda's image for each Python 3: Amazon Linux 2 for 3.11, 2023 since.
GLIBC_MINOR = {11: 26, 12: 34, 13: 34}
_OLDEST_GLIBC_MINOR = 17
_DISTRIBUTION = re.compile(r"([^/]+)-([^/-]+)\.dist-info/METADATA")


class PackagingFailed(Exception):
    """There is no package; the message says why."""


def package(project: Path, stage: str, output: Path, version: str = "") -> str:
    """Builds the stage's deployment.zip and sam.json into `output`, and returns the version that they carry.

    Where it raises PackagingFailed there is no zip.
    """
    made = output / "deployment.zip"
    made.unlink(missing_ok=True)
    version = version or version_of(project)
    with tempfile.TemporaryDirectory(prefix="stories-wheels-") as folder:
        wheels = Path(folder)
        download(project / locks.SHIPPED.name, wheels)
        run_chalice(project, stage, output, wheels)
    differences = compare(made, project / locks.SHIPPED.name)
    if differences:
        made.unlink()
        raise PackagingFailed("the zip is not what requirements.txt names: " + "; ".join(differences))
    template = output / "sam.json"
    try:
        finished = finish(json.loads(template.read_text("utf-8")), stage, version)
    except ValueError as wrong:
        made.unlink()
        raise PackagingFailed(str(wrong)) from None
    template.write_text(json.dumps(finished, indent=2) + "\n", "utf-8")
    return version


def version_of(project: Path) -> str:
    """The nearest tag and the commit; `-dirty` where a file differs from the commit. Raises PackagingFailed."""
    command = ["git", "describe", "--tags", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if done.returncode != 0:
        raise PackagingFailed("the version is unknown outside a git checkout; name it: make package VERSION=1.2.3")
    return done.stdout.strip()


def compare(made: Path, lock: Path) -> list[str]:
    """What distinguishes the distributions in the zip from the lock's, a line each; nothing where they are the same."""
    wanted = {(pin.name, pin.version) for pin in locks.read(lock) if pin.applies()}
    with zipfile.ZipFile(made) as archive:
        matches = [_DISTRIBUTION.fullmatch(name) for name in archive.namelist()]
    found = {(canonicalize_name(match[1]), match[2]) for match in matches if match}
    return [
        *(f"{name}=={version} is missing" for name, version in sorted(wanted - found)),
        *(f"{name}=={version} is not in the lock" for name, version in sorted(found - wanted)),
    ]


def _platforms() -> list[str]:
    """The tags of wheels for Lambda on x86-64. pip takes each literally: a newer one does not imply the older."""
    minors = range(_OLDEST_GLIBC_MINOR, GLIBC_MINOR[sys.version_info.minor] + 1)
    return [*(f"manylinux_2_{minor}_x86_64" for minor in minors), "manylinux2014_x86_64"]


def download(lock: Path, wheels: Path) -> None:
    """One wheel for Lambda of each pin, its SHA-256 checked, in the folder `wheels`. Raises PackagingFailed."""
    command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--require-hashes"]
    target = [argument for platform in _platforms() for argument in ("--platform", platform)]
    arguments = ["--only-binary", ":all:", "--implementation", "cp", *target, "-r", str(lock), "--dest", str(wheels)]
    if subprocess.run([*command, *arguments]).returncode != 0:
        raise PackagingFailed(
            "pip found no wheel for Lambda with a SHA-256 of requirements.txt (its reason stands above). Where a hash "
            "does not match, somebody changed the lock or the file: find out which before you run `make lock`"
        )


def run_chalice(project: Path, stage: str, output: Path, wheels: Path) -> None:
    """Runs `chalice package` with its pip confined to the wheels. Raises PackagingFailed."""
    # Chalice keeps its zips here and takes one again while requirements.txt and the code are the same.
    shutil.rmtree(project / ".chalice" / "deployments", ignore_errors=True)
    environment = {
        **os.environ,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_ONLY_BINARY": ":all:",
        "PIP_IMPLEMENTATION": "cp",
        "PIP_PLATFORM": " ".join(_platforms()),
    }
    chalice = str(Path(sys.executable).with_name("chalice"))
    command = [chalice, "package", "--stage", stage, str(output.resolve())]
    if subprocess.run(command, cwd=project, env=environment).returncode != 0:
        raise PackagingFailed("chalice package failed (its reason stands above)")


def main(arguments: list[str]) -> int:
    stage = arguments[0] if arguments else ""
    if not stage:
        print("error: name the stage: make package STAGE=dev", file=sys.stderr)
        return 1
    try:
        # A shell that has read .local/env carries VERSION=local.
        version = package(locks.ROOT, stage, locks.ROOT / "dist", os.environ.get("VERSION", "").removeprefix("local"))
    except PackagingFailed as failure:
        print(f"error: nothing was packaged: {failure}", file=sys.stderr)
        return 1
    print(f"dist/deployment.zip and dist/sam.json are made for {stage}, version {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
