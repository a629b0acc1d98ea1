"""Each workflow runs the actions of one commit. A tag can be moved to other code by whoever takes over an action."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.settings import ROOT

WORKFLOWS = sorted((ROOT / ".github").rglob("*.y*ml"))
EACH = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)

# Actions that stand at a tag, each with the reason. There is none.
AT_A_TAG: dict[str, str] = {}

PINNED = re.compile(r"uses: (?P<action>[\w.-]+(?:/[\w.-]+)+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+(?:\.\d+)+)")


def used(node: Any) -> list[str]:
    """Every value of a key `uses`, at any depth."""
    if isinstance(node, list):
        return [found for item in node for found in used(item)]
    if isinstance(node, dict):
        own = [node["uses"]] if isinstance(node.get("uses"), str) else []
        return own + [found for value in node.values() for found in used(value)]
    return []


@EACH
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(path: Path) -> None:
    text = path.read_text()
    pinned = {f"{match['action']}@{match['commit']}" for match in PINNED.finditer(text)}
    # What is in the repository itself comes with the checkout.
    others = [name for name in used(yaml.safe_load(text)) if not name.startswith("./") and name not in AT_A_TAG]
    assert [name for name in others if name not in pinned] == []


def test_an_action_is_of_one_commit_in_all_workflows() -> None:
    commits: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for match in PINNED.finditer(path.read_text()):
            commits.setdefault(match["action"], set()).add(f"{match['commit']} {match['version']}")
    assert commits
    assert {action: found for action, found in commits.items() if len(found) > 1} == {}


@EACH
def test_a_job_reads_the_code_has_an_end_and_may_do_nothing_else(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 30
        checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False]
