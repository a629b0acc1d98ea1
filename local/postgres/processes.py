"""Finds and ends the processes of one Postgres cluster, also those that a killed run has left behind.

A pid in a file proves nothing: its process may be dead and not yet reaped (a zombie), and another program may have the
pid by now. A process counts as Postgres of this cluster only when it is alive, is called postgres and works in the
cluster's folder. psutil compares the start time before it sends a signal: a pid that got a new owner between the look
and the signal is left alone.
"""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types; we call a few of its methods

STOP_SECONDS = 15

# The guard reads until end-of-file: the other end of its input is held by the process that needs the server, and the
# kernel closes it even when that process is killed. Then it stops the server, if the pid is still that of the server.
# Where there is no /proc (macOS), the pid file alone decides.
GUARD = """
read -r _
[ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] || exit
[ ! -e /proc/self ] || [ "/proc/$1/cwd" -ef "$2" ] || exit
kill -INT "$1"
"""


def pid_file(cluster: Path) -> list[str]:
    """The lines of postmaster.pid (pid, folder, start time, port, ..., status); none when there is no such file."""
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def postmaster(cluster: Path) -> psutil.Process | None:
    """The living server that the pid file names, no matter which process started it."""
    lines = pid_file(cluster)
    if not lines or not lines[0].strip().isdigit():
        return None
    try:
        process = psutil.Process(int(lines[0]))
    except psutil.NoSuchProcess:
        return None
    return process if works_in(process, cluster) else None


def works_in(process: psutil.Process, cluster: Path) -> bool:
    """Whether the process is alive and is Postgres at work in this cluster."""
    try:
        return (
            is_alive(process)
            and str(process.name()).startswith("postgres")
            and Path(process.cwd()) == cluster.resolve()
        )
    except (psutil.Error, OSError):
        return False


def is_alive(process: psutil.Process) -> bool:
    """False for a zombie as well: it runs nothing and holds no file, although its pid still exists."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(processes: list[psutil.Process], how: signal.Signals) -> None:
    """Sends the signal, waits, and kills what is still alive after STOP_SECONDS.

    To a postmaster, SIGINT means to write everything out first, SIGQUIT to stop at once.
    """
    _send(processes, how)
    _wait(processes)
    stubborn = [process for process in processes if is_alive(process)]
    _send(stubborn, signal.SIGKILL)
    _wait(stubborn)


def end_leftovers(cluster: Path) -> None:
    """Stops a postmaster whose owner was killed, then the backends of a postmaster that was killed."""
    orphan = postmaster(cluster)
    if orphan is not None:
        end([orphan], signal.SIGINT)
    end([process for process in psutil.process_iter() if works_in(process, cluster)], signal.SIGQUIT)


def post_guard(pid: int, cluster: Path, lifeline: int) -> subprocess.Popen[bytes]:
    """Starts the process that stops the server `pid` once `lifeline` reads end-of-file."""
    return subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(pid), str(cluster)],
        stdin=lifeline,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _send(processes: list[psutil.Process], how: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(how)
        except psutil.NoSuchProcess:
            continue


def _wait(processes: list[psutil.Process]) -> None:
    """Not psutil's own wait: it waits for the pid to disappear, which a zombie that nobody reaps never does."""
    deadline = time.monotonic() + STOP_SECONDS
    while any(map(is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
