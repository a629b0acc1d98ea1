"""The databases of the tests: one real Postgres for a whole pytest run, one migrated template, a copy for each test.

The server is started by the first test that needs it, in whichever worker, and belongs to the run: it ends with the
controlling pytest process, also when that is killed. Nothing here survives a run, and no port is fixed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from local.pooler import Pooler
from local.postgres import SUPERUSER, EmbeddedPostgres, supabase
from sql import migrate

TEMPLATE = "stories_template"
FOLDER = "stories-tests-"

# Copying a template is mostly writing files: eight times quicker in memory, where there is enough of it.
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 * 1024**3

# Whom to log in as, to become this role: Supabase's API for its roles, our own login for ours, else the role itself.
LOGINS = {
    "anon": "authenticator",
    "authenticated": "authenticator",
    "service_role": "authenticator",
    "app_service": "app_login",
}


class Run:
    """A pytest run's folder: its lifeline, its lock, its server. Made by the controller, found by the workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = EmbeddedPostgres(folder / "postgres", durable=False)
        self._lifeline: int | None = None

    @classmethod
    def begin(cls) -> Run:
        sweep()
        run = cls(Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=temporary_folder())))
        os.mkfifo(run.folder / "lifeline", 0o600)
        # Held open for as long as this process lives: what reads the other end sees end-of-file when it does not.
        run._lifeline = os.open(run.folder / "lifeline", os.O_RDWR)
        return run

    def end(self) -> None:
        self.server.stop(immediate=True)
        if self._lifeline is not None:
            os.close(self._lifeline)
        shutil.rmtree(self.folder, ignore_errors=True)

    def cluster(self) -> Cluster:
        """The run's server with its template, started and made by whoever comes first."""
        note = self.folder / "cluster.json"
        with (self.folder / "starting").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not note.exists():
                lifeline = os.open(self.folder / "lifeline", os.O_RDONLY | os.O_NONBLOCK)
                os.set_blocking(lifeline, True)
                try:
                    self.server.start(lifeline)
                finally:
                    os.close(lifeline)
                try:
                    password = secrets.token_urlsafe(18)
                    cluster = Cluster(self.server, password)
                    cluster.make_template()
                except BaseException:
                    self.server.stop(immediate=True)
                    raise
                note.write_text(json.dumps({"port": self.server.port, "password": password}))
                return cluster
        found = json.loads(note.read_text())
        self.server.port = found["port"]
        return Cluster(self.server, found["password"])


class Cluster:
    """A server shaped like Supabase's, whose login roles all share one password."""

    def __init__(self, server: EmbeddedPostgres, password: str) -> None:
        self.server = server
        self.password = password
        self.pooler: Pooler | None = None
        """What stands between the app's role and the server, where the run asks for it."""

    def url(self, role: str, dbname: str) -> str:
        password = self.server.superuser_password if role == SUPERUSER else self.password
        url = self.server.url(role, password, dbname)
        return self.pooler.before(url) if self.pooler is not None and role == "app_login" else url

    def make_roles(self) -> None:
        """Supabase's roles, those that log in with our one password."""
        with admin_of(self.server, "postgres") as admin:
            supabase.create_supabase_roles(admin)
            for role in supabase.LOGIN_ROLES:
                supabase.set_password(admin, role, self.password)

    def shape(self, name: str, *, default_privileges: bool = True) -> None:
        """Makes of an empty database one as Supabase hands it out: nothing of ours in it."""
        with admin_of(self.server, name) as admin:
            supabase.shape_like_supabase(admin, default_privileges=default_privileges)

    def make_template(self) -> None:
        self.make_roles()
        with admin_of(self.server, "postgres") as admin:
            supabase.ensure_database(admin, TEMPLATE)
        self.shape(TEMPLATE)
        migrate.apply(self.url("postgres", TEMPLATE), report=lambda line: None)
        self.set_login_password()

    def set_login_password(self) -> None:
        """Migrations make app_login without a password; setting one is the deployer's part, and here ours."""
        with admin_of(self.server, "postgres") as admin, admin.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = 'app_login'")
            if cursor.rowcount:
                supabase.set_password(admin, "app_login", self.password)

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[Database]:
        """A copy of the template, dropped at the end whoever is still connected to it."""
        name = sql.Identifier(f"test_{uuid.uuid4().hex}")
        with admin_of(self.server, "postgres") as admin, admin.cursor() as cursor:
            # FILE_COPY is the quicker strategy for a database this small.
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER postgres STRATEGY file_copy")
            cursor.execute(copy.format(name, sql.Identifier(template)))
            database = Database(self, name.string)
            try:
                # A copy counts as a restore, which disarms; a test's database is one of its own.
                if template == TEMPLATE:
                    database.run("SELECT ops.arm_deleting_tx(true)")
                yield database
            finally:
                database.close()
                end_sessions(cursor, database.name)
                cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


