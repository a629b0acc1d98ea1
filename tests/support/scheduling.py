"""Which tests share a worker when xdist runs them on several. xdist's own groups do nothing with pytest 9."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class FilesTogether(LoadScopeScheduling):
    """A file's tests share a worker, and its module's database; the end-to-end tests share the one stack they use."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        # As collected, not by the number of tests: the few end-to-end tests are the longest.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/e2e" if file.startswith("tests/e2e/") else file
