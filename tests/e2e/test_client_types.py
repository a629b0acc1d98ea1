"""The types that clients build with say what clients rely on. `make check` holds them to the document."""

from __future__ import annotations

import subprocess

import pytest

from tools import node


@pytest.fixture(autouse=True)
def _node() -> None:
    reason = node.why_not()
    if reason is not None:
        pytest.skip(reason)


def test_the_types_say_what_clients_rely_on() -> None:
    done = subprocess.run(
        [
            str(node.HERE / "node_modules" / ".bin" / "tsc"),
            *("--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext"),
            "client_types.ts",
        ],
        cwd=node.HERE,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
