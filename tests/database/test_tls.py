"""Outside the local stack the password goes to one server alone: the one that has proved its name."""

from __future__ import annotations

import hashlib
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api import rate_limits
from chalicelib.call import Call
from chalicelib.database import connecting, connections, messages
from chalicelib.errors import Unavailable
from local.postgres import EmbeddedPostgres
from local.postgres.account import hand_over
from local.postgres.launch import DEBIAN_15, write_secret
from tests.support.database_server import Cluster, admin_of
from tests.support.in_time import in_time
from tests.support.outside import HOST, PASSWORD, USER, Outside
from tests.support.tls import CLEARTEXT, MD5, NO_PASSWORD_ASKED, Authority, PretendServer


def cause(capsys: pytest.CaptureFixture[str]) -> str:
    """Why the database is unavailable, as the one log line of a call says it."""
    with pytest.raises(Unavailable):
        messages.transact(Call(request_id="r1"), "test_echo")
    written = capsys.readouterr().out
    assert PASSWORD not in written and HOST not in written
    return written.partition('"cause":"')[2].partition('"')[0]


@contextmanager
def full(port: int) -> Iterator[str]:
    """An address of this machine whose `port` takes no connection any more: its queue is full, so nothing answers."""
    address = "127.0.0.2"
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex((address, port))
        yield address


# --- whom the password is not for ---------------------------------------------------------------------------------


