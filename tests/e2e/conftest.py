"""One running stack for all end-to-end tests of a worker, and folders for more."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local_stack import RunningStack, running


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """Started by the first test that asks, with the command a developer gives; it has passed its smoke test."""
    with tempfile.TemporaryDirectory(prefix="stories-stack-") as folder, running(Path(folder)) as stack:
        yield stack


@pytest.fixture
def folder() -> Iterator[Path]:
    """For a stack of a test's own. Not tmp_path: root's Postgres runs as an account that cannot enter that."""
    with tempfile.TemporaryDirectory(prefix="stories-stack-") as made:
        yield Path(made)
