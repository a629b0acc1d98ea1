"""The way between the app and Postgres, on which things go wrong when a test says so."""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

_READY = b"Z\x00\x00\x00\x05"
_RESET = struct.pack("ii", 1, 0)
_SO_ATTACH_FILTER = 26

Fate = Literal["pass", "lose answer", "pass on and reset", "reset", "never answer", "vanish"] | bytes
"""What becomes of a message.

pass: it is answered. lose answer: Postgres carries it out and answers, and the connection is reset before that arrives.
pass on and reset: the same, without waiting for the answer. reset: the connection is reset in place of passing it on.
never answer: it is passed on to nobody. vanish: as if the cable were cut, nothing more of the app's is even
acknowledged. bytes: the answer, after which the connection is closed.
"""


def fatal(text: str, sqlstate: str = "08P01") -> bytes:
    """An error after which the server closes the connection."""
    fields = b"SFATAL\0C" + sqlstate.encode() + b"\0M" + text.encode() + b"\0\0"
    return b"E" + struct.pack("!i", len(fields) + 4) + fields


class Wire:
    """Passes everything on to a port of this machine. The fates of the next messages are in `fates`, in their order."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = 0
        self.fates: deque[Fate] = deque()
        self.messages = 0
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()

    @contextmanager
    def open(self) -> Iterator[Wire]:
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            self.port, self._listener = listener.getsockname()[1], listener
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            try:
                yield self
            finally:
                self.cut()

    def through(self, url: str) -> str:
        """The address of a database, by way of this."""
        return url.replace(f":{urlsplit(url).port}/", f":{self.port}/")

    def cut(self) -> None:
        """Nothing goes through any more, and nobody can connect."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            self._open |= {client, server}
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(1 << 20)
                    if not data:
                        return
                    # A message of the app's begins with Q: it sends one, and waits for the answer.
                    if ready is client and data[:1] == b"Q":
                        self.messages += 1
                        fate = self.fates.popleft() if self.fates else "pass"
                        if fate != "pass":
                            self._fulfil(fate, data, client, server)
                            return
                    (server if ready is client else client).sendall(data)

    def _fulfil(self, fate: Fate, message: bytes, client: socket.socket, server: socket.socket) -> None:
        if isinstance(fate, bytes):
            client.sendall(fate)
            return
        if fate in ("lose answer", "pass on and reset"):
            server.sendall(message)
        if fate == "lose answer":
            answer = b""
            while answer[-6:-1] != _READY:
                answer += server.recv(1 << 20)
        if fate in ("never answer", "vanish"):
            if fate == "vanish":
                _swallow(client)
            # Until the app gives up, or the test ends.
            server.recv(1)
            return
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _swallow(connection: socket.socket) -> None:
    """Whatever arrives for this connection is dropped before TCP acknowledges it: the filter takes 0 bytes of it."""
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    program = struct.pack("HL", 1, ctypes.addressof(instruction))
    connection.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
