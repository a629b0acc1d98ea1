"""The system account of Postgres: that of the user, except for root, as whom Postgres refuses to run.

For root, an account without shell and home is made once. Apart from that, only one right on the machine changes: every
account may pass through (not list) the folders above the data and the programs.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

ACCOUNT = "pgserver"

# Postgres inherits no variable of this process, whose variables hold secrets. Its log is in English.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


def launch_options(cluster: Path) -> dict[str, Any]:
    """What subprocess needs to run a program as the account that owns (or is to own) the data in `cluster`."""
    if os.geteuid() != 0:
        return {"env": ENVIRONMENT}
    uid, gid = owner(cluster)
    return {"env": ENVIRONMENT, "user": uid, "group": gid, "extra_groups": []}


def owner(cluster: Path) -> tuple[int, int]:
    """The uid and gid of the server. Data made by another account, on a bind mount for example, keeps its owner."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if cluster.exists():
        found = cluster.stat()
        return found.st_uid, found.st_gid
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        make = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
        subprocess.run(make, check=True, capture_output=True)
        account = pwd.getpwnam(ACCOUNT)
    return account.pw_uid, account.pw_gid


def hand_over(path: Path, cluster: Path) -> None:
    """Makes the server's account the owner of a file or folder; for root alone."""
    if os.geteuid() == 0:
        os.chown(path, *owner(cluster))


def let_through(*paths: Path) -> None:
    """Lets the server's account pass through the folders above each path; for root alone."""
    if os.geteuid() != 0:
        return
    for folder in {parent for path in paths for parent in path.resolve().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
