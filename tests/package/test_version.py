"""Every deployed function knows its version: logs and Sentry say which commit a line or an error is of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.package import PackagingFailed
from tools.package.build import version_of


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
    assert version_of(checkout) == git(checkout, "rev-parse", "--short=12", "HEAD")
    (checkout / "a").write_text("2")
    assert version_of(checkout).endswith("-dirty")
    git(checkout, "commit", "--quiet", "--all", "--message", "b")
    git(checkout, "tag", "v1.2.3")
    assert version_of(checkout) == "v1.2.3"


def test_outside_a_checkout_the_version_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(PackagingFailed, match=r"VERSION=1\.2\.3"):
        version_of(tmp_path)
