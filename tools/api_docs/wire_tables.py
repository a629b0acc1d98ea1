"""The tables of docs/wire.md that are generated, between markers: every operation, error, warning and limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from chalicelib.api.endpoints import COMMON, Endpoint
from chalicelib.api.problems import CODES, REASONS
from tools.api_docs import Undeclared, prose
from tools.api_docs.examples import example_of
from tools.api_docs.openapi import operation_summary


def filled_in(page: str, endpoints: Iterable[Endpoint]) -> str:
    """The page with its table between each `<!-- generated: name -->` and `<!-- end -->`. Raises Undeclared."""
    listed = list(endpoints)

    def table(found: re.Match[str]) -> str:
        if found[1] not in TABLES:
            raise Undeclared(f"add the table {found[1]} of docs/wire.md to TABLES of tools/api_docs/wire_tables.py")
        return f"<!-- generated: {found[1]} -->\n{TABLES[found[1]](listed)}\n<!-- end -->"

    return re.sub(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", table, page, flags=re.DOTALL)


def _operations(endpoints: list[Endpoint]) -> str:
    rows = ["| | what | a minute | may also refuse |", "|---|---|---|---|"]
    for endpoint in endpoints:
        limit = "" if endpoint.limit is None else f"{endpoint.limit.per_minute} ({endpoint.limit.name})"
        refusals = ", ".join(
            f"{code} ({', '.join(reasons)})" if reasons else code
            for code, reasons in endpoint.refusals.items()
            if code not in COMMON
        )
        rows.append(f"| `{endpoint.route}` | {operation_summary(endpoint)} | {limit} | {refusals} |")
    return "\n".join(rows)


def _errors(_endpoints: list[Endpoint]) -> str:
    rows = ["| status | code | when |", "|---|---|---|"]
    by_status = sorted(CODES, key=lambda code: CODES[code][0])
    rows += [f"| {CODES[code][0]} | `{code}` | {prose.when(code)} |" for code in by_status]
    return "\n".join(rows)


def _reasons(_endpoints: list[Endpoint]) -> str:
    rows = ["| code | details.reason | message |", "|---|---|---|"]
    rows += [f"| `{code}` | `{reason}` | {text} |" for code, texts in REASONS.items() for reason, text in texts.items()]
    return "\n".join(rows)


def _warnings(endpoints: list[Endpoint]) -> str:
    rows = ["| operation | warning | meaning |", "|---|---|---|"]
    for endpoint in endpoints:
        for code, meaning in example_of(endpoint).warnings.items():
            rows.append(f"| `{endpoint.route}` | `{code}` | {meaning} |")
    return "\n".join(rows)


def _limits(endpoints: list[Endpoint]) -> str:
    classes = {endpoint.limit: None for endpoint in endpoints if endpoint.limit is not None}
    rows = ["| class | calls a minute | when RATE_LIMIT_STORAGE_URL is set and that store is down |", "|---|---|---|"]
    rows += [
        f"| {limit.name} | {limit.per_minute} | {'503' if limit.fail_closed else 'not counted'} |" for limit in classes
    ]
    return "\n".join(rows)


TABLES: dict[str, Callable[[list[Endpoint]], str]] = {
    "operations": _operations,
    "errors": _errors,
    "reasons": _reasons,
    "warnings": _warnings,
    "limits": _limits,
}
