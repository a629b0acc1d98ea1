"""A stack of the tests' own: the same command a developer gives, in a folder and on ports of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.settings import ROOT, read_env

START_SECONDS = 90
STOP_SECONDS = 30


@dataclass
class RunningStack:
    """A stack that is up: its process, its folder, what it printed until it was ready."""

    process: subprocess.Popen[str]
    folder: Path
    ports: dict[str, int]
    printed: str

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.ports['PORT']}"

    @property
    def env(self) -> dict[str, str]:
        """.local/env, as a client or a test reads it."""
        return read_env(self.folder / "env")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ends it as Ctrl-C does, or by another signal; answers its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()


def free_ports() -> dict[str, int]:
    """Three ports nobody listens on."""
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        return dict(zip(("PORT", "R2_PORT", "PG_PORT"), (one.getsockname()[1] for one in taken), strict=True))


def launch(
    folder: Path, ports: Mapping[str, object], below: tuple[str, ...] = (), **variables: str
) -> subprocess.Popen[str]:
    """Starts `python -m local run` as a newcomer's shell would: nothing of ours in its environment but `variables`.

    `below` is the command of a program that is to start it.
    """
    bare = {name: os.environ[name] for name in ("HOME", "PATH", "LANG") if name in os.environ}
    return subprocess.Popen(
        [*below, sys.executable, "-m", "local", "run"],
        cwd=ROOT,
        env={**bare, **variables, "LOCAL_DIR": str(folder), **{name: str(port) for name, port in ports.items()}},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until_ready(process: subprocess.Popen[str]) -> str:
    """What it prints up to its last line of welcome; fails when it ends before."""
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            return "".join(lines)
    raise AssertionError(f"the stack ended with {process.wait()}:\n{''.join(lines)}")


@contextmanager
def running(
    folder: Path, ports: dict[str, int] | None = None, below: tuple[str, ...] = (), **variables: str
) -> Iterator[RunningStack]:
    """A stack that has passed its smoke test and serves; stopped at the end, however that comes."""
    ports = ports or free_ports()
    process = launch(folder, ports, below, **variables)
    stack = RunningStack(process, folder, ports, "")
    try:
        stack.printed = read_until_ready(process)
        yield stack
    finally:
        stack.stop()
