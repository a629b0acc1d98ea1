"""The distributions of a lock, unpacked for a target: each wheel's SHA-256 is in the lock, or there is no package."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools.locks import Pin
from tools.package import PackagingFailed
from tools.package.target import PYTHON, Target


def unpack(pins: Iterable[Pin], target: Target, folder: Path) -> None:
    """Installs exactly these pins into `folder`, as the target would have them. Raises PackagingFailed.

    pip resolves nothing: the pins are all there is. It would evaluate the markers of the lock, and of the wheels, for
    the Python that runs it, also where it is told of another one.
    """
    lines = [
        f"{pin.name}=={pin.version} {' '.join(f'--hash=sha256:{digest}' for digest in pin.hashes)}" for pin in pins
    ]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
    ]
    checked = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile"]
    platforms = [argument for platform in target.platforms for argument in ("--platform", platform)]
    abis = [argument for abi in target.abis for argument in ("--abi", abi)]
    python = ["--implementation", "cp", "--python-version", ".".join(map(str, PYTHON))]
    with tempfile.TemporaryDirectory(prefix="stories-pins-") as temporary:
        selected = Path(temporary) / "requirements.txt"
        selected.write_text("\n".join(lines) + "\n", "utf-8")
        place = ["-r", str(selected), "--target", str(folder)]
        if subprocess.run([*command, *checked, *platforms, *abis, *python, *place]).returncode != 0:
            raise PackagingFailed(
                f"pip found no wheel for {target.architecture} with a SHA-256 of the lock (its reason stands above). "
                "Where a hash does not match, somebody changed the lock or the file: find out which before `make lock`"
            )
