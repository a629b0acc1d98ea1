"""pg_dump and pg_restore against any database: over TLS outside this machine, and without a password on a command line.

The programs that come with the embedded Postgres cannot speak TLS. So they speak to a socket in a folder that only its
owner may enter, and a thread here carries the bytes to the server, over a TLS connection that checked its certificate
and host name as the app does. The password stands in the program's environment, which only its owner can read.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg2.extensions import parse_dsn

from chalicelib.config.addresses import DEFAULT_CA, certificate_file, is_local_host
from local.postgres.launch import binaries

SHOWN = 5
SECONDS = 10.0
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_AT_ONCE = 1 << 16


class ProgramFailed(Exception):
    """A program of Postgres ended with an error; the message is its own, without addresses."""


def where(url: str) -> str:
    """host:port/database of a URL, and nothing else of it."""
    parts = parse_dsn(url)
    return f"{parts.get('host', '?')}:{parts.get('port', '5432')}/{parts.get('dbname', '')}"


def name_of(url: str) -> str:
    """The name of a URL's database."""
    return str(parse_dsn(url).get("dbname", "postgres"))


def run(name: str, arguments: Sequence[str], url: str | None = None) -> str:
    """What a program prints. `url`: the database it works on. Raises ProgramFailed."""
    with _reached_by(url) as environment:
        done = subprocess.run(
            [str(binaries(18) / name), *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        trouble = [line for line in done.stderr.splitlines() if "://" not in line]
        raise ProgramFailed(f"{name} failed: {' / '.join(trouble[:SHOWN])}")
    return done.stdout


def _authority() -> str:
    return certificate_file(os.environ.get("DATABASE_CA", "").strip() or DEFAULT_CA)


@contextmanager
def _reached_by(url: str | None) -> Iterator[Mapping[str, str]]:
    """libpq's variables for a database; while the block runs, they lead there."""
    if url is None:
        yield {}
        return
    parts = parse_dsn(url)
    environment = {
        variable: parts[name]
        for variable, name in (("PGUSER", "user"), ("PGPASSWORD", "password"), ("PGDATABASE", "dbname"))
        if name in parts
    }
    host, port = parts.get("host", ""), parts.get("port", "5432")
    if is_local_host(host):
        yield {**environment, "PGHOST": host, "PGPORT": port}
        return
    with tempfile.TemporaryDirectory(prefix="sun-", dir="/tmp") as folder:
        # libpq looks for a password by the host's name, which is now a folder's.
        environment.setdefault("PGPASSWORD", _password_of(host, port, parts))
        with _tunnel(Path(folder) / ".s.PGSQL.5432", host, int(port)):
            yield {**environment, "PGHOST": folder, "PGPORT": "5432", "PGREQUIREAUTH": "scram-sha-256"}


def _password_of(host: str, port: str, parts: Mapping[str, str]) -> str:
    """The password for a host from PGPASSWORD or from the lines of PGPASSFILE (default: ~/.pgpass)."""
    if os.environ.get("PGPASSWORD"):
        return os.environ["PGPASSWORD"]
    file = Path(os.environ.get("PGPASSFILE") or Path.home() / ".pgpass")
    wanted = (host, port, parts.get("dbname", ""), parts.get("user", ""))
    with suppress(OSError):
        for line in file.read_text("utf-8").splitlines():
            *pattern, password = line.split(":", 4)
            if len(pattern) == 4 and all(one in ("*", real) for one, real in zip(pattern, wanted, strict=True)):
                return password
    return ""


@contextmanager
def _tunnel(path: Path, host: str, port: int) -> Iterator[None]:
    """Carries every connection to the socket at `path` to a Postgres, over TLS with its certificate checked."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=_accept, args=(listener, host, port), daemon=True).start()
        yield
        # A thread that waits in accept() is not woken by close().
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, host: str, port: int) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        try:
            far = _open(host, port)
        except OSError:  # also TLS: the certificate is not trusted, or of another host
            near.close()
            continue
        threading.Thread(target=carry, args=(near, far), daemon=True).start()


def _open(host: str, port: int) -> ssl.SSLSocket:
    plain = socket.create_connection((host, port), SECONDS)
    try:
        plain.sendall(_SSL_REQUEST)
        if plain.recv(1) != b"S":
            raise OSError("the server offers no TLS")
        secured = ssl.create_default_context(cafile=_authority()).wrap_socket(plain, server_hostname=host)
        secured.settimeout(None)
        return secured
    except OSError:
        plain.close()
        raise


def carry(near: socket.socket, far: ssl.SSLSocket) -> None:
    """Carries bytes both ways until one side closes. One thread does both: OpenSSL's connections are not for two."""
    far.setblocking(False)
    with near, far, suppress(OSError):
        while True:
            readable = [far] if far.pending() else select.select([near, far], [], [])[0]
            if far in readable:
                try:
                    data = far.recv(_AT_ONCE)
                except ssl.SSLWantReadError:  # not a whole record yet, or one of TLS itself
                    continue
                if not data:
                    return
                near.sendall(data)
            else:
                data = near.recv(_AT_ONCE)
                if not data:
                    return
                _send(far, data)


def _send(far: ssl.SSLSocket, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[far.send(left) :]
        except ssl.SSLWantWriteError:
            select.select([], [far], [])
        except ssl.SSLWantReadError:
            select.select([far], [], [])
