"""Node, with the packages that tests/e2e/package.json pins: for the client's types, and for tests in JavaScript."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from functools import cache

from local.settings import ROOT

HERE = ROOT / "tests" / "e2e"
OLDEST_NODE = 20

_MODULES = HERE / "node_modules"
_STAMP = _MODULES / ".installed-from"


@cache
def why_not() -> str | None:
    """Why scripts cannot be run on this machine; None when they can. Installs the packages once a lock file."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "Node and npm are not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        return f"Node {version} is older than {OLDEST_NODE}"
    return _install(npm)


def run_script(name: str, *arguments: str, timeout: float = 120) -> str:
    """Runs a script of tests/e2e and answers what it printed; fails the test with all output when it exits badly."""
    done = subprocess.run(
        ["node", str(HERE / name), *arguments],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert done.returncode == 0, f"{name} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _install(npm: str) -> str | None:
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes come here at once, and npm ci empties the folder
        if _STAMP.is_file() and _STAMP.read_text() == wanted:
            return None
        command = [npm, "ci", "--no-audit", "--no-fund", "--prefer-offline"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            return f"npm ci failed: {done.stderr.strip().splitlines()[-1:]}"
        _STAMP.write_text(wanted)
    return None
