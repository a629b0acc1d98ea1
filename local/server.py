"""Serves one WSGI app over HTTP on this machine: the object store, the vendors' stand-ins, the gateway.

It is cheroot with the settings that the local stack needs: no Nagle delay, no limit on kept connections, and a stop
within a second. A request body that the app did not read is drained before the answer is sent, because a client that is
still sending when its connection closes sees a reset instead of the answer. It is never deployed, and it listens on the
host that it was given alone.
"""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, BinaryIO

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest

from local.ports import PortTaken, is_taken

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

THREADS = 32
BACKLOG = 128
IDLE_SECONDS = 60  # for a kept connection between requests, and for a client that stops sending in the middle of one
STOP_SECONDS = 0.3  # how long stop() lets requests in flight finish
DRAIN_BYTES = 2 * 1024**3
DRAIN_SECONDS = 30.0
_PIECE = 64 * 1024


class Server:
    """One WSGI app on one port, served by background threads of this process."""

    def __init__(
        self, wsgi_app: WSGIApplication, host: str = "127.0.0.1", port: int = 0, threads: int = THREADS
    ) -> None:
        """`port` 0 takes a free one. Nothing is bound before start()."""
        self._app = wsgi_app
        self._host = host
        self._port = port
        self._threads = threads
        self._cheroot: _CherootServer | None = None

    @property
    def url(self) -> str:
        """The origin without a slash at its end, once started; with the real port, also when 0 was asked for."""
        return f"http://{self._host}:{self._port}"

    def start(self) -> int:
        """Binds, listens, serves in the background and returns the port. Raises PortTaken, or OSError for the rest."""
        if self._cheroot is not None:
            raise RuntimeError("this server runs already")
        if self._port and is_taken(self._port):
            raise PortTaken(self._port)
        server = _CherootServer(
            (self._host, self._port),
            self._app,
            numthreads=self._threads,
            request_queue_size=BACKLOG,
            timeout=IDLE_SECONDS,
            shutdown_timeout=1,
        )
        bound: Future[int] = Future()
        # A daemon thread prepares the server, and its workers inherit that: none of them keeps the process from ending.
        threading.Thread(target=_serve, args=(server, bound), name="server", daemon=True).start()
        try:
            self._port = bound.result()
        except OSError as trouble:
            if trouble.errno == errno.EADDRINUSE:
                raise PortTaken(self._port) from None
            raise
        self._cheroot = server
        return self._port

    def stop(self) -> None:
        """Stops within a second, whatever the app is doing; requests not answered by then are cut off. Repeatable."""
        server, self._cheroot = self._cheroot, None
        if server is None:
            return
        stopping = threading.Thread(target=server.stop, daemon=True)
        stopping.start()
        stopping.join(STOP_SECONDS + 2 * server.expiration_interval)
        server.cut_connections()


def _serve(server: _CherootServer, bound: Future[int]) -> None:
    try:
        server.prepare()
    except Exception as trouble:  # start() raises it in the caller's thread
        bound.set_exception(trouble)
        return
    bound.set_result(server.bind_addr[1])
    server.serve()


class _Request(HTTPRequest):
    def send_headers(self) -> None:
        """Drains what the app did not read; where that does not come to its end, the connection is closed."""
        asked_to_close = any(
            name.lower() == b"connection" and value.lower() == b"close" for name, value in self.outheaders
        )
        # After a chunked body, cheroot does not know where the next request begins: the connection is closed.
        if asked_to_close or self.chunked_read or not _is_plain_length(self.inheaders.get(b"Content-Length")):
            self.close_connection = True
        if not _drain(self.rfile, self.chunked_read):
            self.close_connection = True
        super().send_headers()


def _is_plain_length(value: bytes | None) -> bool:
    """Whether a Content-Length is absent or only digits: Python's int() would also take "-1", "+1" and "1_0"."""
    return value is None or (value.isdigit() and value.isascii())


def _drain(body: Any, chunked: bool) -> bool:
    """Reads the rest of a request's body in constant memory; False when it exceeds the size or the time allowed."""
    deadline = time.monotonic() + DRAIN_SECONDS
    try:
        if chunked:
            return body.closed or _drain_chunks(body.rfile, deadline)
        return _discard(body, getattr(body, "remaining", 0), deadline)
    except (OSError, ValueError):
        return False


def _drain_chunks(stream: BinaryIO, deadline: float) -> bool:
    """Reads the chunks without cheroot, which would hold each in memory, and the client chooses their size."""
    budget = DRAIN_BYTES
    while (size := int(stream.readline(1024).split(b";")[0], 16)) > 0:
        budget -= size
        if budget < 0 or not _discard(stream, size + 2, deadline):
            return False
    return True


def _discard(stream: BinaryIO, count: int, deadline: float) -> bool:
    if count > DRAIN_BYTES:
        return False
    while count > 0:
        piece = stream.read(min(count, _PIECE))
        if not piece or time.monotonic() > deadline:
            return False
        count -= len(piece)
    return True


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request

    def __init__(self, server: _CherootServer, *args: Any, **kwargs: Any) -> None:
        super().__init__(server, *args, **kwargs)
        self._forget: Callable[[Any], None] = server.open_connections.discard
        server.open_connections.add(self)

    def close(self) -> None:
        self._forget(self)
        super().close()


class _CherootServer(wsgi.Server):
    ConnectionClass = _Connection
    keep_alive_conn_limit = None  # type: ignore[assignment]  # cheroot documents None for no limit; its stub says int
    expiration_interval = 0.1  # also the longest that stop() waits for the accepting loop
    nodelay = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open_connections: set[_Connection] = set()

    def cut_connections(self) -> None:
        """Closes what is still open, so that a client of a stopped server sees end-of-file instead of waiting."""
        for connection in list(self.open_connections):
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed in the meantime

    def bind(self, family: int, type: int, proto: int = 0) -> Any:
        try:
            bound = super().bind(family, type, proto)
        except OSError as trouble:
            # cheroot wraps an OSError of binding in one without errno; this class passes through it.
            if trouble.errno == errno.EADDRINUSE:
                raise PortTaken(self.bind_addr[1]) from None
            raise
        # cheroot leaves the flag off when any free port will do; without it the connections of a killed server
        # keep that port from its successor for a minute. Set after binding, it cannot share a port with anybody.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return bound

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        # Clients that hang up are normal; what cheroot says about them helps only to debug this server.
        log.log(level if level >= logging.WARNING else logging.DEBUG, "%s", msg, exc_info=traceback)
