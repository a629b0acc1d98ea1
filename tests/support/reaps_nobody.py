"""Runs a command below a process that reaps nobody, as the first process of some containers: Linux only.

`python -m tests.support.reaps_nobody COMMAND...` stays until its input ends. Until then, every process below it that
ends stays a zombie: its pid exists, and it runs nothing.
"""

import ctypes
import subprocess
import sys
import time
from contextlib import suppress

import psutil

PR_SET_CHILD_SUBREAPER = 36
DEAD_SECONDS = 30


def kill_all_below(pid: int) -> None:
    """Kills every process below `pid`, the newest first, so that none stops another one cleanly.

    Returns when all of them are dead: a process that was sent SIGKILL holds its files and locks a moment longer.
    """
    processes = list(reversed(psutil.Process(pid).children(recursive=True)))
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a server process that its living postmaster has reaped
            process.kill()
    deadline = time.monotonic() + DEAD_SECONDS
    while any(_is_alive(process) for process in processes):
        assert time.monotonic() < deadline, "a killed process is still there"
        time.sleep(0.01)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1) != 0:
        sys.exit("error: this system lets no process stand for the first one")
    subprocess.Popen(sys.argv[1:])
    sys.stdin.read()
