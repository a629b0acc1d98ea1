"""`make check` runs all its tools, and says of each that failed what mends it."""

from __future__ import annotations

import sys

import pytest

from tools.check import Tool, main


def tool(name: str, exit_code: int, mend: str = "") -> Tool:
    return Tool(name, [sys.executable, "-c", f"print('{name} was run'); raise SystemExit({exit_code})"], mend)


def test_a_tool_that_fails_does_not_keep_the_next_ones_from_running(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([tool("lint", 1, "make format"), tool("types", 2), tool("imports", 0)]) == 1
    printed = capfd.readouterr()
    assert [line for line in printed.out.splitlines() if line.endswith("was run")] == [
        f"{name} was run" for name in ("lint", "types", "imports")
    ]
    lint, types = printed.err.splitlines()
    assert lint == "failed: lint. Mend it: make format"
    assert types.startswith(f"failed: types. Mend it: by hand; run it alone: {sys.executable}")


def test_a_tool_that_is_not_installed_fails_by_itself_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([Tool("workflows", ["/nowhere/zizmor"]), tool("imports", 0)]) == 1
    printed = capfd.readouterr()
    assert "imports was run" in printed.out
    assert printed.err.startswith("/nowhere/zizmor is not installed: make setup\nfailed: workflows.")


def test_nothing_is_said_when_all_passed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([tool("lint", 0), tool("types", 0)]) == 0
    assert capfd.readouterr().err == ""