@pytest.mark.parametrize("asks", [CLEARTEXT, MD5, NO_PASSWORD_ASKED], ids=["cleartext", "md5", "nothing"])
@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ("self-signed", "certificate not trusted or expired"),
        ("another authority", "certificate not trusted or expired"),
        ("another host", "certificate of another host"),
        ("expired", "certificate not trusted or expired"),
    ],
)
def test_a_server_that_has_not_proved_its_name_learns_nothing(
    asks: bytes,
    shown: str,
    why: str,
    outside: Outside,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    certificate = {
        "self-signed": lambda: outside.authority.self_signed(HOST),
        "another authority": lambda: Authority(tmp_path, "theirs").issue(HOST),
        "another host": lambda: outside.authority.issue("db.example.com"),
        "expired": lambda: outside.authority.issue(HOST, days=-1),
    }[shown]()
    with PretendServer(certificate=certificate, asks=asks).serving() as server:
        outside.point_at(server.port)
        assert cause(capsys) == why
    # Not even who we are.
    assert bytes(server.received) == b""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"N", "no TLS"),
        (b"E\0\0\0\x1fSFATAL\0C0A000\0Mno TLS here\0\0", "TLS failed"),
        # A stranger who adds his own bytes before TLS begins, to be read as if they came inside it.
        (b"S" + CLEARTEXT, "TLS failed"),
        # Speaks as if TLS had never been asked for.
        (CLEARTEXT, "TLS failed"),
    ],
    ids=["refuses", "fails", "stuffs", "ignores"],
)
def test_a_server_without_tls_learns_nothing(
    answer: bytes, why: str, outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    with PretendServer(to_ssl=answer).serving() as server:
        outside.point_at(server.port)
        assert cause(capsys) == why
    assert PASSWORD.encode() not in server.received and USER.encode() not in server.received


@pytest.mark.parametrize("asks", [CLEARTEXT, MD5, NO_PASSWORD_ASKED], ids=["cleartext", "md5", "nothing"])
def test_the_right_server_does_not_get_the_password_itself_either(
    asks: bytes, outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    with PretendServer(certificate=outside.authority.issue(HOST), asks=asks).serving() as server:
        outside.point_at(server.port)
        assert cause(capsys) == "no SCRAM"
    sent = bytes(server.received)
    # Startup messages, of the attempt and its repetition, and nothing after them: no password message, no statement.
    startup = sent[: int.from_bytes(sent[:4])]
    assert startup and sent.replace(startup, b"") == b""
    hashed = hashlib.md5(hashlib.md5((PASSWORD + USER).encode()).hexdigest().encode() + b"salt").hexdigest()
    assert PASSWORD.encode() not in sent and hashed.encode() not in sent


def test_who_takes_tls_off_on_the_way_gets_nothing(
    outside: Outside, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    with PretendServer(to_ssl=b"N", real=cluster.server.port).serving() as thief:
        outside.point_at(thief.port, cluster.password)
        assert cause(capsys) == "no TLS"
    assert bytes(thief.received) == b""


def test_variables_of_libpq_weaken_nothing(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {
        "PGSSLMODE": "disable",
        "PGSSLROOTCERT": "/nowhere.crt",
        "PGREQUIREAUTH": "password",
        "PGCHANNELBINDING": "disable",
        "PGHOSTADDR": "192.0.2.1",
    }.items():
        outside.monkeypatch.setenv(name, value)
    with PretendServer(certificate=outside.authority.issue(HOST)).serving() as server:
        outside.point_at(server.port)
        assert cause(capsys) == "no SCRAM"


# --- who it is for ------------------------------------------------------------------------------------------------


def test_a_pooler_that_ends_tls_itself_is_spoken_to(outside: Outside, cluster: Cluster) -> None:
    certificate = outside.authority.issue(HOST)
    with PretendServer(certificate=certificate, real=cluster.server.port).serving() as pooler:
        outside.point_at(pooler.port, cluster.password)
        messages.ping()
    assert b"SCRAM-SHA-256" in pooler.received
    assert cluster.password.encode() not in pooler.received


def test_a_pooler_is_refused_where_the_channel_must_be_bound(
    outside: Outside, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate = outside.authority.issue(HOST)
    with PretendServer(certificate=certificate, real=cluster.server.port).serving() as pooler:
        outside.point_at(pooler.port, cluster.password, DATABASE_CHANNEL_BINDING="require")
        assert cause(capsys) == "no channel binding"


@pytest.fixture(scope="module")
def tls_server(authority: Authority) -> Iterator[EmbeddedPostgres]:
    """Debian's Postgres 15, which speaks TLS; the embedded one was built without."""
    if not DEBIAN_15.exists():
        pytest.skip("there is no Postgres with TLS here (apt-get install postgresql-15)")
    with tempfile.TemporaryDirectory(prefix="stories-tls-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", version=15, durable=False).start()
        try:
            certificate = authority.issue(HOST)
            for file in (certificate.certificate, certificate.key):
                inside = server.cluster / f"server{file.suffix}"
                write_secret(inside, file.read_text())
                hand_over(inside, server.cluster)
            with admin_of(server, "postgres") as admin, admin.cursor() as cursor:
                cursor.execute("ALTER SYSTEM SET ssl_cert_file = 'server.pem'")
                cursor.execute("ALTER SYSTEM SET ssl_key_file = 'server.key'")
                cursor.execute("ALTER SYSTEM SET ssl = on")
                cursor.execute("SELECT pg_reload_conf()")
                cursor.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            server.stop(immediate=True)


def ask(statement: str) -> Any:
    return connections.exchange(statement, {}, time.monotonic() + 5)


@pytest.mark.parametrize("binding", ["prefer", "require"])
def test_postgres_with_a_certificate_of_the_authority_is_spoken_to_and_again_after_it_hung_up(
    binding: str, outside: Outside, tls_server: EmbeddedPostgres
) -> None:
    outside.point_at(tls_server.port, DATABASE_CHANNEL_BINDING=binding)
    encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert ask(encrypted) is True
    before = ask("SELECT pg_backend_pid()")
    with admin_of(tls_server, "postgres") as admin, admin.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [before])
    assert ask("SELECT pg_backend_pid()") != before
    assert ask(encrypted) is True


def test_a_wrong_password_inside_tls_is_said_in_our_words(
    outside: Outside, tls_server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    outside.point_at(tls_server.port, "wrong")
    assert cause(capsys) == "wrong password"


# --- where it is ---------------------------------------------------------------------------------------------------


def test_a_resolver_that_never_answers_is_waited_for_no_longer_than_for_a_connection(
    outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = threading.Event()
    outside.monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.3)
    outside.monkeypatch.setattr(socket, "getaddrinfo", lambda *_rest, **_options: ended.wait(30))
    outside.point_at(5432)
    started = time.monotonic()
    try:
        assert cause(capsys) == "name resolution too slow"
        in_time(time.monotonic() - started, at_most=1.0)
    finally:
        ended.set()


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(-2, HOST), socket.gaierror(-3, HOST), UnicodeError(HOST)],
    ids=["unknown", "again", "label"],
)
def test_a_name_that_cannot_be_resolved_is_an_unknown_host(
    error: Exception, outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_rest: Any, **_options: Any) -> Any:
        raise error

    outside.monkeypatch.setattr(socket, "getaddrinfo", fail)
    outside.point_at(5432)
    assert cause(capsys) == "unknown host"


def test_the_next_address_is_tried_where_nothing_listens(outside: Outside, cluster: Cluster) -> None:
    outside.addresses[:] = ["::1", "127.0.0.1"]
    certificate = outside.authority.issue(HOST)
    with PretendServer(certificate=certificate, real=cluster.server.port).serving() as pooler:
        outside.point_at(pooler.port, cluster.password)
        messages.ping()


def test_an_address_that_swallows_everything_leaves_time_for_the_next(outside: Outside, cluster: Cluster) -> None:
    certificate = outside.authority.issue(HOST)
    with (
        PretendServer(certificate=certificate, real=cluster.server.port).serving() as pooler,
        full(pooler.port) as deaf,
    ):
        outside.addresses[:] = [deaf, "127.0.0.1"]
        outside.point_at(pooler.port, cluster.password)
        messages.ping(2.0)


def test_an_address_that_answers_has_all_the_time_there_is(outside: Outside, cluster: Cluster) -> None:
    outside.monkeypatch.setattr(connecting, "CONNECT_SECONDS", 2.0)
    outside.addresses[:] = ["127.0.0.1", "::1"]
    certificate = outside.authority.issue(HOST)
    with PretendServer(certificate=certificate, real=cluster.server.port, delay=1.1).serving() as pooler:
        outside.point_at(pooler.port, cluster.password)
        messages.ping(3.0)


def test_a_name_is_resolved_anew_for_every_connection(outside: Outside, cluster: Cluster) -> None:
    certificate = outside.authority.issue(HOST)
    with PretendServer(certificate=certificate, real=cluster.server.port).serving() as pooler:
        outside.point_at(pooler.port, cluster.password)
        messages.ping()
        connections.reset()
        outside.addresses[:] = ["::1"]
        with pytest.raises(Unavailable):
            messages.ping()


def test_what_an_address_answers_ends_the_search(
    outside: Outside, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """As libpq does it: a certificate or a password that is wrong is to be seen, not hidden by the next address."""
    stranger = PretendServer(certificate=outside.authority.self_signed(HOST))
    pooler = PretendServer(certificate=outside.authority.issue(HOST), real=cluster.server.port)
    outside.addresses[:] = ["127.0.0.1", "127.0.0.3"]
    with stranger.serving(), pooler.serving("127.0.0.3", stranger.port):
        outside.point_at(stranger.port, cluster.password)
        assert cause(capsys) == "certificate not trusted or expired"
        outside.addresses.reverse()
        messages.ping()


# --- the other password ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shown", "trusted"), [("self-signed", False), ("another host", False), ("its own", True)])
def test_only_a_counter_store_that_has_proved_its_name_gets_its_password(
    shown: str, trusted: bool, outside: Outside
) -> None:
    outside.monkeypatch.setenv("SSL_CERT_FILE", str(outside.authority.file))
    certificate = {
        "self-signed": lambda: outside.authority.self_signed(HOST),
        "another host": lambda: outside.authority.issue("db.example.com"),
        "its own": lambda: outside.authority.issue(HOST),
    }[shown]()
    with PretendServer(to_ssl=None, certificate=certificate).serving() as server:
        outside.monkeypatch.setenv("STAGE", "staging")
        outside.monkeypatch.setenv("RATE_LIMIT_STORAGE_URL", f"rediss://:{PASSWORD}@{HOST}:{server.port}/0")
        # Time enough for a slow machine. The server never answers as Redis does, so the call is refused either way.
        for limit in ("STORE_SECONDS", "_STORE_TIMEOUT"):
            outside.monkeypatch.setattr(rate_limits, limit, 2.0)
        with pytest.raises(Unavailable):
            rate_limits.count(Call(request_id="r1"), rate_limits.PAYMENT)
    assert (PASSWORD.encode() in server.received) is trusted
