"""The processes of one function: as on Lambda, each serves one invocation at a time, and a dead one is replaced."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.functions.runtime_api import ProcessEnded, RuntimeApi

START_SECONDS = 300.0
_LONGEST_PAUSE = 5.0
_LOOK_SECONDS = 0.05
_STEADY_SECONDS = 5.0


class StartFailed(Exception):
    """The processes do not come up; the message says where their reason is."""


class NoneFree(Exception):
    """Every process of the function was busy until the time was over."""


@dataclass(frozen=True)
class Code:
    """What the processes run: the folder that Lambda calls /var/task, and how Lambda's runtime client is started."""

    folder: Path
    command: tuple[str, ...] = (sys.executable, "-m", "awslambdaric")
    environment: Mapping[str, str] = field(default_factory=dict)


class Process:
    """One process of Lambda's runtime client, from its start until it ends."""

    def __init__(self, code: Code, name: str, handler: str, environment: Mapping[str, str], log: Path) -> None:
        self.api = RuntimeApi()
        with log.open("ab") as printed:
            self._popen = subprocess.Popen(
                [*code.command, handler],
                cwd=code.folder,
                env={
                    "PATH": os.environ.get("PATH", ""),
                    "AWS_LAMBDA_RUNTIME_API": self.api.address,
                    "AWS_LAMBDA_FUNCTION_NAME": name,
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                    "AWS_REGION": "local",
                    "TZ": ":UTC",
                    **code.environment,
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._popen.pid

    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def wait(self) -> None:
        """Returns when the process has ended, and whoever waited for its answer has been told."""
        self._popen.wait()
        self.api.close()

    def kill(self) -> None:
        self._popen.kill()


class Pool:
    """Up to `size` processes of one function. One is started when none is free, and stays; `start()` starts all."""

    def __init__(
        self, code: Code, name: str, handler: str, environment: Mapping[str, str], log: Path, size: int = 1
    ) -> None:
        self.name = name
        self._log = log
        self._what = (code, name, handler, environment, log)
        self._size = size
        self._free: queue.LifoQueue[Process] = queue.LifoQueue()
        self._running: dict[threading.Thread, Process | None] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes() if process is not None and process.is_alive()]

    def _processes(self) -> list[Process | None]:
        with self._lock:
            return list(self._running.values())

    def start(self) -> None:
        """Starts all processes, and returns when each could serve. Raises StartFailed."""
        while self._grow():
            pass
        until = time.monotonic() + START_SECONDS
        while not all(process is not None and process.api.ready.is_set() for process in self._processes()):
            ended = any(process is not None and not process.is_alive() for process in self._processes())
            if ended or time.monotonic() > until:
                raise StartFailed(f"the processes of {self.name} do not start: {self._log} ends with the reason")
            time.sleep(0.02)

    def stop(self) -> None:
        """Kills all of them. Repeatable."""
        self._stopping.set()
        with self._lock:
            running = dict(self._running)
        for process in running.values():
            if process is not None:
                process.kill()
        for thread in running:
            thread.join(10)

    def invoke(self, event: Any, seconds: float) -> Any:
        """What the function returns, by a process that is free, within `seconds`.

        A process that does not answer in time is killed, as Lambda does. Raises FunctionFailed, ProcessEnded, NoneFree,
        TimeoutError.
        """
        until = time.monotonic() + seconds
        while True:
            process = self._take(until)
            try:
                return process.api.invoke(event, until - time.monotonic(), self.name)[1]
            except ProcessEnded as ended:
                # One that died while it was idle has begun nothing: another process serves.
                if ended.began:
                    raise
            except TimeoutError:
                process.kill()
                raise
            finally:
                self._free.put(process)

    def _take(self, until: float) -> Process:
        while True:
            try:
                process = self._free.get_nowait()
            except queue.Empty:
                self._grow()
                try:
                    process = self._free.get(timeout=max(0.0, until - time.monotonic()))
                except queue.Empty:
                    raise NoneFree(f"no process of {self.name} was free") from None
            if process.is_alive():
                return process

    def _grow(self) -> bool:
        """Starts one more; False where all are started."""
        with self._lock:
            if len(self._running) >= self._size or self._stopping.is_set():
                return False
            thread = threading.Thread(target=self._keep_one, name=f"function-{self.name}", daemon=True)
            self._running[thread] = None
        thread.start()
        return True

    def _keep_one(self) -> None:
        """Runs one process after the other, until the pool is stopped."""
        pause = 0.0
        while not self._stopping.wait(pause):
            started = time.monotonic()
            process = Process(*self._what)
            with self._lock:
                self._running[threading.current_thread()] = process
            if self._stopping.is_set():
                process.kill()
            # Only then it is chosen: until it has imported the function, others answer sooner.
            while process.is_alive() and not process.api.ready.wait(_LOOK_SECONDS):
                continue
            self._free.put(process)
            process.wait()
            # One that ends at its start would otherwise be started without end.
            steady = time.monotonic() - started > _STEADY_SECONDS
            pause = 0.0 if steady else min(max(0.1, pause * 2), _LONGEST_PAUSE)
