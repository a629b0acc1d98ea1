"""With REQUIRE_ALL=1 a test that is skipped for what this machine lacks fails, and says what."""

from __future__ import annotations

import pytest

TESTS = """
    import pytest

    def test_without_a_program():
        pytest.skip("redis-server is not installed")

    @pytest.mark.skipif(True, reason="pgbouncer is not installed")
    def test_marked():
        pass

    @pytest.mark.skipif(True, reason="everybody else runs this way anyway")
    def test_allowed():
        pass

    @pytest.mark.xfail
    def test_expected_to_fail():
        assert False
"""
PLUGIN = ("-p", "tests.support.required", "-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.mark.parametrize(("required", "failed", "skipped"), [("1", 1, 1), ("", 0, 3)])
def test_a_skip_is_a_failure_only_where_all_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, required: str, failed: int, skipped: int
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", required)
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess(*PLUGIN)
    # A skip by a mark is reported while its test is set up.
    result.assert_outcomes(failed=failed, errors=failed, skipped=skipped, xfailed=1)
    if required:
        result.stdout.fnmatch_lines(["*REQUIRE_ALL=1, and this was skipped: redis-server is not installed*"])


def test_a_module_that_cannot_be_collected_counts_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", "1")
    pytester.makepyfile('import pytest\npytest.importorskip("nothing_of_this_name")')
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(errors=1)
