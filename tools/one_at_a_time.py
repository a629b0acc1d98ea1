"""Runs a command while no other process runs one under the same file: one_at_a_time.py FILE COMMAND...

`make` uses it to set up the virtual environment, so that two commands in a fresh clone do not write into it at once.
The command inherits the lock on FILE, and the kernel releases it when the command and all that it started have ended.
FILE is not changed. It runs before anything is installed, so it imports the standard library alone.
"""

import fcntl
import os
import sys

if __name__ == "__main__":
    lock = os.open(sys.argv[1], os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("waiting for another make that sets up the virtual environment", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.set_inheritable(lock, True)
    os.execvp(sys.argv[2], sys.argv[2:])
