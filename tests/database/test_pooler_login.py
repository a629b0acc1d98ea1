"""Logging in through PgBouncer as a deployed stage does: over TLS to a proved name, by SCRAM, also in a rotation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.call import Call
from chalicelib.database import connections, messages
from chalicelib.errors import Unavailable
from local import pooler
from local.pooler import Pooler
from local.postgres import supabase
from local.postgres.account import hand_over, let_through
from local.postgres.launch import write_secret
from tests.support.database_server import Cluster, admin_of
from tests.support.outside import HOST, USER, Outside

pytestmark = pytest.mark.skipif(pooler.WHY_NOT is not None, reason=str(pooler.WHY_NOT))


@pytest.fixture
def tls_pooler(cluster: Cluster, outside: Outside, tmp_path: Path) -> Iterator[Pooler]:
    """A pooler that takes clients over TLS alone, and shows a certificate for HOST."""
    shown, folder = outside.authority.issue(HOST), tmp_path / "certificates"
    folder.mkdir()
    let_through(folder)
    hand_over(folder, cluster.server.cluster)
    for name, file in {"pooler.crt": shown.certificate, "pooler.key": shown.key}.items():
        write_secret(folder / name, file.read_text())
        hand_over(folder / name, cluster.server.cluster)
    running = Pooler(
        tmp_path / "pooler",
        cluster.server,
        client_tls_sslmode="require",
        client_tls_cert_file=str(folder / "pooler.crt"),
        client_tls_key_file=str(folder / "pooler.key"),
        server_login_retry="1",
    ).start()
    yield running
    connections.reset()
    running.stop()


def cause(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(Unavailable):
        messages.transact(Call(request_id="r1"), "test_echo")
    return capsys.readouterr().out.partition('"cause":"')[2].partition('"')[0]


def test_a_deployed_stage_speaks_to_a_pooler_over_tls_by_scram(
    tls_pooler: Pooler, cluster: Cluster, outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    outside.point_at(tls_pooler.port, cluster.password)
    messages.ping()
    (client,) = [row for row in tls_pooler.show("clients") if row["user"] == USER]
    assert client["tls"].startswith("TLSv1.")
    outside.point_at(tls_pooler.port, "wrong")
    assert cause(capsys) == "wrong password"
    # PgBouncer offers no channel binding.
    outside.point_at(tls_pooler.port, cluster.password, DATABASE_CHANNEL_BINDING="require")
    assert cause(capsys) == "no channel binding"


def test_a_pooler_that_takes_everybody_is_not_spoken_to(
    cluster: Cluster, outside: Outside, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """auth_type=any, over no TLS."""
    running = Pooler(tmp_path / "pooler", cluster.server, auth_type="any").start()
    try:
        outside.point_at(running.port, cluster.password)
        assert cause(capsys) == "no TLS"
    finally:
        running.stop()


@pytest.fixture
def role(cluster: Cluster) -> Iterator[Callable[[str], None]]:
    """Sets the password of a login of this test's own."""
    name = f"login_{uuid.uuid4().hex[:12]}"
    with admin_of(cluster.server, "postgres") as admin:
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {name} LOGIN")

        def set_password(password: str) -> None:
            supabase.set_password(admin, name, password)

        set_password.__name__ = name
        yield set_password
        with admin.cursor() as cursor:
            cursor.execute(f"DROP ROLE {name}")


def test_the_password_is_rotated_through_a_pooler_without_a_failed_call(
    tls_pooler: Pooler, outside: Outside, role: Callable[[str], None]
) -> None:
    def url(password: str) -> str:
        return f"postgresql://{role.__name__}:{password}@{HOST}:{tls_pooler.port}/postgres"

    def asks_on_a_new_connection() -> None:
        while connections._KEPT:
            connections._KEPT.pop().close()
        messages.ping()

    role("old")
    outside.point_at(tls_pooler.port, DATABASE_URL=url("old"))
    messages.ping()
    outside.point_at(tls_pooler.port, DATABASE_URL=url("old"), DATABASE_URL_NEXT=url("new"))
    messages.ping()
    role("new")
    # Kept from before: its client is known to the pooler, and the pooler to Postgres.
    messages.ping()
    asks_on_a_new_connection()
    # Whoever logs in by the next password gives the pooler what it needs for new connections to Postgres.
    tls_pooler.show("RECONNECT")
    messages.ping()
    asks_on_a_new_connection()
    outside.point_at(tls_pooler.port, DATABASE_URL=url("new"))
    messages.ping()
    # And back, as where the change was a mistake.
    outside.point_at(tls_pooler.port, DATABASE_URL=url("new"), DATABASE_URL_NEXT=url("old"))
    role("old")
    asks_on_a_new_connection()


def test_a_pooler_that_nobody_gave_the_next_password_yet_lets_calls_fail_until_it_tries_again(
    tls_pooler: Pooler, outside: Outside, role: Callable[[str], None]
) -> None:
    """Where it has to open a connection to Postgres between the change and the first login by the next password."""
    urls = [f"postgresql://{role.__name__}:{word}@{HOST}:{tls_pooler.port}/postgres" for word in ("old", "new")]
    role("old")
    outside.point_at(tls_pooler.port, DATABASE_URL=urls[0], DATABASE_URL_NEXT=urls[1])
    messages.ping()
    role("new")
    tls_pooler.show("RECONNECT")
    with pytest.raises(Unavailable):
        messages.ping(0.5)
    until = time.monotonic() + 30
    while True:
        try:
            return messages.ping()
        except Unavailable:
            assert time.monotonic() < until, "it never takes the next password"
