"""Certificates made for a test, and servers that begin as Postgres does and then ask for what no honest one would."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tools.postgres_programs import carry

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
CLEARTEXT = b"R" + struct.pack("!ii", 8, 3)
MD5 = b"R" + struct.pack("!ii", 12, 5) + b"salt"
NO_PASSWORD_ASKED = b"R" + struct.pack("!ii", 8, 0) + b"Z" + struct.pack("!i", 5) + b"I"


@dataclass(frozen=True)
class Certificate:
    """A certificate's file and its key's."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For a server that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """A certificate authority of a test's own, with its files in one folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        made = _builder(self._name, self._name, self._key, 30)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file = folder / f"{name}.crt"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, host: str, *, days: int = 30) -> Certificate:
        """A certificate for a host, signed by this authority; `days` below zero: expired so many days ago."""
        return self._make(f"{host}.{days}", host, days, own=False)

    def self_signed(self, host: str) -> Certificate:
        """A certificate for a host that vouches for itself, as a stranger can make it."""
        return self._make(f"{host}.self", host, 30, own=True)

    def _make(self, file: str, host: str, days: int, *, own: bool) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(_name(host), _name(host) if own else self._name, key, days)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return self._write(file, made.sign(key if own else self._key, hashes.SHA256()), key)

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
        files = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


@dataclass
class PretendServer:
    """Answers Postgres's SSLRequest with `to_ssl`, then, inside TLS where it has a certificate, asks for `asks`.

    `to_ssl` None: it speaks TLS from the first byte on, as rediss:// and https:// do.
    With `real`, the port of a real server, it asks nothing itself and passes everything on, as a pooler or a stranger
    between two people does. `received` is every byte that came beside the SSLRequest, after TLS was taken off.
    """

    to_ssl: bytes | None = b"S"
    certificate: Certificate | None = None
    asks: bytes = CLEARTEXT
    real: int | None = None
    delay: float = 0.0
    """Seconds before it answers anything."""
    received: bytearray = field(default_factory=bytearray)
    port: int = 0

    @contextmanager
    def serving(self, address: str = "127.0.0.1", port: int = 0) -> Iterator[PretendServer]:
        with socket.create_server((address, port)) as listener:
            self.port = listener.getsockname()[1]
            thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            thread.start()
            yield self
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(3)
            time.sleep(self.delay)
            if self.to_ssl is not None:
                first = connection.recv(8)
                if first != SSL_REQUEST:
                    self.received += first
                connection.sendall(self.to_ssl)
            if self.certificate is None:
                self._talk(connection)
                return
            with self.certificate.context().wrap_socket(connection, server_side=True) as inside:
                self._talk(inside)

    def _talk(self, connection: socket.socket) -> None:
        if self.real is not None:
            return self._pass_on(connection, self.real)
        self.received += connection.recv(65536)
        connection.sendall(self.asks)
        while data := connection.recv(65536):
            self.received += data
        return None

    def _pass_on(self, connection: socket.socket, real: int) -> None:
        with socket.create_connection(("127.0.0.1", real)) as server:
            if isinstance(connection, ssl.SSLSocket):
                carry(_Noted(server.detach(), self.received), connection)
                return
            answers = threading.Thread(target=_copy, args=(server, connection), daemon=True)
            answers.start()
            while data := connection.recv(65536):
                self.received += data
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)
            answers.join(3)


class _Noted(socket.socket):
    """A connection to the real server that notes what is sent to it."""

    def __init__(self, fileno: int, received: bytearray) -> None:
        super().__init__(fileno=fileno)
        self._received = received

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._received += data
        super().sendall(data, flags)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)
