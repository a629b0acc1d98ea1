"""The commands of the local stack: `python -m local run` and `python -m local smoke`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from local.functions import BadWorkers, workers_from
from local.functions.pool import StartFailed as FunctionsFailed
from local.ports import BadPort, Ports, PortTaken
from local.postgres import AlreadyRunning, StartFailed
from local.settings import read_env
from local.smoke_test import SmokeTestFailed, run_smoke_test
from local.stack import Stack, StackRunning
from sql.migrate import MigrationFailed, MigrationRefused


def run() -> int:
    """Starts the stack, runs the smoke test, then serves until SIGINT or SIGTERM; stops all that it started."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stopping))
    started = time.monotonic()
    ports = Ports.from_environment()
    print("Starting Stories From the Sun on this machine\n", flush=True)
    stack = Stack(ports, report=_say, workers=workers_from(os.environ))
    try:
        stack.start()
        print("\nSmoke test: two people use every part of it over HTTP", flush=True)
        run_smoke_test(ports.origin, stack.env["ANON_KEY"], report=_say)
        _welcome(stack, time.monotonic() - started)
        stopping.wait()
        print("\nstopping", flush=True)
    except _Interrupted:
        print("\nstopping", flush=True)
    finally:
        # A second Ctrl-C must not leave parts of it running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stack.stop()
    print("everything is stopped; its data stays in .local/", flush=True)
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

  app, sign-in     {origin}{_workers(stack)}
  inbox            {origin}/_local/inbox
  object store     {stack.ports.store_origin}
  Postgres         127.0.0.1:{stack.ports.postgres}   (ADMIN_DATABASE_URL in .local/env)
  app's log        .local/app.log

  createClient('{origin}', '{stack.env["ANON_KEY"]}')

Ctrl-C stops it all.""",
        flush=True,
    )


def _workers(stack: Stack) -> str:
    return f"   (the app in {stack.workers} processes)" if stack.workers else ""


def smoke() -> int:
    """Runs the smoke test against the stack that is up."""
    env = read_env()
    if not env:
        return _fail("there is no stack in this folder yet: start it with `make run`")
    run_smoke_test(env["SUPABASE_URL"], env["ANON_KEY"], report=_say)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _fail(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr, flush=True)
    return 1


def _port_taken(port: int) -> str:
    """Names each port that another program has, with the variable that changes it and a free port."""
    free = Ports.from_environment().taken()
    if not free:
        return f"port {port} was taken by another program a moment ago, and is free again: start once more"
    given = Ports.from_environment().by_variable()
    taken = ", ".join(f"port {given[name]}" for name in free)
    other = " ".join(f"{name}={number}" for name, number in free.items())
    return f"another program has {taken}. Stop it, or choose another port: {other} make run"


def main(arguments: list[str]) -> int:
    commands = {"run": run, "smoke": smoke}
    if len(arguments) != 1 or arguments[0] not in commands:
        return _fail(f"python -m local {' | '.join(commands)}")
    try:
        return commands[arguments[0]]()
    except (BadPort, BadWorkers, StartFailed, FunctionsFailed) as trouble:
        return _fail(str(trouble))
    except PortTaken as trouble:
        return _fail(_port_taken(trouble.port))
    except StackRunning as trouble:
        return _fail(f"the stack of this folder runs already: {trouble}. Use it, or stop it with Ctrl-C there")
    except AlreadyRunning as trouble:
        return _fail(f"{trouble}; end that process first")
    except PermissionError as trouble:
        return _fail(f"{trouble} (.local/ belongs to the user who started the stack first, root perhaps)")
    except (MigrationRefused, MigrationFailed) as trouble:
        return _fail(f"the migrations failed: {trouble} (to begin with an empty database: rm -rf .local)")
    except SmokeTestFailed as trouble:
        return _fail(f"the smoke test failed: {trouble}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
