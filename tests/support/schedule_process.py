"""One run of a schedule in a process of its own, which can be killed: python -m tests.support.schedule_process NAME

It runs by the clock's way but for the slot, so that several run at once. Exits with 0 when the run has ended.
"""

from __future__ import annotations

import sys

from chalicelib.call import Call
from chalicelib.schedules import audit_storage, copy_recordings

WORK = {"copy_recordings": copy_recordings._copy_all, "audit_storage": audit_storage._audit}

if __name__ == "__main__":
    WORK[sys.argv[1]](Call.system(sys.argv[1], seconds=300))
