"""Packages as `make package` builds them: from a clone in a folder of its own, by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.settings import ROOT


def clone(folder: Path) -> Path:
    """What is committed of this checkout."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True, timeout=60)
    return folder


def make_package(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the checkout's own `python -m tools.package`: by default, for the stage prod."""
    return subprocess.run(
        [sys.executable, "-m", "tools.package", *(arguments or ("prod",))],
        cwd=checkout,
        env=_without_ours(os.environ) | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


def _without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in ("VERSION", "ARCH", "STAGE")}
