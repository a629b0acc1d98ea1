"""One warm function under Lambda's own runtime client, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.functions.pool import Code, Process
from local.settings import ROOT

_SECONDS = 60.0
"""For one invocation, the start of the process included."""


class WarmFunction:
    """A function that stays warm between its invocations."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def invoke(self, event: Any) -> tuple[str, Any]:
        """Lambda's id of the invocation, and what the function returned. Raises FunctionFailed."""
        return self._process.api.invoke(event, _SECONDS)


@contextmanager
def warm_function(handler: str, environment: Mapping[str, str], log: Path) -> Iterator[WarmFunction]:
    """A function such as `app.app`; what it prints goes to the file `log`."""
    settings = {"AWS_REGION": "eu-west-1", **environment}
    process = Process(Code(ROOT), "stories-prod-api", handler, settings, log)
    try:
        yield WarmFunction(process)
    finally:
        process.kill()
        process.wait()
