"""The rules of the server below the local stack: its port, its end, and what a client whose body goes unread sees."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.ports import PortTaken
from local.server import Server
from tests.support.in_time import in_time

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers without reading any body; /slow takes its time."""
    if environ["PATH_INFO"] == "/slow":
        time.sleep(3)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = Server(app)
    yield server.start()
    server.stop()


def test_a_port_another_listens_on_is_refused_by_name(port: int) -> None:
    with pytest.raises(PortTaken) as refused:
        Server(app, port=port).start()
    assert refused.value.port == port
    assert str(port) in str(refused.value)


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("listening", [True, False])
def test_a_port_bound_by_any_other_socket_is_refused(address: str, listening: bool) -> None:
    with socket.socket() as other:
        other.bind((address, 0))
        if listening:
            other.listen()
        with pytest.raises(PortTaken):
            Server(app, port=other.getsockname()[1]).start()


def test_a_killed_servers_port_is_free_at_once_though_clients_were_connected() -> None:
    program = (
        "import threading; from local.server import Server; from tests.contract.test_server import app\n"
        "print(Server(app).start(), flush=True); threading.Event().wait()"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    taken = int(process.stdout.readline())
    client = http.client.HTTPConnection("127.0.0.1", taken, timeout=5)
    client.request("GET", "/")
    client.getresponse().read()
    process.send_signal(signal.SIGKILL)
    process.wait()
    successor = Server(app, port=taken)
    assert successor.start() == taken
    successor.stop()
    client.close()


def test_stopping_takes_less_than_a_second_though_requests_and_clients_hang_on() -> None:
    server = Server(app)
    taken = server.start()
    idle = http.client.HTTPConnection("127.0.0.1", taken, timeout=5)
    idle.request("GET", "/")
    idle.getresponse().read()
    busy = socket.create_connection(("127.0.0.1", taken), timeout=5)
    busy.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    stalled = socket.create_connection(("127.0.0.1", taken), timeout=5)
    stalled.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    time.sleep(0.1)
    begun = time.monotonic()
    server.stop()
    in_time(time.monotonic() - begun, at_most=1)
    server.stop()
    for hanging in (busy, stalled):
        hanging.settimeout(0.5)
        hanging.recv(65536)  # its end, and not a time-out: nobody is left waiting for a server that is gone
        hanging.close()
    idle.close()
    successor = Server(app, port=taken)
    assert successor.start() == taken
    successor.stop()


def test_a_connection_serves_many_requests_without_delay(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    begun = time.monotonic()
    for _ in range(50):
        client.request("POST", "/", b"a body nobody reads")
        assert client.getresponse().read() == b"ok"
    in_time(time.monotonic() - begun, at_most=1)  # with Nagle's delay: 2 s
    assert client.sock is not None
    client.close()


def test_more_clients_than_threads_may_stay_connected(port: int) -> None:
    clients = [http.client.HTTPConnection("127.0.0.1", port, timeout=5) for _ in range(80)]
    for _ in range(2):
        for client in clients:
            client.request("GET", "/")
            assert client.getresponse().read() == b"ok"
    assert all(client.sock is not None for client in clients)
    for client in clients:
        client.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_whose_body_is_not_read_still_gets_its_answer(port: int, chunked: bool) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = bytes(24 * 1024 * 1024)
    client.request("POST", "/", iter([body]) if chunked else body, encode_chunked=chunked)
    assert client.getresponse().read() == b"ok"
    client.close()


@pytest.mark.parametrize("length", ["-1", "+5", "1_0", "00x", ""])
def test_a_content_length_that_is_not_digits_ends_the_connection(port: int, length: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        client.sendall(head.encode() + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = client.makefile("rb").read()
    assert answer.count(b"HTTP/1.1 ") == 1


def test_no_thread_of_a_stopped_server_delays_the_exit() -> None:
    server = Server(app)
    server.start()
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith(("CP Server", "server")))
    server.stop()
