"""The tables of docs/wire.md that are generated, between markers: every operation, every error, every limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from chalicelib.api.dispatch import Endpoint
from chalicelib.api.problems import CODES, CONFLICT_REASONS
from tools.api_docs import prose
from tools.api_docs.errors import codes_of
from tools.api_docs.openapi import operation_summary

# What any operation may answer is told once, in the table of errors.
_EVERYWHERE = frozenset(
    {
        *("PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "UNAUTHORIZED", "RATE_LIMIT"),
        *("VALIDATION_FAILED", "SERVICE_UNAVAILABLE", "INTERNAL"),
    }
)


def filled_in(page: str, endpoints: Iterable[Endpoint]) -> str:
    """The page with each `<!-- generated: name -->` ... `<!-- end -->` holding its table. Raises KeyError."""
    listed = list(endpoints)

    def table(found: re.Match[str]) -> str:
        return f"<!-- generated: {found[1]} -->\n{TABLES[found[1]](listed)}\n<!-- end -->"

    return re.sub(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", table, page, flags=re.DOTALL)


def _operations(endpoints: list[Endpoint]) -> str:
    rows = ["| | what | a minute | may also refuse |", "|---|---|---|---|"]
    for endpoint in endpoints:
        limit = "" if endpoint.limit is None else f"{endpoint.limit.per_minute} ({endpoint.limit.name})"
        refusals = ", ".join(
            f"{code} ({', '.join(reasons)})" if reasons else code
            for code, reasons in codes_of(endpoint).items()
            if code not in _EVERYWHERE
        )
        rows.append(f"| `{endpoint.method} {endpoint.path}` | {operation_summary(endpoint)} | {limit} | {refusals} |")
    return "\n".join(rows)


def _errors(_endpoints: list[Endpoint]) -> str:
    rows = ["| status | code | when |", "|---|---|---|"]
    by_status = sorted(CODES, key=lambda code: CODES[code][0])
    rows += [f"| {CODES[code][0]} | `{code}` | {prose.WHEN[code]} |" for code in by_status]
    return "\n".join(rows)


def _conflicts(endpoints: list[Endpoint]) -> str:
    used = {reason for endpoint in endpoints for reason in codes_of(endpoint).get("CONFLICT", ())}
    rows = ["| details.reason | message |", "|---|---|"]
    rows += [f"| `{reason}` | {text} |" for reason, text in CONFLICT_REASONS.items() if reason in used]
    return "\n".join(rows)


def _limits(endpoints: list[Endpoint]) -> str:
    classes = {endpoint.limit: None for endpoint in endpoints if endpoint.limit is not None}
    rows = ["| class | calls a minute | when an outside counter is configured and down |", "|---|---|---|"]
    rows += [
        f"| {limit.name} | {limit.per_minute} | {'503' if limit.fail_closed else 'goes on uncounted'} |"
        for limit in classes
    ]
    return "\n".join(rows)


TABLES: dict[str, Callable[[list[Endpoint]], str]] = {
    "operations": _operations,
    "errors": _errors,
    "conflicts": _conflicts,
    "limits": _limits,
}
