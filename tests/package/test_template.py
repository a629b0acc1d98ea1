"""The template of every stage, as CloudFormation reads it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from local.settings import ROOT
from tests.support.sam import STAGES, finished_document


@pytest.mark.heavy  # Installs cfn-lint, once, and reads AWS' whole specification.
@pytest.mark.parametrize("stage", STAGES)
def test_cloudformation_would_take_the_template(stage: str, tmp_path: Path) -> None:
    template = tmp_path / "sam.json"
    template.write_text(json.dumps(finished_document(stage)))
    command = ["make", "-s", "check-template", f"TEMPLATE={template}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
