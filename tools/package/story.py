"""`make test-package`: the finished zip tells the whole story under Lambda's runtime client, and runs every schedule.

It builds the zip for this machine's processor, unzips it, and starts a local stack whose app runs from nothing but
these files, in WORKERS processes of the target's Python: no virtual environment, no checkout. Then it runs the smoke
test over HTTP, and each schedule as often at once. POOLER=yes lets it all run behind PgBouncer.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from local.functions import BadWorkers, workers_from
from local.functions.pool import Code, StartFailed
from local.ports import Ports, free_port
from local.smoke_test import SmokeTestFailed, run_smoke_test
from local.stack import Stack
from tools import locks
from tools.package import PackagingFailed, bytecode, wheels
from tools.package.build import build_zip
from tools.package.target import RUNTIME, Target

# What `uname -m` says -> what Lambda calls it.
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
# Lambda's image has its runtime client; the zip does not.
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
SCHEDULE_SECONDS = 120
IMPORT_SECONDS = 900
USED = {"SIGNING": "ES256", "SENTRY_TRACES_SAMPLE_RATE": "1", "METRICS": "on"}
"""What a deployed stage uses: tokens signed by a key pair, metrics, and Sentry's library with every call."""


class StoryFailed(Exception):
    """The package does not do what it should; the message says where."""


def this_machine() -> Target:
    """The target that this machine can run. Raises PackagingFailed."""
    if sys.platform != "linux" or platform.machine() not in ARCHITECTURES:
        raise PackagingFailed("what is built for Lambda runs on Linux on x86-64 or arm64 alone")
    return Target(ARCHITECTURES[platform.machine()])


def chosen() -> Target:
    """This machine's target, or ARCH=arm64 where ARM64_ROOT holds a Python to emulate. Raises PackagingFailed."""
    own = this_machine()
    target = Target(os.environ.get("ARCH") or own.architecture)
    if target != own and not (target.architecture == "arm64" and os.environ.get("ARM64_ROOT")):
        raise PackagingFailed(f"this machine runs {own.architecture}; see docs/decisions/what-a-package-weighs.md")
    return target


def python_of(target: Target) -> tuple[str, ...]:
    """The command of the target's Python on this machine. Raises PackagingFailed."""
    if target == this_machine():
        return (str(bytecode.find_python()),)
    root = os.environ["ARM64_ROOT"]
    return ("qemu-aarch64-static", "-L", root, f"{root}/usr/bin/{RUNTIME}")


def unpacked(folder: Path, target: Target, zipped: Path) -> Code:
    """The zip as Lambda has it in front of it: its files, the target's Python, and the runtime client beside them."""
    task, client = folder / "task", folder / "runtime"
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(task)
    pins = [pin for pin in locks.read(locks.DEVELOPMENT) if pin.name in RUNTIME_CLIENT]
    wheels.unpack(pins, target, client)
    # -S: without the site-packages of that Python. Nothing is written beside the files, which Lambda's user cannot.
    command = (*python_of(target), "-S", "-B", "-m", "awslambdaric")
    # The runtime client itself adds the folder that it is started in.
    return Code(task, command, {"PYTHONPATH": str(client)})


def import_all(python: Sequence[str], folder: Path) -> None:
    """Imports each module that our code names, by the standard library and the zip alone. Raises StoryFailed."""
    command = [*python, "-I", "-S", "-B", str(Path(__file__).with_name("imports_all.py")), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=IMPORT_SECONDS)
    if done.returncode != 0:
        raise StoryFailed(f"the zip lacks what its code imports: {done.stderr.strip().splitlines()[-1]}")
    say(f"  {len(done.stdout.split())} modules are imported")


def tell(stack: Stack) -> None:
    """Runs everything that the functions do, over HTTP. Raises StoryFailed, SmokeTestFailed."""
    assert stack.functions is not None and stack.clock is not None
    run_smoke_test(stack.ports.origin, stack.env["ANON_KEY"], report=say)
    if not requests.get(f"{stack.ports.origin}/_local/sentry", timeout=SCHEDULE_SECONDS).json():
        raise StoryFailed("Sentry got nothing")
    for schedule in stack.clock.schedules:
        started = time.monotonic()
        with ThreadPoolExecutor(stack.workers) as threads:
            list(threads.map(run, [stack.ports.origin] * stack.workers, [schedule] * stack.workers))
        say(f"  {f'{stack.workers} runs of {schedule} at once':<58} {time.monotonic() - started:6.2f} s")
    # A process is started for what nothing else is free for.
    count = sum(len(pool.pids) for pool in stack.functions.pools.values())
    say(f"  {count} processes of {len(stack.functions.pools)} functions")


def run(origin: str, schedule: str) -> None:
    answer = requests.post(f"{origin}/_local/run/{schedule}", timeout=SCHEDULE_SECONDS)
    if answer.status_code != 200:
        raise StoryFailed(f"{schedule} answered {answer.status_code}")


def show_end(log: Path, lines: int = 30) -> None:
    """What the functions printed last: it is gone with the temporary folder."""
    if log.exists():
        say("\n".join(log.read_text("utf-8").splitlines()[-lines:]))


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    for name, value in USED.items():
        os.environ.setdefault(name, value)
    ports = Ports(gateway=free_port(), store=free_port(), postgres=free_port())
    # Not below the project: root's Postgres runs as an account that enters few folders.
    with tempfile.TemporaryDirectory(prefix="stories-package-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        try:
            target = chosen()
            build_zip(target, folder / "deployment.zip")
            code = unpacked(folder, target, folder / "deployment.zip")
            say(f"\nthe package for {target.architecture}, by {' '.join(python_of(target))}\n")
            import_all(python_of(target), code.folder)
            if target != this_machine():
                say("no more than that: emulated, a cold start alone exceeds the deadlines of a request")
                return 0
            stack = Stack(ports, folder / "stack", say, workers_from(os.environ) or 4, code)
            try:
                stack.start()
                tell(stack)
            finally:
                stack.stop()
        except (PackagingFailed, BadWorkers, StartFailed, StoryFailed, SmokeTestFailed) as failure:
            show_end(folder / "stack" / "app.log")
            print(f"error: {failure}", file=sys.stderr)
            return 1
    say("the package does all that it is deployed for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
