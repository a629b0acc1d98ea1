"""A real Postgres for the local stack and the tests, from a Python package, started and stopped by this module.

It listens on 127.0.0.1 alone, asks every user for a password, and stops when the process that needs it ends, however
that happens. It is never deployed, never touches a server of another folder, and changes no setting in the data folder.

    data_dir/cluster             Postgres's own data
    data_dir/superuser_password  the password of supabase_admin, mode 600
    data_dir/lock                locked by the process that runs the server, its owner
    data_dir/server.lock         locked by Postgres itself: each of its processes inherits the locked file

The kernel releases a lock when the last process that holds it ends: by kill -9, too, as a zombie that nobody reaps, and
in another container that shares the folder. So server.lock says whether a Postgres lives on this data. Postgres itself
only looks whether the pid in postmaster.pid exists, and is wrong about zombies and about pids with a new owner.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2
from psycopg2.extensions import connection as Connection

from local.file_lock import try_lock
from local.ports import PortTaken, free_port, is_taken
from local.postgres import launch, processes
from local.postgres.account import hand_over, launch_options, let_through
from local.postgres.launch import AlreadyRunning, StartFailed

SUPERUSER = "supabase_admin"
START_SECONDS = 60


class EmbeddedPostgres:
    """One server in one folder.

    port: 0 means a free one at every start. version: 18 or 16 (from the package), 15 (Debian's, where installed).
    durable=False is faster and may lose data in a power cut, but not by a kill: for tests alone.
    log: where the server writes, by default postgres.log beside the data folder.
    """

    def __init__(
        self, data_dir: Path, port: int = 0, version: int = 18, *, durable: bool = True, log: Path | None = None
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "cluster"
        self.log = (log or self.data_dir.parent / "postgres.log").absolute()
        self.bin_dir = launch.binaries(version)
        self.port = port
        self._wanted_port = port
        self._version = version
        self._durable = durable
        self._lock: int | None = None
        self._lifeline: int | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self, lifeline: int | None = None) -> EmbeddedPostgres:
        """Starts the server, making its data first when there is none, and returns when it accepts connections.

        A server that a killed process left running in this folder is stopped first. The server is stopped again when
        this process ends in any way, or, with `lifeline`, once that file descriptor reads end-of-file.
        Raises PortTaken, AlreadyRunning, StartFailed.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            let_through(self.data_dir, self.bin_dir)
            hand_over(self.data_dir, self.cluster)
            server_lock = self._clear_leftovers()
            try:
                self._make_cluster()
                self._check_version()
                self._launch(server_lock)
            finally:
                os.close(server_lock)  # from here on, Postgres alone holds it
            self._post_guard(lifeline)
        except BaseException:
            self.stop(immediate=True)
            raise
        if lifeline is None:
            atexit.register(self._stop_at_exit, os.getpid())
        return self

    def stop(self, *, immediate: bool = False) -> None:
        """Stops the server, also one that another process started in this folder; does nothing when none runs.

        Open transactions are rolled back and clients disconnected. immediate=True does not write everything out: for
        data that is deleted next.
        """
        running = processes.postmaster(self.cluster)
        if running is not None:
            processes.end([running], signal.SIGQUIT if immediate else signal.SIGINT)
        for child in (self._server, self._guard):
            if child is not None:
                child.kill()  # the server has ended by now, and the guard has nothing left to stop
                child.wait()
        for descriptor in (self._lifeline, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self._server = self._guard = self._lifeline = self._lock = None

    @property
    def superuser_password(self) -> str:
        return (self.data_dir / "superuser_password").read_text().strip()

    def url(self, user: str, password: str, dbname: str) -> str:
        """postgresql://user:password@127.0.0.1:port/dbname"""
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{quote(dbname, safe='')}"

    def admin_url(self, dbname: str = "postgres") -> str:
        """The same, for the superuser."""
        return self.url(SUPERUSER, self.superuser_password, dbname)

    def admin(self, dbname: str = "postgres") -> Connection:
        """A new connection as the superuser, in autocommit."""
        connection = psycopg2.connect(self.admin_url(dbname))
        connection.autocommit = True
        return connection

    def _take_lock(self) -> None:
        if self._lock is not None:
            raise AlreadyRunning(self.data_dir)
        lock = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not try_lock(lock):
            os.close(lock)
            raise AlreadyRunning(self.data_dir)
        self._lock = lock

    def _clear_leftovers(self) -> int:
        """Ends what a killed run left of its server, removes its pid file, and returns server.lock, locked."""
        lock = os.open(self.data_dir / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not self._is_unused(lock):
                processes.end_leftovers(self.cluster)
            deadline = time.monotonic() + processes.STOP_SECONDS
            while not self._is_unused(lock):
                if time.monotonic() > deadline:
                    raise StartFailed(
                        f"another Postgres uses {self.data_dir} and cannot be stopped from here: it may run in another"
                        " container, or as another user. Stop it there, then start again"
                    )
                time.sleep(0.05)
        except BaseException:
            os.close(lock)
            raise
        # It is stale by now, and Postgres would refuse to start if its pid is that of a zombie or of another program.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        return lock

    def _is_unused(self, lock: int) -> bool:
        """Whether no Postgres lives on this data. One that was started by hand holds no lock; its pid file names it."""
        return try_lock(lock) and processes.postmaster(self.cluster) is None

    def _make_cluster(self) -> None:
        """Runs initdb in a folder beside, then renames it: a kill in between leaves nothing that looks finished.

        Each run has a folder of its own, because the initdb of a killed run may still be writing into the earlier one.
        """
        for abandoned in self.data_dir.glob("cluster.unfinished*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        if self.cluster.exists():
            return
        unfinished = self.data_dir / f"cluster.unfinished-{secrets.token_hex(4)}"
        password = self.data_dir / "superuser_password"
        launch.write_secret(password, secrets.token_urlsafe(24))
        hand_over(password, self.cluster)
        # Text sorts by code point, with Unicode's upper and lower case, whatever locale the machine has.
        locale = ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
        if self._version >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [
            str(self.bin_dir / "initdb"),
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
            *locale,
            *([] if self._durable else ["--no-sync"]),
        ]
        options = launch_options(self.cluster)
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.data_dir, **options)
        if done.returncode:
            raise StartFailed(f"initdb failed: {done.stderr.strip()[-2000:]}")
        unfinished.rename(self.cluster)

    def _check_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != str(self._version):
            raise StartFailed(
                f"{self.cluster} was made by Postgres {found}, not {self._version}: remove it, or use that"
            )

    def _launch(self, server_lock: int) -> None:
        """Tries a few ports when any will do: another program may take a port after it was found free."""
        for attempts_left in reversed(range(5)):
            self.port = self._wanted_port or free_port()
            try:
                self._launch_on(self.port, server_lock)
                return
            except PortTaken:
                if self._wanted_port or not attempts_left:
                    raise

    def _launch_on(self, port: int, server_lock: int) -> None:
        if is_taken(port):
            raise PortTaken(port)
        command = [str(self.bin_dir / "postgres"), "-D", str(self.cluster)]
        for name, value in launch.settings(port, durable=self._durable).items():
            command += ["-c", f"{name}={value}"]
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        log_start = os.fstat(log).st_size
        try:
            # A session of its own: a Ctrl-C in the terminal then reaches the owner alone, which stops the server last.
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(server_lock,),
                **launch_options(self.cluster),
            )
        finally:
            os.close(log)
        self._await_ready(self._server, log_start)

    def _await_ready(self, server: subprocess.Popen[bytes], log_start: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            lines = processes.pid_file(self.cluster)
            if len(lines) > 7 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
                return
            if server.poll() is not None or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        with self.log.open("rb") as log:
            log.seek(log_start)
            said = log.read().decode(errors="replace")
        if "Address already in use" in said:
            raise PortTaken(self.port)
        raise StartFailed(f"Postgres did not start; {self.log} ends with:\n{said[-2000:]}")

    def _post_guard(self, lifeline: int | None) -> None:
        assert self._server is not None
        if lifeline is not None:
            self._guard = processes.post_guard(self._server.pid, self.cluster, lifeline)
            return
        end, self._lifeline = os.pipe()
        try:
            self._guard = processes.post_guard(self._server.pid, self.cluster, end)
        finally:
            os.close(end)

    def _stop_at_exit(self, starter: int) -> None:
        if self._server is not None and os.getpid() == starter:
            self.stop()
