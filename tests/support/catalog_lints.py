"""Every rule that tables, policies, views and functions of the project must keep, asked of the catalog."""

from __future__ import annotations

from tests.support.function_lints import FUNCTION_LINTS
from tests.support.lint import Lint, all_offenders, complaint, offenders
from tests.support.table_lints import TABLE_LINTS

__all__ = ["LINTS", "Lint", "all_offenders", "complaint", "offenders"]

LINTS = [*TABLE_LINTS, *FUNCTION_LINTS]
