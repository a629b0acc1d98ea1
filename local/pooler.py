"""PgBouncer in transaction mode before a Postgres of this machine: Debian's program, started and stopped here.

It stands where Supabase's pooler stands: each message may run on another connection to Postgres than the one before,
which earlier clients have used. It asks for SCRAM, looks passwords up in Postgres itself, so that a changed password
counts at once, and listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]  # it ships no types; we call one of its methods
import psycopg2

from local.ports import free_port, is_taken
from local.postgres import SUPERUSER, EmbeddedPostgres, StartFailed
from local.postgres.account import hand_over, launch_options, let_through
from local.postgres.launch import write_secret
from local.postgres.processes import is_alive

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
WHY_NOT = None if PROGRAM else "pgbouncer is not installed (apt-get install pgbouncer)"

START_SECONDS = 20.0

# The shell stops PgBouncer at the end of its own input: that is when stop() is called, or when this process has ended,
# in whatever way.
_GUARDED = '"$@" & echo $!; read -r _; kill -TERM $!; wait $!'

DEFAULTS = {
    "pool_mode": "transaction",
    # Supabase's sizes for its smallest projects.
    "default_pool_size": "15",
    "max_client_conn": "200",
    "auth_type": "scram-sha-256",
    "ignore_startup_parameters": "extra_float_digits",
}


class Pooler:
    """One PgBouncer before one server. `folder` holds its settings, with the superuser's password, and its log.

    `settings` are PgBouncer's own, and replace those of DEFAULTS. `to`: the port by which it reaches the server, where
    that is not the server's own.
    """

    def __init__(self, folder: Path, server: EmbeddedPostgres, *, to: int = 0, **settings: str) -> None:
        self.port = 0
        self.pid = 0
        self._to = to or server.port
        self._folder = folder.absolute()
        self._server = server
        self._settings = DEFAULTS | settings
        self._shell: subprocess.Popen[str] | None = None

    def start(self) -> Pooler:
        """Starts it, and returns when it takes connections. Raises StartFailed."""
        if PROGRAM is None:
            raise StartFailed(str(WHY_NOT))
        self.port = free_port()
        self._write_files()
        command = ["/bin/sh", "-c", _GUARDED, "guard", PROGRAM, "-q", str(self._folder / "pgbouncer.ini")]
        self._shell = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            **launch_options(self._server.cluster),
        )
        assert self._shell.stdout is not None
        self.pid = int(self._shell.stdout.readline())
        until = time.monotonic() + START_SECONDS
        while not is_taken(self.port):
            if time.monotonic() > until or not self._is_alive():
                self.stop()
                raise StartFailed(f"pgbouncer did not start: {self._folder / 'pgbouncer.log'} ends with the reason")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Ends it, and every connection through it. Repeatable."""
        if self._shell is not None:
            self._shell.communicate()
            self._shell = None

    def before(self, url: str) -> str:
        """The address of a database of the server, by way of the pooler."""
        return url.replace(f":{urlsplit(url).port}/", f":{self.port}/")

    def show(self, what: str) -> list[dict[str, Any]]:
        """What its console shows: `pools`, `clients`, `servers`, `stats`. A command such as `reload` shows nothing."""
        with closing(psycopg2.connect(self.before(self._server.admin_url("pgbouncer")))) as console:
            console.autocommit = True
            with console.cursor() as cursor:
                cursor.execute(what if " " in what or what.isupper() else f"SHOW {what}")
                if cursor.description is None:
                    return []
                names = [column.name for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _is_alive(self) -> bool:
        try:
            return is_alive(psutil.Process(self.pid))
        except psutil.NoSuchProcess:
            return False

    def _write_files(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        let_through(self._folder / "pgbouncer.ini")
        hand_over(self._folder, self._server.cluster)
        self._write("users.txt", [f'"{SUPERUSER}" "{self._server.superuser_password}"'])
        fixed = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_file": str(self._folder / "users.txt"),
            "auth_user": SUPERUSER,
            "admin_users": SUPERUSER,
            "logfile": str(self._folder / "pgbouncer.log"),
        }
        self._write(
            "pgbouncer.ini",
            [
                "[databases]",
                f"* = host=127.0.0.1 port={self._to}",
                "[pgbouncer]",
                *(f"{name} = {value}" for name, value in (self._settings | fixed).items()),
            ],
        )

    def _write(self, name: str, lines: Sequence[str]) -> None:
        write_secret(self._folder / name, "\n".join(lines) + "\n")
        hand_over(self._folder / name, self._server.cluster)
