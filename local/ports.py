"""The ports of the local stack: which ones, and whether another program has them.

They come from the environment at every start, so that a taken port is one variable away from working.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULTS = {"PORT": 8000, "R2_PORT": 9000, "PG_PORT": 54322}
HIGHEST = 65535


class BadPort(Exception):
    """A variable holds no port, or one that this user may not listen on, or two variables hold the same."""


class PortTaken(Exception):
    """Another program listens on the port; `port` says which."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} of 127.0.0.1 is taken by another program")
        self.port = port


@dataclass(frozen=True)
class Ports:
    """Where the stack listens, all on 127.0.0.1."""

    gateway: int
    store: int
    postgres: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Ports:
        """PORT, R2_PORT and PG_PORT, or their defaults. Raises BadPort."""
        ports = [_port(name, environment.get(name), default) for name, default in DEFAULTS.items()]
        if len(set(ports)) < len(ports):
            chosen = ", ".join(f"{name}={port}" for name, port in zip(DEFAULTS, ports, strict=True))
            raise BadPort(f"each part of the stack needs a port of its own, and these are not: {chosen}")
        return cls(*ports)

    @property
    def origin(self) -> str:
        """The one origin that clients need: app, sign-in, inbox."""
        return f"http://localhost:{self.gateway}"

    @property
    def store_origin(self) -> str:
        """The origin of the object store."""
        return f"http://localhost:{self.store}"

    def by_variable(self) -> dict[str, int]:
        """Name of the environment variable -> port."""
        return dict(zip(DEFAULTS, (self.gateway, self.store, self.postgres), strict=True))

    def taken(self) -> dict[str, int]:
        """The variables whose port another program has -> a free port to use in its place."""
        used, free = set(self.by_variable().values()), {}
        for name, port in self.by_variable().items():
            if is_taken(port):
                free[name] = next(
                    other for other in range(port + 1, HIGHEST) if other not in used and not is_taken(other)
                )
                used.add(free[name])
        return free


def is_taken(port: int) -> bool:
    """Whether another program has the port, on 127.0.0.1 or where else `localhost` leads a client. Raises BadPort."""
    with socket.socket() as probe:
        # Postgres and server.py set this flag too: a port with nothing but closed connections on it counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            if error.errno == errno.EACCES:
                raise BadPort(f"this user may not listen on port {port}: choose one above 1023") from None
            raise
    # With that flag, macOS binds 127.0.0.1 beside a program that listens on all addresses.
    return _answers(socket.AF_INET, "127.0.0.1", port) or _answers(socket.AF_INET6, "::1", port)


def free_port() -> int:
    """A port of 127.0.0.1 that no program has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((host, port)) == 0
    except OSError:
        return False  # this machine has no IPv6


def _port(name: str, given: str | None, default: int) -> int:
    if not given:
        return default
    if not given.isdecimal() or not 0 < int(given) <= HIGHEST:
        raise BadPort(f"{name} must be a port between 1 and {HIGHEST}, and is {given!r}")
    return int(given)
