"""`make check`: runs all the tools that check the code, then says which failed and what mends each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Tool:
    """A command that fails on bad code; `mend` is the command that mends it, or none where that is work by hand."""

    name: str
    command: Sequence[str]
    mend: str = ""


TOOLS = (
    Tool("lint", [f"{BIN}/ruff", "check", "."], "make format"),
    Tool("format", [f"{BIN}/ruff", "format", "--check", "."], "make format"),
    Tool("types", [f"{BIN}/mypy", "app.py", "chalicelib", "local", "sql", "tools"]),
    Tool("imports", [f"{BIN}/lint-imports"]),
    Tool("workflows", [f"{BIN}/zizmor", "--offline", "--quiet", ".github"]),
    Tool("generated files", [sys.executable, "-m", "tools.api_docs.generate", "--check"], "make generate"),
)


def main(tools: Sequence[Tool] = TOOLS) -> int:
    """Runs every tool, whatever the others say; 0 when all of them passed, else 1."""
    failed = []
    for tool in tools:
        # Flushed, so that the name stands before what the tool itself prints, also in a pipe.
        print(f"--- {tool.name}", flush=True)
        if not _passes(tool):
            failed.append(tool)
    for tool in failed:
        mend = tool.mend or f"by hand; run it alone: {' '.join(tool.command)}"
        print(f"failed: {tool.name}. Mend it: {mend}", file=sys.stderr)
    return 1 if failed else 0


def _passes(tool: Tool) -> bool:
    try:
        return subprocess.run(tool.command, check=False).returncode == 0
    except FileNotFoundError:
        print(f"{tool.command[0]} is not installed: make setup", file=sys.stderr)
        return False


if __name__ == "__main__":
    raise SystemExit(main())
