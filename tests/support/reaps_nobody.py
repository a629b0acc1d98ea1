"""Runs a command below a process that reaps nobody, as the first process of some containers: Linux only.

`python -m tests.support.reaps_nobody COMMAND...` stays until its input ends. Until then, every process below it that
ends stays a zombie: its pid exists, and it runs nothing.
"""

import ctypes
import subprocess
import sys
from contextlib import suppress

import psutil

PR_SET_CHILD_SUBREAPER = 36


def kill_all_below(pid: int) -> None:
    """Sends SIGKILL to every process below `pid`, the newest first, so that none stops another one cleanly."""
    for process in reversed(psutil.Process(pid).children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a server process that its living postmaster has reaped
            process.kill()


if __name__ == "__main__":
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1) != 0:
        sys.exit("error: this system lets no process stand for the first one")
    subprocess.Popen(sys.argv[1:])
    sys.stdin.read()
