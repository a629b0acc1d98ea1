"""Object store: trouble and endurance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.s3 import ObjectStore
from local.s3.files import StoreInUse
from local.server import Server
from tests.support.s3_client import (
    BUCKET,
    KEY_ID,
    SECRET,
    send,
    sign_put,
)
from tests.support.store_requests import (
    CREDENTIALS,
    VOICE,
    Running,
    _files_of,
    _half_sent,
    _rows_of,
    _wait_until,
    exists,
    get,
)


def test_a_requested_failure_lasts_as_long_as_requested(store: Running, stored: str) -> None:
    store.app.fail_next(status=503, times=2, method="GET")
    assert exists(store.url, stored)
    assert [get(store.url, stored).status for _ in range(3)] == [503, 503, 200]
    store.app.delay = 0.2
    begun = time.monotonic()
    assert get(store.url, stored).status == 200
    assert time.monotonic() - begun >= 0.2


def test_objects_and_their_metadata_survive_a_restart(tmp_path: Path, key: str) -> None:
    for run in range(2):
        app = ObjectStore(tmp_path / "r2", CREDENTIALS)
        server = Server(app)
        server.start()
        if run == 0:
            assert send(sign_put(server.url, key, VOICE), VOICE).status == 200
        answer = get(server.url, key)
        assert (answer.body, answer.headers["content-type"]) == (VOICE, "audio/mp4")
        server.stop()
        app.close()


def test_two_stores_cannot_share_a_folder(store: Running) -> None:
    with pytest.raises(StoreInUse):
        ObjectStore(store.folder, CREDENTIALS)


def test_a_kill_during_an_upload_loses_that_upload_and_nothing_else(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "r2"
    process, url = _store_in_a_process(folder)
    kept = send(sign_put(url, "kept", VOICE), VOICE)
    body = os.urandom(3 * 1024 * 1024)
    with _half_sent(sign_put(url, key, body), body[: 2 * 1024 * 1024]):
        _wait_until(lambda: any(path.stat().st_size > 1024 * 1024 for path in (folder / "files").iterdir()))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(_files_of(folder)) == 2

    process, url = _store_in_a_process(folder)
    try:
        assert kept.status == 200
        assert get(url, "kept").body == VOICE
        assert not exists(url, key)
        assert _files_of(folder) == _rows_of(folder)
        assert send(sign_put(url, key, body), body).status == 200
        assert get(url, key).body == body
    finally:
        process.kill()
        process.wait()


def _store_in_a_process(folder: Path) -> tuple[subprocess.Popen[str], str]:
    program = (
        "import sys, threading; from pathlib import Path; from local.server import Server\n"
        "from local.s3 import Credential, ObjectStore\n"
        "app = ObjectStore(Path(sys.argv[1]), [Credential(*sys.argv[2:])])\n"
        "print(Server(app).start(), flush=True); threading.Event().wait()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder), BUCKET, KEY_ID, SECRET],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"
