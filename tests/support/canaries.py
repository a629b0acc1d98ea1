"""Marked private values, and the search for them in everything that the system writes down.

A test puts canaries into a story, and afterwards looks for each of them in each sink. A leak is reported by the sink
and the kind of value: the value itself is not printed, because a test's output is a sink as well.
"""

from __future__ import annotations

import base64
import html
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from tests.support.database_server import Database

SHORTEST = 8
"""A shorter value could be found by chance."""


class Canaries:
    """Marked values, each of a kind."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._spellings: dict[str, set[str]] = {}
        """Kind -> how its values could be written."""

    def text(self, kind: str) -> str:
        """A new text of this kind, with an invisible character and a quote in it: no sink may break by it."""
        return self.add(kind, f"Canary {uuid.uuid4().hex} \u200d\u00e9 O'Sol")

    def address(self, kind: str) -> str:
        """A new mail address."""
        return self.add(kind, f"canary-{uuid.uuid4().hex}@example.org")

    def add(self, kind: str, value: str) -> str:
        """Marks a value that the system itself made, or that the configuration holds."""
        assert len(value) >= SHORTEST, f"a value of kind {kind} is too short to be searched for"
        self._values.add(value)
        self._spellings.setdefault(kind, set()).update(spellings(value))
        return value

    def spelled(self) -> str:
        """All values in one text: what a vendor might echo."""
        return " ".join(sorted(self._values))

    def found_in(self, text: str) -> set[str]:
        """The kinds of which a value stands in the text, in any spelling that a sink could give it."""
        lowered = text.lower()
        return {kind for kind, forms in self._spellings.items() if any(form in lowered for form in forms)}


def spellings(value: str) -> set[str]:
    """A value in lower case as JSON, HTML, URLs, SQL and base64 write it, a code without its dashes, its mark alone."""
    escaped = json.dumps(value)[1:-1]
    forms = {
        *(value, escaped, json.dumps(escaped)[1:-1], html.escape(value), quote(value), quote_plus(value)),
        *(value.replace("'", "''"), value.replace("-", "") if len(value) < 12 else value),
        base64.b64encode(value.encode()).decode().rstrip("="),
    }
    # The hexadecimal mark alone: a sink may have cut or cleaned the rest.
    forms |= set(re.findall(r"\b[0-9a-f]{32}\b", value))
    return {form.lower() for form in forms}


def tables_of(database: Database, schema: str) -> list[str]:
    return [
        row[0]
        for row in database.run(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY 1", [schema]
        )
    ]


def columns_with(database: Database, schema: str, canaries: Canaries) -> dict[str, set[str]]:
    """`table.column` -> the kinds that stand in it."""
    found: dict[str, set[str]] = {}
    for table in tables_of(database, schema):
        rows = database.run(f"SELECT to_jsonb(t) FROM {schema}.{table} AS t")
        # The whole table first: most of them hold nothing, and a search is a thousand comparisons.
        if not canaries.found_in(json.dumps(rows, ensure_ascii=False)):
            continue
        for (row,) in rows:
            for column, value in row.items():
                kinds = canaries.found_in(json.dumps(value, ensure_ascii=False))
                if kinds:
                    found.setdefault(f"{table}.{column}", set()).update(kinds)
    return found


def leaks(sinks: Mapping[str, str], canaries: Canaries, allowed: Mapping[str, Iterable[str]]) -> list[str]:
    """What stands in a sink and may not: `sink: kind`, a line each."""
    return [
        f"{sink}: {kind}"
        for sink, text in sinks.items()
        for kind in sorted(canaries.found_in(text) - set(allowed.get(sink, ())))
    ]
