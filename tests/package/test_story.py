"""The package is what is tested: the finished zip for this machine does all that the functions are deployed for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import pooler
from local.settings import ROOT
from tests.support.target_python import needs_target_python
from tools.package import PackagingFailed
from tools.package.bytecode import find_python
from tools.package.story import StoryFailed, import_all, this_machine


def _why_not() -> str:
    try:
        this_machine()
    except PackagingFailed as failure:
        return str(failure)
    return ""


pytestmark = [needs_target_python, pytest.mark.skipif(bool(_why_not()), reason=_why_not())]


@pytest.mark.heavy  # Builds the zip, and starts some thirty processes.
def test_the_zip_tells_the_whole_story_and_runs_every_schedule_in_processes_of_lambdas_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POOLER", "no" if pooler.WHY_NOT else "yes")
    done = subprocess.run(
        [sys.executable, "-m", "tools.package.story"], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the smoke test passed" in done.stdout
    for schedule in ("process_jobs", "settle_uploads", "cleanup_media", "audit_storage", "send_error_digest"):
        assert f"4 runs of {schedule}" in done.stdout


def test_a_zip_that_lacks_what_a_function_imports_is_found(tmp_path: Path) -> None:
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "app.py").write_text("import chalicelib.a")
    (tmp_path / "chalicelib" / "a.py").write_text("def a():\n    import stripe\n")
    with pytest.raises(StoryFailed, match="No module named 'stripe'"):
        import_all([str(find_python())], tmp_path)


@pytest.mark.heavy
@pytest.mark.skipif(not os.environ.get("ARM64_ROOT"), reason="see docs/decisions/what-a-package-weighs.md")
def test_the_zip_for_arm64_imports_all_that_its_code_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCH", "arm64")
    done = subprocess.run(
        [sys.executable, "-m", "tools.package.story"], cwd=ROOT, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "modules are imported" in done.stdout
