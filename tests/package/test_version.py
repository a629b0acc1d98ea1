"""Every deployed function knows its version: logs and Sentry say which commit a line or an error is of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tools import package as packaging
from tools.package import PackagingFailed


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    git(folder.parent, "init", "--quiet", str(folder))
    (folder / "a").write_text("1")
    git(folder, "add", "a")
    git(folder, "commit", "--quiet", "--message", "a")
    return folder


def git(folder: Path, *arguments: str) -> str:
    person = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *person, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_the_version_is_the_commit_and_says_when_it_is_not_all_committed(checkout: Path) -> None:
    assert packaging.version_of(checkout) == git(checkout, "rev-parse", "--short=12", "HEAD")
    (checkout / "a").write_text("2")
    assert packaging.version_of(checkout).endswith("-dirty")
    git(checkout, "commit", "--quiet", "--all", "--message", "b")
    git(checkout, "tag", "v1.2.3")
    assert packaging.version_of(checkout) == "v1.2.3"


def test_outside_a_checkout_the_version_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(PackagingFailed, match=r"VERSION=1\.2\.3"):
        packaging.version_of(tmp_path)


def test_every_function_of_the_template_gets_the_version(tmp_path: Path) -> None:
    template = tmp_path / "sam.json"
    function = "AWS::Serverless::Function"
    resources = {
        "A": {"Type": function, "Properties": {"Environment": {"Variables": {"STAGE": "dev"}}}},
        "B": {"Type": function, "Properties": {}},
        "C": {"Type": "AWS::IAM::Role", "Properties": {}},
    }
    template.write_text(json.dumps({"Resources": resources}))
    packaging.set_version(template, "v1.2.3-4-gabc")
    made = json.loads(template.read_text())["Resources"]
    assert made["A"]["Properties"]["Environment"]["Variables"] == {"STAGE": "dev", "VERSION": "v1.2.3-4-gabc"}
    assert made["B"]["Properties"]["Environment"]["Variables"] == {"VERSION": "v1.2.3-4-gabc"}
    assert made["C"]["Properties"] == {}


@pytest.mark.parametrize("version", ["", "a b", "a\nb", "a/b", "x" * 65])
def test_a_version_that_sentry_would_not_take_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(PackagingFailed, match="VERSION must be"):
        packaging.set_version(tmp_path / "sam.json", version)
