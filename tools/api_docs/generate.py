"""`make generate`: writes all that is generated from app.py and the models; with --check, fails if any of it is stale.

In order: chalicelib/openapi.json, tables of docs/wire.md, configuration.md, assumptions.md and costs.md, .env.example;
then, from openapi.json, clients/stories.d.ts. The last needs Node: where it is missing, a line says so and the rest is
done.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from app import app
from chalicelib.resources.openapi import DOCUMENT
from local.settings import ROOT
from tools import costs, node
from tools.api_docs import Undeclared, client_types, openapi, wire_tables
from tools.configuration import documents as configuration
from tools.vendors import documents as assumptions

PAGE = ROOT / "docs" / "wire.md"


def documents() -> Iterator[tuple[Path, str]]:
    """Each generated file with the text it should hold. Raises Undeclared.

    The client's types come last, made from the document on disk when they are asked for.
    """
    yield DOCUMENT, json.dumps(openapi.build(app.endpoints), ensure_ascii=False, indent=1) + "\n"
    yield PAGE, wire_tables.filled_in(PAGE.read_text("utf-8"), app.endpoints)
    yield configuration.EXAMPLE, configuration.example_file()
    yield configuration.PAGE, configuration.page(configuration.PAGE.read_text("utf-8"))
    yield assumptions.PAGE, assumptions.page(assumptions.PAGE.read_text("utf-8"))
    yield costs.PAGE, costs.page(costs.PAGE.read_text("utf-8"))
    reason = node.why_not()
    if reason is None:
        yield client_types.TYPES, client_types.generated()
    else:
        print(f"left out {client_types.TYPES.relative_to(ROOT)}, which needs Node: {reason}", file=sys.stderr)


def is_stale(path: Path, text: str) -> bool:
    """Whether a generated file does not hold this text."""
    return not path.exists() or path.read_text("utf-8") != text


def main(arguments: list[str]) -> int:
    """Writes the files, or checks them; an exit code."""
    failed = 0
    try:
        for path, text in documents():
            if arguments == ["--check"]:
                if is_stale(path, text):
                    print(f"{path.relative_to(ROOT)} is stale: run make generate", file=sys.stderr)
                    failed = 1
            else:
                path.write_text(text, "utf-8")
    except Undeclared as missing:
        print(f"error: {missing}", file=sys.stderr)
        return 1
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
