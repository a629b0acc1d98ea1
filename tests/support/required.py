"""REQUIRE_ALL=1: a test that is skipped for a program that this machine lacks fails. CI sets it, so that nothing is
silently left out there; at home the skips say what to install."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

# Reasons that no installation ends.
ALLOWED = (
    "everybody else runs this way anyway",
    "other processes fuzzed the other operations",
    "this machine has no ::1",
)


def _refused(report: Any) -> str:
    """The reason of a skip that is not allowed; else nothing."""
    if os.environ.get("REQUIRE_ALL") != "1" or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return ""
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix(
        "Skipped: "
    )
    return "" if reason.startswith(ALLOWED) else reason


def _fail(report: Any) -> None:
    if reason := _refused(report):
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_ALL=1, and this was skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[Any]:
    report = yield
    _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[Any]:
    report = yield
    _fail(report)
    return report
