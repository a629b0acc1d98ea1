"""The whole local stack, started in order and stopped in reverse: Postgres, object store, stand-ins, gateway, clock.

Its state lies in .local/ and survives kill -9: the next start goes on from it without a manual step. Everything listens
on 127.0.0.1. The app runs in this process, or in processes below it: its configuration is in the environment before it
is imported.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local import auth, posthog_api, sentry_api
from local.auth.settings import AuthSettings
from local.clock import Clock
from local.file_lock import try_lock
from local.functions import Functions
from local.functions.pool import Code
from local.gateway import create_gateway
from local.mail import inbox, resend_api
from local.mail.mailbox import Mailbox
from local.pooler import Pooler
from local.ports import Ports, PortTaken, is_taken
from local.postgres import EmbeddedPostgres, supabase
from local.posthog_api import EventStore
from local.s3 import Credential, ObjectStore
from local.server import Server
from local.settings import BACKUP_BUCKET, BUCKET, LOCAL_DIR, PRICES, make_env, read_env, signing, write_env
from local.stripe_api import StripeStandIn, StripeStandInSettings
from local.stripe_api import create_blueprint as stripe_blueprint
from sql import migrate

DATABASE = "stories"

Report = Callable[[str], None]


class StackRunning(Exception):
    """Another process runs the stack of this folder; the message says which process, and where it serves."""


class Stack:
    """One running stack. `folder` holds its state; a second stack needs a folder and ports of its own.

    `workers` processes run the app, by Lambda's runtime client, from the files of `code` (default: this checkout);
    with 0 of them, this process does.
    """

    def __init__(
        self,
        ports: Ports,
        folder: Path = LOCAL_DIR,
        report: Report = print,
        workers: int = 0,
        code: Code | None = None,
    ) -> None:
        self.ports = ports
        self.folder = folder
        self.report = report
        self.workers = workers
        self.functions: Functions | None = None
        self._code = code
        self.env: dict[str, str] = {}
        self.app: Any = None
        self.store: Any = None
        self.stripe: StripeStandIn | None = None
        self.clock: Clock | None = None
        self._cleanup = contextlib.ExitStack()

    def start(self) -> None:
        """Starts everything. Where one part fails, stops what was started, and raises why."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops what was started, last first. Repeatable."""
        self._cleanup.close()

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        for port in (self.ports.gateway, self.ports.store):
            if is_taken(port):  # asked now, before Postgres is started for nothing
                raise PortTaken(port)
        self.env = make_env(read_env(self.folder / "env"), self.ports)
        with self._timed(f"Postgres on 127.0.0.1:{self.ports.postgres}"):
            postgres = EmbeddedPostgres(
                self.folder / "postgres", port=self.ports.postgres, log=self.folder / "postgres.log"
            ).start()
            self._cleanup.callback(postgres.stop)
            self._prepare_database(postgres)
        if os.environ.get("POOLER") == "yes":
            self._start_pooler(postgres)
        # Not earlier: what is in .local/env is then true.
        self.env["ADMIN_DATABASE_URL"] = postgres.admin_url(DATABASE)
        write_env(self.env, self.folder / "env")
        os.environ.update(self.env)
        if signing() == "ES256":
            # The secret still signs the clients' key. An app that knows it would accept tokens signed with it.
            os.environ.pop("SUPABASE_JWT_SECRET")
        with self._timed(f"object store on {self.ports.store_origin}"):
            self._start_store()
        if self.workers:
            with self._timed(f"{self.workers} processes for the app"):
                self._start_functions()
        with self._timed(f"gateway on {self.ports.origin}"):
            self._start_gateway(postgres)

    def _take_lock(self) -> None:
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._cleanup.callback(os.close, lock)
        if not try_lock(lock):
            raise StackRunning(os.read(lock, 200).decode())
        os.ftruncate(lock, 0)
        os.write(lock, f"process {os.getpid()}, at {self.ports.origin}".encode())

    def _prepare_database(self, postgres: EmbeddedPostgres) -> None:
        """Makes what Supabase brings, then applies our migrations as the role that applies them on Supabase."""
        with contextlib.closing(postgres.admin()) as cluster:
            supabase.create_supabase_roles(cluster)
            supabase.set_password(cluster, "postgres", self.env["MIGRATIONS_PASSWORD"])
            supabase.ensure_database(cluster, DATABASE)
        with contextlib.closing(postgres.admin(DATABASE)) as database:
            supabase.shape_like_supabase(database)
        migrate.apply(self.env["MIGRATIONS_DATABASE_URL"], report=lambda _line: None)
        with contextlib.closing(postgres.admin()) as cluster:
            supabase.set_password(cluster, "app_login", self.env["APP_LOGIN_PASSWORD"])

    def _start_pooler(self, postgres: EmbeddedPostgres) -> None:
        """The app's messages go by way of PgBouncer, as on Supabase; migrations do not."""
        with self._timed("PgBouncer, before Postgres"):
            pooler = Pooler(self.folder / "pooler", postgres).start()
            self._cleanup.callback(pooler.stop)
        self.env["DATABASE_URL"] = pooler.before(self.env["DATABASE_URL"])

    def _start_store(self) -> None:
        self.store = ObjectStore(
            self.folder / "objects",
            [
                Credential(BUCKET, self.env["R2_ACCESS_KEY_ID"], self.env["R2_SECRET_ACCESS_KEY"]),
                Credential(BACKUP_BUCKET, self.env["BACKUP_ACCESS_KEY_ID"], self.env["BACKUP_SECRET_ACCESS_KEY"]),
            ],
        )
        self._cleanup.callback(self.store.close)
        server = Server(self.store, port=self.ports.store)
        server.start()
        self._cleanup.callback(server.stop)

    def _start_functions(self) -> None:
        """Not before the address of everything that they use is known; they use it with their first request."""
        from app import app

        self.functions = Functions(app, self.workers, os.environ, self.folder / "app.log", self._code)
        self._cleanup.callback(self.functions.stop)
        self.functions.start()

    def _start_gateway(self, postgres: EmbeddedPostgres) -> None:
        # Not at the top of this file: the app reads its configuration once, on first use.
        from app import app

        self.app = app
        self._log_to_file()
        mailbox = Mailbox(self.folder / "mail.sqlite")
        self.stripe = StripeStandIn(self.folder / "stripe", self._stripe_settings())
        self._cleanup.callback(self.stripe.close)
        self.clock = Clock(app, invoke=self.functions.run if self.functions else None)
        wsgi = create_gateway(
            app,
            {
                "auth": auth.create_blueprint(
                    self.folder / "auth",
                    settings=self._auth_settings(),
                    send_mail=mailbox.send,
                    on_user=_user_writer(postgres),
                ),
                "inbox": inbox.create_blueprint(mailbox),
                "resend": resend_api.create_blueprint(mailbox, api_key=self.env["RESEND_API_KEY"]),
                "posthog": posthog_api.create_blueprint(
                    EventStore(self.folder / "posthog.sqlite"), api_key=self.env["POSTHOG_API_KEY"]
                ),
                "sentry": sentry_api.create_blueprint(
                    sentry_api.EventStore(self.folder / "sentry.sqlite"), key=self.env["SENTRY_KEY"]
                ),
                "/_local/stripe": stripe_blueprint(self.stripe),
            },
            self.clock.schedules,
            self.functions.serve if self.functions else None,
        )
        server = Server(wsgi, port=self.ports.gateway)
        server.start()
        self._cleanup.callback(server.stop)
        self.stripe.start()
        self.clock.start()
        self._cleanup.callback(self.clock.stop)

    def _stripe_settings(self) -> StripeStandInSettings:
        return StripeStandInSettings(
            secret_key=self.env["STRIPE_SECRET_KEY"],
            webhook_secrets=tuple(self.env["STRIPE_WEBHOOK_SECRETS"].split(",")),
            webhook_url=f"{self.ports.origin}/functions/v1/stripe-webhook",
            prices=PRICES,
            public_url=f"{self.ports.origin}/_local/stripe",
        )

    def _auth_settings(self) -> AuthSettings:
        return AuthSettings(
            url=self.ports.origin,
            jwt_secret=self.env["SUPABASE_JWT_SECRET"],
            anon_key=self.env["ANON_KEY"],
            app_url=self.env["APP_URL"],
            signing=signing(),
        )

    def _log_to_file(self) -> None:
        """Sends the app's JSON lines to .local/app.log, so that the terminal shows the steps of the start alone."""
        from chalicelib.telemetry import logs

        file = self._cleanup.enter_context((self.folder / "app.log").open("a", encoding="utf-8", buffering=1))
        for handler in logs.logger().handlers:
            handler.setStream(file)  # type: ignore[attr-defined]  # a StreamHandler, says Powertools' documentation

    @contextlib.contextmanager
    def _timed(self, what: str) -> Any:
        started = time.monotonic()
        yield
        self.report(f"  {what:<44} {time.monotonic() - started:6.2f} s")


def _user_writer(postgres: EmbeddedPostgres) -> Callable[[uuid.UUID, str], None]:
    """The function by which the stand-in for Supabase Auth adds a user to auth.users, where Supabase keeps them."""

    def write(user_id: uuid.UUID, email: str) -> None:
        with contextlib.closing(postgres.admin(DATABASE)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO auth.users (id, email) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING", [str(user_id), email]
            )

    return write
