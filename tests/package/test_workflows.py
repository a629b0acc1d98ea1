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


# What a job may do besides reading the code: GitHub signs who it is, and AWS gives it the role of its environment.
DEPLOYING = {"staging", "production", "rollback", "drill"}
MINUTES = {"staging": 90, "production": 90, "nightly": 90, "drill": 350}
# Where nobody waits for the end of a run that a newer one replaces.
REPLACED = {"ci", "audit", "nightly"}
# One command of the Makefile, with variables; what varies comes in by the environment, and is no text of the script.
MAKE = re.compile(r'make [a-z-]+(?: [A-Z]+=(?:"?\$[A-Z]+(?:/\d+)?"?|[a-z]+))*')


@EACH
def test_a_job_reads_the_code_has_an_end_and_may_do_nothing_else(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        signed = {"id-token": "write"} if path.stem in DEPLOYING else {}
        assert job["permissions"] == {"contents": "read", **signed}
        assert job["timeout-minutes"] <= MINUTES.get(path.stem, 30)
        checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


@EACH
def test_a_step_is_an_action_or_one_command_of_the_makefile(path: Path) -> None:
    known = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                assert MAKE.fullmatch(step["run"]), step["run"]
                assert step["run"].split()[1] in known, step["run"]


@EACH
def test_what_changes_a_stage_is_never_cut_off(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    cancels = workflow["concurrency"]["cancel-in-progress"]
    assert (cancels is not False) == (path.stem in REPLACED)
    # A job that gets credentials runs in an environment, which says who approves and from which branch.
    for job in workflow["jobs"].values():
        assert "environment" in job or ("id-token" not in job["permissions"] and "secrets." not in str(job))


def test_production_is_a_signed_tag_and_staging_is_develop() -> None:
    # YAML reads the key `on` as true.
    workflows = {path.stem: yaml.safe_load(path.read_text()) for path in WORKFLOWS}
    assert workflows["production"][True] == {"push": {"tags": ["v*"]}}
    assert workflows["staging"][True]["push"] == {"branches": ["develop"]}
    commands = [step["run"] for step in workflows["production"]["jobs"]["deploy"]["steps"] if "run" in step]
    assert commands == ['make verify-release TAG="$TAG"', "make deploy STAGE=prod"]


def test_no_test_is_skipped_in_ci_for_a_program_that_is_missing() -> None:
    for name, job, command in (("ci", "check", "make ci"), ("nightly", "heavy", "make test-all")):
        steps = yaml.safe_load((ROOT / ".github/workflows" / f"{name}.yml").read_text())["jobs"][job]["steps"]
        (step,) = [step for step in steps if step.get("run") == command]
        assert step["env"]["REQUIRE_ALL"] == "1"
