"""The system account Postgres runs under: our own, except for root, under whom Postgres refuses to start.

For root, an account without a shell or a home is made once. Nothing else on the machine is changed but the right to
pass through (not to list) the folders above the data and the binaries.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

ACCOUNT = "pgserver"

# Postgres inherits none of our variables, which hold secrets, and speaks English in its log.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


def launch_options(cluster: Path) -> dict[str, Any]:
    """What subprocess needs to run a program as the account that owns (or is to own) the data in `cluster`."""
    if os.geteuid() != 0:
        return {"env": ENVIRONMENT}
    uid, gid = owner(cluster)
    return {"env": ENVIRONMENT, "user": uid, "group": gid, "extra_groups": []}


def owner(cluster: Path) -> tuple[int, int]:
    """The uid and gid the server runs under. Data made by another account (a bind mount, say) keeps its owner."""
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
    """Makes the server's account the owner of a file or folder of ours."""
    if os.geteuid() == 0:
        os.chown(path, *owner(cluster))


def let_through(*paths: Path) -> None:
    """Lets the server's account pass through the folders above each path; needed for root alone."""
    if os.geteuid() != 0:
        return
    for folder in {parent for path in paths for parent in path.resolve().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
