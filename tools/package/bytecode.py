"""Byte code for the target's Python: without it each cold start would compile all that it imports.

A .pyc names the Python that made it, so only that Python can make it. It is marked as not to be compared with its
source, whose time in the zip means nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.package import PackagingFailed
from tools.package.target import PYTHON

WHERE_LAMBDA_UNPACKS = "/var/task"
"""The folder that tracebacks name, and not the one in which the package was built."""

_NAME = f"python{PYTHON[0]}.{PYTHON[1]}"
_ASK = "import sys; print(sys.implementation.name, *sys.version_info[:2])"


def find_python() -> Path:
    """A Python of the target's version on this machine, or the one that TARGET_PYTHON names. Raises PackagingFailed."""
    named = os.environ.get("TARGET_PYTHON")
    for path in [named] if named else _candidates():
        if _is_right(path):
            return Path(path)
    if named:
        raise PackagingFailed(f"TARGET_PYTHON must be the path of a CPython {PYTHON[0]}.{PYTHON[1]}")
    raise PackagingFailed(
        f"byte code for Lambda is made by Python {PYTHON[0]}.{PYTHON[1]}, and there is none here. Install it (apt "
        f"install {_NAME}; pyenv install {PYTHON[0]}.{PYTHON[1]}; on GitHub, actions/setup-python), or name one: "
        f"make package STAGE=... TARGET_PYTHON=/path/to/{_NAME}"
    )


def _candidates() -> Iterator[str]:
    yield sys.executable
    if (found := shutil.which(_NAME)) is not None:
        yield found
    # pyenv puts a program on the PATH that fails while another version is chosen.
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{PYTHON[0]}.{PYTHON[1]}*/bin/{_NAME}")))


def _is_right(python: str) -> bool:
    try:
        done = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, timeout=30)
    except OSError:
        return False
    return done.stdout.split() == ["cpython", *map(str, PYTHON)]


def compile_all(python: Path, folder: Path) -> None:
    """Compiles every .py below the folder; the same files give the same bytes in any folder. Raises PackagingFailed."""
    command = [str(python), "-S", "-m", "compileall", "-q", "-f", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    paths = ["-s", str(folder), "-p", WHERE_LAMBDA_UNPACKS, str(folder)]
    # The order of a set decides about bytes, and follows from the hashes of its strings.
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}
    if subprocess.run([*command, *paths], env=environment, cwd=folder.parent).returncode != 0:
        raise PackagingFailed("something in the package does not compile (its name stands above)")
