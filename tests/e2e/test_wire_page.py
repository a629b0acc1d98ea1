"""The steps that docs/wire.md shows a client developer are run as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests

from local.settings import ROOT
from local.smoke_test import SAMPLE
from tests.support.local_stack import RunningStack
from tests.support.stack_people import sign_up

MISSING = [tool for tool in ("sh", "curl", "python3") if shutil.which(tool) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} is not installed")
def test_the_upload_of_the_page_works_step_by_step(stack: RunningStack, tmp_path: Path) -> None:
    (steps,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "wire.md").read_text("utf-8"), re.DOTALL)
    _user_id, token = sign_up(stack)()
    founded = requests.post(
        f"{stack.origin}/functions/v1/create-family",
        headers={"Authorization": f"Bearer {token}"},
        json={"name": "Moreno"},
        timeout=10,
    )
    shutil.copy(SAMPLE, tmp_path / "voice.m4a")
    done = subprocess.run(
        ["sh", "-eu", "-c", steps.replace("http://localhost:8000", stack.origin)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TOKEN": token, "FAMILY": founded.json()["data"]["family"]["id"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    decoder = json.JSONDecoder()
    finalized, end = decoder.raw_decode(done.stdout)
    playback, _ = decoder.raw_decode(done.stdout[end:])
    assert finalized["data"]["recording"]["title"] == "The bakery"
    assert requests.get(playback["data"]["url"], timeout=10).content == SAMPLE.read_bytes()
