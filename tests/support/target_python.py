"""The Python that Lambda runs, where this machine has it: it compiles what is built, and runs what was built."""

from __future__ import annotations

import platform
import sys

import pytest

from tools.package import PackagingFailed, bytecode


def _why_not() -> str:
    try:
        bytecode.find_python()
    except PackagingFailed as failure:
        return str(failure)
    return ""


needs_target_python = pytest.mark.skipif(bool(_why_not()), reason=_why_not())
needs_linux_on_x86_64 = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="runs what is built for Linux on x86-64"
)
