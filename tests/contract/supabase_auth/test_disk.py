"""Supabase auth: the disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.support.auth_requests import GRANDMA, refresh, verify
from tests.support.auth_server import serve
from tests.support.http_server import HttpServer


def test_a_session_survives_a_restart(tmp_path: Path, http_server: HttpServer) -> None:
    with serve(tmp_path, http_server) as before:
        session = before.sign_in(GRANDMA)
    with serve(tmp_path, http_server) as after:
        renewed = refresh(after, session["refresh_token"]).json()
        assert renewed["user"]["id"] == session["user"]["id"]
        assert after.call("GET", "user", renewed["access_token"]).status_code == 200


def test_what_was_answered_survives_kill_9(tmp_path: Path, http_server: HttpServer) -> None:
    program = """
        import sys
        from pathlib import Path
        from tests.support.http_server import running_http_server
        from tests.support.auth_server import serve
        with running_http_server() as server, serve(Path(sys.argv[1]), server) as auth:
            print(auth.sign_in("grandma@example.com")["refresh_token"], flush=True)
            auth.ask("grandma@example.com")
            print(auth.mailed_code("grandma@example.com"), flush=True)
            input()
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    token, code = child.stdout.readline().strip(), child.stdout.readline().strip()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    with serve(tmp_path, http_server) as auth:
        assert refresh(auth, token).status_code == 200
        assert auth.mailed_code(GRANDMA) == code
        assert verify(auth, code).status_code == 200
