"""Finding and ending the processes of one Postgres cluster, also those left behind by a kill.

A pid in a file proves nothing: it may have passed on to another program. The folder a process works in does, so nothing
is ever signalled before that was looked at.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types, and we call a handful of methods of it

STOP_SECONDS = 15

# A shell that ends with its input: the other end is held by whoever needs the server, and closes even when that process
# is killed. It looks at the pid file again, because by then the pid could belong to somebody else.
GUARD = 'read -r _; [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -INT "$1"'


def pid_file(cluster: Path) -> list[str]:
    """The lines of postmaster.pid (pid, folder, start, port, ..., status), none when there is no such file."""
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def postmaster(cluster: Path) -> psutil.Process | None:
    """The running server of this cluster, whoever started it."""
    lines = pid_file(cluster)
    if not lines or not lines[0].strip().isdigit():
        return None
    try:
        process = psutil.Process(int(lines[0]))
    except psutil.NoSuchProcess:
        return None
    return process if works_in(process, cluster) else None


def works_in(process: psutil.Process, cluster: Path) -> bool:
    try:
        return str(process.name()).startswith("postgres") and Path(process.cwd()) == cluster.resolve()
    except (psutil.Error, OSError):
        return False


def end(processes: list[psutil.Process], how: signal.Signals) -> None:
    """SIGINT lets a postmaster write everything out, SIGQUIT does not; what is still there after a while is killed."""
    for process in processes:
        process.send_signal(how)
    _, stubborn = psutil.wait_procs(processes, STOP_SECONDS)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, STOP_SECONDS)


def end_leftovers(cluster: Path) -> None:
    """After a kill: stops a postmaster without its owner, and backends without their postmaster."""
    if not pid_file(cluster):
        return
    orphan = postmaster(cluster)
    if orphan is not None:
        end([orphan], signal.SIGINT)
    end([process for process in psutil.process_iter() if works_in(process, cluster)], signal.SIGQUIT)


def post_guard(pid: int, cluster: Path, lifeline: int) -> subprocess.Popen[bytes]:
    """Starts what stops the server `pid` once `lifeline` reads end-of-file."""
    return subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(pid), str(cluster)],
        stdin=lifeline,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
