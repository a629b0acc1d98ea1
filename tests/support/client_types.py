"""`make client-types`: writes clients/stories.d.ts, the API in types for TypeScript, from chalicelib/openapi.json."""

from __future__ import annotations

import subprocess
import sys

from chalicelib.resources.openapi import DOCUMENT
from local.settings import ROOT
from tests.support import node

TYPES = ROOT / "clients" / "stories.d.ts"

_HEAD = "// The types of the Stories From the Sun API. Written by `make client-types`; see docs/wire.md.\n\n"


def generated() -> str:
    """What the file should hold now. Node and the pinned packages must be there."""
    command = [
        str(node.HERE / "node_modules" / ".bin" / "openapi-typescript"),
        str(DOCUMENT),
        "--default-non-nullable=false",
    ]
    done = subprocess.run(command, cwd=node.HERE, capture_output=True, text=True, check=True, timeout=120)
    # The generator's own banner names no version, ours says how to make it again.
    _, _, types = done.stdout.partition("*/")
    return _HEAD + types.lstrip()


def main() -> int:
    """Writes the file; an exit code."""
    reason = node.why_not()
    if reason is not None:
        print(f"cannot write {TYPES.relative_to(ROOT)}: {reason}", file=sys.stderr)
        return 1
    TYPES.parent.mkdir(exist_ok=True)
    TYPES.write_text(generated(), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
