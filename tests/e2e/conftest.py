"""One running stack for all end-to-end tests of a worker."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import RunningStack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """Started by the first test that asks, with the command a developer gives; it has told its story."""
    with running(tmp_path_factory.mktemp("stack")) as stack:
        yield stack
