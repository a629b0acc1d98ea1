"""What is too slow is made again; what is wrong is not."""

from pathlib import Path

import pytest

RULES = """
import time
from tests.support.in_time import in_time

ROUNDS = {"slow once": 0, "slow": 0, "wrong": 0}

def test_slow_once():
    ROUNDS["slow once"] += 1
    in_time(2.0 if ROUNDS["slow once"] == 1 else 0.1, at_most=1.0)

def test_slow():
    in_time(2.0, at_most=1.0)

def test_wrong():
    ROUNDS["wrong"] += 1
    assert ROUNDS["wrong"] > 1
"""


def test_a_test_that_is_too_slow_is_made_again_and_no_other(pytester: pytest.Pytester) -> None:
    root = Path(__file__).parents[2]
    pytester.syspathinsert(root)
    pytester.makeconftest("from tests.conftest import pytest_collection_modifyitems  # noqa: F401")
    pytester.makepyfile(RULES)
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist").assert_outcomes(passed=1, failed=2)
