"""The last release works on the schema of this checkout: its own code, held by its own tests of the API.

While a deployment runs it serves on this schema, and after a rollback again. tests/last_release holds it as data, made
by `make freeze-release`; its tests get the Postgres of this run, and so the schema of this checkout.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import JOINED, RUN
from tests.support.database_server import Cluster
from tools.deploy.database import files
from tools.deploy.expand import narrowing
from tools.freeze_release import facts, unpack

SQL = Path(__file__).parents[2] / "sql" / "migrations"
SECONDS = 1800


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last release's files, with the SQL of this checkout."""
    folder = tmp_path_factory.mktemp("last-release")
    unpack(folder)
    return folder


def failures_of(release: Path, config: pytest.Config, *arguments: str) -> str:
    """Runs the last release's tests on this run's Postgres; what pytest printed, where one failed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments],
        cwd=release,
        env={**os.environ, JOINED: str(config.stash[RUN].folder), "PYTHONPATH": str(release)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return "" if done.returncode == 0 else done.stdout[-6000:] + done.stderr[-2000:]


def test_migrations_since_the_last_release_take_nothing_away_that_it_uses() -> None:
    names = {path.stem for path in SQL.glob("*.sql") if ".rollback" not in path.name}
    kept = set(facts()["migrations"])
    assert kept <= names
    # By name and not by time: one that was merged later may have an earlier stamp.
    assert narrowing(files(sorted(names - kept))) == []


def test_the_last_release_creates_a_family_on_this_schema(
    release: Path, cluster: Cluster, pytestconfig: pytest.Config
) -> None:
    assert failures_of(release, pytestconfig, "tests/api/test_create_family.py", "-k", "starts_with_its_keeper") == ""


@pytest.mark.heavy
def test_every_test_of_the_last_releases_api_passes_on_this_schema(
    release: Path, cluster: Cluster, pytestconfig: pytest.Config
) -> None:
    assert failures_of(release, pytestconfig, "tests/api", "-m", "not heavy") == ""
