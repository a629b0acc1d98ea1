"""What a cold start must not pay for: no vendor's library imported, and nothing connected, before somebody needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LATE = ("stripe", "boto3", "botocore", "sentry_sdk", "posthog", "resend", "requests", "redis", "limits")


def run(script: str) -> str:
    """What a fresh interpreter without any configuration prints."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, check=True, cwd=ROOT, env={}, capture_output=True, text=True).stdout.strip()


def test_importing_the_app_imports_no_vendor() -> None:
    assert run(f"import sys, app; print([name for name in {LATE} if name in sys.modules])") == "[]"


def test_importing_the_app_needs_no_configuration_and_opens_nothing() -> None:
    script = (
        "import sys\n"
        "def watch(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'subprocess.Popen'): sys.exit(event)\n"
        "sys.addaudithook(watch)\n"
        "import app, threading\n"
        "print(threading.active_count())"
    )
    assert run(script) == "1"


def test_nothing_deployed_imports_the_local_stack() -> None:
    assert run("import sys, app; print([name for name in sys.modules if name.split('.')[0] == 'local'])") == "[]"
