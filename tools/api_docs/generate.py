"""`make openapi`: writes what is generated from the map, or with --check says which of it is stale and fails.

Generated are chalicelib/openapi.json and the tables between markers in docs/wire.md. It deploys nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app import app
from chalicelib.resources.openapi import DOCUMENT
from local.settings import ROOT
from tools.api_docs import openapi, wire_tables

PAGE = ROOT / "docs" / "wire.md"


def generated() -> dict[Path, str]:
    """Each generated file and what it should hold now."""
    document = json.dumps(openapi.build(app.endpoints), ensure_ascii=False, indent=1) + "\n"
    page = wire_tables.filled_in(PAGE.read_text("utf-8"), app.endpoints)
    return {DOCUMENT: document, PAGE: page}


def stale() -> list[Path]:
    """The generated files that are not what they should be."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]


def main(arguments: list[str]) -> int:
    """Writes, or checks; an exit code."""
    if arguments == ["--check"]:
        found = stale()
        for path in found:
            print(f"{path.relative_to(ROOT)} is stale: run make openapi", file=sys.stderr)
        return 1 if found else 0
    for path, text in generated().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