class Database:
    """One database of a cluster, and every connection a test opened to it."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self._connections: list[Connection] = []
        # Once the app's wait callback is in place, a connection that two threads use at once refuses the second.
        self._running = threading.Lock()
        self._runner: Connection | None = None

    def url(self, role: str = "app_login") -> str:
        """For a role that logs in: app_login, postgres, authenticator, supabase_admin."""
        return self.cluster.url(role, self.name)

    def connect(self, role: str = SUPERUSER, *, autocommit: bool = True) -> Connection:
        """A new connection logged in as `role`; closed with the test."""
        connection = psycopg2.connect(self.url(role))
        connection.autocommit = autocommit
        self._connections.append(connection)
        return connection

    def connect_as(
        self, role: str, claims: Mapping[str, Any] | uuid.UUID | str | None = None, *, autocommit: bool = True
    ) -> Connection:
        """A new connection that has become `role` with these claims for its whole session, as PostgREST would.

        A UUID (or its text) stands for the claims of that person's token.
        """
        connection = self.connect(LOGINS.get(role, role))
        with connection.cursor() as cursor:
            if role in LOGINS:
                cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            if claims is not None:
                if not isinstance(claims, Mapping):
                    claims = {"sub": str(claims), "role": role}
                cursor.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps(dict(claims))])
        connection.autocommit = autocommit
        return connection

    def add_user(self, email: str | None = None, **meta: Any) -> uuid.UUID:
        """A person who has signed up; `meta` is what they told Supabase Auth about themselves."""
        user_id = uuid.uuid4()
        row = [str(user_id), email or f"{user_id.hex[:12]}@example.com", json.dumps(meta)]
        self.run(
            "INSERT INTO auth.users (id, aud, role, email, raw_user_meta_data, created_at, updated_at)"
            " VALUES (%s, 'authenticated', 'authenticated', %s, %s, now(), now())",
            row,
        )
        return user_id

    def run(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """One statement as the superuser; its rows, if it has any. Threads come one by one."""
        with self._running:
            if self._runner is None or self._runner.closed:
                self._runner = self.connect()
            with self._runner.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()


def end_sessions(cursor: Any, dbname: str) -> None:
    """Ends whoever is still connected. DROP DATABASE would too, but sleeps 100 ms before it looks again."""
    cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s", [dbname])
    deadline = time.monotonic() + 1
    while cursor.fetchone()[0] and time.monotonic() < deadline:
        time.sleep(0.002)
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [dbname])


@contextmanager
def admin_of(server: EmbeddedPostgres, dbname: str) -> Iterator[Connection]:
    connection = server.admin(dbname)
    try:
        yield connection
    finally:
        connection.close()


def temporary_folder() -> Path:
    """Where tests make their folders: in memory if there is room, else where temporary files go."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:
        return MEMORY
    return Path(tempfile.gettempdir())


def sweep() -> None:
    """Removes the folders of runs whose controller was killed; their servers ended with it."""
    for folder in (*Path(tempfile.gettempdir()).glob(f"{FOLDER}*"), *MEMORY.glob(f"{FOLDER}*")):
        owner = re.match(rf"{FOLDER}(\d+)-", folder.name)
        if owner and not is_alive(int(owner[1])):
            EmbeddedPostgres(folder / "postgres").stop(immediate=True)
            shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """False for a zombie as well, which stays for ever in a container that reaps nobody."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
