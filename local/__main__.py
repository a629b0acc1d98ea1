"""`python -m local run` starts everything, tells the story and serves until Ctrl-C; `story` tells it once more."""

from __future__ import annotations

import signal
import sys
import threading
import time

from local import postgres, server
from local.settings import BadPort, Ports, read_env
from local.smoke_test import StoryFailed, tell
from local.stack import Stack
from sql.migrate import MigrationFailed, MigrationRefused


def run() -> int:
    """Starts the stack, tells the story, then serves until SIGINT or SIGTERM; stops all it started."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stopping))
    started = time.monotonic()
    ports = Ports.from_environment()
    print("Stories From the Sun, on this machine alone\n", flush=True)
    stack = Stack(ports, report=_say)
    try:
        stack.start()
        print("\nThe story, told to itself over HTTP", flush=True)
        tell(ports.origin, stack.env["ANON_KEY"], report=_say)
        _welcome(stack, time.monotonic() - started)
        stopping.wait()
        print("\nstopping", flush=True)
    except _Interrupted:
        print("\nstopping", flush=True)
    finally:
        # A second Ctrl-C must not leave half of it running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stack.stop()
    print("everything is stopped; what was kept is in .local/", flush=True)
    return 0


class _Interrupted(BaseException):
    """Ctrl-C before the stack was up."""


_serving = False


def _interrupt(stopping: threading.Event) -> None:
    stopping.set()
    if not _serving:
        raise _Interrupted


def _welcome(stack: Stack, seconds: float) -> None:
    global _serving
    _serving = True
    origin = stack.ports.origin
    print(
        f"""
ready in {seconds:.1f} s

  app, sign-in     {origin}
  inbox            {origin}/_local/inbox
  object store     {stack.ports.store_origin}
  Postgres         127.0.0.1:{stack.ports.postgres}   (ADMIN_DATABASE_URL in .local/env)
  app's log        .local/app.log

  createClient('{origin}', '{stack.env["ANON_KEY"]}')

Ctrl-C stops it all.""",
        flush=True,
    )


def story() -> int:
    """Tells the story to the stack that is up."""
    ports = Ports.from_environment()
    key = read_env().get("ANON_KEY")
    if key is None:
        return _fail("there is no stack here yet: start it with `make run`")
    tell(ports.origin, key, report=_say)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _fail(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr, flush=True)
    return 1


def main(arguments: list[str]) -> int:
    commands = {"run": run, "story": story}
    if len(arguments) != 1 or arguments[0] not in commands:
        return _fail(f"python -m local {' | '.join(commands)}")
    try:
        return commands[arguments[0]]()
    except BadPort as trouble:
        return _fail(str(trouble))
    except (postgres.PortTaken, server.PortTaken) as trouble:
        ports = Ports.from_environment()
        name = {ports.gateway: "PORT", ports.store: "R2_PORT", ports.postgres: "PG_PORT"}.get(trouble.port, "PORT")
        return _fail(
            f"port {trouble.port} is taken by another program: stop it, or choose another with {name}=... make run"
        )
    except postgres.AlreadyRunning:
        return _fail(
            "the stack of this folder is running already: stop it there, or tell it the story with `make story`"
        )
    except (MigrationRefused, MigrationFailed) as trouble:
        return _fail(f"the database could not be brought up to date: {trouble} (or begin anew: rm -rf .local)")
    except StoryFailed as trouble:
        return _fail(f"the story failed: {trouble}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
