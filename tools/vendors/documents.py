"""The tables of docs/assumptions.md, written from the checks."""

from __future__ import annotations

import re

from local.settings import ROOT
from tools.vendors.every import CHECKS, VENDORS

PAGE = ROOT / "docs" / "assumptions.md"
_TABLES = re.compile(r"(<!-- generated: assumptions -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str) -> str:
    """The page with a table for each vendor."""
    return _TABLES.sub(lambda found: f"{found[1]}{_tables()}\n{found[2]}", text)


def _tables() -> str:
    tables = []
    for vendor, title in VENDORS.items():
        rows = ["| id | we assume | we rely on it | if it is wrong | it is tried so |", "|---|---|---|---|---|"]
        rows += [
            f"| `{check.id}` | {check.assume} | {check.why} | {check.breaks} | {check.tried} |"
            for check in CHECKS.values()
            if check.vendor == vendor
        ]
        tables.append("\n".join([f"### {title}\n", *rows]))
    return "\n\n".join(tables)
