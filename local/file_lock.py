"""A lock on an open file, so that one process at a time uses a folder.

The kernel releases it when the last process that has the descriptor, or inherited it, ends: by kill -9, too.
"""

import fcntl


def try_lock(descriptor: int) -> bool:
    """Locks the file unless another process has it locked; whether it is locked now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
