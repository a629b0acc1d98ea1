"""A vendor on its worst day: a server of raw bytes, told what to answer, and a resolver that never answers."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from chalicelib.errors import Unavailable

SECRET_WORDS = "grandma@example.org whsec_of_the_vendor"
"""Stands in every answer that is rubbish: no log, no error and no alert may repeat it."""

Answer = Callable[[socket.socket], None]


class Vendor:
    """Answers every request with `answer`; `requests` and `bodies` hold what it was sent, `open` its connections."""

    def __init__(self) -> None:
        self.answer: Answer = says(200, b"{}")
        self.requests: list[bytes] = []
        self.bodies: list[bytes] = []
        self.open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # Also a vendor that was given up on is seen to lose its connection.
        with suppress(OSError), connection:
            sent, body = _request(connection)
            self.requests.append(sent)
            self.bodies.append(body)
            self.answer(connection)
        self.open.discard(connection)


def _request(connection: socket.socket) -> tuple[bytes, bytes]:
    """A request's head and its body, once the whole request is there."""
    sent = b""
    while b"\r\n\r\n" not in sent:
        piece = connection.recv(65_536)
        if not piece:
            return sent, b""
        sent += piece
    head, _, body = sent.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length and (piece := connection.recv(65_536)):
        body += piece
    return head, body


def head(status: int, length: int | None, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", "Connection: close"]
    lines += [] if length is None else [f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def says(status: int, body: bytes, **headers: str) -> Answer:
    """An answer that is whole; header names with underscores for dashes."""
    headers = {"Content_Type": "application/json", **headers}
    return lambda connection: connection.sendall(head(status, len(body), **headers) + body)


def raw(rest: bytes) -> Answer:
    """A 200 whose headers and body are sent as they stand."""
    return lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + rest)


def promises(length: int, body: bytes) -> Answer:
    """An answer that announces more than it sends, and stays open."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head(200, length, Content_Type="application/json") + body)
        connection.recv(1)

    return answer


def endless(piece: bytes = b"[" * 65_536) -> Answer:
    """An answer without an end, as fast as it is read."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head(200, None, Content_Type="application/json"))
        while True:
            connection.sendall(piece)

    return answer


def drips(first: bytes, seconds: float = 0.05, piece: bytes = b" ") -> Answer:
    """An answer that begins with `first` and then sends a byte now and then, without an end."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            time.sleep(seconds)
            connection.sendall(piece)

    return answer


def drips_a_body(seconds: float = 0.05) -> Answer:
    return drips(head(200, 1_000_000, Content_Type="application/json"), seconds)


def drips_a_header(seconds: float = 0.05) -> Answer:
    return drips(b"HTTP/1.1 200 OK\r\nX-Long: ", seconds, b"x")


def silence(connection: socket.socket) -> None:
    """Takes the request and says nothing."""
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    return


WORDS = SECRET_WORDS.encode()
RUBBISH: dict[str, Answer] = {
    "404 in html": says(404, b"<html>" + WORDS, Content_Type="text/html"),
    "404 in json": says(404, b'{"message": "' + WORDS + b'"}'),
    "404 that looks like an error": says(404, b'{"error": {"message": "' + WORDS + b'"}}'),
    "html": says(200, b"<html>" + WORDS, Content_Type="text/html"),
    "400 in html": says(400, b"<html>" + WORDS),
    "400 with an error of text": says(400, b'{"error": "' + WORDS + b'"}'),
    "400 with an error of lists": says(400, b'{"error": [["' + WORDS + b'"]]}'),
    "no json": says(200, b'{"id": "' + WORDS),
    "nothing": says(200, b""),
    "204": says(204, b""),
    "an empty object": says(200, b"{}"),
    "a list": says(200, b"[]"),
    "null": says(200, b"null"),
    "a text": says(200, b'"' + WORDS + b'"'),
    "a number": says(200, b"1"),
    "not utf-8": says(200, b'{"id": "\xff\xfe"}'),
    "too deep": says(200, b"[" * 100_000),
    "ids of the wrong type": says(200, b'{"id": null, "object": 5, "url": 7, "status": [], "data": "' + WORDS + b'"}'),
    "data of nothing": says(200, b'{"object": "list", "has_more": false, "data": [null, 5, {}]}'),
    "no gzip": says(200, WORDS, Content_Encoding="gzip"),
    "gzip": says(200, gzip.compress(b"{}"), Content_Encoding="gzip"),
    "a redirect": says(302, b'{"id": "x"}', Location="http://127.0.0.1:9/elsewhere"),
    "no http": lambda connection: connection.sendall(b"SSH-2.0-" + WORDS + b"\r\n"),
    "a length that is none": lambda connection: connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: " + WORDS + b"\r\n\r\n{}"
    ),
    "a gigabyte promised": promises(1_000_000_000, b'{"id": "x"}'),
    "more than anybody needs": endless(),
    "a length below nothing": raw(b"Content-Length: -1\r\n\r\n" + WORDS),
    "two lengths": raw(b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"),
    "no chunks": raw(b"Transfer-Encoding: chunked\r\n\r\n" + WORDS),
    "a chunk below nothing": raw(b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n"),
    "a chunk beyond everything": raw(b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}"),
    "a thousand headers": raw(b"".join(b"X-%d: 1\r\n" % number for number in range(1000)) + b"\r\n{}"),
    "a header of a megabyte": raw(b"X-Long: " + b"x" * 2**20 + b"\r\n\r\n{}"),
    "a status of 9999": lambda connection: connection.sendall(b"HTTP/1.1 9999 Whatever\r\nContent-Length: 2\r\n\r\n{}"),
    "numbers beyond everything": says(200, b'{"id": 1e999, "created": ' + b"9" * 5000 + b', "status": NaN}'),
    "text that is none": says(200, b'{"id": 5, "object": "\\ud800", "data": [{"id": "\\u0000"}]}'),
    "cut off": lambda connection: connection.sendall(head(200, 500, Content_Type="application/json") + b'{"id"'),
}
"""What a vendor may answer at once and never should."""

SLOW: dict[str, Answer] = {
    "drips": drips_a_body(),
    "drips its headers": drips_a_header(),
    "says nothing": silence,
    "asks to wait": drips(b"", 0.05, b"HTTP/1.1 100 Continue\r\n\r\n"),
    "drips what follows its body": drips(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", 0.05, b"X-Trailer: 1\r\n"
    ),
}
"""What a vendor may do instead of answering."""


@contextmanager
def vendor_of_rubbish() -> Iterator[Vendor]:
    vendor = Vendor()
    try:
        yield vendor
    finally:
        vendor.close()


class Resolver:
    """Names resolve to nothing until `let_go`: getaddrinfo blocks, as it does when no name server answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self._let_go = threading.Event()
        resolve = socket.getaddrinfo

        def hanging(*arguments: Any, **named: Any) -> Any:
            self.asked += 1
            self._let_go.wait(60)
            return resolve(*arguments, **named)

        monkeypatch.setattr(socket, "getaddrinfo", hanging)

    def let_go(self) -> None:
        self._let_go.set()


def at_once(calls: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, tuple[str, str]], float]:
    """Name -> (service, trouble) of the Unavailable that each call raised, and the seconds until the last one had.

    All are called at the same moment. A call that raises nothing, or anything else, is missing.
    """
    troubles: dict[str, tuple[str, str]] = {}

    def one(name: str) -> None:
        try:
            calls[name]()
        except Unavailable as error:
            troubles[name] = (error.service, error.trouble)

    threads = [threading.Thread(target=one, args=(name,), daemon=True) for name in calls]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    return troubles, time.monotonic() - began
