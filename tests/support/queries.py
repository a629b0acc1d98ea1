"""The queries of chalicelib/database/queries as the app sends them, and parameters for each: every way to plan it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from bench.generate import identity
from chalicelib.database import messages

FOLDER = Path(messages.__file__).parent / "queries"

# Parameter -> its values, those first that ask for everything: one for each way in which a query may be planned.
# The ids are of the rows that bench/generate.py makes.
VALUES: dict[str, list[Any]] = {
    "user_id": [identity("person", 1)],
    "family_id": [identity("family", 1)],
    "recording_id": [identity("recording", 1), identity("recording", 10)],
    "prompt_id": [None, identity("prompt", 1)],
    "trashed": [False, True],
    "limit": [20],
    # A page begins after the last row of the page before it: both or neither.
    "after_at": [None, "2026-01-01T01:00:00Z"],
    "after_id": [None, identity("recording", 7)],
}


def sent(name: str) -> str:
    """The text of a query as the app sends it."""
    return f"SELECT (\n{messages._query(name)}\n)"


def file_of(name: str) -> str:
    return f"chalicelib/database/queries/{name}.sql"


def names(name: str) -> list[str]:
    """The parameters of a query."""
    found = sorted(set(re.findall(r"%\((\w+)\)s", sent(name))))
    for parameter in found:
        assert parameter in VALUES, (
            f"tests/support/queries.py: add {parameter} of {file_of(name)} to VALUES, a value for each way in which"
            " the query may be planned"
        )
    return found


def parameters(name: str) -> list[dict[str, Any]]:
    """Every combination of values of a query's parameters."""
    combinations = [
        dict(zip(names(name), values, strict=True)) for values in itertools.product(*(VALUES[p] for p in names(name)))
    ]
    return [
        {key: str(value) if key.endswith("_id") and value else value for key, value in combination.items()}
        for combination in combinations
        if "after_at" not in combination or (combination["after_at"] is None) == (combination["after_id"] is None)
    ]


def defaults(name: str) -> dict[str, Any]:
    """The first value of each parameter of a query."""
    return parameters(name)[0]
