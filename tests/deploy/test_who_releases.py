"""Who may release: a maintainer by a signed tag of main, and a job that GitHub vouches for, by a role of AWS."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, Response, jsonify, request

from local.settings import ROOT
from tests.support import rehearsal
from tests.support.http_server import running_http_server
from tools import verify_release
from tools.as_role import NoRole, credentials

ROLE = "arn:aws:iam::123456789012:role/deploys-prod"


class Project:
    """A clone, with a main of its origin that names one signer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.folder.mkdir()
        self.key, self.other = (self._key(folder / name) for name in ("ana", "rosa"))
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ana")
        self.git("config", "user.email", "ana@example.org")
        self.git("config", "gpg.format", "ssh")
        self.commit(f"ana@example.org {self.key.with_suffix('.pub').read_text()}")
        self.publish()

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def commit(self, signers: str) -> None:
        path = self.folder / verify_release.SIGNERS
        path.parent.mkdir(exist_ok=True)
        path.write_text(signers)
        self.git("add", ".")
        self.git("-c", "commit.gpgsign=false", "commit", "-qm", "Name who may release")

    def publish(self) -> None:
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")

    def sign(self, name: str, key: Path) -> None:
        self.git("-c", f"user.signingkey={key}", "tag", "-s", "-m", name, name)

    def wrong(self, tag: str) -> str:
        return verify_release.wrong(tag, self.folder)

    @staticmethod
    def _key(path: Path) -> Path:
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_tag_signed_by_a_maintainer_is_released(project: Project) -> None:
    project.sign("v1.2.0", project.key)
    assert project.wrong("v1.2.0") == ""


def _by_somebody_else(project: Project) -> None:
    project.sign("v1.2.0", project.other)


def _unsigned(project: Project) -> None:
    project.git("tag", "-a", "-m", "v1.2.0", "v1.2.0")


def _light(project: Project) -> None:
    project.git("tag", "v1.2.0")


def _with_a_key_that_it_brings_itself(project: Project) -> None:
    project.commit(f"rosa@example.org {project.other.with_suffix('.pub').read_text()}")
    project.sign("v1.2.0", project.other)


def _beside_main(project: Project) -> None:
    project.git("-c", "commit.gpgsign=false", "commit", "-q", "--allow-empty", "-m", "Never reviewed")
    project.sign("v1.2.0", project.key)


def _not_checked_out(project: Project) -> None:
    project.sign("v1.2.0", project.key)
    project.git("-c", "commit.gpgsign=false", "commit", "-q", "--allow-empty", "-m", "Another")
    project.publish()


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (_by_somebody_else, "not signed by a key"),
        (_unsigned, "not signed by a key"),
        (_light, "not signed by a key"),
        (_with_a_key_that_it_brings_itself, "not signed by a key"),
        (_beside_main, "no commit of origin/main"),
        (_not_checked_out, "another commit than the one that is checked out"),
        (lambda project: None, "there is no tag v1.2.0"),
    ],
)
def test_any_other_tag_is_refused(attack: Callable[[Project], None], says: str, project: Project) -> None:
    attack(project)
    assert says in project.wrong("v1.2.0")


@pytest.mark.parametrize("tag", ["", "latest", "v1.2", "v1.2.0-rc1", "--help"])
def test_a_tag_that_names_no_version_is_refused(tag: str, project: Project) -> None:
    assert "is not named like v1.2.0" in project.wrong(tag)


def test_nobody_releases_while_nobody_is_named(project: Project) -> None:
    project.commit("# nobody yet\n")
    project.publish()
    project.sign("v1.2.0", project.key)
    assert "names nobody" in project.wrong("v1.2.0")


def test_a_job_gets_the_role_that_github_vouches_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    github = Flask("github")

    @github.get("/token")
    def token() -> Response:
        asked.append((request.args["audience"], request.headers["Authorization"]))
        return jsonify({"value": "signed-by-github"})

    monkeypatch.setenv("AWS_DEFAULT_REGION", rehearsal.REGION)
    with rehearsal.running_aws() as (url, _), running_http_server() as server:
        server.serve(github)
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        job = {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/token",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-this-job",
            "AWS_ROLE_ARN": ROLE,
            "AWS_REGION": rehearsal.REGION,
        }
        given = credentials(job)
        assert asked == [("sts.amazonaws.com", "Bearer of-this-job")]
        assert set(given) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} and all(given.values())
        with pytest.raises(NoRole, match="GitHub gave no token"):
            credentials({**job, "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/gone"})
        # Elsewhere a command has the credentials of whoever runs it.
        assert credentials({"AWS_ROLE_ARN": ROLE}) == {}


def test_a_command_outside_a_job_runs_as_it_stands() -> None:
    program = "import os, json; print(json.dumps([os.environ.get('AWS_ROLE_ARN'), os.environ['HERE']]))"
    done = subprocess.run(
        [sys.executable, "-m", "tools.as_role", sys.executable, "-c", program],
        cwd=ROOT,
        env={**rehearsal.variables_without(("ACTIONS_", "AWS_")), "AWS_ROLE_ARN": ROLE, "HERE": "yes"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == [ROLE, "yes"]
